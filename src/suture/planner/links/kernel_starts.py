"""What a start costs: lateness, and what people were told. Promises are only looked at where there are some."""

from suture.planner.kernel import kernel
from suture.planner.links.kernel_timing import lateness
from suture.planner.links.layout import (
    FAR_FUTURE,
    LATE_COST,
    MINUTE,
    SCALE,
    TOLD,
    TOLD_CAP,
    TOLD_CLOSE,
    TOLD_COST,
    TOLD_OPEN,
    TOLD_RATE,
    TOLD_START,
    Arrays,
    Scratch,
)


@kernel
def rounded(arrays: Arrays, price: int) -> int:
    """A price per minute is rounded up to a whole cost unit of the problem, once for each term."""
    scale = arrays.parameter[SCALE]
    if scale == 1:
        return price
    return (price + scale - 1) // scale * scale


@kernel
def told_price(arrays: Arrays, v: int, start: int) -> int:
    """Price of the promises that a start breaks: the window, and the announced start moved."""
    node, parameter = arrays.node, arrays.parameter
    price = 0
    if node[v, TOLD_COST] > 0 and (start < node[v, TOLD_OPEN] or start > node[v, TOLD_CLOSE]):
        price += node[v, TOLD_COST]
    if node[v, TOLD_START] >= 0:
        moved = min(abs(start - node[v, TOLD_START]), parameter[TOLD_CAP])
        minute = parameter[MINUTE]
        price += (moved * parameter[TOLD_RATE] + minute - 1) // minute * parameter[SCALE]
    return price


@kernel
def own_price(arrays: Arrays, v: int, start: int) -> int:
    """Lateness and promises of one start, not rounded."""
    price = arrays.node[v, LATE_COST] * lateness(arrays, v, start)
    if arrays.parameter[TOLD] > 0:
        price += told_price(arrays, v, start)
    return price


@kernel
def keeps_told(arrays: Arrays, v: int, start: int) -> int:
    """Latest start to which a stop may be moved for the sake of waiting: no promise gets worse by it."""
    latest = FAR_FUTURE
    if arrays.node[v, TOLD_START] >= 0:
        latest = arrays.node[v, TOLD_START]
    if arrays.node[v, TOLD_COST] > 0 and start <= arrays.node[v, TOLD_CLOSE]:
        latest = min(latest, arrays.node[v, TOLD_CLOSE])
    return latest


@kernel
def final_start(scratch: Scratch, i: int, first: int, count: int) -> int:
    """Start of stop i of the last priced row, the right shift applied."""
    sequence = scratch.sequence
    start = sequence[1, i]
    if first <= i < count - 1:
        start += max(0, scratch.shift[0] - (sequence[2, i] - sequence[2, first]))
    return start


@kernel
def starts_price(arrays: Arrays, scratch: Scratch, first: int, count: int) -> int:
    """Lateness and promises of the last priced row at its final starts."""
    price = 0
    for i in range(count):
        v = scratch.sequence[0, i]
        start = final_start(scratch, i, first, count)
        if arrays.node[v, LATE_COST] > 0:
            price += rounded(arrays, arrays.node[v, LATE_COST] * lateness(arrays, v, start))
        if arrays.parameter[TOLD] > 0:
            price += told_price(arrays, v, start)
    return price
