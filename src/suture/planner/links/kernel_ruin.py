"""Ruin: strings of neighboring stops (SISR), always with the linked partner and the rest of the unit."""

from suture.planner.kernel import kernel
from suture.planner.links.kernel_insert import remove
from suture.planner.links.kernel_price import commit_times, price_change
from suture.planner.links.kernel_random import below, uniform
from suture.planner.links.kernel_timing import retime
from suture.planner.links.layout import (
    FAR_FUTURE,
    FIRST,
    FOCUS,
    FOCUSED,
    HOLD,
    MATE,
    NEXT,
    NODES,
    PREV,
    ROW,
    ROWS,
    RUIN_MEAN,
    SECOND,
    STRING_MAX,
    UNIT,
    Arrays,
    Float64,
    Scratch,
    State,
)

FOCUS_SHARE = 0.8
"""Share of ruins that begin at what a repair is about."""


@kernel
def remove_unit(arrays: Arrays, state: State, scratch: Scratch, unit: int, count: int) -> int:
    """Remove both nodes of a unit but those that are held, note them in scratch.stack; returns the new count."""
    for field in (FIRST, SECOND):
        v = arrays.unit[unit, field]
        if v >= 0 and state.stop[v, ROW] >= 0 and arrays.node[v, HOLD] == 0:
            scratch.dirty[state.stop[v, ROW]] = 1
            remove(state, v)
            scratch.stack[count] = v
            count += 1
    return count


@kernel
def row_length(arrays: Arrays, state: State, r: int) -> int:
    """Number of visits in row r (lunch not counted)."""
    nodes = arrays.parameter[NODES]
    depot = nodes + arrays.parameter[ROWS] + r
    count = 0
    v = state.stop[depot, NEXT]
    while v != depot:
        if v < nodes:
            count += 1
        v = state.stop[v, NEXT]
    return count


@kernel
def cut_string(arrays: Arrays, state: State, scratch: Scratch, v: int, length: int, keep: int, count: int) -> int:
    """Remove `length` visits around v from its row, sparing `keep` inner ones; returns the new count."""
    nodes = arrays.parameter[NODES]
    stop = state.stop
    behind = below(state.random, length)  # how many of the string come before v
    u = v
    for _ in range(behind):
        before = stop[u, PREV]
        if nodes <= before < nodes + arrays.parameter[ROWS]:
            before = stop[before, PREV]
        if before >= nodes:
            break
        u = before
    spared_from = 1 + below(state.random, max(1, length - keep - 1)) if keep > 0 else length
    for i in range(length):
        if nodes <= u < nodes + arrays.parameter[ROWS]:
            u = stop[u, NEXT]
        if u >= nodes:
            break
        following = stop[u, NEXT]
        if not (spared_from <= i < spared_from + keep) and arrays.node[u, HOLD] == 0:
            scratch.unit_list[count] = arrays.node[u, UNIT]
            count += 1
        u = following
    return count


@kernel
def settle(arrays: Arrays, state: State, scratch: Scratch, count: int) -> bool:
    """Recompute times and prices after `count` nodes (in scratch.stack) were removed."""
    stop, stack = state.stop, scratch.stack
    removed = count
    for i in range(removed):
        mate = arrays.node[stack[i], MATE]
        if mate >= 0 and stop[mate, ROW] >= 0:  # it stays, and its start may have been the removed one's doing
            stack[count] = mate
            count += 1
        before = stop[stack[i], PREV]
        while stop[before, ROW] < 0:
            before = stop[before, PREV]
        stack[i] = stop[before, NEXT]
    legal = retime(arrays, state, scratch, count)
    price_change(arrays, state, scratch, FAR_FUTURE)
    commit_times(arrays, state, scratch)
    return legal


@kernel
def ruin(arrays: Arrays, state: State, scratch: Scratch, setting: Float64) -> bool:
    """Remove strings from rows near a random seed visit."""
    nodes = arrays.parameter[NODES]
    rows = arrays.parameter[ROWS]
    stop = state.stop
    used = 0
    placed = 0
    for r in range(rows):
        length = row_length(arrays, state, r)
        if length > 0:
            used += 1
            placed += length
        scratch.row_stamp[r] = 0
    if used == 0:
        return True
    mean = placed / used
    longest = min(setting[STRING_MAX], mean)
    most_rows = 4.0 * setting[RUIN_MEAN] / (1.0 + longest) - 1.0
    wanted = int(uniform(state.random) * most_rows + 1.0)
    seed = below(state.random, nodes)
    if arrays.parameter[FOCUSED] > 0 and uniform(state.random) < FOCUS_SHARE:
        seed = arrays.unit[arrays.unit[below(state.random, arrays.parameter[FOCUSED]), FOCUS], FIRST]
    removed = 0
    ruined = 0
    scratch.mark[0] += 1
    for i in range(-1, arrays.near.shape[1]):
        v = seed if i < 0 else arrays.near[seed, i]
        r = stop[v, ROW]
        if r < 0 or scratch.row_stamp[r] == scratch.mark[0]:
            continue
        scratch.row_stamp[r] = scratch.mark[0]
        size = row_length(arrays, state, r)
        length = 1 + int(uniform(state.random) * min(float(size), longest))
        length = min(length, size)
        keep = 0
        if 1 < length < size and uniform(state.random) < 0.5:
            keep = 1
            while length + keep < size and uniform(state.random) < 0.1:
                keep += 1
        units = cut_string(arrays, state, scratch, v, length + keep, keep, 0)
        for k in range(units):
            removed = remove_unit(arrays, state, scratch, scratch.unit_list[k], removed)
        ruined += 1
        if ruined >= wanted:
            break
    return settle(arrays, state, scratch, removed)
