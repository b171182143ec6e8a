"""Price of rows and plans.

A row costs travel + pair costs + lateness + waiting + overtime + missed lunch. Departure is just in time, so total
waiting = last start - first start - work between: starting the row later saves waiting until stops become late. The
earliest starts are therefore shifted right as far as that pays; linked stops, lunch and hard windows stop the shift.
"""

from math import exp, log

from suture.planner.kernel import kernel
from suture.planner.links.kernel_limits import copy_use, limits_change, limits_price
from suture.planner.links.kernel_starts import keeps_told, rounded, starts_price
from suture.planner.links.kernel_timing import lateness, time_of
from suture.planner.links.layout import (
    BEGUN,
    BROKEN,
    BUSY,
    BY_START,
    CAPACITY,
    CLOSE,
    COST,
    DEMAND,
    END_PLACE,
    FAR_FUTURE,
    FIRST,
    HALVES,
    HARD_END,
    HAS_LUNCH,
    IDLE,
    IDLE_COST,
    LATE_COST,
    LATE_LIMIT,
    LEAVE,
    LIMITS,
    LOADS,
    LUNCH_COST,
    MATE,
    MAX_LATE,
    MAX_LATE_COST,
    NEXT,
    NODES,
    OPEN,
    OVERTIME_COST,
    PLACE,
    PRICE_FIELDS,
    ROW,
    ROWS,
    SECOND,
    SHIFT_END,
    SHIFT_START,
    START,
    START_PLACE,
    TOLD,
    TRAVEL_COST,
    UNCOVERED_COST,
    UNITS,
    WAIT,
    WAIT_COST,
    WIN_FROM,
    WIN_TO,
    WITHOUT_FIRST,
    WITHOUT_SECOND,
    Arrays,
    Scratch,
    State,
)


@kernel
def shift_limits(arrays: Arrays, state: State, v: int, start: int) -> tuple[int, int]:
    """(start from which v becomes late, start it may not pass) when it is moved later; v may be a lunch."""
    window = arrays.window
    k = arrays.node[v, WIN_FROM]
    last = arrays.node[v, WIN_TO]
    while k + 1 < last and window[k + 1, OPEN] <= start:
        k += 1
    close = max(start, window[k, CLOSE])
    mate = arrays.node[v, MATE]
    if mate >= 0 and state.stop[mate, ROW] >= 0:
        return close, start
    wall = max(start, window[k, CLOSE] + arrays.node[v, LATE_LIMIT])
    if arrays.parameter[TOLD] > 0:
        wall = max(start, min(wall, keeps_told(arrays, v, start)))
    if k + 1 < last:
        wall = min(wall, max(start, window[k + 1, OPEN] - 1))
    return close, wall


@kernel
def right_shift(arrays: Arrays, state: State, scratch: Scratch, first: int, count: int) -> tuple[int, int, int]:
    """(shift, price change, largest lateness) of the best later start of stops first .. count-2 of the sequence."""
    sequence = scratch.sequence
    wait_cost = arrays.parameter[WAIT_COST]
    most = sequence[2, count - 1] - sequence[2, first]
    base = sequence[2, first]
    for i in range(first, count - 1):
        v = sequence[0, i]
        start = sequence[1, i]
        close, wall = shift_limits(arrays, state, v, start)
        most = min(most, sequence[2, i] - base + wall - start)
        sequence[3, i] = sequence[2, i] - base + close - start
    # walk the breakpoints upwards until the lateness slope eats the saving
    shift = 0
    slope = 0
    change = 0
    while shift < most:
        following = most
        slope = 0
        for i in range(first, count - 1):
            if sequence[3, i] <= shift:
                slope += arrays.node[sequence[0, i], LATE_COST]
            elif sequence[3, i] < following:
                following = sequence[3, i]
        if slope >= wait_cost:
            break
        change += (slope - wait_cost) * (following - shift)
        shift = following
    worst = 0
    for i in range(first, count - 1):
        moved = shift - (sequence[2, i] - base)
        if moved > 0 and arrays.node[sequence[0, i], LATE_COST] > 0:
            worst = max(worst, lateness(arrays, sequence[0, i], sequence[1, i] + moved))
    return shift, change, worst


@kernel
def row_load(arrays: Arrays, state: State, r: int) -> int:
    """Demand of all visits of row r."""
    depot = arrays.parameter[NODES] + arrays.parameter[ROWS] + r
    load = 0
    v = state.stop[depot, NEXT]
    while v != depot:
        load += arrays.node[v, DEMAND]
        v = state.stop[v, NEXT]
    return load


