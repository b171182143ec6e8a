"""Where an absent node fits best: granular positions, whole candidate rows, one empty row a class, or all rows.

A candidate position is named by the stop before it. ``to_v[p]`` is the travel from place p to v, ``from_v[p]`` back.
"""

import numpy as np

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Int32, State
from suture.planner.sisr.kernel_counters import counter_change
from suture.planner.sisr.kernel_price import earliest, return_price, start_price
from suture.planner.sisr.kernel_random import uniform
from suture.planner.sisr.kernel_routes import empty_row, insert_after


@kernel
def price_plain(
    stop: Int32, pair_v: Int32, to_v: Int32, from_v: Int32, u: int, open_v: int, close_v: int, busy_v: int, best: int
) -> int:
    """Price of v after stop u, INF if illegal or not below ``best``: O(1), reads u, its next and two legs."""
    x = np.uint32(u)  # unsigned indices: numba then leaves the test for negative ones out
    w = np.uint32(stop[x, at.NEXT])
    pair = pair_v[np.uint32(stop[x, at.ROW])]
    leg_in, leg_out = to_v[np.uint32(stop[x, at.AT])], from_v[np.uint32(stop[w, at.AT])]
    price = leg_in + leg_out - stop[x, at.ARC] + pair
    if price >= best or pair >= at.INF:
        return at.INF
    start = stop[x, at.DEPART] + leg_in
    if start > close_v:
        return at.INF
    if start < open_v:
        start = open_v
    if start + busy_v + leg_out > stop[w, at.LATEST]:
        return at.INF
    return price


@kernel
def price_general(a: Arrays, s: State, v: int, u: int, best: int) -> int:
    """As ``price_plain`` with several windows, breaks and soft prices (suffix recursion, §5.2 of planner.md)."""
    stop, node = s.stop, a.node
    n = a.pair_cost.shape[0]
    r = stop[u, at.ROW]
    pair = a.pair_cost[v, r]
    first = stop[u, at.NEXT]
    if pair >= at.INF or stop[first, at.LATEST] <= at.LOCKED:
        return at.INF
    place = node[v, at.PLACE]
    w = first
    if node[v, at.CLASS] == 1:
        old = stop[u, at.ARC]
        leg_in, leg_out = 0, a.travel[stop[u, at.AT], stop[w, at.AT]]
    else:
        old = stop[u, at.ARC]
        while w < n and node[w, at.CLASS] == 1:  # breaks behind v take its place: the leg out is the last break's
            old = stop[w, at.ARC]
            w = stop[w, at.NEXT]
        leg_in, leg_out = a.travel[stop[u, at.AT], place], a.travel[place, stop[w, at.AT]]
    price = leg_in + leg_out - old + pair
    if price - s.soft[r] >= best:
        return at.INF
    start = earliest(a, v, stop[u, at.DEPART] + leg_in)
    if start > node[v, at.CLOSE]:
        return at.INF
    price += start_price(a, v, start)
    t = start + node[v, at.BUSY]
    x = first
    while x != w:  # breaks between v and w, without travel
        start = earliest(a, x, t)
        if start > node[x, at.CLOSE]:
            return at.INF
        price += start_price(a, x, start) - stop[x, at.PRICE]
        t = start + node[x, at.BUSY]
        x = stop[x, at.NEXT]
    t += leg_out
    if t > stop[w, at.LATEST]:
        return at.INF
    if a.flag[at.SOFT] > 0:
        price += _suffix_change(a, s, r, w, t)
    if a.flag[at.COUNTERS] > 0 and price < best:
        change = counter_change(a, s, r, v, u)
        return at.INF if change >= at.INF else price + change
    return price


@kernel
def _suffix_change(a: Arrays, s: State, r: int, w: int, arrive: int) -> int:
    """Change of soft prices from stop w on if it is reached at ``arrive``; stops where starts do not change."""
    stop, node = s.stop, a.node
    n = a.pair_cost.shape[0]
    change = 0
    t = arrive
    while w < n:
        start = earliest(a, w, t)
        t = start + node[w, at.BUSY]
        if t == stop[w, at.DEPART]:
            return change
        change += start_price(a, w, start) - stop[w, at.PRICE]
        t += stop[w, at.ARC]
        w = stop[w, at.NEXT]
    return change + return_price(a, r, t) - stop[w, at.PRICE]


