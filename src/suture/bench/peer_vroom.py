"""VROOM 1.15 through pyvroom: one profile for the whole matrix, a skill for each node that not every row may take.

It knows no price of a pair and no price of leaving a visit out: where rows differ its plan is priced with both.
"""

from datetime import timedelta

import numpy as np

from suture.planner.problem import FORBIDDEN, Problem


def solve(p: Problem, seconds: float, seed: int) -> list[list[int]]:
    """Node numbers by row. VROOM takes no seed: the jobs are given in an order drawn by it."""
    import vroom

    data = vroom.Input()
    matrix = np.ascontiguousarray(p.travel, dtype=np.uint32)
    data.set_durations_matrix(profile="car", matrix_input=matrix)
    allowed = p.pair_cost < FORBIDDEN
    capacity = bool(p.nodes.demand.any())
    for r in range(p.r):
        skills = {int(v) + 1 for v in np.flatnonzero(allowed[:, r] & ~allowed.all(axis=1))}
        data.add_vehicle(
            vroom.Vehicle(
                r + 1,
                start=int(p.rows.start_place[r]),
                end=int(p.rows.end_place[r]),
                capacity=[int(p.rows.capacity[r])] if capacity else [],
                skills=skills,
                time_window=vroom.TimeWindow(int(p.rows.leave[r]), int(p.rows.hard_end[r])),
            )
        )
    everyone = [bool(allowed[v].all()) for v in range(p.n)]
    for v in np.random.default_rng(seed).permutation(p.n):
        data.add_job(
            vroom.Job(
                int(v) + 1,
                location=int(p.nodes.place[v]),
                default_service=int(p.nodes.busy[v]),
                delivery=vroom.Amount([int(p.nodes.demand[v])] if capacity else []),
                skills=set() if everyone[v] else {int(v) + 1},
                time_windows=[vroom.TimeWindow(*w) for w in p.nodes.windows[v]],
            )
        )
    found = data.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: list[list[int]] = [[] for _ in range(p.r)]
    for _, step in found.routes.iterrows():
        if step["type"] == "job":
            routes[int(step["vehicle_id"]) - 1].append(int(step["id"]) - 1)
    return routes
