"""The problem of a branch-day as numbers only, for the compiled searches; seconds since the local midnight.

Every node, row start and row end is a place of its own. So whatever makes one way special (the commute to an open shift
is not working time; a clinician is taken to be on her way; people pinned what does not quite fit) is a changed
entry of the travel table, and the searches need no special case.
"""

from itertools import pairwise

import numpy as np

from suture.planner.day import limits
from suture.planner.day.problem import DayProblem
from suture.planner.problem import (
    FORBIDDEN,
    FOREVER,
    UNREACHABLE,
    Counter,
    Hold,
    Int32,
    Link,
    Measure,
    Problem,
    Weights,
    Who,
    make_nodes,
    make_rows,
)
from suture.rules.verdicts import LimitMeasure


def to_problem(day: DayProblem) -> Problem | None:
    """The same problem without days and people; None where three or more people must meet at a time still open."""
    links = _links(day)
    if links is None:
        return None
    n, r = len(day.nodes), len(day.rows)
    leave = [_leave(day, q) for q in range(r)]
    hard_end = [row.return_by for row in day.rows]
    busy = [node.busy for node in day.nodes]
    travel = _travel(day, leave)
    for q in range(r):
        _make_room_for_pins(day, q, travel, leave, hard_end, busy)
    told = [node.published for node in day.nodes]
    weights = day.weights
    nodes = make_nodes(
        tuple(f"{x.key.visit_id}.{x.key.position}" for x in day.nodes),
        np.arange(n),
        tuple(((x.open, x.close),) for x in day.nodes),
        busy,
        [x.uncovered_price - x.shift_seconds for x in day.nodes],
        service=[x.care for x in day.nodes],
        told_open=[t.told_open if t else 0 for t in told],
        told_close=[t.told_close if t else 0 for t in told],
        told_cost=[weights.window_changed + weights.messaged_today * t.messaged_today if t else 0 for t in told],
        told_start=[t.start if t else -1 for t in told],
        hold=[Hold.FREE if x.pinned_row is None else Hold.IN_ITS_ROW for x in day.nodes],
    )
    people = {clinician: i for i, clinician in enumerate(day.rows_of)}
    rows = make_rows(
        tuple(f"{row.clinician_id}@{row.shift_start}" for row in day.rows),
        np.arange(n, n + r),
        np.arange(n + r, n + 2 * r),
        leave=leave,
        hard_end=hard_end,
        begun=[bool(row.frozen) for row in day.rows],
        clinician=[people[row.clinician_id] for row in day.rows],
    )
    return Problem(
        travel,
        nodes,
        rows,
        _pair_costs(day),
        links,
        _counters(day),
        Weights(start_per_minute=weights.start_per_minute, start_cap_minutes=weights.start_cap_minutes),
    )


def _leave(day: DayProblem, r: int) -> int:
    row = day.rows[r]
    return row.ready if row.frozen else max(row.leave_from, row.ready)


def _travel(day: DayProblem, leave: list[int]) -> Int32:
    """[N + 2R, N + 2R]: nodes, row starts, row ends."""
    places = [x.place for x in day.nodes] + [x.start_place for x in day.rows] + [x.home for x in day.rows]
    known = day.day.travel
    index = np.array([known.index[place] for place in places], dtype=np.int64)
    size = len(known.matrix.seconds)  # said, since no rows at all look like one row to numpy
    table = np.minimum(np.array(known.matrix.seconds, dtype=np.int64).reshape(size, size), UNREACHABLE).astype(np.int32)
    travel = np.ascontiguousarray(table[np.ix_(index, index)])
    travel[index[:, None] == index[None, :]] = 0
    n, r = len(day.nodes), len(day.rows)
    for v, node in enumerate(day.nodes):
        if node.is_open_shift:
            travel[v, n + r :] = 0
            for q, row in enumerate(day.rows):
                if not row.frozen:
                    travel[n + q, v] = max(0, row.ready + travel[n + q, v] - leave[q])
    for q, row in enumerate(day.rows):
        if row.on_way is not None:
            travel[n + q, row.on_way] = min(travel[n + q, row.on_way], max(0, row.on_way_at - leave[q]))
    return travel


