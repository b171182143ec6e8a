"""PyVRP: one kind of vehicle and one profile for each clinician, pair prices on the arcs into a visit.

Above 300 visits a profile for each clinician does not fit in memory (about 155 MB each at 2000), so clinicians with
the same skills share one, and continuity and single forbidden pairs cannot be expressed in it.
"""

import numpy as np
import pyvrp  # the peers' environment has it

from suture.bench.drivers.task import MATRIX_LIMIT, NEVER, Task, flat_travel, one_depot, priced, read_task
from suture.planner.problem import FORBIDDEN, Problem

_NO_PLAN = float(2**62)
"""PyVRP's cost of a plan that is not legal."""


class _CpuBudget:
    """PyVRP asks it before every iteration, with the cost of the best legal plan so far."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __call__(self, best_cost: float) -> bool:
        if best_cost < _NO_PLAN:
            self._task.first_plan()
        return self._task.spent() >= self._task.seconds


def skill_classes(problem: Problem) -> list[int]:
    """A class for each row: rows that may do nearly the same nodes. Differences below 5 % are forbidden pairs."""
    may = problem.pair_cost < FORBIDDEN
    heads: list[int] = []
    classes: list[int] = []
    for r in range(problem.r):
        near = next((c for c, head in enumerate(heads) if (may[:, r] != may[:, head]).mean() < 0.08), None)
        if near is None:
            heads.append(r)
            near = len(heads) - 1
        classes.append(near)
    return classes


def of_one_depot(problem: Problem) -> "pyvrp.ProblemData":
    """Identical vehicles at one depot."""
    nodes, rows = problem.nodes, problem.rows
    places = np.concatenate([nodes.place, rows.start_place[:1]])
    travel = problem.travel[np.ix_(places, places)].astype(np.int64)
    n = problem.n
    clients = [
        pyvrp.Client(
            v,
            delivery=[int(nodes.demand[v])],
            service_duration=int(nodes.busy[v]),
            tw_early=nodes.windows[v][0][0],
            tw_late=nodes.windows[v][0][1],
        )
        for v in range(n)
    ]
    depot = pyvrp.Depot(n, tw_early=int(rows.leave[0]), tw_late=int(rows.hard_end[0]))
    locations = [pyvrp.Location(0, 0) for _ in range(n + 1)]
    fleet = [pyvrp.VehicleType(problem.r, [int(rows.capacity[0])])]
    return pyvrp.ProblemData(locations, clients, [depot], fleet, [travel], [travel])


def of_clinicians(problem: Problem) -> "pyvrp.ProblemData":
    """A kind of vehicle for each row."""
    nodes, rows, n = problem.nodes, problem.rows, problem.n
    travel = flat_travel(problem)
    if n <= MATRIX_LIMIT:
        profile = list(range(problem.r))
        distances = [priced(problem, r) for r in profile]
    else:
        profile = skill_classes(problem)
        may = problem.pair_cost < FORBIDDEN
        distances = []
        for c in range(max(profile) + 1):
            matrix = travel.copy()
            members = [r for r in range(problem.r) if profile[r] == c]
            matrix[:, :n] += np.where(may[:, members].any(axis=1), 0, NEVER)
            np.fill_diagonal(matrix, 0)
            distances.append(matrix)
    clients = [
        pyvrp.Client(
            v,
            service_duration=int(nodes.busy[v]),
            tw_early=nodes.windows[v][0][0],
            tw_late=nodes.windows[v][0][1],
            prize=int(nodes.uncovered[v]),
            required=False,
        )
        for v in range(n)
    ]
    fleet = [
        pyvrp.VehicleType(
            1,
            start_depot=r,
            end_depot=r,
            tw_early=int(rows.leave[r]),
            tw_late=int(rows.hard_end[r]),
            profile=profile[r],
        )
        for r in range(problem.r)
    ]
    locations = [pyvrp.Location(0, 0) for _ in range(n + problem.r)]
    depots = [pyvrp.Depot(n + r) for r in range(problem.r)]
    return pyvrp.ProblemData(locations, clients, depots, fleet, distances, [travel] * len(distances))


def main() -> None:
    """Solve and answer."""
    task = read_task()
    alike = one_depot(task.problem) and task.base is None
    data = of_one_depot(task.problem) if alike else of_clinicians(task.problem)
    start = None
    if task.base is not None:
        start = pyvrp.Solution(data, [pyvrp.Route(data, route, r) for r, route in enumerate(task.base) if route])
    result = pyvrp.solve(data, stop=_CpuBudget(task), seed=task.seed, collect_stats=False, initial_solution=start)
    routes: list[list[int]] = [[] for _ in range(task.problem.r)]
    for number, route in enumerate(result.best.routes()):
        visits = [stop.idx for stop in route if stop.is_client()]
        routes[number if alike else route.vehicle_type()] = visits
    task.facts["feasible"] = int(result.is_feasible())
    task.answer(routes)


if __name__ == "__main__":
    main()
