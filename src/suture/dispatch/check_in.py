"""A clinician has begun a visit: from here on it is pinned by fact, and a late start moves what follows."""

from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, doubtful, mismatch, nothing, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import CheckIn
from suture.model.visit import VisitStatus

EARLIEST_BEFORE_WINDOW = timedelta(minutes=60)
"""Earlier than this before its window opens, a check-in is taken for a slip."""


def check_in(signal: CheckIn, day: Day, now: datetime) -> Effect:
    """Mark the visit as under way since it truly began, whoever it was that came."""
    visit = day.visits[signal.visit_id]
    if visit.is_closed or visit.status is VisitStatus.IN_PROGRESS:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    if signal.occurred_at < visit.window.earliest_start - EARLIEST_BEFORE_WINDOW:
        because = f"a check-in to visit {visit.external_id} was not believed"
        return doubtful(day, visit, because, "Somebody checked in long before the visit may begin. Ask who, and where.")
    planned = {a.clinician_id for a in day.plan.assignments.values() if a.key.visit_id == visit.id}
    stranger = signal.clinician_id is not None and signal.clinician_id not in planned
    update = VisitUpdate(visit.id, VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)
    return Effect(
        with_visit(day, replace(visit, status=VisitStatus.IN_PROGRESS, started_at=signal.occurred_at)),
        because=f"visit {visit.external_id} has begun",
        replans=True,
        updates=(update,),
        opened=(mismatch(visit, "Somebody else than planned checked in. Ask whose visit it was."),) if stranger else (),
    )
