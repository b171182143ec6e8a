"""A visit under way takes longer: whoever comes after may wait, move within the told window, or need someone else."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, doubtful, nothing, with_visit
from suture.dispatch.no_check_out import closed_by_more_time
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.signals import RunOver
from suture.words.reason import reason


def run_over(signal: RunOver, day: Day, now: datetime) -> Effect:
    """Move the expected end; a visit that has not been checked in is taken to have begun as planned."""
    visit = day.visits[signal.visit_id]
    if visit.is_closed:
        return nothing(day, reason("signal.ended", visit=visit.external_id))
    stop = day.plan.assignments.get(PositionKey(visit.id, 1))
    if not visit.is_started and (stop is None or stop.starts_at > now):
        because = reason("signal.over_before_begun", visit=visit.external_id)
        return doubtful(day, visit, because, reason("report.over_before_begun"))
    begun = visit.started_at or (stop.starts_at if stop else now)
    planned = begun + timedelta(minutes=visit.duration_minutes)
    said = signal.expected_end or planned + timedelta(minutes=signal.minutes or 0)
    ends = max(said, planned)  # it runs over, never short
    longer = replace(visit, expected_end=ends)
    return Effect(
        with_visit(day, longer),
        because=reason("signal.runs_over", visit=visit.external_id, until=wall_clock(ends, day.branch.tz)),
        replans=True,
        late=True,
        updates=(VisitUpdate(visit.id, expected_end=ends),),
        closed=closed_by_more_time(longer, now),
    )
