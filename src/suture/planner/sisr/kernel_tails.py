"""Tail exchange (2-opt*): two rows swap everything behind a cut; with an empty row it splits a row, back it joins two.

Ruin and recreate seldom opens a row, since no single visit pays for the way there; a whole tail does. Only plain rows
of one class take part: their ends, pair costs and shifts are equal, so the price is two arcs, and the test is O(1)
except for loads.
"""

import math

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State
from suture.planner.sisr.kernel_random import below, uniform
from suture.planner.sisr.kernel_routes import backward, empty_row, forward, note_empty


@kernel
def _tail_load(a: Arrays, s: State, v: int) -> tuple[int, int]:
    """(stops, demand) from stop v to the end of its row."""
    n = a.pair_cost.shape[0]
    count, load = 0, 0
    while v < n:
        count += 1
        load += a.node[v, at.DEMAND]
        v = s.stop[v, at.NEXT]
    return count, load


@kernel
def _hand_over(a: Arrays, s: State, u: int, v: int, last: int, r: int) -> None:
    """Stop u of row r is followed by v..last (v = row end: by nothing), then by the end of r."""
    n, rows = a.pair_cost.shape
    end = n + rows + r
    if v >= n + rows:
        s.stop[u, at.NEXT], s.stop[end, at.PREV] = end, u
        return
    s.stop[u, at.NEXT], s.stop[v, at.PREV] = v, u
    s.stop[last, at.NEXT], s.stop[end, at.PREV] = end, last
    while v < n:
        s.stop[v, at.ROW] = r
        v = s.stop[v, at.NEXT]


@kernel
def _mark(s: State, r: int) -> None:
    if s.is_dirty[r] == 0:
        s.is_dirty[r] = 1
        s.dirty[s.number[at.DIRTY]] = r
        s.number[at.DIRTY] += 1


@kernel
def exchange(a: Arrays, s: State, u: int, w: int, limit: float) -> bool:
    """Make w the successor of u (rows differ) if the change of cost is below ``limit``; True if done."""
    n, rows = a.pair_cost.shape
    stop, number = s.stop, s.number
    ra, rb = stop[u, at.ROW], stop[w, at.ROW]
    b, m = stop[w, at.PREV], stop[u, at.NEXT]
    arc_a = 0 if u >= n and w >= n else a.travel[stop[u, at.AT], stop[w, at.AT]]
    arc_b = 0 if b >= n and m >= n else a.travel[stop[b, at.AT], stop[m, at.AT]]
    change = arc_a + arc_b - stop[u, at.ARC] - stop[b, at.ARC]
    if (
        change >= limit
        or stop[u, at.DEPART] + arc_a > stop[w, at.LATEST]
        or stop[b, at.DEPART] + arc_b > stop[m, at.LATEST]
    ):
        return False
    count_a, load_a = _tail_load(a, s, m)
    count_b, load_b = _tail_load(a, s, w)
    if s.load[ra] - load_a + load_b > a.capacity[ra] or s.load[rb] - load_b + load_a > a.capacity[rb]:
        return False
    last_a, last_b = stop[n + rows + ra, at.PREV], stop[n + rows + rb, at.PREV]
    used = int(s.length[ra] > 0) + int(s.length[rb] > 0)
    _hand_over(a, s, u, w, last_b, ra)
    _hand_over(a, s, b, m, last_a, rb)
    stop[u, at.ARC], stop[b, at.ARC] = arc_a, arc_b
    s.length[ra] += count_b - count_a
    s.length[rb] += count_a - count_b
    s.load[ra] += load_b - load_a
    s.load[rb] += load_a - load_b
    number[at.COST] += change
    number[at.USED] += int(s.length[ra] > 0) + int(s.length[rb] > 0) - used
    for i in range(2):
        r, x = (ra, u) if i == 0 else (rb, b)
        if s.length[r] == 0:
            note_empty(a, s, r)
        _mark(s, r)
        forward(a, s, x)
        backward(a, s, stop[x, at.NEXT])
    return True


@kernel
def try_tails(a: Arrays, s: State, heat: float, tries: int) -> None:
    """``tries`` random tail exchanges under the annealing rule."""
    n, rows = a.pair_cost.shape
    stop = s.stop
    for _ in range(tries):
        u = below(s.rng, n)
        j = below(s.rng, 10 * a.after.shape[1])
        j = j // 9  # one try in ten splits a row
        limit = -heat * math.log(1.0 - uniform(s.rng))
        ra = stop[u, at.ROW]
        if ra < 0 or a.row_class[ra, 0] < 0:
            continue
        if j >= a.after.shape[1]:
            rb = empty_row(a, s, a.row_class[ra, 0])
            w = n + rows + rb if rb >= 0 else -1
        else:
            w = a.after[u, j]
        if w < 0 or stop[w, at.ROW] < 0 or stop[w, at.ROW] == ra:
            continue
        if a.row_class[stop[w, at.ROW], 0] == a.row_class[ra, 0]:
            exchange(a, s, u, w, limit)
