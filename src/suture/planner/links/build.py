"""Plain description of a linked problem -> arrays of the kernels."""

from dataclasses import dataclass, field

import numpy as np

from suture.planner.links.layout import (
    BUSY,
    CLINICIANS,
    CLINICIANS_ANY,
    FAR_FUTURE,
    INF,
    LATE_COST,
    LATE_LIMIT,
    LIFT,
    MATE,
    MUST_SERVE,
    NODE_FIELDS,
    PARAMETERS,
    PLACE,
    ROW_FIELDS,
    UNIT,
    UNIT_FIELDS,
    WIN_FROM,
    WIN_TO,
    WINDOW_FIELDS,
    Int32,
    Int64,
    Problem,
)

_NEIGHBOURS = 100
_WINDOW_SHARE = 0.3  # weight of the distance of window middles in the neighbour lists


@dataclass
class Visit:
    """One node: a Position of a visit."""

    place: int
    busy: int
    windows: list[tuple[int, int]]  # (open, close of the start), sorted
    late_cost: int = 1
    late_limit: int = FAR_FUTURE


@dataclass
class Unit:
    """One node, or two linked ones (start of second - start of first in [gap_min, gap_max] if given)."""

    first: int
    second: int = -1
    gap: tuple[int, int] | None = None
    clinicians: int = CLINICIANS_ANY
    uncovered_cost: int = MUST_SERVE


@dataclass
class Row:
    """One clinician-day."""

    start_place: int
    end_place: int
    shift_start: int = 0
    shift_end: int = FAR_FUTURE
    hard_end: int = FAR_FUTURE
    overtime_cost: int = 0
    lunch: tuple[int, int, int] | None = None  # earliest start, latest start, length
    missed_lunch_cost: int = 0


@dataclass
class Description:
    """Everything a reader hands over; times and costs are whole numbers of one scale."""

    travel: Int32
    visits: list[Visit]
    units: list[Unit]
    rows: list[Row]
    pair_cost: Int32  # [N, R]
    travel_cost: int = 1
    wait_cost: int = 0
    idle_cost: int = 0
    max_late_cost: int = 0
    scale: int = 1
    names: dict[str, list[str]] = field(default_factory=dict)


def _stay(windows: list[tuple[int, int]], k: int, late_cost: int, late_limit: int, wait_cost: int) -> int:
    """Latest arrival that still starts in (or late after) window k instead of waiting for the next."""
    if k + 1 == len(windows):
        return FAR_FUTURE
    close, following = windows[k][1], windows[k + 1][0]
    share = late_cost + wait_cost
    stay = (late_cost * close + wait_cost * following) // share if share else close
    stay = min(stay, close + late_limit, following - 1)
    return max(stay, windows[k][0])


def _windows(d: Description) -> tuple[Int64, list[int], list[int]]:
    table: list[tuple[int, int, int]] = []
    begin, end = [], []
    for visit in d.visits:
        begin.append(len(table))
        for k, (low, high) in enumerate(visit.windows):
            table.append((low, high, _stay(visit.windows, k, visit.late_cost, visit.late_limit, d.wait_cost)))
        end.append(len(table))
    for row in d.rows:
        begin.append(len(table))
        low, high, _ = row.lunch or (0, 0, 0)
        table.append((low, high, FAR_FUTURE))
        end.append(len(table))
    return np.array(table, dtype=np.int64).reshape(-1, WINDOW_FIELDS), begin, end


