"""The repair: keep what need not change, place what was freed, then see whether a small exchange does it better."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from random import Random

from suture.model.ids import PositionKey
from suture.planner.budget import Budget, Stop
from suture.planner.day.by_kernels import day_engine
from suture.planner.day.first_pass import pinned_state
from suture.planner.day.known_starts import with_known_starts
from suture.planner.day.pricing import Order, Pricing
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import score
from suture.planner.day.search import Heat, State, anneal, cycle_length, eject, neighbors, regret_insertion, strings
from suture.planner.day.solution import Solution

HOT, COLD, CYCLE = 60.0, 1.0, 250
LONGEST_STRING = 2
MOST_ROWS = 3


def rebalance(
    problem: DayProblem, published: Solution, *, freed: Collection[PositionKey], budget: Budget, seed: int
) -> Solution:
    """Repair a published solution (`from_assignments`) whose day has changed; `freed` positions need a new place.

    Freed besides: what has no clinician now, what its clinician may no longer do, and what no longer fits (a run-over).
    The result is legal, and never costs more than the plain insertion of what was freed.
    """
    out = {problem.node_of[key] for key in freed if key in problem.node_of}
    engine, began = day_engine(problem, budget, seed)
    found = engine.rebalance(published, out, budget, began) if engine is not None else None
    return plain_rebalance(problem, published, freed=freed, budget=budget, seed=seed) if found is None else found


def plain_rebalance(
    problem: DayProblem, published: Solution, *, freed: Collection[PositionKey], budget: Budget, seed: int
) -> Solution:
    """The same by the plain search, for what the compiled one cannot price."""
    stop, rng = Stop(budget), Random(seed)  # noqa: S311 -- a reproducible search, no secret
    pricing = Pricing(problem)
    out = {problem.node_of[key] for key in freed if key in problem.node_of}
    state = _kept(pricing, published, out)
    focus = sorted({*state.absent, *_broken_promises(state)})
    regret_insertion(state)
    state = eject(state)
    plain = with_known_starts(problem, state.solution())
    if not focus:
        return plain
    better = with_known_starts(problem, _improved(state, focus, budget, stop, rng).solution(stop.iterations))
    # smoothing may favor the plain repair once more; never hand out the more expensive one
    kept = better if score(problem, better).total <= score(problem, plain).total else plain
    return replace(kept, iterations=stop.iterations)


def legal_part(problem: DayProblem, published: Solution, out: Collection[int]) -> Solution:
    """What of a plan stays when these nodes leave it: legal rows, everything else uncovered."""
    return _kept(Pricing(problem), published, out).solution()


def _kept(pricing: Pricing, published: Solution, out: Collection[int]) -> State:
    """What stays of the published plan: legal rows, everything else absent."""
    state = pinned_state(pricing)
    for r, route in enumerate(published.routes):
        kept = [v for v in route if pricing.pinned[v] or (v not in out and r in pricing.rows_for[v])]
        order = _legal_part(pricing, r, tuple(kept))
        delta = pricing.change(state.routes, r, order)
        while delta is None:  # legal alone, but not with its partners' or its clinician's other row
            movable = [v for v in order if not pricing.pinned[v]]
            order = tuple(v for v in order if v != movable[-1]) if movable else state.routes[r]
            delta = pricing.change(state.routes, r, order)
        state.routes[r] = order
        state.cost += delta
    return State(pricing, state.routes, state.cost)


def _legal_part(pricing: Pricing, r: int, order: Order) -> Order:
    """The row's order, without the stops that no longer fit: each time the one whose going costs least."""
    while pricing.row(r, order) is None:
        movable = [v for v in order if not pricing.pinned[v]]
        shorter = [(tuple(u for u in order if u != v), v) for v in movable]
        costs = [(cost.cost + pricing.uncovered[v], rest) for rest, v in shorter if (cost := pricing.row(r, rest))]
        order = min(costs)[1] if costs else shorter[-1][0]
    return order


def _broken_promises(state: State) -> list[int]:
    """Placed nodes that would now start outside their told window."""
    solution, told = state.solution(), state.pricing.told
    return [v for v, at in solution.starts.items() if (t := told[v]) is not None and not t[0] <= at <= t[1]]


def _improved(state: State, focus: Sequence[int], budget: Budget, stop: Stop, rng: Random) -> State:
    """Small exchanges around the freed nodes, disruption priced."""
    near = neighbors(state.pricing)

    def ruin(state: State, rng: Random) -> list[int]:
        center = focus[int(rng.random() * len(focus))]
        around = [v for v in near[center] if rng.random() < 0.5]
        rows = 1 + int(rng.random() * MOST_ROWS)
        return strings(state, [center, *around], rng, most=LONGEST_STRING, rows=rows)

    return anneal(state, ruin=ruin, heat=Heat(HOT, COLD, cycle_length(budget, CYCLE)), stop=stop, rng=rng)
