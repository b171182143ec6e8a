"""Cases that follow from the day as it is after a decision: not covered, on hold, a credential expiring."""

from collections.abc import Mapping
from datetime import date, timedelta

from suture.model.cases import (
    CASE_GROUPS,
    CaseGroup,
    CaseKind,
    CaseSubject,
    CaseToClose,
    CaseToOpen,
    last_useful_minute,
)
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.people import Clinician, skill_words
from suture.model.plan import Assignment
from suture.model.visit import Priority, Visit, VisitKind
from suture.words.reason import Reason, reason

EXPIRY_NOTICE = timedelta(days=7)
_STATUSES = frozenset({"inpatient", "discharged", "deceased"})
"""Why a patient is not active, where that is known."""

Assignments = Mapping[PositionKey, Assignment]
Cases = tuple[tuple[CaseToOpen, ...], tuple[CaseToClose, ...]]
"""To open or refresh, and to close."""


def cases(
    day: Day, after: Assignments, reasons: Mapping[PositionKey, tuple[Reason, ...]], *, credentials: bool
) -> Cases:
    """Everything that a person must look at as the day stands. `credentials`: open those cases too, not only close."""
    opened, closed = cover_cases(day, after, reasons)
    held, freed = _on_hold(day)
    running_out, renewed = credentials_of(day)
    return (*opened, *held, *(running_out if credentials else ())), (*closed, *freed, *renewed)


def cover_cases(
    day: Day, after: Assignments, reasons: Mapping[PositionKey, tuple[Reason, ...]]
) -> tuple[tuple[CaseToOpen, ...], tuple[CaseToClose, ...]]:
    """A case for every position without a clinician; cases of group Cover whose cause has vanished are closed."""
    opened = tuple(
        _uncovered(day.visits[key.visit_id], key, reasons.get(key, ()))
        for key in day.open_positions()
        if key not in after
    )
    still = {case.subject for case in opened}
    closed = tuple(
        CaseToClose(case.kind, case.subject, reason("closed.covered"))
        for case in day.cases
        if CASE_GROUPS[case.kind] is CaseGroup.COVER and case.subject not in still
    )
    return opened, closed


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
    """Visits that wait for a person: of a patient who is not active, or held though the patient was told a time."""
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
    return opened, _no_longer(day, CaseKind.ON_HOLD_REVIEW, opened, reason("closed.off_hold"))


def _why_on_hold(visit: Visit, day: Day) -> Reason | None:
    if not visit.held or visit.is_closed or visit.is_started or visit.service_date != day.service_date:
        return None
    patient = day.patients.get(visit.patient_id) if visit.patient_id else None
    if patient is not None and not patient.is_active:
        return reason(f"hold.{patient.status}" if patient.status in _STATUSES else "hold.unclear")
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
        what = "license_" if code == clinician.role else ""
        when = "expired" if until < day.service_date else "expires"
        reasons.append(reason(f"credential.{what}{when}", who=clinician.name, what=skill_words(code), day=until))
    return reasons


def _no_longer(day: Day, kind: CaseKind, opened: tuple[CaseToOpen, ...], because: Reason) -> tuple[CaseToClose, ...]:
    still = {case.subject for case in opened}
    gone = (case for case in day.cases if case.kind is kind and case.subject not in still)
    return tuple(CaseToClose(case.kind, case.subject, because) for case in gone)
