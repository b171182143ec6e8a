"""``Arrays`` (what a search never changes) and ``State`` (where it is now): NamedTuples of C-contiguous numpy arrays.

N nodes, R rows, P places. "Stop rows" are the N nodes, then R row starts, then R row ends: N + 2R of them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from suture.planner.sisr import layout as at

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Arrays(NamedTuple):
    """The compiled problem. Every array is C-contiguous; events patch entries, never shapes."""

    travel: Int32  # [P, P] from, to
    travel_t: Int32  # [P, P] to, from: the legs into one place are in one row (the same object if symmetric)
    node: Int32  # [N + 2R, 8] layout.PLACE ...
    pair_cost: Int32  # [N, R] INF = forbidden
    uncovered: Int64  # [N] price of leaving a node out, + REQUIRED_COST if it must be served
    near: Int32  # [N, M] nodes close in place and time, for ruins
    granular: Int32  # [N, 2G] nodes that are good right before v, then nodes good right after v; -1 = none
    after: Int32  # [N, G] the second half of it
    cand_rows: Int32  # [N, C] rows scanned whole, -1 = end of list
    order_key: Int32  # [N, 8] sort keys of the recreate orders
    capacity: Int32  # [R]
    row_class: Int32  # [R, 2] class of interchangeable rows, position in it; -1 = none (found through cand_rows)
    class_ptr: Int32  # [K + 1]
    class_rows: Int32  # rows by class
    window_ptr: Int32  # [N + 1] CSR of hard windows, sorted
    window_open: Int32
    window_close: Int32
    late_cost: Int32  # [N] price per minute after soft_close
    soft_close: Int32  # [N]
    told_open: Int32  # [N] promised window; a start outside costs told_cost once
    told_close: Int32  # [N]
    told_cost: Int32  # [N] 0 = nothing promised
    told_start: Int32  # [N] announced start, -1 = none
    told_rate: Int32  # [3] price per minute moved, most minutes priced, seconds per minute
    shift_end: Int32  # [R] overtime is priced after it
    overtime_cost: Int32  # [R] per minute
    counter_ptr: Int32  # [R + 1] CSR of the counters of each row
    counter_of: Int32  # which counter
    counter: Int64  # [C, 7] layout.MEASURE ...
    counts: Int32  # [C, N] 1 = the node counts
    begun: Int32  # [R] the first leg is travel between clients
    focus: Int32  # [F] nodes near the damage (repairs), F >= 1
    flag: Int64  # [8] layout.SOFT ...


class State(NamedTuple):
    """One search: current plan, best plan, scratch. ``number`` holds the scalars (layout.COST ...)."""

    stop: Int32  # [N + 2R, 8] layout.NEXT ...
    length: Int32  # [R] stops in the row
    load: Int32  # [R]
    soft: Int64  # [R] soft price of the row (in COST already)
    hint: Int32  # [K] no row of class k before position hint[k] is empty
    used: Int64  # [C] what the rows use of each counter
    row_use: Int64  # of each CSR entry: what its row uses of it
    absent: Int32  # [N] nodes in no row
    best_next: Int32  # [N + R] the best plan as a linked list: starts and nodes
    number: Int64  # [16]
    rng: NDArray[np.uint64]  # [1]
    stamp: Int64  # [R] iteration that last backed the row up
    ruined: Int64  # [R] iteration that last ruined the row
    dirty: Int32  # [R] rows changed since the best plan was stored
    is_dirty: Int32  # [R]
    touched: Int32  # [R, 3] row, length, load
    touched_soft: Int64  # [R]
    words: Int64  # [N + 2R, 4] the same memory as ``stop``, for copying
    saved: Int32  # [N + 2R] stop rows backed up
    saved_words: Int64  # [N + 2R, 4] what was in them
    old_absent: Int32  # [N]
    work: Int32  # [N] nodes to insert, in order
    work_key: Int32  # [N]


def make_state(arrays: Arrays, seed: int) -> State:
    """An empty plan: every node absent, every row start linked to its row end."""
    n, r = arrays.pair_cost.shape
    rows = np.arange(r, dtype=np.int32)
    stop = np.zeros((n + 2 * r, at.STOP_COLUMNS), dtype=np.int32)
    stop[:, at.AT] = arrays.node[:, at.PLACE]
    stop[:n, at.ROW] = -1
    starts, ends = stop[n : n + r], stop[n + r :]
    starts[:, at.NEXT], ends[:, at.PREV] = n + r + rows, n + rows
    starts[:, at.PREV], ends[:, at.NEXT] = -1, -1
    starts[:, at.ROW], ends[:, at.ROW] = rows, rows
    starts[:, at.DEPART] = arrays.node[n : n + r, at.OPEN]
    starts[:, at.LATEST] = at.LOCKED
    ends[:, at.DEPART], ends[:, at.LATEST] = starts[:, at.DEPART], arrays.node[n + r :, at.CLOSE]
    way_home = np.where(arrays.begun > 0, arrays.travel[starts[:, at.AT], ends[:, at.AT]], 0)
    starts[:, at.ARC] = way_home
    number = np.zeros(at.NUMBERS, dtype=np.int64)
    number[at.COST] = number[at.BEST_COST] = int(arrays.uncovered.sum() + way_home.sum())
    number[at.ABSENT] = n
    number[at.ITERATION] = 1

    def i32(*shape: int) -> Int32:
        return np.zeros(shape, dtype=np.int32)

    def i64(*shape: int) -> Int64:
        return np.zeros(shape, dtype=np.int64)

    best = np.concatenate([np.full(n, -1, dtype=np.int32), n + r + rows]).astype(np.int32)
    return State(
        stop=stop,
        length=i32(r),
        load=i32(r),
        soft=i64(r),
        hint=i32(len(arrays.class_ptr)),
        used=i64(len(arrays.counter)),
        row_use=i64(len(arrays.counter_of)),
        absent=np.arange(n, dtype=np.int32),
        best_next=best,
        number=number,
        rng=np.array([seed], dtype=np.uint64),
        stamp=i64(r),
        ruined=i64(r),
        dirty=i32(r),
        is_dirty=i32(r),
        touched=i32(r, 3),
        touched_soft=i64(r),
        words=stop.view(np.int64),
        saved=i32(n + 2 * r),
        saved_words=i64(n + 2 * r, at.STOP_COLUMNS // 2),
        old_absent=i32(n),
        work=i32(n),
        work_key=i32(n),
    )