@kernel
def price_row(arrays: Arrays, state: State, scratch: Scratch, r: int) -> None:
    """Price row r with its tentative starts into scratch.new_price[r]; leaves the sequence and shift in scratch."""
    node, stop, row = arrays.node, state.stop, arrays.row
    sequence = scratch.sequence
    nodes = arrays.parameter[NODES]
    wait_cost = arrays.parameter[WAIT_COST]
    depot = nodes + arrays.parameter[ROWS] + r
    here = row[r, START_PLACE]
    road = 0
    work = 0
    cost = 0
    late_price = 0
    worst = 0
    waited = 0
    clock = row[r, LEAVE]
    lunched = False
    first = 0
    count = 0
    v = stop[depot, NEXT]
    while v != depot:
        time = time_of(state, scratch, v)
        if v < nodes:
            there = node[v, PLACE]
            leg = arrays.travel[here, there]
            road += leg
            clock += leg
            here = there
            cost += int(arrays.pair_cost[v, r])
            late = lateness(arrays, v, time)
            if late > 0:
                late_price += node[v, LATE_COST] * late
                if late > node[v, LATE_LIMIT]:
                    cost += BROKEN
                worst = max(worst, late)
        elif lateness(arrays, v, time) == 0:
            lunched = True
            if count == 0:
                first = 1  # the wait right after a lunch that opens the row is free
        if count > first:
            waited += time - clock
        sequence[0, count] = v
        sequence[1, count] = time
        sequence[2, count] = waited
        if v < nodes or lunched:
            work += node[v, BUSY]  # a lunch that comes too late counts as missed
        clock = time + node[v, BUSY]
        count += 1
        v = stop[v, NEXT]
    scratch.shift[0] = 0
    if wait_cost > 0 and waited > 0:
        shift, change, late = right_shift(arrays, state, scratch, first, count)
        scratch.shift[0] = shift
        late_price += change + wait_cost * shift
        worst = max(worst, late)
        waited -= shift
    if arrays.parameter[BY_START] > 0:
        late_price = starts_price(arrays, scratch, first, count)
    cost += late_price + wait_cost * waited
    if arrays.parameter[LOADS] > 0 and row_load(arrays, state, r) > row[r, CAPACITY]:
        cost += BROKEN
    if count > 0 or row[r, BEGUN] == 1:
        leg = arrays.travel[here, row[r, END_PLACE]]
        road += leg
        clock += leg
    extra = max(0, clock - row[r, SHIFT_END])
    if count == 0:
        extra = 0
    cost += rounded(arrays, extra * row[r, OVERTIME_COST]) + road * arrays.parameter[TRAVEL_COST]
    if clock > row[r, HARD_END] and count > 0:
        cost += BROKEN
    if row[r, HAS_LUNCH] and not lunched:
        cost += row[r, LUNCH_COST]
    price = scratch.new_price
    price[r, COST] = cost
    price[r, IDLE] = row[r, SHIFT_END] - row[r, SHIFT_START] + extra - road - work
    price[r, MAX_LATE] = worst
    price[r, WAIT] = waited


@kernel
def largest(arrays: Arrays, state: State, scratch: Scratch, field: int) -> tuple[int, int]:
    """(largest current value, largest with the newly priced rows in place) of one price field."""
    now = 0
    new = 0
    for r in range(arrays.parameter[ROWS]):
        value = state.price[r, field]
        now = max(now, value)
        if scratch.row_stamp[r] == scratch.mark[0]:
            value = scratch.new_price[r, field]
        new = max(new, value)
    return now, new


@kernel
def idle_weight(scratch: Scratch, idle: int) -> float:
    """Weight of a row in the soft maximum of idle."""
    return exp(min(600.0, max(-600.0, (idle - scratch.soft[1]) / scratch.soft[0])))


@kernel
def soften_idle(arrays: Arrays, state: State, scratch: Scratch, spread: float) -> float:
    """Set up the soft maximum ``spread * log(sum(exp(idle / spread)))`` for the current plan; returns its price.

    The hard maximum gives no direction to a search: only the idlest row counts. The soft one prices all nearly idlest
    rows, and tends to the hard one as the spread shrinks with the temperature.
    """
    if arrays.parameter[IDLE_COST] == 0:
        return 0.0
    now = 0
    for r in range(arrays.parameter[ROWS]):
        now = max(now, state.price[r, IDLE])
    scratch.soft[0] = spread
    scratch.soft[1] = now
    total = 0.0
    for r in range(arrays.parameter[ROWS]):
        scratch.weight[r] = idle_weight(scratch, state.price[r, IDLE])
        total += scratch.weight[r]
    scratch.soft[2] = total
    return soft_idle_price(arrays, scratch)


