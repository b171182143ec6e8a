"""Model tables -> ``Arrays``: granular lists, recreate keys, row classes, CSR windows. Runs once a problem."""

from dataclasses import dataclass, field

import numpy as np

from suture.planner.problem import Counter
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Int32, Int64
from suture.planner.sisr.kernel_near import list_near

NEAR = 100  # nodes a ruin may spread to
GRANULAR = 40  # good predecessors and good successors tried for a node
CAND_ROWS = 12  # rows scanned whole
_TILE = 256  # rows compared at a time, so that columns are read from the cache


@dataclass
class Tables:
    """What a reader or the rulebook compiler hands over. Times and costs are integers of one unit (second or tenth)."""

    travel: Int32  # [P, P]
    place: Int32  # [N] -1 = break
    open: Int32  # [N] first window
    close: Int32  # [N] last hard close
    busy: Int32  # [N]
    uncovered: Int64  # [N]
    pair_cost: Int32  # [N, R]
    start_place: Int32  # [R]
    end_place: Int32  # [R]
    leave: Int32  # [R] shift start, or ready_at on the live day
    hard_end: Int32  # [R]
    demand: Int32 | None = None
    capacity: Int32 | None = None
    fixed: Int32 | None = None  # [N] bit 0 never removed, bit 1 frozen
    required: Int32 | None = None  # [N] 1 = must be served
    windows: list[list[tuple[int, int]]] | None = None
    late_cost: Int32 | None = None  # [N] per minute
    soft_close: Int32 | None = None
    told: dict[str, Int32] = field(default_factory=dict)  # open, close, cost, start [N]
    told_rate: tuple[int, int, int] = (1, 120, 60)
    shift_end: Int32 | None = None
    overtime_cost: Int32 | None = None  # [R] per minute
    focus: Int32 | None = None
    counters: list[Counter] = field(default_factory=list)
    begun: Int32 | None = None
    granular: int = GRANULAR
    cand_rows: int = CAND_ROWS


def compile_arrays(t: Tables) -> Arrays:
    """Build every array of the search once. Sizes: N nodes, R rows, P places."""
    n, r = t.pair_cost.shape
    travel = _reachable(t.travel)
    travel_t = _transposed(travel)
    node = _node_table(t, n, r)
    near, before, after = _near_lists(t, travel, travel_t)
    classes, class_ptr, class_rows = _row_classes(t)
    zero_n, zero_r = np.zeros(n, dtype=np.int32), np.zeros(r, dtype=np.int32)
    window_ptr, window_open, window_close = _windows(t, n)
    uncovered = t.uncovered.astype(np.int64)
    if t.required is not None:
        uncovered = uncovered + np.where(t.required > 0, at.REQUIRED_COST, 0)
    counter_ptr, counter_of, counter, counts = _counters(t, n, r)
    told = {key: _int32(t.told.get(key), zero_n) for key in ("open", "close", "cost")}
    flag = np.zeros(at.FLAGS, dtype=np.int64)
    flag[at.SOFT] = int(t.late_cost is not None or t.overtime_cost is not None or bool(t.told))
    flag[at.WINDOWS] = int(flag[at.SOFT] or t.windows is not None)
    flag[at.BREAKS] = int((t.place < 0).any())
    flag[at.COUNTERS] = int(bool(t.counters))
    flag[at.WINDOWS] = int(flag.any())  # one general path: it always reads the CSR windows
    flag[at.CAPACITY] = int(t.demand is not None)
    flag[at.FOCUS] = 0 if t.focus is None else len(t.focus)
    return Arrays(
        travel=travel,
        travel_t=travel_t,
        node=node,
        pair_cost=np.array(t.pair_cost, dtype=np.int32, order="C"),  # a copy: live signals patch it
        uncovered=uncovered,
        near=near,
        granular=np.ascontiguousarray(np.hstack([before, after])),
        after=after,
        cand_rows=_cand_rows(t, travel),
        order_key=_order_keys(t, travel),
        capacity=_int32(t.capacity, zero_r + 2**30),
        row_class=classes,
        class_ptr=class_ptr,
        class_rows=class_rows,
        window_ptr=window_ptr,
        window_open=window_open,
        window_close=window_close,
        late_cost=_int32(t.late_cost, zero_n),
        soft_close=_int32(t.soft_close, zero_n + at.FOREVER),
        told_open=told["open"],
        told_close=told["close"],
        told_cost=told["cost"],
        told_start=_int32(t.told.get("start"), zero_n - 1),
        told_rate=np.array(t.told_rate, dtype=np.int32),
        shift_end=_int32(t.shift_end, zero_r + at.FOREVER),
        overtime_cost=_int32(t.overtime_cost, zero_r),
        counter_ptr=counter_ptr,
        counter_of=counter_of,
        counter=counter,
        counts=counts,
        begun=_int32(t.begun, zero_r),
        focus=_int32(t.focus, np.zeros(1, dtype=np.int32)),
        flag=flag,
    )


