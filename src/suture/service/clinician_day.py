"""A clinician's own day, and what she says of it: each press becomes a signal that names her, once.

Whoever calls has proven that it is her: by her account, or by a link and her PIN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise

from suture.model.audit import AuditCode
from suture.model.clinician_day import ClinicianDay, OwnStop
from suture.model.events import EventKind, NewEvent
from suture.model.ids import PartyId
from suture.model.instants import day_span, instant_of, local_date
from suture.model.people import Place
from suture.model.signals import Answer, Outcome
from suture.ports import TransientAdapterError
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.errors import BadSignal
from suture.service.signal_requests import (
    CallOutRequest,
    CheckInRequest,
    CheckOutRequest,
    RunningLateRequest,
    SignalRequest,
    receive_signal,
)
from suture.service.travel import travel_times
from suture.store import audit, events, inbox
from suture.store.access_clinician import SOURCE, her_day, her_zone
from suture.store.transaction import Tx

MOST_LATE = 600
"""The longest delay that a signal can say, in minutes."""


class Act(StrEnum):
    """What she may say of her day."""

    ACCEPT = "accept"
    ACCEPT_ALL = "accept_all"
    DECLINE = "decline"
    SET_OUT = "set_out"
    ARRIVED = "arrived"
    DONE = "done"
    NOT_HOME = "not_home"
    LATE = "late"
    OUT = "out"


class Acted(StrEnum):
    """What became of it."""

    RECORDED = "recorded"
    MOVED_ON = "moved_on"
    """The plan changed while the page was open: she looks again."""
    NOT_NOW = "not_now"
    """It cannot be said of the visit, or the day, as it is now."""
    BAD_TIME = "bad_time"
    """Minutes or hours that make no sense."""


@dataclass(frozen=True, slots=True)
class Said:
    """One press. `number` is how much she had said when the page was made: the same one again is the same press.

    `seen` names the visit's time as it was shown. `starts` and `ends`: hours of a call-out by the clock of her branch;
    neither for the rest of the day.
    """

    act: Act
    number: int
    visit_id: int = 0
    seen: str = ""
    note: str = ""
    minutes: int = 0
    starts: time | None = None
    ends: time | None = None


def day_of(caller: Caller, clinician_id: PartyId, service_date: date) -> tuple[ClinicianDay, datetime]:
    """Her day with its driving times, and now. Raises NotAllowed for anyone else."""
    with caller.transaction() as tx:
        day = her_day(tx, clinician_id, service_date)
    return replace(day, drives=_drives(caller.tools, day)), tx.now


def today_of(caller: Caller, clinician_id: PartyId) -> date:
    """The date on the clock of her branch. Raises NotAllowed for anyone else."""
    with caller.transaction() as tx:
        return local_date(tx.now, her_zone(tx, clinician_id))


def act(caller: Caller, clinician_id: PartyId, service_date: date, said: Said) -> Acted:
    """Record what she says. Raises NotAllowed for anyone else.

    A visit that is not on her list of that day is not told from one that does not exist.
    """
    with caller.transaction() as tx:
        day = her_day(tx, clinician_id, service_date)
        if said.act in (Act.ACCEPT, Act.ACCEPT_ALL, Act.DECLINE):
            return _answer(tx, day, said)
        if said.act is Act.SET_OUT:
            return _set_out(tx, day, said)
    request = _request(day, said, tx.now)
    if isinstance(request, Acted):
        return request
    try:
        receive_signal(caller, request)
    except BadSignal:
        return Acted.NOT_NOW
    return Acted.RECORDED


def _request(day: ClinicianDay, said: Said, now: datetime) -> SignalRequest | Acted:
    """What she says as a signal; or why it is none."""
    if said.act is Act.LATE:
        return _late(day, said, now)
    if said.act is Act.OUT:
        return _call_out(day, said, now)
    stop = day.stop(said.visit_id)
    if stop is None:
        return Acted.MOVED_ON
    who, source_id = day.external_id, _source_id(day, said, stop)
    if said.act is Act.ARRIVED:
        return CheckInRequest(
            kind="check_in", source=SOURCE, source_id=source_id, visit=stop.external_id, clinician=who
        )
    return CheckOutRequest(
        kind="check_out",
        source=SOURCE,
        source_id=source_id,
        visit=stop.external_id,
        clinician=who,
        outcome=Outcome.DONE if said.act is Act.DONE else Outcome.NOT_HOME,
    )


def _late(day: ClinicianDay, said: Said, now: datetime) -> SignalRequest | Acted:
    if not 1 <= said.minutes <= MOST_LATE:
        return Acted.BAD_TIME
    if local_date(now, day.tz) != day.service_date or not any(s.is_ahead for s in day.stops):
        return Acted.NOT_NOW
    return RunningLateRequest(
        kind="running_late",
        source=SOURCE,
        source_id=f"{_source_id(day, said)}:{said.minutes}",
        clinician=day.external_id,
        minutes=said.minutes,
    )


def _call_out(day: ClinicianDay, said: Said, now: datetime) -> SignalRequest | Acted:
    """The rest of the day from now, all of a day to come, or the hours that she gives."""
    begins, ends = day_span(day.service_date, day.tz)
    if (said.starts is None) != (said.ends is None):
        return Acted.BAD_TIME
    if said.starts is None or said.ends is None:
        from_at = None if begins <= now else begins
        until = ends
    else:
        from_at, until = (instant_of(day.service_date, clock, day.tz) for clock in (said.starts, said.ends))
    if until <= max(from_at or now, now):
        return Acted.BAD_TIME
    span = f"{said.starts}-{said.ends}" if said.starts else "rest"
    return CallOutRequest.model_validate(
        {
            "kind": "call_out",
            "source": SOURCE,
            "source_id": f"{_source_id(day, said)}:{span}",
            "clinician": day.external_id,
            "from": from_at,
            "until": until,
        }
    )


def _source_id(day: ClinicianDay, said: Said, stop: OwnStop | None = None) -> str:
    about = stop.visit_id if stop else "day"
    return f"{day.clinician_id}:{day.service_date}:{about}:{said.act}:{said.number}"


def _answer(tx: Tx, day: ClinicianDay, said: Said) -> Acted:
    stops = _asked_about(day, said)
    if isinstance(stops, Acted):
        return stops
    for stop in stops:
        _reply(tx, day, stop, said)
    return Acted.RECORDED


def _asked_about(day: ClinicianDay, said: Said) -> Sequence[OwnStop] | Acted:
    """What an answer is about: one visit, or all that she was told and has not answered."""
    if said.act is Act.ACCEPT_ALL:
        if said.seen != day.seen_all:
            return Acted.MOVED_ON
        return day.unanswered or Acted.NOT_NOW
    stop = day.stop(said.visit_id)
    if stop is None or said.seen != stop.seen:
        return Acted.MOVED_ON
    if not stop.may_answer or (said.act is Act.ACCEPT and stop.mark is not None):
        return Acted.NOT_NOW
    return (stop,)


def _reply(tx: Tx, day: ClinicianDay, stop: OwnStop, said: Said) -> None:
    """Bound to the message that told her the visit, and to that visit alone."""
    answer = Answer.DECLINE if said.act is Act.DECLINE else Answer.ACCEPT
    received = inbox.receive(
        tx,
        kind="reply",
        branch_id=stop.branch_id,
        service_date=stop.service_date,
        source=SOURCE,
        source_id=_source_id(day, said, stop),
        body={
            "party_id": day.clinician_id,
            "answer": answer,
            "via": "link",
            "touch_id": stop.promise.touch_id if stop.promise else None,
            "visit_id": stop.visit_id,
            "note": said.note,
        },
        occurred_at=tx.now,
        request=f"{answer} {stop.visit_id} {said.note}",
    )
    if received.is_new:
        audit.record(tx, AuditCode.SIGNAL_RECEIVED, "signal", received.id, signal="reply")


def _set_out(tx: Tx, day: ClinicianDay, said: Said) -> Acted:
    """No signal: nothing is decided by it. It is in the log for the branch, and on her page."""
    stop = day.stop(said.visit_id)
    if stop is None:
        return Acted.MOVED_ON
    if not stop.is_ahead or stop.is_kept_back or local_date(tx.now, day.tz) != day.service_date:
        return Acted.NOT_NOW
    inbox.lock_id(tx, SOURCE, f"{day.clinician_id}:{stop.visit_id}:{said.act}")
    now = her_day(tx, day.clinician_id, day.service_date).stop(stop.visit_id)
    if now and now.set_out_at is None:
        data = {"clinician_id": day.clinician_id, "t_true": tx.now}
        news = [NewEvent(EventKind.VISIT_SET_OUT, stop.visit_id, data)]
        events.append(tx, branch_id=stop.branch_id, service_date=stop.service_date, events=news)
    return Acted.RECORDED


def _drives(tools: Context, day: ClinicianDay) -> tuple[int | None, ...]:
    """Minutes to each stop from the one before, parking included; None where a place was not looked up, or the engine
    is away."""
    points = {s.place_id: s.point for s in day.stops} | {day.home_id: day.home}
    places = [Place(i, point[0], point[1], day.tz) for i, point in points.items() if point]
    try:
        times = travel_times(tools.travel, places, day_span(day.service_date, day.tz)[0])
    except TransientAdapterError:
        return (None,) * len(day.stops)
    way = [day.home_id, *(s.place_id for s in day.stops)]
    known = {place.id for place in places}
    return tuple(-(-times.seconds(a, b) // 60) if a in known and b in known else None for a, b in pairwise(way))
