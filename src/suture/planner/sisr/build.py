"""``Problem`` -> ``Arrays``: granular lists, recreate keys, row classes, CSR windows. Runs once a problem."""

import numpy as np

from suture.planner.problem import FOREVER, Counter, Problem
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Int32, Int64
from suture.planner.sisr.kernel_near import list_near

NEAR = 100  # nodes a ruin may spread to
GRANULAR = 40  # good predecessors and good successors tried for a node
CAND_ROWS = 12  # rows scanned whole
_TILE = 256  # rows compared at a time, so that columns are read from the cache


def compile_arrays(p: Problem) -> Arrays:
    """Build every array of the search once. The problem's breaks are nodes already (`breaks_as_nodes`)."""
    nodes, rows = p.nodes, p.rows
    travel = _reachable(p.travel)
    travel_t = _transposed(travel)
    window_ptr, window_open, window_close = _windows(p)
    first, last = window_open[window_ptr[:-1]], window_close[window_ptr[1:] - 1]
    near, before, after = _near_lists(p, first, last, travel, travel_t)
    counters = [c for c in p.counters if c.hard < FOREVER or c.square > 0 or (c.over_cost > 0 and c.soft < FOREVER)]
    counter_ptr, counter_of, counter, counts = _counters(counters, p.n, p.r)
    flag = _flags(p, several_windows=len(window_open) > p.n, counted=bool(counters))
    classes, class_ptr, class_rows = _row_classes(p, flag)
    return Arrays(
        travel=travel,
        travel_t=travel_t,
        node=_node_table(p, first, last),
        pair_cost=np.array(p.pair_cost, dtype=np.int32, order="C"),  # a copy: live signals patch it
        uncovered=nodes.uncovered + np.where(nodes.required, at.REQUIRED_COST, 0),
        near=near,
        granular=np.ascontiguousarray(np.hstack([before, after])),
        after=after,
        cand_rows=_cand_rows(p, travel),
        order_key=_order_keys(p, first, last, travel),
        capacity=_int32(rows.capacity),
        row_class=classes,
        class_ptr=class_ptr,
        class_rows=class_rows,
        window_ptr=window_ptr,
        window_open=window_open,
        window_close=window_close,
        late_cost=_int32(nodes.late_cost),
        soft_close=_int32(last - nodes.late_limit),
        told_open=_int32(nodes.told_open),
        told_close=_int32(nodes.told_close),
        told_cost=_int32(nodes.told_cost),
        told_start=_int32(nodes.told_start),
        told_rate=np.array((p.weights.start_per_minute, p.weights.start_cap_minutes, p.minute), dtype=np.int32),
        shift_end=_int32(rows.shift_end),
        overtime_cost=_int32(rows.overtime_cost),
        counter_ptr=counter_ptr,
        counter_of=counter_of,
        counter=counter,
        counts=counts,
        begun=_int32(rows.begun),
        focus=np.zeros(1, dtype=np.int32),
        flag=flag,
    )


def _int32(value: np.ndarray) -> Int32:
    return np.ascontiguousarray(value, dtype=np.int32)


def _flags(p: Problem, *, several_windows: bool, counted: bool) -> Int64:
    """Which slow features the problem uses."""
    nodes, rows = p.nodes, p.rows
    lates = bool((nodes.late_cost > 0).any())
    overtime = bool((rows.overtime_cost > 0).any() and (rows.hard_end > rows.shift_end).any())
    tells = bool((nodes.told_cost > 0).any() or (nodes.told_start >= 0).any())
    flag = np.zeros(at.FLAGS, dtype=np.int64)
    flag[at.SOFT] = lates or overtime or tells
    flag[at.BREAKS] = (nodes.place < 0).any()
    flag[at.COUNTERS] = counted
    flag[at.WINDOWS] = several_windows or flag.any()  # one general path: it always reads the CSR windows
    flag[at.CAPACITY] = nodes.demand.any()
    return flag


def _node_table(p: Problem, first: Int32, last: Int32) -> Int32:
    n, r = p.n, p.r
    node = np.zeros((n + 2 * r, at.NODE_COLUMNS), dtype=np.int32)
    visits, starts, ends = node[:n], node[n : n + r], node[n + r :]
    visits[:, at.PLACE], visits[:, at.CLASS] = np.maximum(p.nodes.place, 0), p.nodes.place < 0
    visits[:, at.OPEN], visits[:, at.CLOSE], visits[:, at.BUSY] = first, last, p.nodes.busy
    visits[:, at.DEMAND], visits[:, at.FIXED] = p.nodes.demand, p.nodes.hold
    starts[:, at.PLACE], starts[:, at.OPEN], starts[:, at.CLOSE] = p.rows.start_place, p.rows.leave, at.FOREVER
    ends[:, at.PLACE], ends[:, at.CLOSE] = p.rows.end_place, p.rows.hard_end
    starts[:, at.FIXED] = ends[:, at.FIXED] = 1
    return node


