"""Promises that will break: a patient was told a window, and someone is late, so that the visit begins outside it."""

from collections import Counter
from collections.abc import Iterable

from suture.dispatch.day_cases import risk_of
from suture.dispatch.gate import Assignments, stop_of
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import Change
from suture.model.ids import PartyId
from suture.model.instants import wall_clock
from suture.model.plan import Assignment
from suture.words.reason import reason

CASCADE = 3
"""This many promises of one route that break together are one case more: someone should look at the whole route."""


def at_risk(changes: Iterable[Change], after: Assignments, day: Day) -> tuple[CaseToOpen, ...]:
    """A case for each promise that breaks, until its patient has heard; and one for a route that breaks many."""
    broken = [change for change in changes if change.after and is_broken(change.after, after, day)]
    routes = Counter(change.after.clinician_id for change in broken if change.after)
    first = {change.after.clinician_id: change for change in reversed(broken) if change.after}
    cascades = (_cascade(c, routes[c], first[c], day) for c in routes if routes[c] >= CASCADE)
    return (*(_at_risk(change, day) for change in broken), *cascades)


def is_broken(stop: Assignment, after: Assignments, day: Day) -> bool:
    """Whether a visit that has not begun begins outside the window that its patient was told, by its lowest seat."""
    visit = day.visits[stop.key.visit_id]
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    if not promise or stop_of(visit, after) is not stop or visit.is_started or visit.is_closed:
        return False
    return not promise.window.contains(stop.starts_at)


def _at_risk(change: Change, day: Day) -> CaseToOpen:
    visit, tz = day.visits[change.key.visit_id], day.branch.tz
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    if promise is None or change.after is None:
        raise ValueError(f"visit {visit.id} was promised nothing")
    why = reason(
        "watch.promise",
        at=wall_clock(change.after.starts_at, tz),
        opens=wall_clock(promise.window.open, tz),
        closes=wall_clock(promise.window.close, tz),
    )
    subject = CaseSubject("visit", visit.id)
    return CaseToOpen(CaseKind.PROMISE_AT_RISK, subject, risk_of(visit), (why,), deadline_at=promise.window.open)


def _cascade(clinician_id: PartyId, count: int, first: Change, day: Day) -> CaseToOpen:
    clinician = day.clinicians.get(clinician_id)
    who = clinician.name if clinician else reason("who.off_roster")
    reasons = (reason("watch.cascade", who=who, count=count),)
    subject = CaseSubject.of_clinician(clinician_id, day.service_date)
    deadline = first.after.starts_at if first.after else None
    return CaseToOpen(CaseKind.OVERRUN_CASCADE, subject, 3, reasons, deadline)
