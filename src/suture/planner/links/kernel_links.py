"""The search: ruin, recreate, accept. `run` does a given number of iterations and can be called again."""

from math import exp, log

from suture.planner.kernel import kernel
from suture.planner.links.kernel_candidates import best_pair, best_position
from suture.planner.links.kernel_insert import attempt, commit, drop_lunch, place_lunch
from suture.planner.links.kernel_price import cost_without_idle, price_row, soft_idle_price, soften_idle, total_cost
from suture.planner.links.kernel_random import uniform
from suture.planner.links.kernel_ruin import remove_unit, ruin, settle
from suture.planner.links.kernel_timing import begin, lateness
from suture.planner.links.layout import (
    ACCEPTED,
    BEST_COST,
    BLINK,
    CLINICIANS,
    CLINICIANS_DIFFERENT,
    CLINICIANS_SAME,
    CURRENT_COST,
    FAR_FUTURE,
    FIRST,
    HAS_LUNCH,
    IDLE_COST,
    IMPROVED,
    ITERATION,
    KEY_CLOSE,
    KEY_FAR,
    KEY_OPEN,
    KEY_SERVICE,
    KEY_WIDTH,
    NODES,
    REFUSED,
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
    Float64,
    Int64,
    Problem,
    Scratch,
    State,
)


@kernel
def price_all(problem: Problem, state: State, scratch: Scratch) -> None:
    """Price every row of the current plan from scratch."""
    for r in range(problem.parameter[ROWS]):
        begin(scratch)
        price_row(problem, state, scratch, r)
        for field in range(4):
            state.price[r, field] = scratch.new_price[r, field]


@kernel
def insert_unit(problem: Problem, state: State, scratch: Scratch, unit: int, blink: float) -> bool:
    """Insert a unit at its cheapest place if that is cheaper than leaving it out; True if inserted."""
    a = problem.unit[unit, FIRST]
    b = problem.unit[unit, SECOND]
    cut = problem.unit[unit, UNCOVERED_COST]
    loose = FAR_FUTURE * 1000
    if b >= 0 and problem.node[a, CLINICIANS] == CLINICIANS_DIFFERENT:
        change, after_a, after_b = best_pair(problem, state, scratch, a, b, blink, cut)
        if after_a < 0:
            return False
        attempt(problem, state, scratch, a, after_a, b, after_b, loose, FAR_FUTURE)
        commit(problem, state, scratch, a, after_a, b, after_b)
        return True
    change, after = best_position(problem, state, scratch, a, -1, blink, cut)
    if after < 0:
        return False
    attempt(problem, state, scratch, a, after, -1, -1, loose, FAR_FUTURE)
    commit(problem, state, scratch, a, after, -1, -1)
    if b < 0:
        return True
    only_row = state.stop[a, ROW] if problem.node[a, CLINICIANS] == CLINICIANS_SAME else -1
    change, after = best_position(problem, state, scratch, b, only_row, blink, cut - change)
    if after < 0:
        count = remove_unit(problem, state, scratch, unit, 0)
        settle(problem, state, scratch, count)
        return False
    attempt(problem, state, scratch, b, after, -1, -1, loose, FAR_FUTURE)
    commit(problem, state, scratch, b, after, -1, -1)
    return True


@kernel
def list_absent(problem: Problem, state: State, scratch: Scratch) -> int:
    """Absent units into scratch.unit_list; returns their number."""
    count = 0
    for u in range(problem.parameter[UNITS]):
        if state.stop[problem.unit[u, FIRST], ROW] < 0:
            scratch.unit_list[count] = u
            count += 1
    return count


@kernel
def sort_absent(problem: Problem, state: State, scratch: Scratch, count: int) -> None:
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
            scratch.unit_key[i] = problem.unit[scratch.unit_list[i], field]
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
def recreate(problem: Problem, state: State, scratch: Scratch, setting: Float64) -> None:
    """Insert the absent units one by one, then give changed rows their best lunch."""
    count = list_absent(problem, state, scratch)
    sort_absent(problem, state, scratch, count)
    blink = setting[BLINK]
    for i in range(count):
        insert_unit(problem, state, scratch, scratch.unit_list[i], blink)
    for r in range(problem.parameter[ROWS]):
        if scratch.dirty[r] != 0 and problem.row[r, HAS_LUNCH] != 0:
            place_lunch(problem, state, scratch, r)
    settle_lunches(problem, state, scratch)


@kernel
def settle_lunches(problem: Problem, state: State, scratch: Scratch) -> None:
    """A lunch can be late by a push from another row: place it again, after two rounds drop it."""
    nodes = problem.parameter[NODES]
    for attempts in range(3):
        late = False
        for r in range(problem.parameter[ROWS]):
            if state.stop[nodes + r, ROW] >= 0 and lateness(problem, nodes + r, state.stop[nodes + r, START]) > 0:
                late = True
                if attempts < 2:
                    place_lunch(problem, state, scratch, r)
                else:
                    drop_lunch(problem, state, scratch, r)
        if not late:
            break


@kernel
def copy_table(target: Int64, source: Int64) -> None:
    """target[:, :] = source (a slice assignment would need numba's memory runtime)."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@kernel
def start_plan(problem: Problem, state: State, scratch: Scratch, setting: Float64) -> None:
    """First plan: everything inserted once into the empty rows."""
    price_all(problem, state, scratch)
    soften_idle(problem, state, scratch, setting[SPREAD_START])
    for r in range(problem.parameter[ROWS]):
        scratch.dirty[r] = 1
    recreate(problem, state, scratch, setting)
    cost = total_cost(problem, state)
    state.counter[CURRENT_COST] = cost
    state.counter[BEST_COST] = cost
    copy_table(state.stop_best, state.stop)
    copy_table(state.stop_backup, state.stop)
    copy_table(state.price_backup, state.price)


@kernel
def run(problem: Problem, state: State, scratch: Scratch, setting: Float64, count: int, planned: int) -> None:
    """Do `count` iterations of a search planned to last `planned` in all (temperature)."""
    counter = state.counter
    ratio = log(setting[T_END] / setting[T_START])
    narrowing = log(setting[SPREAD_END] / setting[SPREAD_START])
    current, _ = cost_without_idle(problem, state)
    for _ in range(count):
        progress = min(1.0, counter[ITERATION] / planned)
        temperature = setting[T_START] * exp(ratio * progress)
        old = current + soften_idle(problem, state, scratch, setting[SPREAD_START] * exp(narrowing * progress))
        counter[ITERATION] += 1
        for r in range(problem.parameter[ROWS]):
            scratch.dirty[r] = 0
        refused = counter[REFUSED]
        ruin(problem, state, scratch, setting)
        recreate(problem, state, scratch, setting)
        base, idle = cost_without_idle(problem, state)
        new = base + soft_idle_price(problem, scratch)
        if counter[REFUSED] == refused and new < old - temperature * log(1.0 - uniform(state.random)):
            counter[ACCEPTED] += 1
            current = base
            cost = base + problem.parameter[IDLE_COST] * idle
            counter[CURRENT_COST] = cost
            copy_table(state.stop_backup, state.stop)
            copy_table(state.price_backup, state.price)
            if cost < counter[BEST_COST]:
                counter[IMPROVED] += 1
                counter[BEST_COST] = cost
                copy_table(state.stop_best, state.stop)
        else:
            copy_table(state.stop, state.stop_backup)
            copy_table(state.price, state.price_backup)