def _windows(p: Problem) -> tuple[Int32, Int32, Int32]:
    """(ptr [N + 1], open, hard close) of all windows of all nodes, one after the other."""
    counts = np.array([len(w) for w in p.nodes.windows], dtype=np.int32)
    flat = np.array([pair for w in p.nodes.windows for pair in w], dtype=np.int32).reshape(-1, 2)
    ptr = np.r_[0, np.cumsum(counts)].astype(np.int32)
    return ptr, _int32(flat[:, 0]), _int32(flat[:, 1] + np.repeat(p.nodes.late_limit, counts))


def _smallest(score: np.ndarray, count: int) -> Int32:
    """Column numbers of the ``count`` smallest scores of each row, best first; -1 where the score is infinite."""
    count = min(count, score.shape[1])
    part = np.argpartition(score, count - 1, axis=1)[:, :count]
    picked = np.take_along_axis(score, part, axis=1)
    order = np.lexsort((part, picked), axis=1)
    out = np.take_along_axis(part, order, axis=1).astype(np.int32)
    out[np.isinf(np.take_along_axis(picked, order, axis=1))] = -1
    return out


def _near_lists(p: Problem, first: Int32, last: Int32, travel: Int32, travel_t: Int32) -> tuple[Int32, Int32, Int32]:
    """(near [N, M], before [N, G], after [N, G]); see `list_near`."""
    n = p.n
    node = np.ascontiguousarray(np.column_stack((p.nodes.place, first, last, p.nodes.busy)), dtype=np.int32)
    near, before, after = (np.full((n, max(1, min(m, n))), -1, dtype=np.int32) for m in (NEAR, GRANULAR, GRANULAR))
    list_near(travel, travel_t, node, near, before, after, np.zeros((3, NEAR), dtype=np.int64))
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


def _cand_rows(p: Problem, travel: Int32) -> Int32:
    """Rows of lowest pair cost + travel from their start; none where rows are interchangeable."""
    if _interchangeable(p):
        return np.full((p.n, 1), -1, dtype=np.int32)
    place, is_break = np.maximum(p.nodes.place, 0), p.nodes.place < 0
    start, end = p.rows.start_place, p.rows.end_place
    reach = travel[np.ix_(start, place)].T.astype(np.float32) + travel[np.ix_(place, end)]
    cost = p.pair_cost.astype(np.float32) + np.where(is_break, 0, 1)[:, None] * reach / 2
    return np.ascontiguousarray(_smallest(np.where(p.pair_cost >= at.INF, np.float32(np.inf), cost), CAND_ROWS))


def _interchangeable(p: Problem) -> bool:
    """One pair cost everywhere and one start place: rows differ in nothing that a candidate list could tell."""
    pair = p.pair_cost[p.nodes.place >= 0]
    places = np.r_[p.rows.start_place, p.rows.end_place]
    return pair.size > 0 and bool((pair == pair[0, 0]).all()) and bool((places == places[0]).all())


def _order_keys(p: Problem, first: Int32, last: Int32, travel: Int32) -> Int32:
    """[N, 8] heavy, far, near, narrow, early open, early close, dear."""
    n, nodes = p.n, p.nodes
    home = travel[np.ix_(p.rows.start_place, np.maximum(nodes.place, 0))].T.astype(np.int64)
    home = np.where(p.pair_cost >= at.INF, np.int64(2**30), home).min(axis=1) if p.r else np.zeros(n)
    heavy = nodes.demand if nodes.demand.any() else nodes.busy
    key = np.zeros((n, at.ORDERS), dtype=np.int32)
    for column, value in enumerate((-heavy, -home, home, last - first, first, last, -nodes.uncovered)):
        key[:, column] = np.clip(value, -(2**31) + 1, 2**31 - 1)
    return key


def _row_classes(p: Problem, flag: Int64) -> tuple[Int32, Int32, Int32]:
    """Rows that no array tells apart form a class; only classes of two or more are kept."""
    r = p.r
    parts = [p.rows.start_place, p.rows.end_place, p.rows.leave, p.rows.hard_end]
    parts += [p.rows.capacity] if flag[at.CAPACITY] else []
    parts += [p.rows.shift_end, p.rows.overtime_cost] if flag[at.SOFT] else []
    table = np.ascontiguousarray(np.vstack([np.array(parts), p.pair_cost]).T, dtype=np.int32)
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


def _counters(counters: list[Counter], n: int, r: int) -> tuple[Int32, Int32, Int64, Int32]:
    """(counter_ptr [R + 1], counter_of, counter [C, 7], counts [C, N])."""
    of_row: list[list[int]] = [[] for _ in range(r)]
    counter = np.zeros((len(counters), at.COUNTER_COLUMNS), dtype=np.int64)
    counts = np.ones((len(counters), n), dtype=np.int32)
    for k, c in enumerate(counters):
        all_time = int(c.counts is None and c.measure == 0)
        counter[k] = (int(c.measure), c.used, c.soft, c.hard, c.over_cost, c.square, all_time)
        if c.counts is not None:
            counts[k] = c.counts
        for row in c.rows:
            of_row[row].append(k)
    ptr = np.r_[0, np.cumsum([len(x) for x in of_row])].astype(np.int32)
    return ptr, np.array([k for x in of_row for k in x], dtype=np.int32), counter, counts
