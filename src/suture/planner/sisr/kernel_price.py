"""Times and soft prices of one stop: several windows, lateness, promised times, overtime. For the general path only."""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays


@kernel
def earliest(a: Arrays, v: int, arrive: int) -> int:
    """First legal start at or after ``arrive``; FOREVER + arrive if no window is left."""
    for w in range(a.window_ptr[v], a.window_ptr[v + 1]):
        if arrive <= a.window_close[w]:
            return max(arrive, a.window_open[w])
    return at.FOREVER + arrive


@kernel
def latest(a: Arrays, v: int, limit: float) -> int:
    """Last legal start at or before ``limit``; LOCKED if there is none."""
    for w in range(a.window_ptr[v + 1] - 1, a.window_ptr[v] - 1, -1):
        if a.window_open[w] <= limit:
            return min(limit, a.window_close[w])
    return at.LOCKED


@kernel
def _per_minute(a: Arrays, seconds: int, rate: int) -> int:
    """ceil(seconds x rate / minute): the one place where a price per minute is rounded."""
    minute = a.told_rate[2]
    return (seconds * rate + minute - 1) // minute


@kernel
def start_price(a: Arrays, v: int, start: int) -> int:
    """Soft price of node v started at ``start``: lateness + promised window broken + announced start moved. >= 0."""
    price = 0
    if a.late_cost[v] > 0 and start > a.soft_close[v]:
        price += _per_minute(a, start - a.soft_close[v], a.late_cost[v])
    if a.told_cost[v] > 0 and (start < a.told_open[v] or start > a.told_close[v]):
        price += a.told_cost[v]
    if a.told_start[v] >= 0:
        moved = min(abs(start - a.told_start[v]), a.told_rate[1] * a.told_rate[2])
        price += _per_minute(a, moved, a.told_rate[0])
    return price


@kernel
def return_price(a: Arrays, r: int, back: int) -> int:
    """Overtime price of row r when the clinician is back at ``back``."""
    over = back - a.shift_end[r]
    if over <= 0 or a.overtime_cost[r] == 0:
        return 0
    return _per_minute(a, over, a.overtime_cost[r])
