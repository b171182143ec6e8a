"""Cases that follow from the day as it is after a decision: not covered, on hold, a credential expiring."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from suture.model.cases import (
    UNCOVERED,
    CaseKind,
    CaseSubject,
    CaseToClose,
    CaseToOpen,
    last_useful_minute,
)
from suture.model.day import Day
from suture.model.disruption import is_shut_out
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.people import Clinician
from suture.model.plan import Assignment
from suture.model.visit import Priority, Visit, VisitKind
from suture.words.reason import Reason, reason

EXPIRY_NOTICE = timedelta(days=7)
_STATUSES = frozenset({"inpatient", "discharged", "deceased"})
"""Why a patient is not active, where that is known."""

_OBSTACLES = {
    CaseKind.RULE_UNKNOWN: reason("closed.facts_known"),
    CaseKind.INFEASIBLE_SET: reason("closed.fits"),
}

Assignments = Mapping[PositionKey, Assignment]
Cases = tuple[tuple[CaseToOpen, ...], tuple[CaseToClose, ...]]
"""To open or refresh, and to close."""


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What a person can do about visits without a clinician. `is_cut_short`: not all sets of visits were looked at."""

    cases: tuple[CaseToOpen, ...] = ()
    is_cut_short: bool = False


def cases(
    day: Day,
    after: Assignments,
    reasons: Mapping[PositionKey, tuple[Reason, ...]],
    obstacles: Obstacles | None = None,
    *,
    credentials: bool,
) -> Cases:
    """Everything that a person must look at as the day stands. `credentials`: open those cases too, not only close.

    `obstacles`: None where the plan was not looked at again.
    """
    opened, closed = cover_cases(day, after, reasons)
    held, freed = _on_hold(day)
    running_out, renewed = credentials_of(day)
    return (
        (*opened, *(obstacles.cases if obstacles else ()), *held, *(running_out if credentials else ())),
        (*closed, *_obstacles_gone(day, after, obstacles), *freed, *renewed),
    )


def cover_cases(
    day: Day, after: Assignments, reasons: Mapping[PositionKey, tuple[Reason, ...]]
) -> tuple[tuple[CaseToOpen, ...], tuple[CaseToClose, ...]]:
    """A case for every position without a clinician; those whose cause has vanished are closed."""
    opened = tuple(
        _uncovered(day.visits[key.visit_id], key, reasons.get(key, ()))
        for key in day.open_positions()
        if key not in after
    )
    still = {case.subject for case in opened}
    closed = tuple(
        CaseToClose(case.kind, case.subject, reason("closed.covered"))
        for case in day.cases
        if case.kind in UNCOVERED and case.subject not in still
    )
    return opened, closed


def _obstacles_gone(day: Day, after: Assignments, obstacles: Obstacles | None) -> Iterator[CaseToClose]:
    """Missing facts and sets of visits that keep no visit uncovered now."""
    uncovered = {key.visit_id for key in day.open_positions() if key not in after}
    still = {(case.kind, case.subject) for case in obstacles.cases} if obstacles else set()
    for case in day.cases:
        if case.kind not in _OBSTACLES or (case.kind, case.subject) in still:
            continue
        is_set = case.kind is CaseKind.INFEASIBLE_SET  # about visits that may be covered: which ones is not known here
        if not uncovered or not (is_set or case.subject.id in uncovered):
            yield CaseToClose(case.kind, case.subject, reason("closed.covered"))
        elif obstacles and not (is_set and obstacles.is_cut_short):
            yield CaseToClose(case.kind, case.subject, _OBSTACLES[case.kind])


def _uncovered(visit: Visit, key: PositionKey, reasons: tuple[Reason, ...]) -> CaseToOpen:
    shift = visit.kind is VisitKind.OPEN_SHIFT
    return CaseToOpen(
        CaseKind.UNCOVERED_SHIFT if shift else CaseKind.UNCOVERED_VISIT,
        CaseSubject("visit", visit.id, key.position),
        risk=risk_of(visit),
        reasons=reasons or (reason("cover.no_clinician"),),
        deadline_at=last_useful_minute(visit.window.latest_start),
    )


