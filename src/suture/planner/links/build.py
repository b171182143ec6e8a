"""A `Problem` as the arrays of the linked search.

Costs are multiplied by the minute (`SCALE`) where a price per minute is no whole price per unit of time.
"""

import numpy as np

from suture.planner.links import layout as at
from suture.planner.links.layout import FAR_FUTURE, INF, Int32, Int64
from suture.planner.problem import FORBIDDEN, FOREVER, Counter, Hold, Link, Measure, Problem

_NEIGHBORS = 100
_WINDOW_SHARE = 0.3  # weight of the distance of window middles in the neighbor lists


def supports(p: Problem) -> bool:
    """Whether this search can price the problem: a node is in one link at most, a row in one rest before and after."""
    linked = [v for link in p.links for v in (link.first, link.second)]
    before, after = [x.first for x in p.rests], [x.second for x in p.rests]
    return all(len(x) == len(set(x)) for x in (linked, before, after))


def compile_arrays(p: Problem) -> at.Arrays:
    """Arrays for the kernels."""
    per_minute = np.r_[p.nodes.late_cost, p.rows.overtime_cost].astype(np.int64)
    scale = p.minute if bool((per_minute % p.minute).any()) else 1
    links = _links_in_order(p)
    window, begin, end = _windows(p, scale)
    able = [np.flatnonzero(p.pair_cost[v] < FORBIDDEN) for v in range(p.n)]
    limits = [c for c in p.counters if c.hard < FOREVER or c.square or (c.over_cost and c.soft < FOREVER)]
    slots = [[k for k, c in enumerate(limits) if r in c.rows] for r in range(p.r)]
    filters = [c.counts for c in limits if c.counts is not None]
    pair = np.minimum(p.pair_cost.astype(np.int64) * scale, INF - 1)
    return at.Arrays(
        travel=np.ascontiguousarray(p.travel, dtype=np.int32),
        travel_in=np.ascontiguousarray(p.travel.T, dtype=np.int32),
        node=_nodes(p, links, begin, end, scale),
        window=window,
        pair_cost=np.ascontiguousarray(np.where(p.pair_cost >= FORBIDDEN, INF, pair), dtype=np.int32),
        row=_rows(p, slots, scale),
        unit=_units(p, links, scale),
        near=_near(p),
        able_from=np.concatenate(([0], np.cumsum([len(rows) for rows in able]))).astype(np.int64),
        able_row=np.concatenate(able).astype(np.int32),
        parameter=_parameters(p, links, limits, scale),
        limit=_limits(limits),
        slot=np.array([k for own in slots for k in own], dtype=np.int64),
        counts=np.array(filters, dtype=np.int32).reshape(len(filters), p.n),
    )


def _links_in_order(p: Problem) -> list[tuple[int, int, Link | None]]:
    """(first, second or -1, link) of each unit, in the order of the nodes: that of the links does not matter."""
    units: list[tuple[int, int, Link | None]] = []
    for v in range(p.n):
        link = p.link_of.get(v)
        if link is None:
            units.append((v, -1, None))
        elif v == min(link.first, link.second):
            units.append((link.first, link.second, link))
    return units


def _stay(windows: tuple[tuple[int, int], ...], k: int, late_cost: int, late_limit: int, wait_cost: int) -> int:
    """Latest arrival that still starts in (or late after) window k instead of waiting for the next."""
    if k + 1 == len(windows):
        return FAR_FUTURE
    close, following = windows[k][1], windows[k + 1][0]
    share = late_cost + wait_cost
    stay = (late_cost * close + wait_cost * following) // share if share else close
    stay = min(stay, close + late_limit, following - 1)
    return max(stay, windows[k][0])


