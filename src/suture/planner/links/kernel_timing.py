"""Earliest starts: windows, links and their propagation through the rows.

The starts of a plan are the least solution of ``start[next] >= start + busy + travel`` and, for links,
``start[mate] >= start + lift`` (lift = gap_min one way, -gap_max the other way). Rest is one more such step: from the
end of a row to the depot of the next one. An insertion can only raise them, so raising until nothing changes is exact;
a removal resets what depends on it and raises again. Rows whose links wait for each other in a circle would rise for
ever: ``TIME_CAP`` and the step limit refuse them.
"""

from suture.planner.kernel import kernel
from suture.planner.links.layout import (
    BUSY,
    CLOSE,
    END_PLACE,
    FAR_FUTURE,
    LATE_COST,
    LEAVE,
    LIFT,
    MATE,
    NEXT,
    NEXT_ROW,
    NODES,
    OPEN,
    PLACE,
    PREV,
    REFUSED,
    REST_TIME,
    RESTS,
    ROW,
    ROW_BEFORE,
    ROWS,
    START,
    START_PLACE,
    STAY,
    TIME_CAP,
    WIN_FROM,
    WIN_TO,
    Arrays,
    Scratch,
    State,
)

_STEPS_PER_NODE = 20
_LEAST_STEPS = 4000


@kernel
def earliest(arrays: Arrays, v: int, time: int) -> int:
    """Earliest start of node v at or after `time`."""
    window = arrays.window
    for k in range(arrays.node[v, WIN_FROM], arrays.node[v, WIN_TO]):
        if time <= window[k, STAY]:
            return max(time, window[k, OPEN])
    return FAR_FUTURE


@kernel
def lateness(arrays: Arrays, v: int, start: int) -> int:
    """Start after the close of the last window that opened by then."""
    window = arrays.window
    k = arrays.node[v, WIN_FROM]
    while k + 1 < arrays.node[v, WIN_TO] and window[k + 1, OPEN] <= start:
        k += 1
    return max(0, start - window[k, CLOSE])


@kernel
def begin(scratch: Scratch) -> None:
    """Forget all tentative starts."""
    scratch.mark[0] += 1
    scratch.mark[1] = 0
    scratch.mark[2] = 0
    scratch.mark[3] = 0


@kernel
def time_of(state: State, scratch: Scratch, v: int) -> int:
    """Tentative start of v, else its current one."""
    if scratch.stamp[v] == scratch.mark[0]:
        return scratch.time[v]
    return state.stop[v, START]


@kernel
def touch_row(scratch: Scratch, r: int) -> None:
    """Note that row r must be priced again."""
    mark = scratch.mark
    if scratch.row_stamp[r] != mark[0]:
        scratch.row_stamp[r] = mark[0]
        scratch.rows[mark[2]] = r
        mark[2] += 1


@kernel
def set_time(state: State, scratch: Scratch, v: int, time: int) -> None:
    """Give v a tentative start."""
    mark = scratch.mark
    if scratch.stamp[v] != mark[0]:
        scratch.stamp[v] = mark[0]
        scratch.changed[mark[1]] = v
        mark[1] += 1
    scratch.time[v] = time
    touch_row(scratch, state.stop[v, ROW])


@kernel
def push_next_row(arrays: Arrays, state: State, scratch: Scratch, r: int, here: int, departure: int, depth: int) -> int:
    """Row r ends at `here`: the row that rest ties to it may have to leave later. Returns the new stack depth."""
    row = arrays.row
    q = row[r, NEXT_ROW]
    if q < 0:
        return depth
    depot = arrays.parameter[NODES] + arrays.parameter[ROWS] + q
    leave = departure + arrays.travel[here, row[r, END_PLACE]] + row[r, REST_TIME]
    if leave > time_of(state, scratch, depot):
        set_time(state, scratch, depot, leave)
        scratch.place[depot] = row[q, START_PLACE]
        scratch.stack[depth] = depot
        depth += 1
    return depth


@kernel
def reset_next_row(arrays: Arrays, state: State, scratch: Scratch, r: int, count: int) -> int:
    """Row r changed: the row that rest ties to it leaves as early as it may, its stops are stacked to be reset."""
    q = arrays.row[r, NEXT_ROW]
    depot = arrays.parameter[NODES] + arrays.parameter[ROWS] + q
    if q < 0 or scratch.stamp[depot] == scratch.mark[0]:
        return count
    set_time(state, scratch, depot, arrays.row[q, LEAVE])
    scratch.stack[count] = state.stop[depot, NEXT]
    return count + 1


@kernel
def stack_unchanged_ends(arrays: Arrays, state: State, scratch: Scratch, depth: int) -> int:
    """Rows whose end did not change still push the rows that were reset behind them."""
    last_stop = arrays.parameter[NODES] + arrays.parameter[ROWS]
    for i in range(scratch.mark[1]):
        depot = scratch.changed[i]
        if depot < last_stop or arrays.row[depot - last_stop, ROW_BEFORE] < 0:
            continue
        last = state.stop[last_stop + arrays.row[depot - last_stop, ROW_BEFORE], PREV]
        if last < last_stop and scratch.stamp[last] != scratch.mark[0]:
            scratch.place[last] = place_at(arrays, state, last)
            set_time(state, scratch, last, state.stop[last, START])
            scratch.stack[depth] = last
            depth += 1
    return depth