@kernel
def soft_idle_price(arrays: Arrays, scratch: Scratch) -> float:
    """Price of the soft maximum of idle as it is."""
    if arrays.parameter[IDLE_COST] == 0:
        return 0.0
    return arrays.parameter[IDLE_COST] * (scratch.soft[1] + scratch.soft[0] * log(scratch.soft[2]))


@kernel
def price_change(arrays: Arrays, state: State, scratch: Scratch, cut: int) -> int:
    """Cost change of the tentative starts (idle by its soft maximum): prices all touched rows.

    The global maxima are left out once the rows alone are above `cut`.
    """
    change = 0
    for i in range(scratch.mark[2]):
        r = scratch.rows[i]
        price_row(arrays, state, scratch, r)
        change += scratch.new_price[r, COST] - state.price[r, COST]
    parameter = arrays.parameter
    if parameter[LIMITS] > 0 and (change < cut or cut >= FAR_FUTURE):
        change += limits_change(arrays, state, scratch)
    if parameter[MAX_LATE_COST] > 0 and change < cut:
        now, new = largest(arrays, state, scratch, MAX_LATE)
        change += parameter[MAX_LATE_COST] * (new - now)
    if parameter[IDLE_COST] > 0:
        for i in range(scratch.mark[2]):
            r = scratch.rows[i]
            scratch.new_weight[r] = idle_weight(scratch, scratch.new_price[r, IDLE])
        total = 0.0  # summed again: differences of very unequal weights would cancel
        for r in range(parameter[ROWS]):
            total += scratch.new_weight[r] if scratch.row_stamp[r] == scratch.mark[0] else scratch.weight[r]
        total = max(total, 1e-250)
        change += int(parameter[IDLE_COST] * scratch.soft[0] * log(total / scratch.soft[2]))
    return change


@kernel
def commit_times(arrays: Arrays, state: State, scratch: Scratch) -> None:
    """Make the tentative starts and prices current (rows must have been priced)."""
    for i in range(scratch.mark[1]):
        v = scratch.changed[i]
        state.stop[v, START] = scratch.time[v]
    for i in range(scratch.mark[2]):
        r = scratch.rows[i]
        for field in range(PRICE_FIELDS):
            state.price[r, field] = scratch.new_price[r, field]
        scratch.weight[r] = scratch.new_weight[r]
    if arrays.parameter[LIMITS] > 0:
        copy_use(arrays, scratch, state.use, scratch.new_use)
    if arrays.parameter[IDLE_COST] > 0:
        total = 0.0
        for r in range(arrays.parameter[ROWS]):
            total += scratch.weight[r]
        scratch.soft[2] = max(total, 1e-250)


@kernel
def halves_price(arrays: Arrays, state: State) -> int:
    """What linked units cost besides where only one of their nodes is left out."""
    unit, price = arrays.unit, 0
    for u in range(arrays.parameter[UNITS]):
        b = unit[u, SECOND]
        if b < 0:
            continue
        if state.stop[b, ROW] < 0 and state.stop[unit[u, FIRST], ROW] >= 0:
            price += unit[u, WITHOUT_SECOND]
        elif state.stop[b, ROW] >= 0 and state.stop[unit[u, FIRST], ROW] < 0:
            price += unit[u, WITHOUT_FIRST] - unit[u, UNCOVERED_COST]
    return price


@kernel
def cost_without_idle(arrays: Arrays, state: State) -> tuple[int, int]:
    """(cost of the current plan without idle, largest idle) from its row prices."""
    parameter = arrays.parameter
    cost = 0
    idle = 0
    late = 0
    for r in range(parameter[ROWS]):
        cost += state.price[r, COST]
        idle = max(idle, state.price[r, IDLE])
        late = max(late, state.price[r, MAX_LATE])
    for u in range(parameter[UNITS]):
        if state.stop[arrays.unit[u, FIRST], ROW] < 0:
            cost += arrays.unit[u, UNCOVERED_COST]
    if parameter[HALVES] > 0:
        cost += halves_price(arrays, state)
    if parameter[LIMITS] > 0:
        cost += limits_price(arrays, state)
    return cost + parameter[MAX_LATE_COST] * late, idle


@kernel
def total_cost(arrays: Arrays, state: State) -> int:
    """Cost of the current plan from its row prices."""
    cost, idle = cost_without_idle(arrays, state)
    return cost + arrays.parameter[IDLE_COST] * idle
