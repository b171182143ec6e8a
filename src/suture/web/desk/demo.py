"""What the demo offers beside the call-out: a visit that takes longer, and two people of whom nothing is heard.

Pure. Who is quiet, neither checks in nor answers in the played world (`sim/live.py`); the rest notices it by itself.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.ids import PartyId, VisitId
from suture.model.instants import wall_clock
from suture.model.plan import Stage
from suture.model.visit import WAITING_STATUSES, VisitStatus
from suture.store.views import ClinicianView, DayView, StopView
from suture.web.desk.timeline import label_of
from suture.words.catalog import _

RUN_OVER = timedelta(minutes=30)


class Event(StrEnum):
    """What can be made to happen."""

    RUN_OVER = "run_over"
    NO_CHECK_IN = "no_check_in"
    SILENT_PATIENT = "silent_patient"


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: what it says, what it does or why it cannot be pressed, and whom it is about."""

    event: Event
    label: str
    note: str
    stop: StopView | None = None

    @property
    def can_be_pressed(self) -> bool:
        """Whether there is someone for it."""
        return self.stop is not None


@dataclass(frozen=True, slots=True)
class Done:
    """What was made to happen, as an address says it: to which clinician or visit, by its number."""

    event: Event
    about: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Who was made silent already: clinicians, and visits whose patients are."""

    people: Collection[PartyId]
    visits: Collection[VisitId]


NO_ONE = Quiet((), ())


def offers(day: DayView, now: datetime, quiet: Quiet) -> tuple[Offer, ...]:
    """The buttons as things are now."""
    if day.head is None or day.head.stage != Stage.PUBLISHED:
        return ()
    return _run_over(day), _no_check_in(day, now, quiet), _silent_patient(day, now, quiet)


def in_words(done: Done, day: DayView, quiet: Quiet) -> str:
    """What was done; empty where it was not, whatever the address says."""
    if done.event is Event.NO_CHECK_IN:
        who = next((c.name for c in day.clinicians if c.id == done.about and c.id in quiet.people), None)
        return _("{who} does not check in from now on.", who=who) if who else ""
    stop = next((s for s in day.stops if s.visit_id == done.about), None)
    if stop is None:
        return ""
    if done.event is Event.SILENT_PATIENT:
        silent = stop.visit_id in quiet.visits
        return _("{who} does not answer from now on.", who=label_of(stop)) if silent else ""
    if not stop.started_at:
        return ""
    return _("It was reported that the visit takes half an hour longer: {who}", who=label_of(stop))


def _run_over(day: DayView) -> Offer:
    under_way = [s for s in _by_start(day) if s.status is VisitStatus.IN_PROGRESS and s.expected_end is None]
    if not under_way:
        return Offer(Event.RUN_OVER, _("A visit takes longer"), _("No visit is under way."))
    stop = under_way[0]
    label = _("A visit takes longer: {who}", who=label_of(stop))
    return Offer(Event.RUN_OVER, label, _("Reports that it ends half an hour later than planned."), stop)


def _no_check_in(day: DayView, now: datetime, quiet: Quiet) -> Offer:
    ahead = [s for s in _by_start(day) if s.seat and s.seat.starts_at > now and _is_dispatched(s)]
    busy = {s.seat.clinician_id for s in _by_start(day) if s.seat and _is_at_a_door(s, now)}
    able = (c for c in day.clinicians if not c.called_out and c.id not in quiet.people and c.id not in busy)
    name_of = {c.id: c for c in able}
    stop = next((s for s in ahead if s.seat and s.seat.clinician_id in name_of), None)
    if stop is None or stop.seat is None:
        return Offer(Event.NO_CHECK_IN, _("No check-in"), _("No clinician is between two visits."))
    who: ClinicianView = name_of[stop.seat.clinician_id]
    at = f"{wall_clock(stop.seat.starts_at, day.branch.tz):%H:%M}"
    note = _("{who} does not check in at {time}. A quarter of an hour later the board says so.", who=who.name, time=at)
    return Offer(Event.NO_CHECK_IN, _("No check-in: {who}", who=who.name), note, stop)


def _silent_patient(day: DayView, now: datetime, quiet: Quiet) -> Offer:
    kept_back = [s for s in _by_start(day) if s.is_kept_back and s.visit_id not in quiet.visits]
    waiting = [s for s in kept_back if s.patient_answer is ConfirmationState.NEEDS_ACTION]
    stop = next((s for s in waiting if s.seat and s.seat.starts_at > now), None)
    if stop is None or stop.seat is None:
        return Offer(Event.SILENT_PATIENT, _("A silent patient"), _("No visit waits for an answer."))
    at = f"{wall_clock(stop.seat.starts_at, day.branch.tz):%H:%M}"
    label = _("A silent patient: {who}", who=label_of(stop))
    note = _("The patient of the visit at {time} does not answer, and its gate decides.", time=at)
    return Offer(Event.SILENT_PATIENT, label, note, stop)


def _is_dispatched(stop: StopView) -> bool:
    return stop.status in WAITING_STATUSES and not stop.is_kept_back


def _is_at_a_door(stop: StopView, now: datetime) -> bool:
    """Whether its clinician has begun and not left, or should have begun: the next check-in is not of a visit ahead."""
    if stop.status is VisitStatus.IN_PROGRESS:
        return True
    return stop.seat is not None and stop.seat.starts_at <= now and _is_dispatched(stop)


def _by_start(day: DayView) -> Iterator[StopView]:
    planned = [(s.seat.starts_at, s.visit_id, s.position, s) for s in day.stops if s.seat]
    return (stop for *_key, stop in sorted(planned, key=lambda p: p[:3]))
