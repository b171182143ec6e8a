"""OR-Tools on days with links: its routing library, and CP-SAT from there on while the day is small.

Routing leaves the largest tardiness out of what it minimizes. CP-SAT has the whole objective, one circuit for each
caregiver with a literal for each arc; above SMALL services it finds no plan in the budgets measured here.
"""

from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from suture.bench.drivers import ortools_peer
from suture.bench.drivers.task import Task, read_task
from suture.planner.problem import FORBIDDEN, Problem, Who

SMALL = 45
"""Services. Measured: 25 patients are within CP-SAT's reach, 50 are not."""
ROUTED_SHARE = 0.2
"""Of the budget of a small day."""


class _Watch(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]  # untyped base
    """Hears of each plan."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task

    def on_solution_callback(self) -> None:
        self._task.first_plan()


class Circuits:
    """The model: arcs[r][(a, b)], node N = the office; starts; tardiness."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.model = cp_model.CpModel()
        nodes, n = problem.nodes, problem.n
        horizon = int(max(w[0][1] for w in nodes.windows) + nodes.busy.sum() + problem.travel.max() * (n + 1))
        self.start = [self.model.new_int_var(nodes.windows[v][0][0], horizon, f"start {v}") for v in range(n)]
        self.arcs = [self._circuit(r) for r in range(problem.r)]
        self.does = self._assign()
        self._add_links()
        late = [self.model.new_int_var(0, horizon, f"late {v}") for v in range(n)]
        for v in range(n):
            self.model.add(late[v] >= self.start[v] - nodes.windows[v][0][1])
        latest = self.model.new_int_var(0, horizon, "latest")
        self.model.add_max_equality(latest, late)
        travel = [self._travel(a, b) * arc for arcs in self.arcs for (a, b), arc in arcs.items() if a != b]
        self.model.minimize(sum(travel) + sum(late) + latest)

    def _place(self, v: int) -> int:
        return int(self.problem.nodes.place[v]) if v < self.problem.n else int(self.problem.rows.start_place[0])

    def _travel(self, a: int, b: int) -> int:
        return int(self.problem.travel[self._place(a), self._place(b)])

    def _circuit(self, r: int) -> dict[tuple[int, int], cp_model.IntVar]:
        problem, n = self.problem, self.problem.n
        able = [*np.flatnonzero(problem.pair_cost[:, r] < FORBIDDEN).tolist(), n]
        arcs = {(a, b): self.model.new_bool_var(f"{r}: {a} {b}") for a in able for b in able}
        self.model.add_circuit([(a, b, arc) for (a, b), arc in arcs.items()])
        for (a, b), arc in arcs.items():
            if b == n or a == b:
                continue
            left = 0 if a == n else self.start[a] + int(problem.nodes.busy[a])
            self.model.add(self.start[b] >= left + self._travel(a, b)).only_enforce_if(arc)
        return arcs

    def _assign(self) -> list[dict[int, cp_model.LiteralT]]:
        """Who does which node: those whose loop at it is not taken."""
        does: list[dict[int, cp_model.LiteralT]] = [
            {r: ~arcs[v, v] for r, arcs in enumerate(self.arcs) if (v, v) in arcs} for v in range(self.problem.n)
        ]
        for who in does:
            self.model.add_exactly_one(who.values())
        for arcs in self.arcs:  # a clinician is at home while their office's loop is taken
            office = arcs[self.problem.n, self.problem.n]
            for (a, b), arc in arcs.items():
                if a == b != self.problem.n:
                    self.model.add_implication(office, arc)
        return does

    def _add_links(self) -> None:
        for link in self.problem.links:
            if link.gap is not None:
                gap = self.start[link.second] - self.start[link.first]
                self.model.add_linear_constraint(gap, *link.gap)
            if link.who == Who.DIFFERENT:
                for r in self.does[link.first].keys() & self.does[link.second].keys():
                    self.model.add_at_most_one(self.does[link.first][r], self.does[link.second][r])

    def hint(self, routes: list[list[int]], starts: list[list[int]]) -> None:
        """Begin at this plan."""
        for arcs, route, times in zip(self.arcs, routes, starts, strict=True):
            stops = [self.problem.n, *route, self.problem.n]
            taken = set(pairwise(stops))
            for (a, b), arc in arcs.items():
                self.model.add_hint(arc, (a, b) in taken or (a == b and a not in stops))
            for v, start in zip(route, times, strict=True):
                self.model.add_hint(self.start[v], start)

    def solve(self, task: Task) -> tuple[list[list[int]], list[list[int]]] | None:
        """Routes and starts, or None."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = task.seed
        solver.parameters.max_time_in_seconds = task.left()
        if solver.solve(self.model, _Watch(task)) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        routes = []
        for arcs in self.arcs:
            after = {a: b for (a, b), arc in arcs.items() if a != b and solver.value(arc)}
            route: list[int] = []
            here = after.get(self.problem.n, self.problem.n)
            while here != self.problem.n:
                route.append(here)
                here = after[here]
            routes.append(route)
        return routes, [[solver.value(self.start[v]) for v in route] for route in routes]


def routed(task: Task, seconds: float) -> tuple[list[list[int]], list[list[int]]] | None:
    """What the routing library makes of it in this many seconds."""
    whole, task.seconds = task.seconds, seconds
    found = ortools_peer.Model(task).solve()
    task.seconds = whole
    return found


def main() -> None:
    """Solve and answer."""
    task = read_task()
    small = task.problem.n <= SMALL
    found = routed(task, task.seconds * ROUTED_SHARE if small else task.seconds)
    if small:
        circuits = Circuits(task.problem)
        if found is not None:
            circuits.hint(*found)
        found = circuits.solve(task) or found
    if found is None:
        task.say()
    else:
        task.answer(*found)


if __name__ == "__main__":
    main()
