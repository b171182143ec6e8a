"""Final starts and full price of a finished plan."""

import numpy as np

from suture.planner.kernel import entry
from suture.planner.links.kernel_limits import limits_price
from suture.planner.links.kernel_links import price_all
from suture.planner.links.kernel_price import cost_without_idle, price_row, total_cost
from suture.planner.links.kernel_starts import final_start
from suture.planner.links.kernel_timing import begin
from suture.planner.links.layout import LIMITS, MUST_SERVE, NEXT, NODES, ROWS, Arrays, Int64, Scratch, State


@entry
def plan_cost(arrays: Arrays, state: State, scratch: Scratch) -> int:
    """Price the current plan from zero; a lunch that comes too late is dropped."""
    price_all(arrays, state, scratch)
    return total_cost(arrays, state)


@entry
def movable_cost(arrays: Arrays, state: State) -> int:
    """Cost of the current plan without idle, limits, unserved required visits and broken rules: what temperatures are
    made from."""
    cost, _ = cost_without_idle(arrays, state)
    if arrays.parameter[LIMITS] > 0:
        cost -= limits_price(arrays, state)
    return cost % MUST_SERVE


@entry
def row_times(arrays: Arrays, state: State, scratch: Scratch, r: int) -> Int64:
    """[stops, 2]: node and final start (right shift applied) of row r in order."""
    begin(scratch)
    price_row(arrays, state, scratch, r)
    depot = arrays.parameter[NODES] + arrays.parameter[ROWS] + r
    count = 0
    v = state.stop[depot, NEXT]
    while v != depot:
        count += 1
        v = state.stop[v, NEXT]
    times = np.zeros((count, 2), dtype=np.int64)
    sequence = scratch.sequence
    first = 1 if count > 1 and sequence[0, 0] >= arrays.parameter[NODES] else 0
    for i in range(count):
        times[i, 0] = sequence[0, i]
        times[i, 1] = final_start(scratch, i, first, count)
    return times
