"""A clinician has begun a visit: from here on it is pinned by fact, and a late start moves what follows."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, nothing, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import CheckIn
from suture.model.visit import VisitStatus


def check_in(signal: CheckIn, day: Day, now: datetime) -> Effect:
    """Mark the visit as under way since it truly began."""
    visit = day.visits[signal.visit_id]
    if visit.is_closed or visit.status is VisitStatus.IN_PROGRESS:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    update = VisitUpdate(visit.id, VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)
    return Effect(
        with_visit(day, replace(visit, status=VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)),
        because=f"visit {visit.external_id} has begun",
        replans=True,
        updates=(update,),
    )
