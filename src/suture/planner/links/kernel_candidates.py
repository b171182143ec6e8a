"""Candidate positions by a price bound, then the best one exactly: for one node, and for a linked pair in two rows."""

from suture.planner.kernel import kernel
from suture.planner.links.kernel_insert import attempt, front
from suture.planner.links.kernel_limits import least_limits_price
from suture.planner.links.kernel_price import row_load
from suture.planner.links.kernel_random import uniform
from suture.planner.links.kernel_starts import own_price, told_price
from suture.planner.links.kernel_timing import earliest, lateness, place_at
from suture.planner.links.layout import (
    BEGUN,
    BROKEN,
    BUSY,
    CANDIDATES,
    CAPACITY,
    CLINICIANS,
    CLINICIANS_ANY,
    CLINICIANS_SAME,
    DEMAND,
    END_PLACE,
    FIRST,
    FROZEN,
    IDLE_COST,
    LATE_COST,
    LIFT,
    LIMITS,
    LOADS,
    NEXT,
    NODES,
    PERSON,
    PLACE,
    ROW,
    ROWS,
    SECOND,
    START,
    START_PLACE,
    TOLD,
    TRAVEL_COST,
    UNIT,
    WAIT,
    WAIT_COST,
    Arrays,
    Int64,
    Scratch,
    State,
)


@kernel
def idle_rate(arrays: Arrays, scratch: Scratch, r: int) -> int:
    """Most that one more unit of work or travel in row r can save through the soft maximum of idle."""
    if arrays.parameter[IDLE_COST] == 0:
        return 0
    return int(arrays.parameter[IDLE_COST] * scratch.weight[r] / scratch.soft[2] + 1.0)


@kernel
def push_price(arrays: Arrays, state: State, behind: int, start: int) -> int:
    """Price of moving the visit `behind` to `start`, lateness and promises; 0 for a lunch or depot."""
    now = state.stop[behind, START]
    if behind >= arrays.parameter[NODES] or start <= now:
        return 0
    pushed = max(0, lateness(arrays, behind, start) - lateness(arrays, behind, now)) * arrays.node[behind, LATE_COST]
    if arrays.parameter[TOLD] > 0:
        pushed += told_price(arrays, behind, start) - told_price(arrays, behind, now)
    return pushed


@kernel
def keep_candidate(
    found: Int64, side: int, count: int, bound: int, after: int, late: int, start: int, pushed: int
) -> None:
    """Sort one candidate into found[side, 0:count]; when full the most expensive one goes."""
    i = min(count, CANDIDATES - 1)
    while i > 0 and found[side, i - 1, 0] > bound:
        for field in range(5):
            found[side, i, field] = found[side, i - 1, field]
        i -= 1
    found[side, i, 0] = bound
    found[side, i, 1] = after
    found[side, i, 2] = late
    found[side, i, 3] = start
    found[side, i, 4] = pushed


@kernel
def may_serve(arrays: Arrays, state: State, v: int, r: int) -> bool:
    """Whether the clinician of row r may take v beside the partner's, and the row has room for its demand."""
    parameter = arrays.parameter
    kind = arrays.node[v, CLINICIANS]
    if kind != CLINICIANS_ANY:
        unit = arrays.node[v, UNIT]
        partner = arrays.unit[unit, SECOND] if arrays.unit[unit, FIRST] == v else arrays.unit[unit, FIRST]
        at = state.stop[partner, ROW]
        if at >= 0:
            same = arrays.row[at, PERSON] == arrays.row[r, PERSON]
            if same != (kind == CLINICIANS_SAME):
                return False
    if parameter[LOADS] > 0:
        return row_load(arrays, state, r) + arrays.node[v, DEMAND] <= arrays.row[r, CAPACITY]
    return True