def _nodes(d: Description, begin: list[int], end: list[int]) -> Int64:
    n, r = len(d.visits), len(d.rows)
    table = np.zeros((n + 2 * r, NODE_FIELDS), dtype=np.int64)
    table[:, MATE] = table[:, UNIT] = -1
    own = [PLACE, BUSY, WIN_FROM, WIN_TO, LATE_COST, LATE_LIMIT]
    for v, visit in enumerate(d.visits):
        table[v, own] = (visit.place, visit.busy, begin[v], end[v], visit.late_cost, visit.late_limit)
    for i, row in enumerate(d.rows):
        table[n + i, own] = (-1, row.lunch[2] if row.lunch else 0, begin[n + i], end[n + i], 0, 0)
        table[n + r + i, PLACE] = row.start_place
    for u, unit in enumerate(d.units):
        for v in (unit.first, unit.second):
            if v >= 0:
                table[v, UNIT], table[v, CLINICIANS] = u, unit.clinicians
        if unit.second >= 0 and unit.gap is not None:
            table[unit.first, MATE], table[unit.second, MATE] = unit.second, unit.first
            table[unit.first, LIFT], table[unit.second, LIFT] = unit.gap[0], -unit.gap[1]
    return table


def _units(d: Description) -> Int64:
    """Unit table with the static keys of the insertion orders (smaller = earlier)."""
    table = np.zeros((len(d.units), UNIT_FIELDS), dtype=np.int64)
    starts = sorted({row.start_place for row in d.rows})
    for u, unit in enumerate(d.units):
        members = [d.visits[v] for v in (unit.first, unit.second) if v >= 0]
        table[u] = (
            unit.first,
            unit.second,
            unit.uncovered_cost,
            -sum(m.busy for m in members),
            -max(min(int(d.travel[s, m.place]) for s in starts) for m in members),
            min(m.windows[-1][1] - m.windows[0][0] for m in members),
            min(m.windows[0][0] for m in members),
            min(m.windows[-1][1] for m in members),
        )
    return table


def _near(d: Description) -> Int32:
    n = len(d.visits)
    place = np.array([v.place for v in d.visits])
    middle = np.array([(v.windows[0][0] + v.windows[-1][1]) / 2 for v in d.visits])
    road = d.travel[np.ix_(place, place)]
    distance = road + _WINDOW_SHARE * np.abs(middle[:, None] - middle[None, :])
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")
    return np.ascontiguousarray(order[:, : min(_NEIGHBOURS, n - 1)], dtype=np.int32)


def compile_problem(d: Description) -> Problem:
    """Arrays for the kernels."""
    window, begin, end = _windows(d)
    rows = np.zeros((len(d.rows), ROW_FIELDS), dtype=np.int64)
    for i, row in enumerate(d.rows):
        rows[i] = (
            row.start_place,
            row.end_place,
            row.shift_start,
            row.shift_end,
            row.hard_end,
            row.overtime_cost,
            row.missed_lunch_cost,
            int(row.lunch is not None),
        )
    able = [np.flatnonzero(d.pair_cost[v] < INF) for v in range(len(d.visits))]
    able_from = np.concatenate(([0], np.cumsum([len(a) for a in able]))).astype(np.int64)
    ends = [w[1] for v in d.visits for w in v.windows] + [r.shift_end for r in d.rows if r.shift_end < FAR_FUTURE]
    parameter = np.zeros(PARAMETERS, dtype=np.int64)
    work = sum(v.busy for v in d.visits) // max(1, len(d.rows))
    time_cap = 3 * max(ends) + 10 * int(d.travel.max()) + 2 * work  # only rows that wait for each other get so late
    parameter[:] = (
        len(d.visits),
        len(d.rows),
        len(d.units),
        d.travel_cost,
        d.wait_cost,
        d.idle_cost,
        d.max_late_cost,
        time_cap,
    )
    return Problem(
        travel=np.ascontiguousarray(d.travel, dtype=np.int32),
        travel_in=np.ascontiguousarray(d.travel.T, dtype=np.int32),
        node=_nodes(d, begin, end),
        window=window,
        pair_cost=np.ascontiguousarray(d.pair_cost, dtype=np.int32),
        row=rows,
        unit=_units(d),
        near=_near(d),
        able_from=able_from,
        able_row=np.concatenate(able).astype(np.int32),
        parameter=parameter,
    )
