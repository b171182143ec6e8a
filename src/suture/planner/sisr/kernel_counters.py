"""Limits over rows: working time, items, and the square price that keeps loads even. Only the general path calls these.

A row's use of a counter is walked from its start, so a filter on nodes, breaks and begun rows need no special case.
"""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State


@kernel
def counter_price(a: Arrays, c: int, used: int) -> int:
    """Price of a counter when the rows use ``used`` of it; what went over before them is not charged again."""
    measure, soft = a.counter[c, at.MEASURE], a.counter[c, at.SOFT_MAX]
    before = a.counter[c, at.BEFORE]
    over = max(0, before + used - soft) - max(0, before - soft)
    unit = a.told_rate[2] if measure == 0 else 1
    price = (over * a.counter[c, at.OVER_COST] + unit - 1) // unit
    if a.counter[c, at.SQUARE] > 0:
        minutes, was = (before + used) // a.told_rate[2], before // a.told_rate[2]
        price += a.counter[c, at.SQUARE] * (minutes * minutes - was * was) // 3600
    return price


@kernel
def row_use(a: Arrays, s: State, r: int, c: int, v: int, u: int) -> int:
    """What row r uses of counter c with absent node v put behind stop u (both -1: as it is)."""
    stop, node = s.stop, a.node
    n = a.pair_cost.shape[0]
    items = a.counter[c, at.MEASURE] == 1
    total = 0
    here = stop[n + r, at.AT]
    away = a.begun[r] == 1
    x = n + r
    while True:
        if x == u:
            w = v
        elif x == v:
            w = stop[u, at.NEXT]
        else:
            w = stop[x, at.NEXT]
        if w >= n:
            return total
        there = here if node[w, at.CLASS] == 1 else node[w, at.PLACE]
        if a.counts[c, w] == 1:
            total += 1 if items else node[w, at.BUSY] + (a.travel[here, there] if away else 0)
        if node[w, at.CLASS] == 0:
            away = True
        here = there
        x = w


@kernel
def counter_change(a: Arrays, s: State, r: int, v: int, u: int) -> int:
    """Price change of row r's counters when v is put behind stop u; INF if that breaks a hard one."""
    change = 0
    all_time = -1
    for k in range(a.counter_ptr[r], a.counter_ptr[r + 1]):
        c = a.counter_of[k]
        if a.counter[c, at.ALL_TIME] == 1:
            if all_time < 0:
                all_time = row_use(a, s, r, c, v, u)
            use = all_time
        else:
            use = row_use(a, s, r, c, v, u)
        used = s.used[c] - s.row_use[k] + use
        if a.counter[c, at.BEFORE] + used > a.counter[c, at.HARD_MAX]:
            return at.INF
        change += counter_price(a, c, used) - counter_price(a, c, s.used[c])
    return change


@kernel
def recount(a: Arrays, s: State, r: int) -> None:
    """Renew the use of row r after it changed; COST follows."""
    all_time = -1
    for k in range(a.counter_ptr[r], a.counter_ptr[r + 1]):
        c = a.counter_of[k]
        if a.counter[c, at.ALL_TIME] == 1:
            if all_time < 0:
                all_time = row_use(a, s, r, c, -1, -1)
            use = all_time
        else:
            use = row_use(a, s, r, c, -1, -1)
        used = s.used[c] - s.row_use[k] + use
        s.number[at.COST] += counter_price(a, c, used) - counter_price(a, c, s.used[c])
        s.used[c] = used
        s.row_use[k] = use
