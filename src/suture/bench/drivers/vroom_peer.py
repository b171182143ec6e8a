"""VROOM: skills say who may do what; up to 300 visits each clinician has a cost matrix of their own.

VROOM covers as many visits as it can before it looks at cost; their price tells it only whom to prefer (priority).
It has no seed: the order of the visits is shuffled by it. Its `timeout` reads the clock of cpu_clock.c.
"""

from datetime import timedelta

import numpy as np
import vroom

from suture.bench.drivers.task import MATRIX_LIMIT, NEVER, Task, flat_travel, one_depot, priced, read_task
from suture.planner.problem import FORBIDDEN, Problem


def job(problem: Problem, v: int, skills: bool) -> "vroom.Job":
    """A node; its number is its skill."""
    nodes = problem.nodes
    top = max(1, int(nodes.uncovered.max()))
    return vroom.Job(
        v,
        location=v,
        default_service=int(nodes.busy[v]),
        delivery=vroom.Amount([int(nodes.demand[v])]),
        skills={v + 1} if skills else None,
        priority=int(100 * nodes.uncovered[v] // top),
        time_windows=[vroom.TimeWindow(*nodes.windows[v][0])],
    )


def add_vehicles(task: Task, model: "vroom.Input", alike: bool) -> None:
    """Rows, their matrices and, in a repair, their routes."""
    problem, rows, n = task.problem, task.problem.rows, task.problem.n
    own = n <= MATRIX_LIMIT and not alike
    travel = flat_travel(problem).astype(np.uint32)
    for r in range(problem.r):
        profile = f"row {r}" if own else "all"
        if own or r == 0:
            model.set_durations_matrix(profile, travel)
        if own:
            # Who may not is told by skills; NEVER in sums would overflow VROOM's 32 bits.
            model.set_costs_matrix(
                profile, np.where(priced(problem, r) >= NEVER, travel, priced(problem, r)).astype(np.uint32)
            )
        may = {v + 1 for v in np.flatnonzero(problem.pair_cost[:, r] < FORBIDDEN).tolist()}
        steps = [] if task.base is None else [vroom.VehicleStepStart(), *map(vroom.VehicleStepSingle, task.base[r])]
        model.add_vehicle(
            vroom.Vehicle(
                r,
                start=n + r,
                end=n + r,
                profile=profile,
                capacity=[min(int(rows.capacity[r]), 10**9)],
                skills=None if alike else may,
                time_window=vroom.TimeWindow(int(rows.leave[r]), int(rows.hard_end[r])),
                steps=[*steps, vroom.VehicleStepEnd()] if steps else [],
            )
        )


def main() -> None:
    """Solve and answer."""
    task = read_task()
    alike = one_depot(task.problem) and task.base is None
    model = vroom.Input()
    add_vehicles(task, model, alike)
    for v in task.order().tolist():
        model.add_job(job(task.problem, v, skills=not alike))
    level = 5 if task.base is None else 0
    found = model.solve(exploration_level=level, nb_threads=1, timeout=timedelta(seconds=task.left()))
    routes: list[list[int]] = [[] for _ in range(task.problem.r)]
    steps = found.routes
    for row, kind, number in zip(steps["vehicle_id"], steps["type"], steps["id"], strict=True):
        if kind == "job":
            routes[int(row)].append(int(number))
    task.answer(routes)


if __name__ == "__main__":
    main()