def _int32(value: Int32 | None, default: Int32) -> Int32:
    return np.ascontiguousarray(default if value is None else value, dtype=np.int32)


def _node_table(t: Tables, n: int, r: int) -> Int32:
    node = np.zeros((n + 2 * r, at.NODE_COLUMNS), dtype=np.int32)
    node[:n, at.PLACE], node[:n, at.OPEN], node[:n, at.CLOSE], node[:n, at.BUSY] = (
        np.maximum(t.place, 0),
        t.open,
        t.close,
        t.busy,
    )
    node[:n, at.CLASS] = t.place < 0
    if t.demand is not None:
        node[:n, at.DEMAND] = t.demand
    if t.fixed is not None:
        node[:n, at.FIXED] = t.fixed
    starts, ends = node[n : n + r], node[n + r :]
    starts[:, at.PLACE], starts[:, at.OPEN], starts[:, at.CLOSE] = t.start_place, t.leave, at.FOREVER
    ends[:, at.PLACE], ends[:, at.CLOSE] = t.end_place, t.hard_end
    starts[:, at.FIXED] = ends[:, at.FIXED] = 1
    return node


def _windows(t: Tables, n: int) -> tuple[Int32, Int32, Int32]:
    if t.windows is None:
        return np.arange(n + 1, dtype=np.int32), _int32(t.open, t.open), _int32(t.close, t.close)
    counts = np.array([len(w) for w in t.windows])
    flat = np.array([pair for w in t.windows for pair in sorted(w)], dtype=np.int32).reshape(-1, 2)
    ptr = np.r_[0, np.cumsum(counts)].astype(np.int32)
    return ptr, np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])


def _smallest(score: np.ndarray, count: int) -> Int32:
    """Column numbers of the ``count`` smallest scores of each row, best first; -1 where the score is infinite."""
    count = min(count, score.shape[1])
    part = np.argpartition(score, count - 1, axis=1)[:, :count]
    picked = np.take_along_axis(score, part, axis=1)
    order = np.lexsort((part, picked), axis=1)
    out = np.take_along_axis(part, order, axis=1).astype(np.int32)
    out[np.isinf(np.take_along_axis(picked, order, axis=1))] = -1
    return out


def _near_lists(t: Tables, travel: Int32, travel_t: Int32) -> tuple[Int32, Int32, Int32]:
    """(near [N, M], before [N, G], after [N, G]); see `list_near`."""
    n = len(t.place)
    node = np.ascontiguousarray(np.column_stack((t.place, t.open, t.close, t.busy)), dtype=np.int32)
    near, before, after = (np.full((n, max(1, min(m, n))), -1, dtype=np.int32) for m in (NEAR, t.granular, t.granular))
    list_near(travel, travel_t, node, near, before, after, np.zeros((3, max(NEAR, t.granular)), dtype=np.int64))
    return near, before, after


def _reachable(travel: Int32) -> Int32:
    """The same array where nothing is farther than UNREACHABLE."""
    if travel.size and travel.max() > at.UNREACHABLE:
        travel = np.minimum(travel, at.UNREACHABLE)
    return np.ascontiguousarray(travel, dtype=np.int32)


