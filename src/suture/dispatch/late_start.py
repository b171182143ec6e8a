"""A visit has not been checked in at. It is kept with its clinician, who may only have no signal; a person asks."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.day_cases import risk_of
from suture.dispatch.effect import Effect, nothing, status_words
from suture.dispatch.late import later
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.plan import Assignment, Stage
from suture.model.signals import LateStart
from suture.model.visit import Visit
from suture.planner.day.live import is_on_duty
from suture.words.reason import Reason, reason

STILL_COMING = timedelta(minutes=10)
"""How much longer a visit without a check-in is taken to need before it begins."""


def late_start(signal: LateStart, day: Day, now: datetime) -> Effect:
    """Open a case for the missing check-in; after the second wait a case with the call-out ready to report.

    Whoever does not check in is not taken as gone: only a person's call-out gives the visits to others.
    """
    visit, stop = day.visits[signal.visit_id], day.plan.assignments.get(PositionKey(signal.visit_id, signal.position))
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    if stop is None or not visit.is_plannable or stop.starts_at > now or day.plan.stage is Stage.DRAFT:
        return nothing(day, reason("signal.late_moved", visit=visit.external_id))
    planned = wall_clock(stop.starts_at, day.branch.tz)
    because = reason("signal.no_check_in", visit=visit.external_id, at=planned)
    expected = max(now + STILL_COMING, visit.expected_start or now)
    late = replace(stop, starts_at=expected, ends_at=expected + timedelta(minutes=visit.duration_minutes))
    in_time = visit.window.earliest_start <= expected <= visit.window.latest_start and is_on_duty(day, late)
    # else she has begun, or it is too late for anyone
    effect = later(day, visit, stop, expected, because) if in_time else Effect(day, because)
    subject = CaseSubject("visit", visit.id, signal.position)
    if not signal.absent:
        return replace(effect, opened=(_not_clocked_in(visit, stop, subject, day),))
    return replace(
        effect,
        opened=(_no_call_no_show(stop, subject, day, now),),
        closed=(CaseToClose(CaseKind.NOT_CLOCKED_IN, subject, reason("closed.ncns")),),
    )


def _not_clocked_in(visit: Visit, stop: Assignment, subject: CaseSubject, day: Day) -> CaseToOpen:
    who, planned = _who(stop, day), wall_clock(stop.starts_at, day.branch.tz)
    why = reason("watch.not_clocked_in", who=who, at=planned)
    return CaseToOpen(CaseKind.NOT_CLOCKED_IN, subject, risk_of(visit), (why,), visit.window.latest_start)


def _no_call_no_show(stop: Assignment, subject: CaseSubject, day: Day, now: datetime) -> CaseToOpen:
    clinician = day.clinicians.get(stop.clinician_id)
    ahead = [a for a in day.plan.route(stop.clinician_id) if a.starts_at >= stop.starts_at]
    reasons = (
        reason("watch.ncns", who=_who(stop, day), at=wall_clock(stop.starts_at, day.branch.tz), n=len(ahead)),
        reason("watch.ncns_fix", id=clinician.external_id if clinician else ""),
    )
    return CaseToOpen(CaseKind.NCNS, subject, 5, reasons, deadline_at=now)


def _who(stop: Assignment, day: Day) -> str | Reason:
    clinician = day.clinicians.get(stop.clinician_id)
    return clinician.name if clinician else reason("who.off_roster")


def closed_by_check_in(visit: Visit) -> tuple[CaseToClose, ...]:
    """The cases of a missing check-in, once someone has checked in or the visit is over."""
    return tuple(
        CaseToClose(kind, CaseSubject("visit", visit.id, key.position), reason("closed.begun"))
        for kind in (CaseKind.NOT_CLOCKED_IN, CaseKind.NCNS)
        for key in visit.position_keys()
    )
