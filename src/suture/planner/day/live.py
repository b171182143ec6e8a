"""What of the published day has already become fact: the stops that can no longer be moved, at their true times."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suture.model.day import Day
from suture.model.people import Shift
from suture.model.plan import Assignment, Stage, told_window
from suture.model.visit import Visit, VisitStatus

_OVER = frozenset({VisitStatus.COMPLETED, VisitStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class FrozenStop:
    """One stop that stays as it is. `left_at`: care and documentation are done, the clinician may drive on."""

    assignment: Assignment
    visit: Visit
    starts_at: datetime
    left_at: datetime


def frozen_stops(day: Day, now: datetime) -> tuple[FrozenStop, ...]:
    """Every frozen stop of the day by clinician and true start: facts first, then what is presumed under way."""
    facts: list[FrozenStop] = []
    waiting: list[tuple[Assignment, Visit]] = []
    for key in sorted(day.plan.assignments):
        assignment, visit = day.plan.assignments[key], day.visits.get(key.visit_id)
        if visit is None:
            continue
        if visit.is_started or visit.status in _OVER:
            facts.append(_fact(assignment, visit, now))
        elif visit.is_plannable:
            waiting.append((assignment, visit))
    stops = facts + [_presumed(a, visit) for a, visit in waiting if _is_presumed_under_way(day, a, visit, facts, now)]
    stops += [_late(day, a, visit, now) for a, visit in waiting if _is_late_and_kept(day, a, visit, now)]
    return tuple(sorted(stops, key=lambda s: (s.assignment.clinician_id, s.starts_at, s.assignment.key)))


def shift_index(shifts: tuple[Shift, ...], assignment: Assignment) -> int | None:
    """The index of the shift of the assignment's clinician in which it starts; None where there is none left."""
    for r, shift in enumerate(shifts):
        if shift.clinician_id == assignment.clinician_id and shift.starts_at <= assignment.starts_at < shift.ends_at:
            return r
    return None


def is_on_duty(day: Day, assignment: Assignment) -> bool:
    """Whether the assignment's clinician still works while its care lasts; not so once she has called out."""
    r = shift_index(day.shifts, assignment)
    return r is not None and assignment.ends_at <= day.shifts[r].ends_at


def _fact(assignment: Assignment, visit: Visit, now: datetime) -> FrozenStop:
    start = visit.started_at or assignment.starts_at
    least = start + timedelta(minutes=visit.duration_minutes)  # what was expected before it began late is no end
    end = visit.ended_at or max(visit.expected_end or least, least)
    if visit.ended_at is None and visit.is_started:
        end = max(end, now)  # no one has left yet, whatever was expected
    left = max(start, end) + timedelta(minutes=visit.documentation_minutes)
    return FrozenStop(assignment, visit, start, left)


def _presumed(assignment: Assignment, visit: Visit) -> FrozenStop:
    start = assignment.starts_at
    end = max(visit.expected_end or start, start + timedelta(minutes=visit.duration_minutes))
    left = end + timedelta(minutes=visit.documentation_minutes)
    return FrozenStop(assignment, visit, start, left)


def _is_late_and_kept(day: Day, assignment: Assignment, visit: Visit, now: datetime) -> bool:
    """Whether its clinician is known to be late and can begin in time: she comes, or is there, so it stays hers."""
    if day.plan.stage is not Stage.PUBLISHED or visit.expected_start is None or not is_on_duty(day, assignment):
        return False
    if assignment.starts_at < visit.window.earliest_start:  # its hours are others now
        return False
    return _late_start(assignment, visit.expected_start) <= visit.window.latest_start


def _late(day: Day, assignment: Assignment, visit: Visit, now: datetime) -> FrozenStop:
    """The stop when it begins as far as is known, and what its patient is told of that."""
    start = _late_start(assignment, visit.expected_start or assignment.starts_at)
    told = (
        assignment.told if assignment.told.contains(start) else told_window(visit, start, day.places[visit.place_id].tz)
    )
    end = start + timedelta(minutes=visit.duration_minutes)
    return FrozenStop(
        replace(assignment, starts_at=start, ends_at=end, told=told),
        visit,
        start,
        max(end, visit.expected_end or end) + timedelta(minutes=visit.documentation_minutes),
    )


def _late_start(assignment: Assignment, expected: datetime) -> datetime:
    """Not before it is planned: whoever is late may be away until then."""
    return max(expected, assignment.starts_at)


def _is_presumed_under_way(
    day: Day, assignment: Assignment, visit: Visit, facts: list[FrozenStop], now: datetime
) -> bool:
    """Whether a stop without check-in must be taken as begun.

    Check-ins arrive late or never (no signal in the basement, hands full), but the clinician knows the published
    plan. Past its planned start it is far more likely that she is there than not, and moving the visit to someone
    else would send two people. Not so when her shift is gone or ends before the care does (she called out), or when
    we know her to be still at an earlier stop.
    """
    if day.plan.stage is not Stage.PUBLISHED or assignment.starts_at > now or visit.expected_start is not None:
        return False
    if not visit.gate.is_dispatched:  # no one has set out
        return False
    if not is_on_duty(day, assignment):
        return False
    return not any(
        f.assignment.clinician_id == assignment.clinician_id and f.starts_at <= assignment.starts_at < f.left_at
        for f in facts
    )
