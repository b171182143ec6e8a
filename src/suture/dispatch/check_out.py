"""A clinician has left: the visit was done, or the patient was not home and someone must ask why."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, mismatch, nothing, with_visit
from suture.dispatch.who_came import instead, names_of, planned_for, reporter, with_who_came
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId, PositionKey
from suture.model.instants import wall_clock
from suture.model.signals import CheckOut, Outcome
from suture.model.visit import Visit, VisitStatus

_SAID = {VisitStatus.COMPLETED: Outcome.DONE, VisitStatus.NO_SHOW: Outcome.NOT_HOME}
_WORDS = {Outcome.DONE: "done", Outcome.NOT_HOME: "not home"}


def check_out(signal: CheckOut, day: Day, now: datetime) -> Effect:
    """Close the visit at its true end; the minutes won or lost go to the rest of the route."""
    visit = day.visits[signal.visit_id]
    if visit.status in _SAID and signal.outcome is not _SAID[visit.status]:
        because = f"visit {visit.external_id} was reported both as not home and as done"
        first, then = _WORDS[_SAID[visit.status]], _WORDS[signal.outcome]
        return doubtful(day, visit, because, f"It was reported as {first}, then as {then}. Ask which it was.")
    if visit.status in _SAID:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    if _is_before_care(signal, visit):
        because = f"a check-out of visit {visit.external_id} came too early to count"
        return doubtful(day, visit, because, _too_early(signal, visit, day))
    done = signal.outcome is Outcome.DONE
    status = VisitStatus.COMPLETED if done else VisitStatus.NO_SHOW
    started = visit.started_at or signal.occurred_at
    who = (signal.clinician_id or _assigned(visit, day)) if done else None
    opened = () if done else (_follow_up(visit),)
    if visit.is_closed:
        opened = (
            *opened,
            mismatch(visit, f"The visit was {visit.status}, but {_who(signal, day)} was there. Call them."),
        )
    elif not visit.is_started and _is_stranger(signal, visit, day):
        opened = (*opened, mismatch(visit, f"{reporter(day, signal.clinician_id)} was there{instead(day, visit)}"))
    closed = replace(visit, status=status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    update = VisitUpdate(visit.id, status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    return Effect(
        with_who_came(with_visit(day, closed), closed, signal.clinician_id, started),
        because=f"visit {visit.external_id} {'is done' if done else 'found no one home'}",
        replans=True,
        updates=(update,),
        opened=opened,
    )


def _is_before_care(signal: CheckOut, visit: Visit) -> bool:
    """Whether it ends what has not begun by then: a slip, or reports that came in the wrong order.

    Whoever is named at a visit that was not to be was there, at whatever hour (as in `check_in`).
    """
    if visit.is_closed and signal.clinician_id is not None:
        return False
    if visit.started_at is None or signal.occurred_at == visit.started_at:
        return signal.occurred_at < visit.window.earliest_start
    return signal.occurred_at < visit.started_at


def _too_early(signal: CheckOut, visit: Visit, day: Day) -> str:
    """What is true of it: cancelled, ended before it began, or neither begun nor due."""
    ended, opens = (_clock(t, day) for t in (signal.occurred_at, visit.window.earliest_start))
    if visit.is_closed:
        return f"Someone reported the visit as ended at {ended}, but it was {visit.status}. Ask who was there."
    who = reporter(day, signal.clinician_id)
    if visit.started_at is not None and signal.occurred_at < visit.started_at:
        began = _clock(visit.started_at, day)
        return f"{who} reported the visit as ended at {ended}, before it began at {began}. Ask what happened."
    return f"{who} reported the visit as ended at {ended}, but it may not begin before {opens}. Ask what happened."


def _clock(instant: datetime, day: Day) -> str:
    return f"{wall_clock(instant, day.branch.tz):%H:%M}"


def _who(signal: CheckOut, day: Day) -> str:
    return "a clinician" if signal.clinician_id is None else names_of(day, (signal.clinician_id,))


def _is_stranger(signal: CheckOut, visit: Visit, day: Day) -> bool:
    return signal.clinician_id is not None and signal.clinician_id not in planned_for(day, visit)


def _assigned(visit: Visit, day: Day) -> PartyId | None:
    assignment = day.plan.assignments.get(PositionKey(visit.id, 1))
    return assignment.clinician_id if assignment else None


def _follow_up(visit: Visit) -> CaseToOpen:
    return CaseToOpen(
        CaseKind.NO_SHOW_FOLLOWUP,
        CaseSubject("visit", visit.id),
        risk=3,
        reasons=("No one was home. Call the patient and offer another time.",),
    )