def _make_room_for_pins(
    day: DayProblem, r: int, travel: Int32, leave: list[int], hard_end: list[int], busy: list[int]
) -> None:
    """What people pinned one after the other is taken as it is: ways between pins, and busy times, shrink to fit."""
    pins = day.pinned[r]
    if not pins:
        return
    n, rows = len(day.nodes), len(day.rows)
    first, last = pins[0], pins[-1]
    start = [day.nodes[v].open for v in pins]
    leave[r] = min(leave[r], start[0])
    travel[n + r, first] = min(travel[n + r, first], start[0] - leave[r])
    for a, b in pairwise(pins):
        busy[a] = max(0, min(busy[a], day.nodes[b].open - day.nodes[a].open))
        travel[a, b] = max(0, min(travel[a, b], day.nodes[b].open - day.nodes[a].open - busy[a]))
    departure = start[-1] + busy[last]
    hard_end[r] = max(hard_end[r], departure)
    travel[last, n + rows + r] = min(travel[last, n + rows + r], hard_end[r] - departure)


def _pair_costs(day: DayProblem) -> Int32:
    """[N, R] with the price of another person; the commute to an open shift is priced here, its way being free."""
    cost = [[FORBIDDEN] * len(day.rows) for _ in day.nodes]
    for r, row in enumerate(day.rows):
        for v, node in enumerate(day.nodes):
            pair = day.prices[r][v]
            if pair is None:
                continue
            told = node.published
            if told is not None and told.assignment.clinician_id != row.clinician_id:
                pair += day.weights.person_changed + day.weights.messaged_today * told.messaged_today
            if node.is_open_shift and not row.frozen:
                pair += 2 * day.travel(row.home, node.place)
            cost[v][r] = pair
    return np.array(cost, dtype=np.int32).reshape(len(day.nodes), len(day.rows))


def _links(day: DayProblem) -> tuple[Link, ...] | None:
    """Visits with two carers; fixed starts need no link, since no one can be in two places then."""
    found = []
    for v, node in enumerate(day.nodes):
        if all(x.open == x.close for x in (node, *(day.nodes[u] for u in node.partners))):
            continue
        if len(node.partners) > 1:
            return None
        if node.partners and v < node.partners[0]:
            found.append(Link(v, node.partners[0], (0, 0), Who.DIFFERENT, whole=False))
    return tuple(found)


def _counters(day: DayProblem) -> tuple[Counter, ...]:
    """The limits of each clinician, and a square price that keeps working times even."""
    found = []
    for clinician, own in day.limits.items():
        for limit in own:
            rows = day.rows_of[clinician]
            unit = 60 if limit.measure is LimitMeasure.MINUTES else 1
            used = limits.used_before(limit) + sum(limits.usage(day, r, (), limit) for r in rows)
            ceiling = limits.ceiling(day, clinician, limit)
            counts = None
            if limit.visits is not None:
                counts = np.array([x.visit.id in limit.visits for x in day.nodes], dtype=np.bool_)
            found.append(
                Counter(
                    limit.rule_id,
                    rows,
                    Measure.TIME if unit == 60 else Measure.ITEMS,
                    used=used,
                    soft=limit.maximum * unit,
                    hard=FOREVER if ceiling is None else limits.used_before(limit) + ceiling,
                    over_cost=60 * limit.over_minutes,
                    counts=counts,
                )
            )
    if day.weights.fairness:
        for clinician, rows in day.rows_of.items():
            worked = sum(limits.busy_seconds(day, r, ()) for r in rows)
            found.append(Counter(f"load-{clinician}", rows, Measure.TIME, used=worked, square=day.weights.fairness))
    return tuple(found)
