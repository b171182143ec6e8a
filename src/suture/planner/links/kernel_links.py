"""The search: ruin, recreate, accept. `run` does a given number of iterations and can be called again."""

from math import exp, log

from suture.planner.kernel import kernel
from suture.planner.links.kernel_candidates import best_pair, best_position
from suture.planner.links.kernel_insert import attempt, commit, place_lunch
from suture.planner.links.kernel_limits import recount
from suture.planner.links.kernel_price import cost_without_idle, price_row, soft_idle_price, soften_idle
from suture.planner.links.kernel_random import uniform
from suture.planner.links.kernel_ruin import remove_unit, ruin, settle
from suture.planner.links.kernel_timing import begin, lateness
from suture.planner.links.layout import (
    ACCEPTED,
    BEST_COST,
    BLINK,
    CLINICIANS,
    CLINICIANS_DIFFERENT,
    CURRENT_COST,
    FAR_FUTURE,
    FIRST,
    HALF,
    HAS_LUNCH,
    IDLE_COST,
    IMPROVED,
    ITERATION,
    KEY_CLOSE,
    KEY_FAR,
    KEY_OPEN,
    KEY_SERVICE,
    KEY_WIDTH,
    LIMITS,
    NODES,
    PRICE_FIELDS,
    REFUSED,
    RETRIED,
    ROW,
    ROWS,
    SECOND,
    SPREAD_END,
    SPREAD_START,
    START,
    T_END,
    T_START,
    UNCOVERED_COST,
    UNITS,
    WITHOUT_FIRST,
    WITHOUT_SECOND,
    Arrays,
    Float64,
    Int64,
    Scratch,
    State,
)


@kernel
def price_all(arrays: Arrays, state: State, scratch: Scratch) -> None:
    """Price every row of the current plan from scratch."""
    for r in range(arrays.parameter[ROWS]):
        begin(scratch)
        price_row(arrays, state, scratch, r)
        for field in range(PRICE_FIELDS):
            state.price[r, field] = scratch.new_price[r, field]
    if arrays.parameter[LIMITS] > 0:
        recount(arrays, state)


@kernel
def insert_both(arrays: Arrays, state: State, scratch: Scratch, unit: int, blink: float) -> bool:
    """Insert two linked nodes for two clinicians; or only one of them where that is allowed and cheaper."""
    a, b = arrays.unit[unit, FIRST], arrays.unit[unit, SECOND]
    best, after_a, after_b = best_pair(arrays, state, scratch, a, b, blink, arrays.unit[unit, UNCOVERED_COST])
    if arrays.unit[unit, WITHOUT_FIRST] < HALF:
        alone = -1
        for left_out in range(WITHOUT_FIRST, WITHOUT_SECOND + 1):
            v = b if left_out == WITHOUT_FIRST else a
            less = arrays.unit[unit, left_out]
            change, after = best_position(arrays, state, scratch, v, blink, best - less)
            if after >= 0:
                best, after_a, alone = change + less, after, v
        if alone >= 0:
            a, b = alone, -1
    if after_a < 0:
        return False
    attempt(arrays, state, scratch, a, after_a, b, after_b, FAR_FUTURE * 1000, FAR_FUTURE)
    commit(arrays, state, scratch, a, after_a, b, after_b)
    return True


@kernel
def insert_unit(arrays: Arrays, state: State, scratch: Scratch, unit: int, blink: float) -> bool:
    """Insert what is absent of a unit where that is cheaper than leaving it out; True if inserted.

    Two nodes that need not be two people's go one after the other; the first leaves again if the second finds no place.
    """
    a, b = arrays.unit[unit, FIRST], arrays.unit[unit, SECOND]
    v, cut = a, arrays.unit[unit, UNCOVERED_COST]
    more = b >= 0
    if more and state.stop[a, ROW] >= 0:
        v, cut, more = b, arrays.unit[unit, WITHOUT_SECOND], False
    elif more and state.stop[b, ROW] >= 0:
        cut, more = arrays.unit[unit, WITHOUT_FIRST], False
    elif more and arrays.node[a, CLINICIANS] == CLINICIANS_DIFFERENT:
        return insert_both(arrays, state, scratch, unit, blink)
    while True:
        change, after = best_position(arrays, state, scratch, v, blink, cut)
        if after < 0:
            break
        attempt(arrays, state, scratch, v, after, -1, -1, FAR_FUTURE * 1000, FAR_FUTURE)
        commit(arrays, state, scratch, v, after, -1, -1)
        if v == b or not more:
            return True
        v, cut = b, cut - change
    if more and v == b:
        settle(arrays, state, scratch, remove_unit(arrays, state, scratch, unit, 0))
    return False


@kernel
def _absent_nodes(arrays: Arrays, stop: Int64, unit: int) -> int:
    """Which nodes of a unit are in no row: 0 none, 1 the first, 2 the second, 3 both."""
    a, b = arrays.unit[unit, FIRST], arrays.unit[unit, SECOND]
    return int(stop[a, ROW] < 0) + 2 * int(b >= 0 and stop[b, ROW] < 0)


