"""A visit of a planned day changed: other hours, another length or place, on hold, or on another day."""

from datetime import datetime

from suture.dispatch.disrupted import shut_out
from suture.dispatch.effect import Effect, nothing, status_words, unpinned
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.instants import wall_clock
from suture.model.plan import Assignment
from suture.model.signals import VisitChanged
from suture.model.visit import Visit
from suture.words.reason import reason


def visit_changed(signal: VisitChanged, day: Day, now: datetime) -> Effect:
    """Look at the day again with the visit as it is now; one that is under way or closed stays as it was recorded."""
    visit = day.visits[signal.visit_id]
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.changed_late", visit=visit.external_id, status=status_words(visit)))
    stops = [a for a in day.plan.assignments.values() if a.key.visit_id == visit.id]
    because = reason("signal.changed", visit=visit.external_id)
    opened: tuple[CaseToOpen, ...] = ()
    if visit.service_date != day.service_date:
        because = reason("signal.moved", visit=visit.external_id, day=visit.service_date)
        opened = _told_of_this_day(visit, day)
    elif visit.held:
        because = reason("signal.held", visit=visit.external_id)
    return Effect(
        unpinned(day, (a.key for a in stops if _is_out_of_place(a, visit))),
        because,
        replans=True,
        updates=shut_out(visit, day),
        opened=opened,
        no_old_times=tuple(dict.fromkeys(a.clinician_id for a in stops)),
    )


def _is_out_of_place(stop: Assignment, visit: Visit) -> bool:
    """Whether the visit may no longer be where the plan has it."""
    window = visit.window
    return not (window.earliest_start <= stop.starts_at <= window.latest_start) or not visit.is_plannable


def _told_of_this_day(visit: Visit, day: Day) -> tuple[CaseToOpen, ...]:
    """A patient who was told this day hears of the new one by a message only once that day has a time for it."""
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    if promise is None:
        return ()
    local = wall_clock(promise.window.open, day.branch.tz)
    why = reason("report.moved_told", day=visit.service_date, told_day=local.date(), told=local)
    subject = CaseSubject("visit", visit.id)
    return (CaseToOpen(CaseKind.PROMISE_AT_RISK, subject, 3, (why,), deadline_at=promise.window.open),)
