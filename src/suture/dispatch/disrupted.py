"""What is closed or slow, as a day sees it: other windows, other driving times, visits that wait."""

from dataclasses import replace
from datetime import timedelta

from suture.dispatch.effect import Effect, unpinned, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.disruption import Disruption, around, is_shut_out, slowed
from suture.model.ids import VisitId
from suture.model.plan import Assignment
from suture.model.visit import Visit
from suture.words.reason import Reason, reason


def disrupted(day: Day) -> Day:
    """The day with what is known to be closed or slow: other windows, other driving times, visits that wait."""
    for n, one in enumerate(day.disruptions):
        if one.percent is not None:
            day = replace(day, travel=slowed(day.travel, day.places, one, day.disruptions[:n]))
            continue
        for visit in day.visits.values():
            place = day.places.get(visit.place_id)
            window = around(visit.window, timedelta(minutes=visit.duration_minutes), one)
            if place is None or not one.covers(place) or visit.is_started:
                continue
            if window is not None:
                day = with_visit(day, replace(visit, window=window))
            elif visit.is_plannable:
                day = with_visit(day, replace(visit, held=True))
    return day


def is_shut(visit: Visit, day: Day) -> bool:
    """Whether a closure leaves a visit no time."""
    place, care = day.places.get(visit.place_id), timedelta(minutes=visit.duration_minutes)
    return place is not None and is_shut_out(day.disruptions, place, visit.window, care)


def shut_out(visit: Visit, day: Day) -> tuple[VisitUpdate, ...]:
    """Let it be recorded that a visit waits, where a closure leaves its hours or its place no time."""
    waits = visit.held and not visit.is_closed and visit.service_date == day.service_date
    return (VisitUpdate(visit.id, held=True),) if waits and is_shut(visit, day) else ()


def is_known(one: Disruption, day: Day) -> bool:
    """Whether the same was said before: two people may call."""
    return any(replace(other, source=one.source) == one for other in day.disruptions)


def closed(day: Day, closure: Disruption, because: Reason) -> Effect:
    """Visits there move to hours before or after the closure, and those that cannot are on hold."""
    after, updates, opened = replace(day, disruptions=(*day.disruptions, closure)), [], []
    moved: set[VisitId] = set()
    for visit in day.visits.values():
        place = day.places.get(visit.place_id)
        if place is None or not visit.is_plannable or visit.is_started or not closure.covers(place):
            continue
        window = around(visit.window, timedelta(minutes=visit.duration_minutes), closure)
        if window is None:
            after = with_visit(after, replace(visit, held=True))
            updates.append(VisitUpdate(visit.id, held=True))
            opened.append(_on_hold(visit, because))
        elif window != visit.window:
            after = with_visit(after, replace(visit, window=window))
            moved.add(visit.id)
    stops = [a for a in after.plan.assignments.values() if a.key.visit_id in moved]
    out = [a.key for a in stops if not _is_in_window(a, after)]
    return Effect(
        unpinned(after, out),
        because,
        replans=True,
        late=True,
        updates=tuple(updates),
        opened=tuple(opened),
        no_old_times=tuple(dict.fromkeys(a.clinician_id for a in stops)),
        disruptions=(closure,),
    )


def _is_in_window(stop: Assignment, day: Day) -> bool:
    window = day.visits[stop.key.visit_id].window
    return window.earliest_start <= stop.starts_at <= window.latest_start


def _on_hold(visit: Visit, because: Reason) -> CaseToOpen:
    why, deadline = reason("held.closed", because=because), visit.window.latest_start
    return CaseToOpen(CaseKind.ON_HOLD_REVIEW, CaseSubject("visit", visit.id), 3, (why,), deadline)
