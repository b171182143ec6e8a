"""Insertion: exact price of a trial, making it real, and the best gap of a lunch."""

from suture.planner.kernel import kernel
from suture.planner.links.kernel_price import commit_times, price_change
from suture.planner.links.kernel_timing import (
    begin,
    earliest,
    place_at,
    raise_starts,
    retime,
    set_time,
    time_of,
    touch_row,
)
from suture.planner.links.layout import (
    BEGUN_STOP,
    BUSY,
    FAR_FUTURE,
    HOLD,
    LIFT,
    MATE,
    NEXT,
    NODES,
    PLACE,
    PREV,
    ROW,
    ROWS,
    START,
    Arrays,
    Scratch,
    State,
)


@kernel
def link_in(state: State, v: int, after: int) -> None:
    """Put v behind `after` in forward direction only (enough for a trial)."""
    stop = state.stop
    stop[v, NEXT] = stop[after, NEXT]
    stop[after, NEXT] = v
    stop[v, ROW] = stop[after, ROW]


@kernel
def link_out(state: State, v: int, after: int) -> None:
    """Undo `link_in`."""
    stop = state.stop
    stop[after, NEXT] = stop[v, NEXT]
    stop[v, ROW] = -1


@kernel
def first_time(arrays: Arrays, state: State, scratch: Scratch, v: int, after: int) -> None:
    """Tentative start of v right behind `after`, before links."""
    here = place_at(arrays, state, after)
    arrival = state.stop[after, START] + arrays.node[after, BUSY]
    if v < arrays.parameter[NODES]:
        arrival += arrays.travel[here, arrays.node[v, PLACE]]
    else:
        scratch.place[v] = here
    set_time(state, scratch, v, earliest(arrays, v, arrival))


@kernel
def attempt(
    arrays: Arrays, state: State, scratch: Scratch, v: int, after: int, w: int, after_w: int, allowance: int, cut: int
) -> int:
    """Cost change of putting v behind `after` (and w behind `after_w` unless w < 0); huge if refused.

    Leaves tentative times and prices for `commit`; the lists are as before.
    """
    begin(scratch)
    link_in(state, v, after)
    first_time(arrays, state, scratch, v, after)
    depth = 1
    if w >= 0:
        link_in(state, w, after_w)
        first_time(arrays, state, scratch, w, after_w)
        scratch.stack[1] = w
        depth = 2
    scratch.stack[0] = v
    mate = arrays.node[v, MATE]
    if w < 0 and mate >= 0 and state.stop[mate, ROW] >= 0:  # it is placed already, and from now on its start is tied
        touch_row(scratch, state.stop[mate, ROW])
        wanted = time_of(state, scratch, mate) + arrays.node[mate, LIFT]
        if wanted > scratch.time[v]:
            set_time(state, scratch, v, earliest(arrays, v, wanted))
    change = FAR_FUTURE * 1000
    if raise_starts(arrays, state, scratch, depth, allowance):
        change = price_change(arrays, state, scratch, cut)
    if w >= 0:
        link_out(state, w, after_w)
    link_out(state, v, after)
    return change


@kernel
def commit(arrays: Arrays, state: State, scratch: Scratch, v: int, after: int, w: int, after_w: int) -> None:
    """Make the last successful `attempt` real."""
    stop = state.stop
    link_in(state, v, after)
    stop[v, PREV] = after
    stop[stop[v, NEXT], PREV] = v
    if w >= 0:
        link_in(state, w, after_w)
        stop[w, PREV] = after_w
        stop[stop[w, NEXT], PREV] = w
    commit_times(arrays, state, scratch)
    for i in range(scratch.mark[2]):
        scratch.dirty[scratch.rows[i]] = 1


@kernel
def remove(state: State, v: int) -> None:
    """Take v out of its row; its own PREV stays so that the gap can be found again."""
    stop = state.stop
    before, behind = stop[v, PREV], stop[v, NEXT]
    stop[before, NEXT] = behind
    stop[behind, PREV] = before
    stop[v, ROW] = -1


@kernel
def front(arrays: Arrays, state: State, r: int) -> int:
    """The last begun stop of row r, else its depot: nothing may be put in front of it."""
    nodes = arrays.parameter[NODES]
    u = nodes + arrays.parameter[ROWS] + r
    v = state.stop[u, NEXT]
    while v < nodes and arrays.node[v, HOLD] == BEGUN_STOP:
        u = v
        v = state.stop[u, NEXT]
    return u


@kernel
def drop_lunch(arrays: Arrays, state: State, scratch: Scratch, r: int) -> None:
    """Take the lunch of row r out, if it is in."""
    stop = state.stop
    lunch = arrays.parameter[NODES] + r
    if stop[lunch, ROW] < 0:
        return
    before = stop[lunch, PREV]
    remove(state, lunch)
    scratch.stack[0] = stop[before, NEXT]
    retime(arrays, state, scratch, 1)
    touch_row(scratch, r)
    price_change(arrays, state, scratch, FAR_FUTURE)
    commit_times(arrays, state, scratch)


@kernel
def place_lunch(arrays: Arrays, state: State, scratch: Scratch, r: int, leave_out: bool) -> None:
    """Move the lunch of row r to its cheapest gap, or leave it out (missed)."""
    stop = state.stop
    lunch = arrays.parameter[NODES] + r
    depot = lunch + arrays.parameter[ROWS]
    drop_lunch(arrays, state, scratch, r)
    if leave_out:
        return
    best = 0
    best_after = -1
    after = front(arrays, state, r)
    while True:
        change = attempt(arrays, state, scratch, lunch, after, -1, -1, FAR_FUTURE * 1000, FAR_FUTURE)
        if change < best:
            best = change
            best_after = after
        after = stop[after, NEXT]
        if after == depot:
            break
    if best_after >= 0:
        attempt(arrays, state, scratch, lunch, best_after, -1, -1, FAR_FUTURE * 1000, FAR_FUTURE)
        commit(arrays, state, scratch, lunch, best_after, -1, -1)
