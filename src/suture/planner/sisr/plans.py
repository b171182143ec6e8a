"""Plans in and out of a ``State``: lists of node numbers per row."""

import numpy as np

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Int32, State
from suture.planner.sisr.kernel_routes import forward, insert_after, mark_dirty, store_best, touch


@kernel
def load_rows(a: Arrays, s: State, stops: Int32, ptr: Int32) -> int:
    """Append each row's stops, untested: a published plan is taken as it is. Returns the number of late rows."""
    n, rows = a.pair_cost.shape
    late = 0
    s.number[at.TOUCHED] = s.number[at.SAVED] = 0
    for r in range(rows):
        if ptr[r] == ptr[r + 1]:
            continue
        touch(a, s, r)
        for i in range(ptr[r], ptr[r + 1]):
            insert_after(a, s, stops[i], s.stop[n + rows + r, at.PREV])
            if a.node[stops[i], at.FIXED] > 1:
                s.stop[stops[i], at.LATEST] = at.LOCKED
        late += forward(a, s, n + r) >= 0
    count = 0
    for v in range(n):
        if s.stop[v, at.ROW] < 0:
            s.absent[count] = v
            count += 1
    s.number[at.ABSENT] = count
    mark_dirty(s)
    store_best(a, s)
    s.number[at.ITERATION] += 1
    return late


def load(arrays: Arrays, state: State, routes: list[list[int]]) -> int:
    """Fill an empty state with a plan; returns how many rows are late (0 for a legal plan)."""
    ptr = np.r_[0, np.cumsum([len(route) for route in routes])].astype(np.int32)
    flat = [v for route in routes for v in route]
    return int(load_rows(arrays, state, np.array(flat, dtype=np.int32), ptr))


def best_routes(arrays: Arrays, state: State) -> list[list[int]]:
    """The best plan as node lists per row."""
    return _follow(arrays, state.best_next)


def current_routes(arrays: Arrays, state: State) -> list[list[int]]:
    """The current plan as node lists per row."""
    return _follow(arrays, state.stop[:, at.NEXT])


def _follow(arrays: Arrays, following: Int32) -> list[list[int]]:
    n, rows = arrays.pair_cost.shape
    routes = []
    for r in range(rows):
        route, v = [], int(following[n + r])
        while v < n:
            route.append(v)
            v = int(following[v])
        routes.append(route)
    return routes