def risk_of(visit: Visit) -> int:
    """Clinical risk from the order's priority and type, never from a diagnosis."""
    if visit.priority is Priority.STAT:
        return 8
    if visit.priority is Priority.URGENT or visit.visit_type in ("start_of_care", "recertification"):
        return 5
    return 2 if visit.discipline == "HHA" else 3


def _on_hold(day: Day) -> Cases:
    """Visits that wait for a person: of a patient who is not active, or held though the patient was told a time.

    A case that is open for another reason, such as a hold of many days, stays until the hold is over.
    """
    opened = tuple(
        CaseToOpen(
            CaseKind.ON_HOLD_REVIEW,
            CaseSubject("visit", visit.id),
            3,
            (why,),
            deadline_at=last_useful_minute(visit.window.latest_start),
        )
        for visit in day.visits.values()
        if (why := _why_on_hold(visit, day))
    )
    waits = {CaseSubject("visit", visit.id) for visit in day.visits.values() if _is_on_hold(visit, day)}
    over = (case for case in day.cases if case.kind is CaseKind.ON_HOLD_REVIEW and case.subject not in waits)
    return opened, tuple(CaseToClose(case.kind, case.subject, reason("closed.off_hold")) for case in over)


def _is_on_hold(visit: Visit, day: Day) -> bool:
    return visit.held and not visit.is_closed and not visit.is_started and visit.service_date == day.service_date


def _why_on_hold(visit: Visit, day: Day) -> Reason | None:
    if not _is_on_hold(visit, day):
        return None
    patient = day.patients.get(visit.patient_id) if visit.patient_id else None
    if patient is not None and not patient.is_active:
        return reason(f"hold.{patient.status}" if patient.status in _STATUSES else "hold.unclear")
    place, care = day.places.get(visit.place_id), timedelta(minutes=visit.duration_minutes)
    if place is not None and is_shut_out(day.disruptions, place, visit.window, care):
        return reason("hold.shut")
    promise = day.promise_of(visit.id, patient.id) if patient else None
    if promise is None:
        return None
    return reason("held.told", told=wall_clock(promise.window.open, day.branch.tz))


def credentials_of(day: Day) -> Cases:
    """One case a clinician and day for credentials that expire soon, or just have: no one should learn it at the
    door."""
    opened = tuple(
        CaseToOpen(
            CaseKind.CREDENTIAL_EXPIRING, CaseSubject.of_clinician(clinician.id, day.service_date), 3, tuple(reasons)
        )
        for clinician in day.clinicians.values()
        if (reasons := _expiries(clinician, day))
    )
    return opened, _no_longer(day, CaseKind.CREDENTIAL_EXPIRING, opened, reason("closed.renewed"))


def _expiries(clinician: Clinician, day: Day) -> list[Reason]:
    last: dict[str, date] = {}
    for credential in clinician.credentials:
        if credential.status == "active" and credential.valid_until is not None:
            last[credential.code] = max(credential.valid_until, last.get(credential.code, credential.valid_until))
    reasons = []
    for code, until in last.items():
        if abs(until - day.service_date) > EXPIRY_NOTICE:
            continue
        reasons.append(expiry(clinician.name, clinician.role, code, until, day.service_date))
    return reasons


def expiry(who: str, role: str, code: str, until: date, on: date) -> Reason:
    """How the end of someone's credential is said on a day."""
    what = "license_" if code == role else ""
    when = "expired" if until < on else "expires"
    return reason(f"credential.{what}{when}", who=who, what=reason("skill", skill=code), day=until)


def _no_longer(day: Day, kind: CaseKind, opened: tuple[CaseToOpen, ...], because: Reason) -> tuple[CaseToClose, ...]:
    still = {case.subject for case in opened}
    gone = (case for case in day.cases if case.kind is kind and case.subject not in still)
    return tuple(CaseToClose(case.kind, case.subject, because) for case in gone)