@kernel
def find_position(a: Arrays, s: State, v: int, everywhere: bool, blink: float) -> tuple[int, int]:
    """(price, stop before) of the best legal position of v below its uncovered price; stop -1 = none."""
    general = a.flag[at.SOFT] + a.flag[at.WINDOWS] + a.flag[at.BREAKS] > 0
    best = min(a.uncovered[v], at.INF - 1)
    where = -1
    if not everywhere:
        best, where = _scan_near(a, s, v, best, where, blink, general)
        for j in range(a.cand_rows.shape[1]):
            r = a.cand_rows[v, j]
            if r < 0:
                break
            best, where = scan_row(a, s, v, r, best, where, blink, general)
    else:
        for r in range(a.pair_cost.shape[1]):
            if a.row_class[r, 0] < 0 or s.length[r] > 0:
                best, where = scan_row(a, s, v, r, best, where, blink, general)
    return _scan_empty(a, s, v, best, where, blink, general)


@kernel
def _scan_empty(a: Arrays, s: State, v: int, best: int, where: int, blink: float, general: bool) -> tuple[int, int]:
    """One empty row of each class of interchangeable rows."""
    for k in range(a.class_ptr.shape[0] - 1):
        r = empty_row(a, s, k)
        if r >= 0:
            best, where = scan_row(a, s, v, r, best, where, blink, general)
    return best, where


@kernel
def find_new_row(a: Arrays, s: State, v: int) -> tuple[int, int]:
    """(price, start of the empty row) that v may open most cheaply."""
    general = a.flag[at.SOFT] + a.flag[at.WINDOWS] + a.flag[at.BREAKS] > 0
    return _scan_empty(a, s, v, min(a.uncovered[v], at.INF - 1), -1, 0.0, general)


@kernel
def _scan_near(a: Arrays, s: State, v: int, best: int, where: int, blink: float, general: bool) -> tuple[int, int]:
    """Positions behind the good predecessors of v and in front of its good successors."""
    stop, node = s.stop, a.node
    pair_v = a.pair_cost[v]
    place = node[v, at.PLACE]
    to_v, from_v = a.travel_t[place], a.travel[place]
    open_v, close_v, busy_v = node[v, at.OPEN], node[v, at.CLOSE], node[v, at.BUSY]
    limited = a.flag[at.CAPACITY] > 0
    room = node[v, at.DEMAND]
    granular = a.granular[v]
    g = len(granular) // 2
    for j in range(2 * g):
        u = granular[j]
        if u < 0 or stop[np.uint32(u), at.ROW] < 0:
            continue
        if j >= g:
            u = stop[np.uint32(u), at.PREV]
        if limited:
            r = np.uint32(stop[u, at.ROW])
            if s.load[r] + room > a.capacity[r]:
                continue
        if general:
            price = price_general(a, s, v, u, best)
        else:
            price = price_plain(stop, pair_v, to_v, from_v, u, open_v, close_v, busy_v, best)
        if price < best and (blink <= 0.0 or uniform(s.rng) >= blink):
            best, where = price, u
    return best, where


@kernel
def scan_row(
    a: Arrays, s: State, v: int, r: int, best: int, where: int, blink: float, general: bool
) -> tuple[int, int]:
    """Every position of row r, up to the first stop that is left after v closes."""
    pair = a.pair_cost[v, r]
    if pair >= at.INF or s.load[r] + a.node[v, at.DEMAND] > a.capacity[r]:
        return best, where
    stop, node = s.stop, a.node
    n, rows = a.pair_cost.shape
    pair_v = a.pair_cost[v]
    place = node[v, at.PLACE]
    to_v, from_v = a.travel_t[place], a.travel[place]
    open_v, close_v, busy_v = node[v, at.OPEN], node[v, at.CLOSE], node[v, at.BUSY]
    u = n + r
    while u < n + rows:
        if stop[u, at.DEPART] > close_v:
            break
        if general:
            price = price_general(a, s, v, u, best)
        else:
            price = price_plain(stop, pair_v, to_v, from_v, u, open_v, close_v, busy_v, best)
        if price < best and (blink <= 0.0 or uniform(s.rng) >= blink):
            best, where = price, u
        u = stop[u, at.NEXT]
    return best, where


@kernel
def place_node(a: Arrays, s: State, v: int, everywhere: bool, blink: float) -> bool:
    """Insert absent node v at its best position; False if there is none. The caller keeps the absent list."""
    _, where = find_position(a, s, v, everywhere, blink)
    if where < 0:
        return False
    insert_after(a, s, v, where)
    return True
