"""VROOM 1.15 through pyvroom: where rows differ, a profile and a cost matrix for each, and skills for who may do what.

Above `_MOST_PROFILES` it has one profile and is blind to the price of a pair. It never weighs a visit against its
price: it serves what it can.
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from suture.planner.problem import FORBIDDEN, Problem

_MOST_PROFILES = 300 * 40
"""Nodes x rows up to which every row gets matrices of its own, as for PyVRP."""


def _with_pairs(p: Problem, r: int) -> NDArray[np.uint32]:
    """The travel table with each node's price for this row on every way into it; what is forbidden, skills say."""
    costs = p.travel.astype(np.uint32)
    pair = np.where(p.pair_cost[:, r] >= FORBIDDEN, 0, p.pair_cost[:, r]).astype(np.uint32)
    for v in range(p.n):
        costs[:, p.nodes.place[v]] += pair[v]
    np.fill_diagonal(costs, 0)
    return np.ascontiguousarray(costs)


def solve(p: Problem, seconds: float, seed: int) -> list[list[int]]:
    """Node numbers by row. VROOM takes no seed: the jobs are given in an order drawn by it."""
    import vroom

    data = vroom.Input()
    matrix = np.ascontiguousarray(p.travel, dtype=np.uint32)
    own_profiles = bool((p.pair_cost != 0).any()) and p.n * p.r <= _MOST_PROFILES
    data.set_durations_matrix(profile="car", matrix_input=matrix)
    if own_profiles:
        for r in range(p.r):
            data.set_durations_matrix(profile=f"row{r}", matrix_input=matrix)
            data.set_costs_matrix(profile=f"row{r}", matrix_input=_with_pairs(p, r))
    allowed = p.pair_cost < FORBIDDEN
    capacity = bool(p.nodes.demand.any())
    for r in range(p.r):
        skills = {int(v) + 1 for v in np.flatnonzero(allowed[:, r] & ~allowed.all(axis=1))}
        data.add_vehicle(
            vroom.Vehicle(
                r + 1,
                start=int(p.rows.start_place[r]),
                end=int(p.rows.end_place[r]),
                profile=f"row{r}" if own_profiles else "car",
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
