"""Cases of what no one reported, such as silence or a missing check-in, of which nothing is left after a decision."""

from collections.abc import Mapping, Sequence

from suture.dispatch.gate import is_confirmed, stop_of
from suture.dispatch.no_check_out import is_still_there
from suture.dispatch.promises import CASCADE, is_broken
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, OpenCase
from suture.model.day import ConfirmationState, Day
from suture.model.ids import PartyId, PositionKey, VisitId
from suture.model.plan import Assignment, Plan
from suture.model.visit import Visit
from suture.words.reason import Reason, reason

Assignments = Mapping[PositionKey, Assignment]


def over(
    day: Day, before: Plan, after: Assignments, opened: Sequence[CaseToOpen]
) -> tuple[tuple[CaseToOpen, ...], tuple[CaseToClose, ...]]:
    """Which of these cases are still to be opened, and which of the day's open cases are closed, since another signal
    of the same decision, or the repair, took their cause away."""

    def why(case: CaseToOpen | OpenCase) -> Reason | None:
        return _why(case.kind, case.subject, day, before, after)

    closed = (CaseToClose(case.kind, case.subject, because) for case in day.cases if (because := why(case)))
    return tuple(case for case in opened if why(case) is None), tuple(closed)


def _why(kind: CaseKind, about: CaseSubject, day: Day, before: Plan, after: Assignments) -> Reason | None:
    visit = day.visits.get(VisitId(about.id)) if about.kind == "visit" else None
    match kind:
        case CaseKind.NOT_CLOCKED_IN | CaseKind.NCNS if visit:
            return _has_begun(visit) or _given_away(PositionKey(visit.id, about.position), before, after)
        case CaseKind.NOT_CLOCKED_OUT if visit:
            return _has_left(visit, day)
        case CaseKind.PATIENT_SILENT if visit:
            return _has_begun(visit) or _no_one_would_come(visit, after) or _answered(visit, day, after)
        case CaseKind.PROMISE_AT_RISK if visit and visit.service_date == day.service_date:
            return _has_begun(visit) or _kept(visit, day, after)
        case CaseKind.OVERRUN_CASCADE:
            broken = (a for a in after.values() if a.clinician_id == about.id and is_broken(a, after, day))
            return None if sum(1 for _a in broken) >= CASCADE else reason("closed.on_time")
        case CaseKind.CLINICIAN_SILENT:
            return _nothing_to_accept(PartyId(about.id), day, after)
        case _:
            return None


def _has_begun(visit: Visit) -> Reason | None:
    if visit.held and not visit.is_closed:
        return reason("closed.held")
    return reason("closed.begun") if visit.is_started or visit.is_closed else None


def _has_left(visit: Visit, day: Day) -> Reason | None:
    if visit.is_closed or not visit.is_started:
        return reason("closed.visit_over")
    return None if is_still_there(visit, day) else reason("closed.gone_on")


def _no_one_would_come(visit: Visit, after: Assignments) -> Reason | None:
    """Whether the visit has no clinician any longer: that has a case of its own, and the silence changes nothing."""
    return reason("closed.no_one_planned") if stop_of(visit, after) is None else None


def _answered(visit: Visit, day: Day, after: Assignments) -> Reason | None:
    """Whether the patient said yes to the time that is planned."""
    stop = stop_of(visit, after)
    return reason("closed.answered") if stop is not None and is_confirmed(visit, stop, day) else None


def _given_away(key: PositionKey, before: Plan, after: Assignments) -> Reason | None:
    """Whether the clinician who did not come has the visit no longer."""
    had, has = before.assignments.get(key), after.get(key)
    is_theirs = has is not None and (had is None or had.clinician_id == has.clinician_id)
    return None if is_theirs else reason("closed.given_away")


def _kept(visit: Visit, day: Day, after: Assignments) -> Reason | None:
    """Whether the visit begins in the promised time again."""
    stop = stop_of(visit, after)
    return reason("closed.in_time") if stop is not None and not is_broken(stop, after, day) else None


def _nothing_to_accept(clinician_id: PartyId, day: Day, after: Assignments) -> Reason | None:
    """Whether what the clinician was told and has not accepted has begun, or is no longer theirs."""
    theirs = {a.key.visit_id for a in after.values() if a.clinician_id == clinician_id}
    waiting = (
        p.visit_id
        for p in day.promises
        if p.party_id == clinician_id and p.answer is ConfirmationState.NEEDS_ACTION and p.visit_id in theirs
    )
    ahead = any(day.visits[v].is_plannable and not day.visits[v].is_started for v in waiting)
    return None if ahead else reason("closed.nothing_to_accept")
