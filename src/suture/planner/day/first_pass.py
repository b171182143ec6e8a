"""The first pass: a whole day planned from nothing."""

from random import Random

from suture.planner.budget import Budget, Stop
from suture.planner.day.by_kernels import day_engine
from suture.planner.day.pricing import Order, Pricing
from suture.planner.day.problem import DayProblem
from suture.planner.day.search import Heat, State, anneal, cycle_length, eject, neighbors, regret_insertion, strings
from suture.planner.day.solution import Solution

HOT, COLD, CYCLE = 600.0, 5.0, 1500
LONGEST_STRING = 8
MOST_ROWS = 3


def first_pass(problem: DayProblem, *, budget: Budget, seed: int) -> Solution:
    """Plan the day: what people pinned stays, everything else is placed where it costs least."""
    engine, began = day_engine(problem, budget, seed)
    found = engine.first_pass(budget, began) if engine is not None else None
    return plain_first_pass(problem, budget=budget, seed=seed) if found is None else found


def plain_first_pass(problem: DayProblem, *, budget: Budget, seed: int) -> Solution:
    """The same by the plain search, for what the compiled one cannot price."""
    stop, rng = Stop(budget), Random(seed)  # noqa: S311 -- a reproducible search, no secret
    pricing = Pricing(problem)
    state = pinned_state(pricing)
    regret_insertion(state)
    state = eject(state)
    movable = [v for v in range(len(problem.nodes)) if not pricing.pinned[v] and pricing.rows_for[v]]
    if movable:
        near = neighbors(pricing)

        def ruin(state: State, rng: Random) -> list[int]:
            center = movable[int(rng.random() * len(movable))]
            rows = 1 + int(rng.random() * MOST_ROWS)
            return strings(state, [center, *near[center]], rng, most=LONGEST_STRING, rows=rows)

        heat = Heat(HOT, COLD, cycle_length(budget, CYCLE))
        state = anneal(state, ruin=ruin, heat=heat, stop=stop, rng=rng)
    return state.solution(stop.iterations)


def pinned_state(pricing: Pricing) -> State:
    """The state with nothing but what people pinned."""
    routes: list[Order] = list(pricing.problem.pinned)
    cost = pricing.total(routes)
    if cost is None:  # two people pinned for one visit at different times: theirs to sort out
        routes = [() for _ in routes]
        cost = pricing.total(routes)
    if cost is None:
        raise AssertionError("A plan without any stop is not legal. Maybe a limit counts work that was not done.")
    return State(pricing, routes, cost)
