"""`Problem` -> `Tables` of this search. Breaks become nodes N, N + 1, … that only their own row may take."""

import numpy as np

from suture.planner.problem import FOREVER, Counter, Measure, Problem
from suture.planner.sisr import layout as at
from suture.planner.sisr.build import Tables


def supports(p: Problem) -> bool:
    """Whether this search can price the problem: no links, rests, priced waiting or idle; late by one window only."""
    w = p.weights
    soft_windows = any(len(x) > 1 and limit > 0 for x, limit in zip(p.nodes.windows, p.nodes.late_limit, strict=True))
    priced = w.waiting or w.idle_max or w.late_max or w.travel != 1
    return not (p.links or p.rests or priced or soft_windows)


def to_tables(p: Problem) -> Tables:
    """Every array of the problem in the form that `compile_arrays` wants."""
    nodes, rows, n = p.nodes, p.rows, p.n
    first = np.array([w[0][0] for w in nodes.windows], dtype=np.int32).reshape(n)
    last = np.array([w[-1][1] for w in nodes.windows], dtype=np.int32).reshape(n)
    lates = bool((nodes.late_cost > 0).any())
    overtime = bool((rows.overtime_cost > 0).any() and (rows.hard_end > rows.shift_end).any())
    tells = bool((nodes.told_cost > 0).any() or (nodes.told_start >= 0).any())
    soft = lates or overtime or tells
    t = Tables(
        travel=p.travel,
        place=nodes.place,
        open=first,
        close=last + nodes.late_limit,
        busy=nodes.busy,
        uncovered=nodes.uncovered,
        pair_cost=p.pair_cost,
        start_place=rows.start_place,
        end_place=rows.end_place,
        leave=rows.leave,
        hard_end=rows.hard_end,
        demand=nodes.demand if nodes.demand.any() else None,
        capacity=rows.capacity if nodes.demand.any() else None,
        fixed=nodes.hold if nodes.hold.any() else None,
        required=nodes.required.astype(np.int32) if nodes.required.any() else None,
        windows=_windows(p),
        late_cost=nodes.late_cost if soft else None,
        soft_close=last if soft else None,
        told={
            "open": nodes.told_open,
            "close": nodes.told_close,
            "cost": nodes.told_cost,
            "start": nodes.told_start,
        }
        if tells
        else {},
        told_rate=(p.weights.start_per_minute, p.weights.start_cap_minutes, p.minute),
        shift_end=rows.shift_end if soft else None,
        overtime_cost=rows.overtime_cost if soft else None,
        counters=_counters(p),
        begun=rows.begun.astype(np.int32),
        cand_rows=0 if _interchangeable(p) else 12,
    )
    return _with_breaks(p, t) if any(rows.breaks) else t


def _windows(p: Problem) -> list[list[tuple[int, int]]] | None:
    """All windows with their hard closes, where some node has several."""
    if all(len(w) == 1 for w in p.nodes.windows):
        return None
    late = p.nodes.late_limit
    return [[(opens, closes + int(late[v])) for opens, closes in w] for v, w in enumerate(p.nodes.windows)]


def _interchangeable(p: Problem) -> bool:
    """One pair cost everywhere and one start place: rows differ in nothing that a candidate list could tell."""
    starts = np.r_[p.rows.start_place, p.rows.end_place]
    return p.r > 0 and p.n > 0 and bool((p.pair_cost == p.pair_cost[0, 0]).all()) and bool((starts == starts[0]).all())


def _counters(p: Problem) -> list[Counter]:
    """Counters that can bind or cost anything."""
    return [c for c in p.counters if c.hard < FOREVER or c.square > 0 or (c.over_cost > 0 and c.soft < FOREVER)]


def _with_breaks(p: Problem, t: Tables) -> Tables:
    at_row = [(row, b) for row, b in enumerate(p.rows.breaks) if b is not None]
    count = len(at_row)
    pair = np.full((count, p.r), at.INF, dtype=np.int32)
    for i, (row, _) in enumerate(at_row):
        pair[i, row] = 0
    zero = np.zeros(count, dtype=np.int32)

    def more(values: np.ndarray | None, extra: object) -> np.ndarray | None:
        return None if values is None else np.concatenate([values, np.asarray(extra, dtype=values.dtype)])

    t.place = np.concatenate([t.place, zero - 1])
    t.open = np.concatenate([t.open, np.array([b.earliest for _, b in at_row], dtype=np.int32)])
    t.close = np.concatenate([t.close, np.array([b.latest for _, b in at_row], dtype=np.int32)])
    t.busy = np.concatenate([t.busy, np.array([b.length for _, b in at_row], dtype=np.int32)])
    t.uncovered = np.concatenate([t.uncovered, np.array([b.missed_cost for _, b in at_row], dtype=np.int64)])
    t.pair_cost = np.vstack([t.pair_cost, pair])
    t.demand, t.fixed, t.required = more(t.demand, zero), more(t.fixed, zero), more(t.required, zero)
    t.late_cost, t.soft_close = more(t.late_cost, zero), more(t.soft_close, zero + at.FOREVER)
    if t.windows is not None:
        t.windows = [*t.windows, *([(b.earliest, b.latest)] for _, b in at_row)]
    if t.told:
        t.told = {key: more(value, zero - 1 if key == "start" else zero) for key, value in t.told.items()}  # type: ignore[misc]
    t.counters = [_break_counter(c, p.n, count) for c in t.counters]
    return t


def _break_counter(c: Counter, n: int, count: int) -> Counter:
    """The same counter with breaks that do not count."""
    counts = np.ones(n, dtype=np.bool_) if c.counts is None else c.counts
    more = np.concatenate([counts, np.zeros(count, dtype=np.bool_)])
    return Counter(c.name, c.rows, Measure(c.measure), c.used, c.soft, c.hard, c.over_cost, c.square, more)