def _windows(p: Problem, scale: int) -> tuple[Int64, list[int], list[int]]:
    table: list[tuple[int, int, int]] = []
    begin, end = [], []
    for v, windows in enumerate(p.nodes.windows):
        begin.append(len(table))
        late = _per_unit(p, p.nodes.late_cost[v], scale), _late_limit(p, v), p.weights.waiting * scale
        table += [(low, high, _stay(windows, k, *late)) for k, (low, high) in enumerate(windows)]
        end.append(len(table))
    for pause in p.rows.breaks:
        begin.append(len(table))
        table.append((pause.earliest, pause.latest, FAR_FUTURE) if pause else (0, 0, FAR_FUTURE))
        end.append(len(table))
    return np.array(table, dtype=np.int64).reshape(-1, at.WINDOW_FIELDS), begin, end


def _per_unit(p: Problem, price: int, scale: int) -> int:
    """A price per minute as one per unit of time, in the costs of the kernels."""
    return int(price) * scale // p.minute


def _late_limit(p: Problem, v: int) -> int:
    return _far(int(p.nodes.late_limit[v]))


def _far(value: int) -> int:
    return FAR_FUTURE if value >= FOREVER else value


def _nodes(
    p: Problem, units: list[tuple[int, int, Link | None]], begin: list[int], end: list[int], scale: int
) -> Int64:
    n, r, nodes = p.n, p.r, p.nodes
    table = np.zeros((n + 2 * r, at.NODE_FIELDS), dtype=np.int64)
    table[:, [at.MATE, at.UNIT, at.TOLD_START]] = -1
    for v in range(n):
        table[v, at.LATE_COST] = _per_unit(p, nodes.late_cost[v], scale)
        table[v, at.LATE_LIMIT] = _late_limit(p, v)
    for column, values in (
        (at.PLACE, nodes.place),
        (at.BUSY, nodes.busy),
        (at.TOLD_OPEN, nodes.told_open),
        (at.TOLD_CLOSE, nodes.told_close),
        (at.TOLD_COST, nodes.told_cost.astype(np.int64) * scale),
        (at.TOLD_START, nodes.told_start),
        (at.DEMAND, nodes.demand),
        (at.HOLD, nodes.hold),
    ):
        table[:n, column] = values
    table[: n + r, at.WIN_FROM], table[: n + r, at.WIN_TO] = begin, end
    table[n : n + r, at.PLACE] = -1
    table[n : n + r, at.BUSY] = [pause.length if pause else 0 for pause in p.rows.breaks]
    table[n + r :, at.PLACE] = p.rows.start_place
    for u, (first, second, link) in enumerate(units):
        table[first, at.UNIT] = u
        if link is None:
            continue
        table[second, at.UNIT] = u
        table[[first, second], at.CLINICIANS] = int(link.who)
        if link.gap is not None:
            table[first, at.MATE], table[second, at.MATE] = second, first
            table[first, at.LIFT], table[second, at.LIFT] = link.gap[0], -link.gap[1]
    return table


def _rows(p: Problem, slots: list[list[int]], scale: int) -> Int64:
    rows = p.rows
    table = np.zeros((p.r, at.ROW_FIELDS), dtype=np.int64)
    table[:, [at.NEXT_ROW, at.ROW_BEFORE]] = -1
    to = np.cumsum([len(own) for own in slots])
    for r, pause in enumerate(rows.breaks):
        table[r, at.SHIFT_END], table[r, at.HARD_END] = _far(int(rows.shift_end[r])), _far(int(rows.hard_end[r]))
        table[r, at.OVERTIME_COST] = _per_unit(p, rows.overtime_cost[r], scale)
        table[r, at.LUNCH_COST] = pause.missed_cost * scale if pause else 0
        table[r, at.HAS_LUNCH] = int(pause is not None)
        table[r, at.SLOT_FROM], table[r, at.SLOT_TO] = to[r] - len(slots[r]), to[r]
    for column, values in (
        (at.START_PLACE, rows.start_place),
        (at.END_PLACE, rows.end_place),
        (at.SHIFT_START, rows.shift_start),
        (at.LEAVE, rows.leave),
        (at.BEGUN, rows.begun),
        (at.CAPACITY, rows.capacity),
        (at.PERSON, rows.clinician),
    ):
        table[:, column] = values
    for rest in p.rests:
        table[rest.first, at.NEXT_ROW], table[rest.first, at.REST_TIME] = rest.second, rest.least
        table[rest.second, at.ROW_BEFORE] = rest.first
    return table


