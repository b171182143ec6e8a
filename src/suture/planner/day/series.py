"""Gives each series of visits to one clinician before the compiled search begins, which knows pairs and not series."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from suture.model.ids import PartyId
from suture.planner.day.problem import DayProblem, Series
from suture.planner.day.reference import Failure, route_travel, row_starts
from suture.planner.problem import FORBIDDEN, Problem

Routes = Sequence[Sequence[int]]
Holders = tuple[PartyId | None, ...]


def holders_of(day: DayProblem, routes: Routes) -> Holders:
    """Who is to have each series, as far as these routes tell: None where no clinician may have any of it."""
    return tuple(next(iter(_candidates(day, series, routes)), None) for series in day.series)


def others_tried(day: DayProblem, routes: Routes, left_out: Sequence[int], tried: Sequence[Holders]) -> Holders | None:
    """The same with the next holder for each series of which something is left out; None where none is untried."""
    latest = list(tried[-1])
    for i, series in enumerate(day.series):
        if not set(series.nodes).isdisjoint(left_out):
            had = {holders[i] for holders in tried}
            latest[i] = next((c for c in _candidates(day, series, routes) if c not in had), latest[i])
    return None if tuple(latest) == tried[-1] else tuple(latest)


def held(problem: Problem, day: DayProblem, holders: Holders) -> Problem:
    """The problem in which each series costs its weight with anyone but its holder, or may not be there."""
    cost = problem.pair_cost.astype(np.int64)
    for series, holder in zip(day.series, holders, strict=True):
        for r, row in enumerate(day.rows):
            if row.clinician_id != holder:
                cost[list(series.nodes), r] += FORBIDDEN if series.weight is None else 60 * series.weight
    return replace(problem, pair_cost=np.minimum(cost, FORBIDDEN).astype(np.int32))


def _candidates(day: DayProblem, series: Series, routes: Routes) -> list[PartyId]:
    """Everyone who may have some of it, best first: who has fixed members, could do most, has most, or is cheapest."""
    has = Counter(day.rows[r].clinician_id for r, route in enumerate(routes) for v in route if v in series.nodes)
    fixed = Counter(series.fixed)
    ranked = []
    for r, row in enumerate(day.rows):
        if could := _fitting(day, series, r):
            cost = route_travel(day, r, could) + sum(day.prices[r][v] or 0 for v in could)
            who = row.clinician_id
            ranked.append((-fixed[who], -len(could), -has[who], cost, who))
    return list(dict.fromkeys(who for *_, who in sorted(ranked)))


def _fitting(day: DayProblem, series: Series, r: int) -> tuple[int, ...]:
    """Members that one row could do one after the other, were there nothing else."""
    order: tuple[int, ...] = ()
    for v in sorted(series.nodes, key=lambda v: (day.nodes[v].close, v)):
        if not isinstance(row_starts(day, r, (*order, v)), Failure):
            order = (*order, v)
    return order
