"""A clinician has left: the visit was done, or the patient was not home and someone must ask why."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, mismatch, nothing, status_words, with_visit
from suture.dispatch.late_start import closed_by_check_in
from suture.dispatch.who_came import names_of, planned_for, reporter, with_who_came
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId, PositionKey
from suture.model.instants import wall_clock
from suture.model.signals import CheckOut, Outcome
from suture.model.visit import Visit, VisitStatus
from suture.words.reason import Reason, reason

_SAID = {VisitStatus.COMPLETED: Outcome.DONE, VisitStatus.NO_SHOW: Outcome.NOT_HOME}


def check_out(signal: CheckOut, day: Day, now: datetime) -> Effect:
    """Close the visit at its true end; the minutes won or lost go to the rest of the route."""
    visit = day.visits[signal.visit_id]
    if visit.status in _SAID and signal.outcome is not _SAID[visit.status]:
        because = reason("signal.both_outcomes", visit=visit.external_id)
        first, then = reason(f"outcome.{_SAID[visit.status]}"), reason(f"outcome.{signal.outcome}")
        return doubtful(day, visit, because, reason("report.both_outcomes", first=first, then=then))
    if visit.status in _SAID:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    if _is_before_care(signal, visit):
        because = reason("signal.check_out_early", visit=visit.external_id)
        return doubtful(day, visit, because, _too_early(signal, visit, day))
    done = signal.outcome is Outcome.DONE
    status = VisitStatus.COMPLETED if done else VisitStatus.NO_SHOW
    started = visit.started_at or signal.occurred_at
    who = (signal.clinician_id or _assigned(visit, day)) if done else None
    opened = () if done else (_follow_up(visit),)
    if visit.is_closed:
        there = reason("report.there_though", status=status_words(visit), who=_who(signal, day))
        opened = (*opened, mismatch(visit, there))
    elif not visit.is_started and _is_stranger(signal, visit, day):
        opened = (*opened, mismatch(visit, _instead(signal, visit, day)))
    closed = replace(visit, status=status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    update = VisitUpdate(visit.id, status, started_at=started, ended_at=signal.occurred_at, done_by=who)
    return Effect(
        with_who_came(with_visit(day, closed), closed, signal.clinician_id, started),
        because=reason("signal.done" if done else "signal.no_one_home", visit=visit.external_id),
        replans=True,
        frees=True,
        late=True,
        updates=(update,),
        opened=opened,
        closed=closed_by_check_in(visit),
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


def _too_early(signal: CheckOut, visit: Visit, day: Day) -> Reason:
    """What is true of it: cancelled, ended before it began, or neither begun nor due."""
    ended, opens = (_clock(t, day) for t in (signal.occurred_at, visit.window.earliest_start))
    if visit.is_closed:
        return reason("report.ended_closed", ended=ended, status=status_words(visit))
    who = reporter(day, signal.clinician_id)
    if visit.started_at is not None and signal.occurred_at < visit.started_at:
        began = _clock(visit.started_at, day)
        return reason("report.ended_first", who=who, ended=ended, began=began)
    return reason("report.ended_early", who=who, ended=ended, opens=opens)


def _clock(instant: datetime, day: Day) -> datetime:
    return wall_clock(instant, day.branch.tz)


def _who(signal: CheckOut, day: Day) -> str | Reason:
    return reason("who.clinician") if signal.clinician_id is None else names_of(day, (signal.clinician_id,))[0]


def _instead(signal: CheckOut, visit: Visit, day: Day) -> Reason:
    """Who was there, and who was planned."""
    planned = planned_for(day, visit)
    return reason(
        "report.was_there_instead",
        who=reporter(day, signal.clinician_id),
        planned=names_of(day, planned) or reason("who.no_clinician"),
        n=max(1, len(planned)),
    )


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
        reasons=(reason("report.no_one_home"),),
    )