def _transposed(travel: Int32) -> Int32:
    """Legs into a place as one row: the same array where all ways are as long back as there."""
    tiles = range(0, len(travel), _TILE)
    if all((travel[i : i + _TILE] == travel[:, i : i + _TILE].T).all() for i in tiles):
        return travel
    return np.ascontiguousarray(travel.T)


def _cand_rows(t: Tables, travel: Int32) -> Int32:
    """Rows of lowest pair cost + travel from their start; none where rows are interchangeable."""
    n, r = t.pair_cost.shape
    if t.cand_rows == 0:
        return np.full((n, 1), -1, dtype=np.int32)
    place = np.maximum(t.place, 0)
    cost = t.pair_cost.astype(np.float32)
    reach = travel[np.ix_(t.start_place, place)].T.astype(np.float32) + travel[np.ix_(place, t.end_place)]
    score = np.where(t.pair_cost >= at.INF, np.float32(np.inf), cost + np.where(t.place < 0, 0, 1)[:, None] * reach / 2)
    return np.ascontiguousarray(_smallest(score, min(t.cand_rows, r)))


def _order_keys(t: Tables, travel: Int32) -> Int32:
    """[N, 8] heavy, far, near, narrow, early open, early close, dear."""
    n = len(t.place)
    place = np.maximum(t.place, 0)
    home = travel[np.ix_(t.start_place, place)].T.astype(np.int64)
    home = np.where(t.pair_cost >= at.INF, np.int64(2**30), home).min(axis=1) if t.pair_cost.shape[1] else np.zeros(n)
    heavy = t.demand if t.demand is not None else t.busy
    key = np.zeros((n, at.ORDERS), dtype=np.int32)
    for column, value in enumerate((-heavy, -home, home, t.close - t.open, t.open, t.close, -t.uncovered)):
        key[:, column] = np.clip(value, -(2**31) + 1, 2**31 - 1)
    return key


def _row_classes(t: Tables) -> tuple[Int32, Int32, Int32]:
    """Rows that no array tells apart form a class; only classes of two or more are kept."""
    r = t.pair_cost.shape[1]
    parts = [t.start_place, t.end_place, t.leave, t.hard_end]
    parts += [x for x in (t.capacity, t.shift_end, t.overtime_cost) if x is not None]
    table = np.ascontiguousarray(np.vstack([np.array(parts), t.pair_cost]).T, dtype=np.int32)
    groups: dict[bytes, list[int]] = {}
    for i in range(r):
        groups.setdefault(table[i].tobytes(), []).append(i)
    classes = np.full((r, 2), -1, dtype=np.int32)
    ptr, rows = [0], []
    for members in groups.values():
        if len(members) < 2:
            continue
        classes[members, 0] = len(ptr) - 1
        classes[members, 1] = range(len(members))
        rows += members
        ptr.append(len(rows))
    return classes, np.array(ptr, dtype=np.int32), np.array(rows or [0], dtype=np.int32)


def _counters(t: Tables, n: int, r: int) -> tuple[Int32, Int32, Int64, Int32]:
    """(counter_ptr [R + 1], counter_of, counter [C, 7], counts [C, N])."""
    of_row: list[list[int]] = [[] for _ in range(r)]
    counter = np.zeros((len(t.counters), at.COUNTER_COLUMNS), dtype=np.int64)
    counts = np.ones((len(t.counters), n), dtype=np.int32)
    for k, c in enumerate(t.counters):
        all_time = int(c.counts is None and c.measure == 0)
        counter[k] = (int(c.measure), c.used, c.soft, c.hard, c.over_cost, c.square, all_time)
        if c.counts is not None:
            counts[k] = c.counts
        for row in c.rows:
            of_row[row].append(k)
    ptr = np.r_[0, np.cumsum([len(x) for x in of_row])].astype(np.int32)
    return ptr, np.array([k for x in of_row for k in x], dtype=np.int32), counter, counts