def _units(p: Problem, units: list[tuple[int, int, Link | None]], scale: int) -> Int64:
    """Unit table with the static keys of the insertion orders (smaller = earlier)."""
    table = np.zeros((len(units), at.UNIT_FIELDS), dtype=np.int64)
    starts, windows = np.unique(p.rows.start_place), p.nodes.windows
    for u, (first, second, link) in enumerate(units):
        members = [first] if link is None else [first, second]
        half = 0 if link is None or not link.whole else at.HALF
        table[u] = (
            first,
            second,
            _uncovered(p, members, scale),
            -sum(int(p.nodes.busy[v]) for v in members),
            -max(int(p.travel[starts, p.nodes.place[v]].min()) for v in members),
            min(windows[v][-1][1] - windows[v][0][0] for v in members),
            min(windows[v][0][0] for v in members),
            min(windows[v][-1][1] for v in members),
            half + _uncovered(p, [first], scale),
            half + _uncovered(p, [second], scale),
            u,
        )
    return table


def _uncovered(p: Problem, members: list[int], scale: int) -> int:
    if any(p.nodes.required[v] for v in members):
        return at.MUST_SERVE
    return min(at.MUST_SERVE - 1, scale * sum(int(p.nodes.uncovered[v]) for v in members))


def _near(p: Problem) -> Int32:
    place = p.nodes.place
    middle = np.array([(w[0][0] + w[-1][1]) / 2 for w in p.nodes.windows])
    road = p.travel[np.ix_(place, place)]
    distance = road + _WINDOW_SHARE * np.abs(middle[:, None] - middle[None, :])
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")
    return np.ascontiguousarray(order[:, : min(_NEIGHBORS, p.n - 1)], dtype=np.int32)


def _limits(limits: list[Counter]) -> Int64:
    """Counters that can bind or cost anything."""
    table = np.zeros((len(limits), at.LIMIT_FIELDS), dtype=np.int64)
    filters = 0
    for k, c in enumerate(limits):
        number = -1 if c.counts is None else filters
        filters += c.counts is not None
        items = int(c.measure is Measure.ITEMS)
        table[k] = items, c.used, _far(c.soft), _far(c.hard), c.over_cost, c.square, number
    return table


def _parameters(p: Problem, units: list[tuple[int, int, Link | None]], limits: list[Counter], scale: int) -> Int64:
    nodes, weights = p.nodes, p.weights
    ends = [w[1] for windows in nodes.windows for w in windows]
    ends += [int(end) for end in p.rows.shift_end if end < FOREVER]
    work = int(nodes.busy.astype(np.int64).sum()) // max(1, p.r)
    told = bool((nodes.told_cost > 0).any() or (nodes.told_start >= 0).any())
    linked = [link for _, _, link in units if link is not None]
    held = any(nodes.hold[v] != Hold.FREE for link in linked for v in (link.first, link.second))
    table = np.zeros(at.PARAMETERS, dtype=np.int64)
    for key, value in {
        at.NODES: p.n,
        at.ROWS: p.r,
        at.UNITS: len(units),
        at.TRAVEL_COST: weights.travel * scale,
        at.WAIT_COST: weights.waiting * scale,
        at.IDLE_COST: weights.idle_max * scale,
        at.MAX_LATE_COST: weights.late_max * scale,
        # only rows that wait for each other get so late
        at.TIME_CAP: 3 * max(ends) + 10 * int(p.travel.max()) + 2 * work,
        at.SCALE: scale,
        at.MINUTE: p.minute,
        at.TOLD_RATE: weights.start_per_minute,
        at.TOLD_CAP: weights.start_cap_minutes * p.minute,
        at.BY_START: told or scale > 1,
        at.TOLD: told,
        at.LOADS: bool(nodes.demand.any()),
        at.FROZEN: bool((nodes.hold == Hold.FROZEN).any()),
        at.HALVES: held or not all(link.whole for link in linked),
        at.LIMITS: bool(limits),
        at.RESTS: bool(p.rests),
    }.items():
        table[key] = value
    return table
