"""A visit under way takes longer: whoever comes after may wait, move within the told window, or need somebody else."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from suture.dispatch.effect import Effect, nothing, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import RunOver


def run_over(signal: RunOver, day: Day, now: datetime) -> Effect:
    """Move the expected end; a visit that has not been checked in is taken to have begun as planned."""
    visit = day.visits[signal.visit_id]
    if visit.is_closed:
        return nothing(day, f"visit {visit.external_id} had already ended")
    local = signal.expected_end.astimezone(ZoneInfo(day.branch.tz))
    return Effect(
        with_visit(day, replace(visit, expected_end=signal.expected_end)),
        because=f"visit {visit.external_id} runs over until {local:%H:%M}",
        replans=True,
        updates=(VisitUpdate(visit.id, expected_end=signal.expected_end),),
    )
