"""Limits over rows: working time, items, and the square price that keeps loads even. Only called where there are some.

`use` holds what each row uses of each of its limits (its slots), then the sum of each limit.
"""

from suture.planner.kernel import kernel
from suture.planner.links.layout import (
    BEFORE,
    BEGUN,
    BROKEN,
    BUSY,
    FILTER,
    HARD_MAX,
    ITEMS,
    MINUTE,
    NEXT,
    NODES,
    OVER_COST,
    PLACE,
    ROWS,
    SCALE,
    SLOT_FROM,
    SLOT_TO,
    SOFT_MAX,
    SQUARE,
    START_PLACE,
    Arrays,
    Int64,
    Scratch,
    State,
)


@kernel
def limit_price(arrays: Arrays, k: int, used: int) -> int:
    """Price of limit k when the rows use `used` of it; what went over before them is not charged again."""
    limit, minute = arrays.limit, arrays.parameter[MINUTE]
    before = limit[k, BEFORE]
    over = max(0, before + used - limit[k, SOFT_MAX]) - max(0, before - limit[k, SOFT_MAX])
    unit = 1 if limit[k, ITEMS] == 1 else minute
    price = (over * limit[k, OVER_COST] + unit - 1) // unit
    if limit[k, SQUARE] > 0:
        minutes, was = (before + used) // minute, before // minute
        price += limit[k, SQUARE] * (minutes * minutes - was * was) // 3600
    price *= arrays.parameter[SCALE]
    if used > 0 and before + used > limit[k, HARD_MAX]:
        price += BROKEN
    return price


@kernel
def counted(arrays: Arrays, k: int, v: int) -> bool:
    """Whether visit v counts toward limit k."""
    return arrays.limit[k, FILTER] < 0 or arrays.counts[arrays.limit[k, FILTER], v] == 1


@kernel
def row_use(arrays: Arrays, state: State, r: int, k: int) -> int:
    """What row r as it is uses of limit k: items, or busy time and travel between clients."""
    nodes = arrays.parameter[NODES]
    depot = nodes + arrays.parameter[ROWS] + r
    items = arrays.limit[k, ITEMS] == 1
    here = arrays.row[r, START_PLACE]
    away = arrays.row[r, BEGUN] == 1
    total = 0
    v = state.stop[depot, NEXT]
    while v != depot:
        if v < nodes:
            there = arrays.node[v, PLACE]
            if counted(arrays, k, v):
                if items:
                    total += 1
                else:
                    total += arrays.node[v, BUSY]
                    if away:
                        total += arrays.travel[here, there]
            away = True
            here = there
        v = state.stop[v, NEXT]
    return total


@kernel
def count_row(arrays: Arrays, state: State, r: int, use: Int64) -> int:
    """Renew the use of row r in `use`; returns the change of price."""
    slots = arrays.slot.shape[0]
    change = 0
    whole_time = -1
    for i in range(arrays.row[r, SLOT_FROM], arrays.row[r, SLOT_TO]):
        k = arrays.slot[i]
        if arrays.limit[k, ITEMS] == 1 or arrays.limit[k, FILTER] >= 0:
            used = row_use(arrays, state, r, k)
        else:
            if whole_time < 0:
                whole_time = row_use(arrays, state, r, k)
            used = whole_time
        total = use[slots + k] + used - use[i]
        if used != use[i]:
            change += limit_price(arrays, k, total) - limit_price(arrays, k, use[slots + k])
        use[slots + k] = total
        use[i] = used
    return change


@kernel
def copy_use(arrays: Arrays, scratch: Scratch, target: Int64, source: Int64) -> None:
    """target = source at the slots of all touched rows and at their limits."""
    slots = arrays.slot.shape[0]
    for j in range(scratch.mark[2]):
        r = scratch.rows[j]
        for i in range(arrays.row[r, SLOT_FROM], arrays.row[r, SLOT_TO]):
            target[i] = source[i]
            target[slots + arrays.slot[i]] = source[slots + arrays.slot[i]]


@kernel
def limits_change(arrays: Arrays, state: State, scratch: Scratch) -> int:
    """Price change of the limits of all touched rows; leaves their use in scratch.new_use."""
    copy_use(arrays, scratch, scratch.new_use, state.use)
    change = 0
    for j in range(scratch.mark[2]):
        change += count_row(arrays, state, scratch.rows[j], scratch.new_use)
    return change


@kernel
def recount(arrays: Arrays, state: State) -> None:
    """Count every row from nothing."""
    for i in range(state.use.shape[0]):
        state.use[i] = 0
    for r in range(arrays.parameter[ROWS]):
        count_row(arrays, state, r, state.use)


@kernel
def limits_price(arrays: Arrays, state: State) -> int:
    """Price of all limits in the current plan."""
    total = 0
    for k in range(arrays.limit.shape[0]):
        total += limit_price(arrays, k, state.use[arrays.slot.shape[0] + k])
    return total


@kernel
def least_limits_price(arrays: Arrays, state: State, r: int, v: int) -> int:
    """Least that visit v adds to the price of row r's limits, its ways not counted."""
    slots = arrays.slot.shape[0]
    least = 0
    for i in range(arrays.row[r, SLOT_FROM], arrays.row[r, SLOT_TO]):
        k = arrays.slot[i]
        if counted(arrays, k, v):
            used = state.use[slots + k]
            more = used + (1 if arrays.limit[k, ITEMS] == 1 else arrays.node[v, BUSY])
            least += limit_price(arrays, k, more) - limit_price(arrays, k, used)
    return least
