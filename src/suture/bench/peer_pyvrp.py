"""PyVRP 0.14: alike rows are one vehicle type; otherwise each row has its own type and its own cost matrix."""

import time
from typing import Any

import numpy as np

from suture.planner.problem import FORBIDDEN, Problem

_FAR = 10**7
_MOST_PROFILES = 300 * 40
"""Nodes x rows up to which every row gets a matrix; above it memory explodes (~155 MB each at 2,000 visits)."""


class TooLarge(Exception):
    """The instance needs more memory than this peer can be given."""


class _CpuLimit:
    """Stops at so many CPU seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.process_time() + seconds

    def __call__(self, best: float) -> bool:
        return time.process_time() >= self._end


def solve(p: Problem, seconds: float, seed: int) -> list[list[int]]:
    """Node numbers by row."""
    import pyvrp

    limit = _CpuLimit(seconds)
    alike = bool((p.pair_cost == 0).all())
    if not alike and p.n * p.r > _MOST_PROFILES:
        raise TooLarge(f"{p.n} x {p.r} needs a matrix for each row")
    kinds = [0] if alike else list(range(p.r))
    starts = [0] if alike else [int(x) for x in p.rows.start_place]
    depot_of = {place: i for i, place in enumerate(sorted(set(starts)))}
    places = np.array([*sorted(depot_of), *p.nodes.place], dtype=np.int64)
    ways = p.travel[np.ix_(places, places)].astype(np.int64)
    costs = [_with_pairs(ways, p, r, len(depot_of)) for r in kinds]
    first = len(depot_of)
    data = pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in places],
        [_client(pyvrp, p, v, first + v) for v in range(p.n)],
        [pyvrp.Depot(i) for i in range(first)],
        [_vehicle(pyvrp, p, r, k, depot_of[starts[k]], p.r if alike else 1) for k, r in enumerate(kinds)],
        costs,
        [ways for _ in kinds],
    )
    best = pyvrp.solve(data, stop=limit, seed=seed, display=False).best
    routes: list[list[int]] = [[] for _ in range(p.r)]
    for i, route in enumerate(best.routes()):
        row = i if alike else int(route.vehicle_type())
        routes[row] = [v for v in (_node_of(stop) for stop in route) if v is not None]
    return routes


def _node_of(stop: Any) -> int | None:
    """The node of a stop; None for a depot."""
    return int(stop.idx) if stop.is_client() else None


def _with_pairs(ways: Any, p: Problem, r: int, first: int) -> Any:
    pair = np.where(p.pair_cost[:, r] >= FORBIDDEN, _FAR, p.pair_cost[:, r]).astype(np.int64)
    costs = ways.copy()
    costs[:, first:] += pair[None, :]
    np.fill_diagonal(costs, 0)
    return costs


def _client(pyvrp: Any, p: Problem, v: int, location: int) -> Any:
    opens, closes = p.nodes.windows[v][0]
    required = bool(p.nodes.required[v])
    return pyvrp.Client(
        location,
        delivery=[int(p.nodes.demand[v])],
        service_duration=int(p.nodes.busy[v]),
        tw_early=opens,
        tw_late=closes,
        prize=0 if required else int(p.nodes.uncovered[v]),
        required=required,
    )


def _vehicle(pyvrp: Any, p: Problem, r: int, profile: int, depot: int, available: int) -> Any:
    return pyvrp.VehicleType(
        available,
        [int(p.rows.capacity[r])],
        depot,
        depot,
        tw_early=int(p.rows.leave[r]),
        tw_late=int(p.rows.hard_end[r]),
        profile=profile,
    )
