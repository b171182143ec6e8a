"""Signals of several branch-days in, one decision of all of them out. Pure and repeatable, as `decide` is for one day.

Each day is decided on its own, in order, and sees what was decided of the days before it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from suture.dispatch.decide import decide, effects_of
from suture.dispatch.outcome import was_worked
from suture.model.day import NEIGHBOUR_DAYS, Day, PastVisit
from suture.model.decision import Decided, Decision
from suture.model.ids import BranchDay, VisitId
from suture.model.plan import Assignment
from suture.model.signals import Signal
from suture.planner.budget import Budget
from suture.rules.book import Rulebook


def decide_days(
    signals: Mapping[BranchDay, Sequence[Signal]],
    states: Mapping[BranchDay, Day],
    rulebook: Rulebook,
    now: datetime,
    budget: Budget,
    seed: int,
) -> Decided:
    """Decide the signals of each day; one about several days is among those of each.

    A visit that moves is in the states of both days: it leaves the plan of the one, and is demand of the other.
    """
    days = _each_visit_once(signals, states, rulebook, now)
    parts: list[Decision] = []
    for key in sorted(days):
        part = decide(signals[key], days[key], rulebook, now, budget, seed)
        parts.append(part)
        days = {k: _beside(day, days[key], part) if k > key else day for k, day in days.items()}
    return Decided(tuple(parts))


def _each_visit_once(
    signals: Mapping[BranchDay, Sequence[Signal]], states: Mapping[BranchDay, Day], rulebook: Rulebook, now: datetime
) -> dict[BranchDay, Day]:
    """The days in which a visit that was begun before it could move is on its old day only."""
    seen = Counter(visit_id for day in states.values() for visit_id in day.visits)
    moving = {visit_id for visit_id, days in seen.items() if days > 1}
    if not moving:
        return dict(states)
    begun: set[VisitId] = set()
    for key, day in states.items():
        effects = effects_of(signals[key], day, rulebook, now)
        visits = effects[-1].day.visits if effects else day.visits
        planned = {position.visit_id for position in day.plan.assignments}
        begun |= {v for v in moving & planned if was_worked(visits[v])}
    return {key: _without(day, begun) for key, day in states.items()}


def _without(day: Day, begun: set[VisitId]) -> Day:
    planned = {position.visit_id for position in day.plan.assignments}
    gone = begun - planned
    return replace(day, visits={v: visit for v, visit in day.visits.items() if v not in gone})


def _beside(day: Day, other: Day, part: Decision) -> Day:
    """A day as it sees the plan that was just decided of another day of its branch."""
    near = abs(day.service_date - other.service_date) <= timedelta(days=NEIGHBOUR_DAYS)
    if day.branch.id != other.branch.id or not near or not part.changes:
        return day
    gone = Counter(_due((c.before for c in part.changes if c.before), other))
    come = _due((c.after for c in part.changes if c.after), other)
    past = []
    for visit in day.past:
        if gone[visit] > 0:
            gone[visit] -= 1
        else:
            past.append(visit)
    return replace(day, past=tuple(sorted((*past, *come), key=lambda v: (v.starts_at, v.clinician_id))))


def _due(stops: Iterable[Assignment], day: Day) -> list[PastVisit]:
    """Stops as other days see them: until documentation is done, and none of a visit that is over."""
    visits = ((stop, day.visits[stop.key.visit_id]) for stop in stops)
    return [
        PastVisit(
            visit.patient_id,
            stop.clinician_id,
            visit.place_id,
            visit.discipline,
            stop.starts_at,
            stop.ends_at + timedelta(minutes=visit.documentation_minutes),
        )
        for stop, visit in visits
    ]
