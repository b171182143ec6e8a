"""Which nodes fit well next to which: the lists that ruins spread along and that insertions look at."""

import numpy as np

from suture.planner.kernel import kernel
from suture.planner.sisr.arrays import Int32, Int64

_WAIT_SHARE = 5
"""A second of forced waiting weighs a fifth of a second of travel; scores are in fifths."""


@kernel
def _keep_smallest(score: int, u: int, kept: Int32, scores: Int64, count: int) -> int:
    """Put u into the sorted list of the nodes of smallest score (the earlier seen first); returns how many it holds."""
    if count == len(kept):
        if score >= scores[count - 1]:
            return count
        count -= 1
    i = count
    while i > 0 and scores[i - 1] > score:
        scores[i], kept[i] = scores[i - 1], kept[i - 1]
        i -= 1
    scores[i], kept[i] = score, u
    return count + 1


@kernel
def list_near(
    travel: Int32,
    travel_t: Int32,
    node: Int32,
    near: Int32,
    before: Int32,
    after: Int32,
    scores: Int64,
) -> None:
    """Fill near [N, M], before and after [N, G] (-1 = none). Node [N, 4]: place (-1 = a break), open, close, busy.

    A score is travel + 0.2 x forced waiting, of arcs that a clock allows. ``near`` takes the better direction and
    counts lateness, so that a ruin can free both stops of a clash. Scratch: scores [3, M or more].
    """
    n = len(node)
    for v in range(n):
        place_v, open_v, close_v, busy_v = max(node[v, 0], 0), node[v, 1], node[v, 2], node[v, 3]
        way_out, way_in = travel[place_v], travel_t[place_v]
        near_v, before_v, after_v = near[v], before[v], after[v]
        found = follows = precedes = 0
        for u in range(n):
            place, opens, closes, busy = node[u, 0], node[u, 1], node[u, 2], node[u, 3]
            if u == v or place < 0:
                continue
            way = np.int64(way_out[place])
            late_out = open_v + busy_v + way - closes
            out = _WAIT_SHARE * way + max(opens - close_v - busy_v - way, 0)
            if late_out <= 0:
                follows = _keep_smallest(out, u, after_v, scores[0], follows)
            way = np.int64(way_in[place])
            late_in = opens + busy + way - close_v
            back = _WAIT_SHARE * way + max(open_v - closes - busy - way, 0)
            if late_in <= 0:
                precedes = _keep_smallest(back, u, before_v, scores[1], precedes)
            clash = min(out + _WAIT_SHARE * max(late_out, 0), back + _WAIT_SHARE * max(late_in, 0))
            found = _keep_smallest(clash, u, near_v, scores[2], found)
