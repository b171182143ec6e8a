"""Takes a given plan over into the state."""

from suture.planner.kernel import kernel
from suture.planner.links.kernel_links import price_all
from suture.planner.links.kernel_price import commit_times, price_change, soften_idle
from suture.planner.links.kernel_timing import retime
from suture.planner.links.layout import FAR_FUTURE, NEXT, NODES, PREV, ROW, ROWS, Arrays, Int64, Scratch, State


@kernel
def load_rows(arrays: Arrays, state: State, scratch: Scratch, stops: Int64, pointer: Int64, spread: float) -> bool:
    """Put stops[pointer[r]:pointer[r + 1]] into each empty row r, in order; False where links wait in a circle."""
    stop = state.stop
    price_all(arrays, state, scratch)
    soften_idle(arrays, state, scratch, spread)
    count = 0
    for r in range(arrays.parameter[ROWS]):
        depot = arrays.parameter[NODES] + arrays.parameter[ROWS] + r
        u = depot
        for i in range(pointer[r], pointer[r + 1]):
            v = stops[i]
            stop[u, NEXT] = v
            stop[v, PREV] = u
            stop[v, ROW] = r
            u = v
        stop[u, NEXT] = depot
        stop[depot, PREV] = u
        if u != depot:
            scratch.stack[count] = stop[depot, NEXT]
            count += 1
    legal = retime(arrays, state, scratch, count)
    price_change(arrays, state, scratch, FAR_FUTURE)
    commit_times(arrays, state, scratch)
    return legal