@kernel
def list_absent(arrays: Arrays, state: State, scratch: Scratch, retried: int) -> int:
    """Absent units into scratch.unit_list; returns their number.

    Of those that the plan before the ruin left out as well, `retried` by turns: on a day with too few clinicians they
    would take nearly all of an iteration.
    """
    count, old = 0, 0
    for u in range(arrays.parameter[UNITS]):
        absent = _absent_nodes(arrays, state.stop, u)
        if absent == 0:
            continue
        if absent == _absent_nodes(arrays, state.stop_backup, u):
            scratch.unit_key[old] = u
            old += 1
        else:
            scratch.unit_list[count] = u
            count += 1
    turn = state.counter[ITERATION] * retried
    for i in range(min(old, retried)):
        scratch.unit_list[count] = scratch.unit_key[(turn + i) % old]
        count += 1
    return count


@kernel
def sort_absent(arrays: Arrays, state: State, scratch: Scratch, count: int) -> None:
    """Order the absent units: random, or by one of the static keys."""
    draw = uniform(state.random) * 13.0
    field = -1
    if draw >= 11.0:
        field = KEY_CLOSE
    elif draw >= 10.0:
        field = KEY_OPEN
    elif draw >= 8.0:
        field = KEY_WIDTH
    elif draw >= 6.0:
        field = KEY_FAR
    elif draw >= 4.0:
        field = KEY_SERVICE
    for i in range(count):
        if field < 0:
            scratch.unit_key[i] = int(uniform(state.random) * 1e9)
        else:
            scratch.unit_key[i] = arrays.unit[scratch.unit_list[i], field]
    for i in range(1, count):
        unit, key = scratch.unit_list[i], scratch.unit_key[i]
        j = i
        while j > 0 and scratch.unit_key[j - 1] > key:
            scratch.unit_list[j] = scratch.unit_list[j - 1]
            scratch.unit_key[j] = scratch.unit_key[j - 1]
            j -= 1
        scratch.unit_list[j] = unit
        scratch.unit_key[j] = key


@kernel
def recreate(arrays: Arrays, state: State, scratch: Scratch, setting: Float64, retried: int) -> None:
    """Insert absent units one by one, then give changed rows their best lunch."""
    count = list_absent(arrays, state, scratch, retried)
    sort_absent(arrays, state, scratch, count)
    blink = setting[BLINK]
    for i in range(count):
        insert_unit(arrays, state, scratch, scratch.unit_list[i], blink)
    settle_lunches(arrays, state, scratch)


@kernel
def settle_lunches(arrays: Arrays, state: State, scratch: Scratch) -> None:
    """Give changed rows their best lunch. One may be late by a push from another row: again, then it is left out."""
    nodes = arrays.parameter[NODES]
    for attempts in range(4):
        again = attempts == 0
        for r in range(arrays.parameter[ROWS]):
            if arrays.row[r, HAS_LUNCH] == 0:
                continue
            wanted = scratch.dirty[r] != 0
            if attempts > 0:
                start = state.stop[nodes + r, START]
                wanted = state.stop[nodes + r, ROW] >= 0 and lateness(arrays, nodes + r, start) > 0
            if wanted:
                again = True
                place_lunch(arrays, state, scratch, r, attempts == 3)
        if not again:
            break


@kernel
def copy_table(target: Int64, source: Int64) -> None:
    """target[:, :] = source (a slice assignment would need numba's memory runtime)."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@kernel
def copy_list(target: Int64, source: Int64) -> None:
    """target[:] = source."""
    for i in range(source.shape[0]):
        target[i] = source[i]


@kernel
def run(
    arrays: Arrays, state: State, scratch: Scratch, setting: Float64, count: int, planned: int, first: bool
) -> None:
    """Do `count` iterations of a search planned to last `planned` in all (temperature).

    `first`: insert what is absent into the rows as they are; the result is the best plan whatever it costs.
    """
    counter = state.counter
    ratio = log(setting[T_END] / setting[T_START])
    narrowing = log(setting[SPREAD_END] / setting[SPREAD_START])
    if first:
        price_all(arrays, state, scratch)
    current, _ = cost_without_idle(arrays, state)
    for _ in range(count):
        progress = min(1.0, counter[ITERATION] / planned)
        temperature = setting[T_START] * exp(ratio * progress)
        old = current + soften_idle(arrays, state, scratch, setting[SPREAD_START] * exp(narrowing * progress))
        for r in range(arrays.parameter[ROWS]):
            scratch.dirty[r] = int(first)
        refused = counter[REFUSED]
        if not first:
            counter[ITERATION] += 1
            ruin(arrays, state, scratch, setting)
        recreate(arrays, state, scratch, setting, arrays.parameter[UNITS] if first else RETRIED)
        base, idle = cost_without_idle(arrays, state)
        new = base + soft_idle_price(arrays, scratch)
        if first or (counter[REFUSED] == refused and new < old - temperature * log(1.0 - uniform(state.random))):
            counter[ACCEPTED] += 1
            current = base
            cost = base + arrays.parameter[IDLE_COST] * idle
            counter[CURRENT_COST] = cost
            copy_table(state.stop_backup, state.stop)
            copy_table(state.price_backup, state.price)
            copy_list(state.use_backup, state.use)
            if first or cost < counter[BEST_COST]:
                counter[IMPROVED] += 1
                counter[BEST_COST] = cost
                copy_table(state.stop_best, state.stop)
        else:
            copy_table(state.stop, state.stop_backup)
            copy_table(state.price, state.price_backup)
            copy_list(state.use, state.use_backup)
