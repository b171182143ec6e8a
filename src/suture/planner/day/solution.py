"""A solution of a problem, and its way from and to the assignments of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from suture.model.ids import PartyId, PositionKey
from suture.model.plan import Assignment, Plan, Source, told_window
from suture.planner.day.live import shift_index
from suture.planner.day.problem import DayProblem


@dataclass(frozen=True, slots=True)
class Solution:
    """Who does what when. `routes[row]`: nodes in order; `starts[node]`: seconds; `iterations` that the search took."""

    routes: tuple[tuple[int, ...], ...]
    starts: Mapping[int, int]
    uncovered: tuple[int, ...]
    iterations: int = 0

    def row_of(self, v: int) -> int | None:
        """The row a node is in; None where it is uncovered."""
        return next((r for r, route in enumerate(self.routes) if v in route), None)


def from_assignments(problem: DayProblem, plan: Plan) -> Solution:
    """A plan as it stands, at its own times, legal or not; where the clinician has no shift then: uncovered."""
    routes: list[list[tuple[int, int]]] = [[] for _ in problem.rows]
    starts: dict[int, int] = {}
    for key, assignment in plan.assignments.items():
        v, r = problem.node_of.get(key), shift_index(problem.day.shifts, assignment)
        if v is not None and r is not None:
            starts[v] = problem.seconds(assignment.starts_at)
            routes[r].append((starts[v], v))
    uncovered = tuple(v for v in range(len(problem.nodes)) if v not in starts)
    return Solution(tuple(tuple(v for _, v in sorted(route)) for route in routes), starts, uncovered)


def to_assignments(problem: DayProblem, solution: Solution) -> dict[PositionKey, Assignment]:
    """The whole plan of the day: frozen stops exactly as they are, then what the solution says, by key.

    A patient keeps the told window of the published plan while the start stays inside it.
    """
    plan = {stop.assignment.key: stop.assignment for stop in problem.frozen}
    last: dict[PartyId, int] = {}
    for assignment in plan.values():
        last[assignment.clinician_id] = max(last.get(assignment.clinician_id, 0), assignment.route_order)
    for clinician_id, rows in problem.rows_of.items():
        stops = [v for r in sorted(rows, key=lambda r: problem.rows[r].shift_start) for v in solution.routes[r]]
        for order, v in enumerate(stops, start=last.get(clinician_id, 0) + 1):
            plan[problem.nodes[v].key] = _assignment(problem, v, clinician_id, order, solution.starts[v])
    return dict(sorted(plan.items()))


def _assignment(problem: DayProblem, v: int, clinician_id: PartyId, order: int, start: int) -> Assignment:
    node = problem.nodes[v]
    before = problem.day.plan.assignments.get(node.key)
    starts_at = problem.instant(start)
    published = node.published
    if published and published.told_open <= start <= published.told_close:
        told = published.assignment.told
    else:
        told = told_window(node.visit, starts_at, problem.day.places[node.place].tz)
    ends_at = starts_at + timedelta(seconds=node.care)
    if before is not None and before.clinician_id == clinician_id:  # whoever chose the person still did
        if (before.route_order, before.starts_at, before.ends_at, before.told) == (order, starts_at, ends_at, told):
            return before
        return replace(before, route_order=order, starts_at=starts_at, ends_at=ends_at, told=told)
    return Assignment(
        key=node.key,
        clinician_id=clinician_id,
        route_order=order,
        starts_at=starts_at,
        ends_at=ends_at,
        told=told,
        source=Source.AUTO,
    )
