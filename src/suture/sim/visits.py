"""How visits go in the played morning: clinicians follow the published plan, some run long, some find no one home.

They go where they are dispatched to, and nowhere else. Now and then one comes late without a word.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.day import ConfirmationState, Day
from suture.model.ids import PartyId
from suture.model.plan import Assignment, Stage
from suture.model.signals import Outcome
from suture.model.visit import Visit, VisitStatus
from suture.sim.chance import Chance

NOT_HOME = 0.02
LATE, LATE_BY = 0.04, timedelta(minutes=20)
WAITED_AT_THE_DOOR = timedelta(minutes=10)
SPREAD_SIGMA = 0.10


@dataclass(frozen=True, slots=True)
class DoorEvent:
    """A check-in (`outcome` None) or check-out that is going to happen."""

    at: datetime
    visit: Visit
    clinician_id: PartyId
    outcome: Outcome | None = None


def next_door_events(day: Day, now: datetime, chance: Chance) -> list[DoorEvent]:
    """What each clinician does next under the plan as it stands, the earliest first."""
    if day.plan.stage is not Stage.PUBLISHED:
        return []
    clinicians = sorted({a.clinician_id for a in day.plan.assignments.values()})
    coming = [event for c in clinicians if (event := _next_of(day, c, now, chance))]
    return sorted(coming, key=lambda e: (e.at, e.visit.id))


def _next_of(day: Day, clinician_id: PartyId, now: datetime, chance: Chance) -> DoorEvent | None:
    route = day.plan.route(clinician_id)
    for stop in route:
        visit = day.visits[stop.key.visit_id]
        if visit.status is VisitStatus.IN_PROGRESS and visit.started_at is not None:
            return _leave(visit, clinician_id, now, chance)
    for stop in route:
        visit = day.visits[stop.key.visit_id]
        if not visit.is_closed and visit.gate.is_dispatched and not _said_no(day, visit):
            late = visit.expected_start is None and chance.happens(LATE, "late", visit.external_id)
            at = max(stop.starts_at + LATE_BY * late, _free_again(day, route))  # known to be late, the plan says when
            return DoorEvent(at, visit, clinician_id)
    return None


def _free_again(day: Day, route: tuple[Assignment, ...]) -> datetime:
    """When the last ended visit of a route is documented."""
    visits = [day.visits[stop.key.visit_id] for stop in route]
    free = [v.ended_at + timedelta(minutes=v.documentation_minutes) for v in visits if v.ended_at is not None]
    return max(free, default=route[0].starts_at)


def _leave(visit: Visit, clinician_id: PartyId, now: datetime, chance: Chance) -> DoorEvent:
    assert visit.started_at is not None  # noqa: S101 - the caller has looked
    if chance.happens(NOT_HOME, "not_home", visit.external_id) and visit.patient_id is not None:
        return DoorEvent(max(now, visit.started_at + WAITED_AT_THE_DOOR), visit, clinician_id, Outcome.NOT_HOME)
    minutes = chance.delay(timedelta(minutes=visit.duration_minutes), SPREAD_SIGMA, "lasts", visit.external_id)
    ends = visit.expected_end or visit.started_at + timedelta(minutes=round(minutes.total_seconds() / 60))
    return DoorEvent(max(now, ends), visit, clinician_id, Outcome.DONE)


def _said_no(day: Day, visit: Visit) -> bool:
    """A visit that its patient declined is not dispatched: a coordinator has the case."""
    promise = day.promise_of(visit.id, visit.patient_id) if visit.patient_id else None
    return promise is not None and promise.answer is ConfirmationState.DECLINED
