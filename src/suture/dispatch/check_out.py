"""A clinician has left: the visit was done, or nobody was home and somebody must ask why."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, nothing, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId, PositionKey
from suture.model.signals import CheckOut, Outcome
from suture.model.visit import Visit, VisitStatus


def check_out(signal: CheckOut, day: Day, now: datetime) -> Effect:
    """Close the visit at its true end; the minutes won or lost go to the rest of the route."""
    visit = day.visits[signal.visit_id]
    if visit.status is VisitStatus.NO_SHOW and signal.outcome is Outcome.DONE:
        because = f"visit {visit.external_id} was reported both as not home and as done"
        return doubtful(day, visit, because, "It was reported as not home, then as done. Ask which it was.")
    if visit.is_closed:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    if _is_before_care(signal, visit):
        because = f"a check-out of visit {visit.external_id} was not believed"
        return doubtful(day, visit, because, "The visit was reported as ended before it began. Ask what happened.")
    done = signal.outcome is Outcome.DONE
    status = VisitStatus.COMPLETED if done else VisitStatus.NO_SHOW
    started = visit.started_at or signal.occurred_at
    who = (signal.clinician_id or _assigned(visit, day)) if done else None
    closed = replace(visit, status=status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    update = VisitUpdate(visit.id, status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    return Effect(
        with_visit(day, closed),
        because=f"visit {visit.external_id} {'is done' if done else 'found nobody home'}",
        replans=True,
        updates=(update,),
        opened=() if done else (_follow_up(visit),),
    )


def _is_before_care(signal: CheckOut, visit: Visit) -> bool:
    """Whether it ends what has not begun by then: a slip, or reports that came in the wrong order."""
    if visit.started_at is None or signal.occurred_at == visit.started_at:
        return signal.occurred_at < visit.window.earliest_start
    return signal.occurred_at < visit.started_at


def _assigned(visit: Visit, day: Day) -> PartyId | None:
    assignment = day.plan.assignments.get(PositionKey(visit.id, 1))
    return assignment.clinician_id if assignment else None


def _follow_up(visit: Visit) -> CaseToOpen:
    return CaseToOpen(
        CaseKind.NO_SHOW_FOLLOWUP,
        CaseSubject("visit", visit.id),
        risk=3,
        reasons=("Nobody was home. Ring the patient, and offer another time.",),
    )