@kernel
def list_positions(arrays: Arrays, state: State, scratch: Scratch, side: int, v: int, blink: float, cut: int) -> int:
    """Fill scratch.candidates[side] with the cheapest positions of v by bound, in order; returns their number.

    The bound has detour, pair cost, lateness and promises of v and of the stop behind it, what v adds to limits at
    least, less what waiting and idle may save.
    """
    node, stop, travel, row = arrays.node, state.stop, arrays.travel, arrays.row
    nodes = arrays.parameter[NODES]
    last_stop = nodes + arrays.parameter[ROWS]
    there = node[v, PLACE]
    late_cost = node[v, LATE_COST]
    busy = node[v, BUSY]
    found = scratch.candidates
    choosy = node[v, CLINICIANS] != CLINICIANS_ANY or arrays.parameter[LOADS] > 0
    told = arrays.parameter[TOLD] > 0
    count = 0
    worst = cut
    for k in range(arrays.able_from[v], arrays.able_from[v + 1]):
        r = arrays.able_row[k]
        if choosy and not may_serve(arrays, state, v, r):
            continue
        rate = idle_rate(arrays, scratch, r)
        fixed = arrays.pair_cost[v, r] - arrays.parameter[WAIT_COST] * state.price[r, WAIT] - rate * busy
        if arrays.parameter[LIMITS] > 0:
            fixed += least_limits_price(arrays, state, r, v)
            if fixed >= BROKEN // 2:
                continue
        road = arrays.parameter[TRAVEL_COST] - rate
        after = last_stop + r
        here = row[r, START_PLACE]
        if arrays.parameter[FROZEN] > 0:
            after = front(arrays, state, r)
            here = place_at(arrays, state, after)
        home_before = row[r, BEGUN] == 1
        while True:
            leg_in = arrays.travel_in[there, here]
            start = earliest(arrays, v, stop[after, START] + node[after, BUSY] + leg_in)
            late = late_cost * lateness(arrays, v, start)
            if rate == 0 and fixed + late >= worst:
                break
            if told:
                late += told_price(arrays, v, start)
            behind = stop[after, NEXT]
            far = behind if behind < nodes or behind >= last_stop else stop[behind, NEXT]
            goal = node[far, PLACE] if far < nodes else row[r, END_PLACE]
            leg_out = travel[there, goal]
            detour = leg_in + leg_out
            if far < nodes or after < last_stop or home_before:
                detour -= travel[here, goal]
            bound = fixed + late + road * detour
            if bound < worst and uniform(state.random) >= blink:
                pushed = push_price(arrays, state, behind, start + busy + leg_out)
                bound += pushed
                if bound < worst:
                    keep_candidate(found, side, count, bound, after, late, start, pushed)
                    count = min(count + 1, CANDIDATES)
                    if count == CANDIDATES:
                        worst = min(cut, found[side, count - 1, 0])
            if behind >= last_stop:
                break
            after = behind
            if after < nodes:
                here = node[after, PLACE]
    return count


@kernel
def best_position(arrays: Arrays, state: State, scratch: Scratch, v: int, blink: float, cut: int) -> tuple[int, int]:
    """(cost change, stop to follow) of the cheapest legal position of node v below `cut`; stop -1 if none."""
    found = scratch.candidates
    count = list_positions(arrays, state, scratch, 0, v, blink, cut)
    best = cut
    best_after = -1
    for i in range(count):
        bound = found[0, i, 0]
        if bound >= best:
            break
        after = found[0, i, 1]
        change = attempt(arrays, state, scratch, v, after, -1, -1, best - bound + found[0, i, 4], best)
        if change < best:
            best = change
            best_after = after
    return best, best_after


@kernel
def best_pair(
    arrays: Arrays, state: State, scratch: Scratch, a: int, b: int, blink: float, cut: int
) -> tuple[int, int, int]:
    """(cost change, stop before a, stop before b) of the cheapest joint position with two people; -1 if none."""
    node, stop, row = arrays.node, state.stop, arrays.row
    found = scratch.candidates
    count_a = list_positions(arrays, state, scratch, 0, a, blink, cut)
    count_b = list_positions(arrays, state, scratch, 1, b, blink, cut)
    best = cut
    best_a = -1
    best_b = -1
    for i in range(count_a):
        if count_b == 0 or found[0, i, 0] + found[1, 0, 0] >= best:
            break
        after_a = found[0, i, 1]
        for j in range(count_b):
            bound = found[0, i, 0] + found[1, j, 0]
            if bound >= best:
                break
            after_b = found[1, j, 1]
            if row[stop[after_a, ROW], PERSON] == row[stop[after_b, ROW], PERSON]:
                continue
            start_a, start_b = found[0, i, 3], found[1, j, 3]
            joint_a = max(start_a, start_b + node[b, LIFT])
            joint_b = max(start_b, joint_a + node[a, LIFT])
            allowance = best - bound + found[0, i, 4] + found[1, j, 4]
            bound += own_price(arrays, a, joint_a) - found[0, i, 2]
            bound += own_price(arrays, b, joint_b) - found[1, j, 2]
            if bound >= best:
                continue
            change = attempt(arrays, state, scratch, a, after_a, b, after_b, allowance, best)
            if change < best:
                best = change
                best_a = after_a
                best_b = after_b
    return best, best_a, best_b
