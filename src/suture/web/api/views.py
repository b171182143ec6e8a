"""What the API answers, and how it is read off a plan. The field names are a contract."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from suture.store.views import PlanView, StopView


class SignalStored(BaseModel):
    """The answer to a signal. A repeat of the same `source` and `source_id` gets this very answer again.

    `state` is that of the moment it was stored; `GET /api/v1/signals/{id}` says what it is now.
    """

    id: int
    state: str = Field(default="new", description="Always new: stored, and decided by the worker in a moment.")


class SignalNow(BaseModel):
    """The state of a signal: new, handled (in the plan version `version`), or quarantined for a person.

    `because`: once it is handled, what it changed, or why nothing; a sentence for each day that it is about.
    """

    id: int
    kind: str
    state: str
    version: int | None
    because: tuple[str, ...] = ()


class DayDone(BaseModel):
    """What planning or publishing led to: `positions = assigned + exceptions`."""

    version: int
    stage: str
    positions: int
    assigned: int
    exceptions: int


class Stop(BaseModel):
    """One planned position. Times carry their UTC offset; equal told times are an exact appointment."""

    visit: str
    visit_id: int
    position: int
    order: int
    starts_at: datetime
    ends_at: datetime
    told_open: datetime
    told_close: datetime
    status: str
    pinned: bool


class Route(BaseModel):
    """One clinician's stops in order."""

    clinician: str
    clinician_id: int
    role: str
    stops: list[Stop]


class Uncovered(BaseModel):
    """A position that no clinician covers, and why, one sentence a clinician, in the language asked for."""

    visit: str
    visit_id: int
    position: int
    earliest_start: datetime
    latest_start: datetime
    reasons: list[str]


class PlanNow(BaseModel):
    """The plan of one branch-day as it stands."""

    branch: str
    date: date
    version: int
    stage: str
    routes: list[Route]
    uncovered: list[Uncovered]


def done(plan: PlanView) -> DayDone:
    """The counts of a plan."""
    return DayDone(
        version=plan.head.version,
        stage=plan.head.stage,
        positions=plan.assigned + len(plan.uncovered),
        assigned=plan.assigned,
        exceptions=len(plan.uncovered),
    )


def plan_now(plan: PlanView) -> PlanNow:
    """A plan as the API tells it."""
    return PlanNow(
        branch=plan.branch.external_id,
        date=plan.service_date,
        version=plan.head.version,
        stage=plan.head.stage,
        routes=[
            Route(clinician=c.external_id, clinician_id=c.id, role=c.role, stops=_stops(plan, c.id))
            for c in plan.clinicians
        ],
        uncovered=[
            Uncovered(
                visit=s.external_id,
                visit_id=s.visit_id,
                position=s.position,
                earliest_start=s.earliest_start,
                latest_start=s.latest_start,
                reasons=[str(r) for r in plan.reasons.get((s.visit_id, s.position), ())],
            )
            for s in plan.uncovered
        ],
    )


def _stops(plan: PlanView, clinician_id: int) -> list[Stop]:
    return [_stop(s) for s in plan.stops if s.seat and s.seat.clinician_id == clinician_id]


def _stop(stop: StopView) -> Stop:
    seat = stop.seat
    if seat is None:
        raise ValueError(f"visit {stop.external_id} has no clinician")
    return Stop(
        visit=stop.external_id,
        visit_id=stop.visit_id,
        position=stop.position,
        order=seat.order,
        starts_at=seat.starts_at,
        ends_at=seat.ends_at,
        told_open=seat.told_open,
        told_close=seat.told_close,
        status=stop.status,
        pinned=seat.pinned,
    )
