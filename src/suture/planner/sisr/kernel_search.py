"""One SISR iteration and the slice loop."""

import math

import numpy as np

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Float64, State
from suture.planner.sisr.kernel_insert import find_new_row, find_position
from suture.planner.sisr.kernel_random import below, uniform
from suture.planner.sisr.kernel_routes import insert_after, mark_dirty, restore, store_best, touch
from suture.planner.sisr.kernel_ruin import ruin
from suture.planner.sisr.kernel_tails import try_tails

# Recreate orders by weight (columns of Arrays.order_key): random 4, heavy 2, far 2, near 1, narrow 2, early open 1,
# early close 1, dear 1.
_ORDER = np.array([-1, -1, -1, -1, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6])


@kernel
def sort_work(a: Arrays, s: State, count: int) -> None:
    """Shuffle the nodes to insert, then sort them stably by one of the recreate orders (ties stay random)."""
    work, key = s.work, s.work_key
    for i in range(count - 1, 0, -1):
        j = below(s.rng, i + 1)
        work[i], work[j] = work[j], work[i]
    column = _ORDER[below(s.rng, len(_ORDER))]
    if column < 0:
        return
    for i in range(count):
        key[i] = a.order_key[work[i], column]
    gap = 1
    while gap < count // 9:
        gap = 3 * gap + 1
    while gap >= 1:
        for i in range(gap, count):
            v, k = work[i], key[i]
            j = i
            while j >= gap and key[j - gap] > k:
                work[j], key[j] = work[j - gap], key[j - gap]
                j -= gap
            work[j], key[j] = v, k
        gap = gap // 3 if gap > 1 else 0


@kernel
def recreate(a: Arrays, s: State, knob: Float64) -> None:
    """Insert the freed nodes and some of the older absent ones, each at its best position."""
    number = s.number
    freed = number[at.FREED]
    old = number[at.ABSENT] - freed
    tried = min(old, at.RETRIED)
    if old > tried:  # a round of retried nodes: swap the next ones to the end of the old part
        for i in range(tried):
            j = (number[at.ROTATION] + i) % (old - i)
            k = old - 1 - i
            s.absent[j], s.absent[k] = s.absent[k], s.absent[j]
        number[at.ROTATION] = (number[at.ROTATION] + tried) % old
    kept = old - tried
    count = number[at.ABSENT] - kept
    for i in range(count):
        s.work[i] = s.absent[kept + i]
    sort_work(a, s, count)
    number[at.ABSENT] = kept
    everywhere = uniform(s.rng) < knob[at.SCAN_ALL]
    for i in range(count):
        v = s.work[i]
        if i == 0 and knob[at.OPEN_ROW] > 0.0 and uniform(s.rng) < knob[at.OPEN_ROW]:
            _, where = find_new_row(a, s, v)
        else:
            _, where = find_position(a, s, v, everywhere, knob[at.BLINK])
        if where < 0:
            s.absent[number[at.ABSENT]] = v
            number[at.ABSENT] += 1
        else:
            touch(a, s, s.stop[where, at.ROW])
            insert_after(a, s, v, where)


@kernel
def iterate(a: Arrays, s: State, knob: Float64) -> None:
    """Ruin, recreate, accept or restore. The temperature depends on the iteration's number only (or on the slice)."""
    number = s.number
    number[at.TOUCHED] = number[at.SAVED] = number[at.FREED] = 0
    fraction = min(1.0, knob[at.T_BASE] + knob[at.T_STEP] * number[at.ITERATION])
    heat = knob[at.T_FIRST] * math.exp(knob[at.T_LOG_RATIO] * fraction)
    if knob[at.TAILS] > 0.0 and len(a.class_ptr) > 1 and a.flag[at.WINDOWS] == 0:
        try_tails(a, s, heat, int(knob[at.TAILS]))
        if number[at.COST] < number[at.BEST_COST]:
            store_best(a, s)
    cost, used, placed, absent = number[at.COST], number[at.USED], number[at.PLACED], number[at.ABSENT]
    for i in range(absent):
        s.old_absent[i] = s.absent[i]
    number[at.OLD_ABSENT] = absent
    ruin(a, s, knob)
    recreate(a, s, knob)
    if number[at.COST] - cost < -heat * math.log(1.0 - uniform(s.rng)):
        number[at.ACCEPTED] += 1
        mark_dirty(s)
        if number[at.COST] < number[at.BEST_COST]:
            store_best(a, s)
    else:
        restore(a, s)
        number[at.COST], number[at.USED], number[at.PLACED] = cost, used, placed
    number[at.ITERATION] += 1


@kernel
def run(a: Arrays, s: State, knob: Float64, count: int) -> None:
    """Exactly ``count`` iterations."""
    for _ in range(count):
        iterate(a, s, knob)