@kernel
def raise_starts(arrays: Arrays, state: State, scratch: Scratch, depth: int, allowance: int) -> bool:
    """Raise everything that follows the `depth` stacked nodes; False when refused.

    `allowance`: give up once the lateness price of the raised stops exceeds it.
    """
    node, stop, travel = arrays.node, state.stop, arrays.travel
    stack, mark = scratch.stack, scratch.mark
    nodes = arrays.parameter[NODES]
    last_stop = nodes + arrays.parameter[ROWS]
    cap = arrays.parameter[TIME_CAP]
    most_steps = _LEAST_STEPS + _STEPS_PER_NODE * node.shape[0]
    while depth > 0:
        depth -= 1
        u = stack[depth]
        time = scratch.time[u]
        here = node[u, PLACE] if u < nodes else scratch.place[u]
        while True:
            mark[3] += 1
            if time > cap or mark[3] > most_steps or depth >= stack.shape[0]:
                return False
            mate = node[u, MATE]
            if mate >= 0 and stop[mate, ROW] >= 0:
                wanted = time + node[u, LIFT]
                old = time_of(state, scratch, mate)
                if wanted > old:
                    wanted = earliest(arrays, mate, wanted)
                    allowance -= node[mate, LATE_COST] * (lateness(arrays, mate, wanted) - lateness(arrays, mate, old))
                    if allowance < 0:
                        return False
                    set_time(state, scratch, mate, wanted)
                    stack[depth] = mate
                    depth += 1
            w = stop[u, NEXT]
            if w >= last_stop:
                if arrays.parameter[RESTS] > 0 and u < last_stop:
                    depth = push_next_row(arrays, state, scratch, w - last_stop, here, time + node[u, BUSY], depth)
                break
            arrival = time + node[u, BUSY]
            if w < nodes:
                there = node[w, PLACE]
                arrival += travel[here, there]
                here = there
            old = time_of(state, scratch, w)
            time = earliest(arrays, w, arrival)
            if time <= old:
                if w < nodes:
                    break
                time, u = old, w  # a lunch keeps its time, but what follows it may have another way
                continue
            if node[w, LATE_COST] > 0:
                allowance -= node[w, LATE_COST] * (lateness(arrays, w, time) - lateness(arrays, w, old))
                if allowance < 0:
                    return False
            set_time(state, scratch, w, time)
            u = w
    return True


@kernel
def place_at(arrays: Arrays, state: State, u: int) -> int:
    """Place of a stop; a lunch is taken where the stop before it was."""
    nodes = arrays.parameter[NODES]
    if nodes <= u < nodes + arrays.parameter[ROWS]:
        u = state.stop[u, PREV]
    if u < nodes:
        return arrays.node[u, PLACE]
    return arrays.row[state.stop[u, ROW], START_PLACE]


@kernel
def retime(arrays: Arrays, state: State, scratch: Scratch, count: int) -> bool:
    """Recompute the `count` stops in scratch.stack and all that depends on them, after removals (a depot = price only).

    Leaves tentative starts and touched rows; the caller commits. False when refused (a circle).
    """
    node, stop, stack = arrays.node, state.stop, scratch.stack
    nodes = arrays.parameter[NODES]
    last_stop = nodes + arrays.parameter[ROWS]
    rests = arrays.parameter[RESTS] > 0
    begin(scratch)
    for i in range(count):
        touch_row(scratch, stop[stack[i], ROW])
    heads = 0  # stack[0:heads] ends up holding the first reset stop of each stretch
    i = 0
    while i < count:
        v = stack[i]
        i += 1
        if v >= last_stop:
            if rests:
                count = reset_next_row(arrays, state, scratch, v - last_stop, count)
            continue
        if scratch.stamp[v] == scratch.mark[0]:
            continue
        stack[heads] = v
        heads += 1
        while v < last_stop and scratch.stamp[v] != scratch.mark[0]:
            set_time(state, scratch, v, -FAR_FUTURE)
            mate = node[v, MATE]
            if mate >= 0 and stop[mate, ROW] >= 0 and scratch.stamp[mate] != scratch.mark[0]:
                stack[count] = mate
                count += 1
            v = stop[v, NEXT]
        if rests and v >= last_stop:
            count = reset_next_row(arrays, state, scratch, v - last_stop, count)
    # start each stretch from its predecessor, which is not reset (else another stretch reaches it)
    depth = 0
    for j in range(heads):
        v = stack[j]
        before = stop[v, PREV]
        if before < last_stop and scratch.stamp[before] == scratch.mark[0]:
            continue
        here = place_at(arrays, state, before)
        arrival = time_of(state, scratch, before) + node[before, BUSY]
        if v < nodes:
            arrival += arrays.travel[here, node[v, PLACE]]
        else:
            scratch.place[v] = here
        set_time(state, scratch, v, earliest(arrays, v, arrival))
        stack[depth] = v
        depth += 1
    if rests:
        depth = stack_unchanged_ends(arrays, state, scratch, depth)
    if raise_starts(arrays, state, scratch, depth, FAR_FUTURE * 1000):
        return True
    state.counter[REFUSED] += 1  # the iteration will not be accepted
    return False
