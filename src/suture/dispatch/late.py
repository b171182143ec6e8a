"""A stop that its clinician reaches late: what comes after it waits, and promises that break are known at once."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId
from suture.model.plan import Assignment
from suture.model.visit import GateState, Visit
from suture.words.reason import Reason


def next_stop(day: Day, clinician_id: PartyId) -> Assignment | None:
    """The stop that a clinician is to begin next, by the plan; not one that its gate keeps her from."""
    ahead = [(a, v) for a in day.plan.route(clinician_id) if (v := day.visits[a.key.visit_id]).is_plannable]
    kept = (GateState.HELD, GateState.WAITLIST)
    return next((a for a, v in ahead if not v.is_started and v.gate not in kept), None)


def planned_start(stop: Assignment, visit: Visit) -> datetime:
    """When the stop was planned to begin before anyone was late for it."""
    return visit.late_from or stop.starts_at


def later(day: Day, visit: Visit, stop: Assignment, expected: datetime, because: Reason) -> Effect:
    """The visit begins at `expected`, not before; the route behind it is looked at again, also where it is sooner."""
    planned, who = planned_start(stop, visit), stop.clinician_id
    day = with_visit(day, replace(visit, expected_start=expected, late_from=planned, late_by=who))
    is_sooner = expected < stop.starts_at
    return Effect(
        _at(day, stop, max(planned, expected)) if is_sooner else day,
        because=because,
        replans=True,
        late=True,
        updates=(VisitUpdate(visit.id, expected_start=expected, late_from=planned, late_by=who),),
        no_old_times=(who,) if is_sooner else (),
    )


def _at(day: Day, stop: Assignment, starts_at: datetime) -> Day:
    """The day with a stop of the plan at another time."""
    moved = replace(stop, starts_at=starts_at, ends_at=starts_at + (stop.ends_at - stop.starts_at))
    return replace(day, plan=replace(day.plan, assignments={**day.plan.assignments, stop.key: moved}))


def begun_since(day: Day, clinician_id: PartyId, at: datetime) -> bool:
    """Whether a clinician has begun a visit after that instant: what was said of the next one then is about it."""
    begun = (day.visits[a.key.visit_id].started_at for a in day.plan.route(clinician_id))
    return any(started is not None and started > at for started in begun)
