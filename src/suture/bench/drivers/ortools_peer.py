"""OR-Tools routing: cheapest insertion, then guided local search; the whole problem told to it where it can be.

Up to 300 visits each clinician has a matrix of their own; above that, pair prices are a dimension with a price per
node. It has no seed: the nodes are shuffled by it. Its time limit reads the clock of cpu_clock.c.
"""

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from suture.bench.drivers.task import MATRIX_LIMIT, NEVER, Task, flat_travel, one_depot, priced, read_task
from suture.planner.problem import FORBIDDEN, Link, Problem, Who

LATEST = 10**9
"""A time that never binds: OR-Tools adds to it in 64 bits."""


class Model:
    """One routing model; index = OR-Tools' number of a node, node = ours."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.problem = task.problem
        n, r = self.problem.n, self.problem.r
        self.node = np.concatenate([task.order(), np.arange(n, n + r)])
        homes = list(range(n, n + r))
        self.manager = pywrapcp.RoutingIndexManager(n + r, r, homes, homes)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.index = {int(v): self.manager.NodeToIndex(at) for at, v in enumerate(self.node[:n])}
        self._add_travel()
        self._add_nodes()

    def _matrix(self, matrix: NDArray[np.int64]) -> int:
        ordered = matrix[np.ix_(self.node, self.node)]
        return int(self.routing.RegisterTransitMatrix(ordered.tolist()))

    def _vector(self, vector: NDArray[np.int64]) -> int:
        return int(self.routing.RegisterUnaryTransitVector(vector[self.node].tolist()))

    def _add_travel(self) -> None:
        problem, rows, n, r = self.problem, self.problem.rows, self.problem.n, self.problem.r
        travel = flat_travel(problem)
        if one_depot(problem) or n > MATRIX_LIMIT or not (problem.pair_cost[problem.pair_cost < FORBIDDEN]).any():
            self.routing.SetArcCostEvaluatorOfAllVehicles(self._matrix(travel))
        else:
            for row in range(r):
                self.routing.SetArcCostEvaluatorOfVehicle(self._matrix(np.minimum(priced(problem, row), NEVER)), row)
        if n > MATRIX_LIMIT and not one_depot(problem):
            price = np.where(problem.pair_cost < FORBIDDEN, problem.pair_cost, 0).astype(np.int64)
            vectors = [self._vector(np.concatenate([price[:, row], np.zeros(r, np.int64)])) for row in range(r)]
            self.routing.AddDimensionWithVehicleTransits(vectors, 0, LATEST, True, "price")
            self.routing.GetDimensionOrDie("price").SetSpanCostCoefficientForAllVehicles(1)
        busy = np.concatenate([problem.nodes.busy, np.zeros(r, np.int32)]).astype(np.int64)
        self.routing.AddDimension(self._matrix(travel + busy[:, None]), LATEST, LATEST, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        for row in range(r):
            self.time.CumulVar(self.routing.Start(row)).SetMin(int(rows.leave[row]))
            self.time.CumulVar(self.routing.End(row)).SetMax(int(rows.hard_end[row]))
        if problem.nodes.demand.any():
            demand = np.concatenate([problem.nodes.demand, np.zeros(r, np.int32)]).astype(np.int64)
            load = self._vector(demand)
            self.routing.AddDimensionWithVehicleCapacity(load, 0, [int(c) for c in rows.capacity], True, "load")

    def _add_nodes(self) -> None:
        nodes = self.problem.nodes
        for v, index in self.index.items():
            (early, late), *_ = nodes.windows[v]
            start = self.time.CumulVar(index)
            start.SetMin(early)
            if nodes.late_limit[v]:
                self.time.SetCumulVarSoftUpperBound(index, late, 1)
            else:
                start.SetMax(late)
            may = np.flatnonzero(self.problem.pair_cost[v] < FORBIDDEN).tolist()
            if not nodes.required[v]:
                self.routing.AddDisjunction([index], int(nodes.uncovered[v]))
            if len(may) < self.problem.r:
                here = may if nodes.required[v] else [-1, *may]
                self.routing.VehicleVar(index).SetValues(here)
        for link in self.problem.links:
            self._add_link(link)

    def _add_link(self, link: Link) -> None:
        solver = self.routing.solver()
        first, second = self.index[link.first], self.index[link.second]
        if link.gap is not None:
            low, high = link.gap
            gap = self.time.CumulVar(second) - self.time.CumulVar(first)
            if low == high:
                solver.Add(self.time.CumulVar(second) == self.time.CumulVar(first) + low)
            else:
                solver.Add(gap >= low)
                solver.Add(gap <= high)
        if link.who == Who.DIFFERENT:
            solver.Add(self.routing.VehicleVar(first) != self.routing.VehicleVar(second))

    def solve(self) -> tuple[list[list[int]], list[list[int]]] | None:
        """Routes and starts, or None."""
        self.routing.AddAtSolutionCallback(self.task.first_plan)
        wanted = pywrapcp.DefaultRoutingSearchParameters()
        wanted.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        wanted.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        self.routing.CloseModelWithParameters(wanted)
        start = None
        if self.task.base is not None:
            routes = [[self.index[v] for v in route] for route in self.task.base]
            start = self.routing.ReadAssignmentFromRoutes(routes, True)
        wanted.time_limit.FromMilliseconds(int(1000 * self.task.left()))
        if start is not None:
            found = self.routing.SolveFromAssignmentWithParameters(start, wanted)
        else:
            found = self.routing.SolveWithParameters(wanted)
        return None if found is None else self._read(found)

    def _read(self, found: "pywrapcp.Assignment") -> tuple[list[list[int]], list[list[int]]]:
        routes, starts = [], []
        for row in range(self.problem.r):
            route, times = [], []
            index = found.Value(self.routing.NextVar(self.routing.Start(row)))
            while not self.routing.IsEnd(index):
                route.append(int(self.node[self.manager.IndexToNode(index)]))
                times.append(int(found.Min(self.time.CumulVar(index))))
                index = found.Value(self.routing.NextVar(index))
            routes.append(route)
            starts.append(times)
        return routes, starts


def starts_matter(problem: Problem) -> bool:
    """Whether a plan's starts are needed in its file."""
    return bool(problem.links) or bool(problem.nodes.late_limit.any())


def main() -> None:
    """Solve and answer."""
    task = read_task()
    found = Model(task).solve()
    if found is None:
        task.say()
    else:
        task.answer(found[0], found[1] if starts_matter(task.problem) else None)


if __name__ == "__main__":
    main()
