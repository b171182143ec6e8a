"""`Problem` -> the description of this search. Costs are scaled where a price per minute is no whole price per unit."""

import numpy as np

from suture.planner.links import layout as at
from suture.planner.links.build import Description, Row, Unit, Visit
from suture.planner.problem import FORBIDDEN, FOREVER, Problem


def supports(p: Problem) -> bool:
    """Whether this search can price the problem: no promises, counters, demands or held stops, one link a node."""
    linked = [v for link in p.links for v in (link.first, link.second)]
    told = bool((p.nodes.told_cost > 0).any() or (p.nodes.told_start >= 0).any())
    return not (told or p.counters or p.nodes.demand.any() or p.nodes.hold.any()) and len(linked) == len(set(linked))


def to_description(p: Problem) -> tuple[Description, int]:
    """(description, how many of its cost units make one of the problem's)."""
    nodes, rows = p.nodes, p.rows
    per_minute = np.r_[nodes.late_cost, rows.overtime_cost].astype(np.int64)
    scale = p.minute if bool((per_minute % p.minute).any()) else 1

    def per_unit(price: int) -> int:
        return int(price) * scale // p.minute

    visits = [
        Visit(
            int(nodes.place[v]),
            int(nodes.busy[v]),
            list(nodes.windows[v]),
            per_unit(nodes.late_cost[v]),
            at.FAR_FUTURE if nodes.late_limit[v] >= FOREVER else int(nodes.late_limit[v]),
        )
        for v in range(p.n)
    ]
    pair = np.where(p.pair_cost >= FORBIDDEN, at.INF, np.minimum(p.pair_cost.astype(np.int64) * scale, at.INF - 1))
    return Description(
        travel=p.travel,
        visits=visits,
        units=_units(p, scale),
        rows=[_row(p, r, scale, per_unit(rows.overtime_cost[r])) for r in range(p.r)],
        pair_cost=pair.astype(np.int32),
        travel_cost=p.weights.travel * scale,
        wait_cost=p.weights.waiting * scale,
        idle_cost=p.weights.idle_max * scale,
        max_late_cost=p.weights.late_max * scale,
    ), scale


def _units(p: Problem, scale: int) -> list[Unit]:
    """Links first met keep the order of the nodes: the search is the same whatever the links are listed as."""
    units = []
    for v in range(p.n):
        link = p.link_of.get(v)
        if link is None:
            units.append(Unit(v, uncovered_cost=_uncovered(p, (v,), scale)))
        elif v == min(link.first, link.second):
            price = _uncovered(p, (link.first, link.second), scale)
            units.append(Unit(link.first, link.second, link.gap, int(link.who), price))
    return units


def _uncovered(p: Problem, members: tuple[int, ...], scale: int) -> int:
    if any(p.nodes.required[v] for v in members):
        return at.MUST_SERVE
    return min(at.MUST_SERVE - 1, scale * sum(int(p.nodes.uncovered[v]) for v in members))


def _far(value: int) -> int:
    return at.FAR_FUTURE if value >= FOREVER else value


def _row(p: Problem, r: int, scale: int, overtime: int) -> Row:
    rows, pause = p.rows, p.rows.breaks[r]
    return Row(
        start_place=int(rows.start_place[r]),
        end_place=int(rows.end_place[r]),
        shift_start=int(rows.leave[r]),
        shift_end=_far(int(rows.shift_end[r])),
        hard_end=_far(int(rows.hard_end[r])),
        overtime_cost=overtime,
        lunch=(pause.earliest, pause.latest, pause.length) if pause else None,
        missed_lunch_cost=pause.missed_cost * scale if pause else 0,
    )
