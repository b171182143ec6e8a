"""First plans: one visit a row where rows are interchangeable (the search then joins rows, never has to open them)."""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State
from suture.planner.sisr.kernel_insert import find_new_row, find_position
from suture.planner.sisr.kernel_random import below
from suture.planner.sisr.kernel_routes import insert_after, mark_dirty, store_best, touch


@kernel
def spread_out(a: Arrays, s: State, blink: float) -> None:
    """Put absent nodes, in random order, each into an empty row while there is one; then wherever it is cheapest."""
    number = s.number
    number[at.TOUCHED] = number[at.SAVED] = number[at.FREED] = 0
    count = number[at.ABSENT]
    for i in range(count):
        s.work[i] = s.absent[i]
    for i in range(count - 1, 0, -1):
        j = below(s.rng, i + 1)
        s.work[i], s.work[j] = s.work[j], s.work[i]
    number[at.ABSENT] = 0
    for i in range(count):
        v = s.work[i]
        _, where = find_new_row(a, s, v)
        if where < 0:
            _, where = find_position(a, s, v, False, blink)
        if where < 0:
            s.absent[number[at.ABSENT]] = v
            number[at.ABSENT] += 1
        else:
            touch(a, s, s.stop[where, at.ROW])
            insert_after(a, s, v, where)
    mark_dirty(s)
    store_best(a, s)
    number[at.ITERATION] += 1
