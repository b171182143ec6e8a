"""A given plan repaired: a legal plan at once, then a better one within the budget, few people disturbed."""

from collections.abc import Callable, Collection
from dataclasses import replace

from suture.planner.budget import Budget, clock_of
from suture.planner.choose import engine_for, insert_absent, plan_of, search_repair
from suture.planner.plan import Plan, Route
from suture.planner.problem import COVER_FIRST, FORBIDDEN, Hold, Problem
from suture.planner.reference import breaches, price, timed
from suture.planner.undisturbed import undisturbed


def rebalance(
    problem: Problem,
    published: Plan,
    *,
    freed: Collection[int] = (),
    budget: Budget,
    seed: int,
    began: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    offer: Callable[[Plan], None] | None = None,
) -> Plan:
    """Repair a published plan of a problem that has changed; `freed` nodes need a new place.

    Also freed: what is where it may not be, what no longer fits, and linked partners that are not held. `offer` is
    given the first legal plan. The result never costs more than that one, a visit left out counted `COVER_FIRST`
    times, and moves nothing that has to do with none of them. What moving costs is in the problem: pair costs and
    promised times.
    """
    began = clock_of(budget)() if began is None else began
    kept = legal_part(problem, published, freed)
    placed = {v for route in kept for v in route}
    loose = [v for v in range(problem.n) if v not in placed]
    urgent = cover_first(problem)
    engine = engine_for(urgent, seed)
    engine.load(kept)
    insert_absent(engine)
    first = _priced(problem, plan_of(urgent, engine))
    if offer is not None:
        offer(first)
    focus = [*loose, *_broken_promises(problem, first)]
    if not focus:
        return first
    engine.focus(focus)
    search_repair(engine, budget, began=began, stop=stop)
    found = _undisturbed(urgent, first, plan_of(urgent, engine), focus)
    return _priced(problem, found) if _total(urgent, found) <= _total(urgent, first) else first


def _undisturbed(problem: Problem, first: Plan, found: Plan, freed: Collection[int]) -> Plan:
    """The plan found, without what it changed for no gain."""
    timing = timed(problem, undisturbed(problem, first.routes, found.routes, freed))
    return replace(timing, iterations=found.iterations) if isinstance(timing, Plan) else found


def cover_first(problem: Problem) -> Problem:
    """The same problem where a visit left out counts `COVER_FIRST` times its price."""
    return replace(problem, nodes=replace(problem.nodes, uncovered=problem.nodes.uncovered * COVER_FIRST))


def improve(
    problem: Problem,
    plan: Plan,
    *,
    budget: Budget,
    seed: int,
    began: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """Search on from a legal plan, all of it free to move; never worse than the plan given."""
    began = clock_of(budget)() if began is None else began
    engine = engine_for(problem, seed)
    engine.load(legal_part(problem, plan, ()))
    insert_absent(engine)
    search_repair(engine, budget, began=began, stop=stop)
    found = plan_of(problem, engine)
    legal = not breaches(problem, plan)
    return plan if legal and _total(problem, plan) < _total(problem, found) else found


def _priced(problem: Problem, plan: Plan) -> Plan:
    return replace(plan, cost=price(problem, plan).total)


def _total(problem: Problem, plan: Plan) -> tuple[int, int]:
    """(required nodes left out, cost): what plans are compared by."""
    return sum(bool(problem.nodes.required[v]) for v in plan.uncovered), price(problem, plan).total


def _broken_promises(problem: Problem, plan: Plan) -> list[int]:
    nodes = problem.nodes
    return [
        v
        for route, starts in zip(plan.routes, plan.starts, strict=True)
        for v, start in zip(route, starts, strict=True)
        if v < problem.n and nodes.told_cost[v] and not nodes.told_open[v] <= start <= nodes.told_close[v]
    ]


# -- what of a plan may stay ---------------------------------------------------------------------------------------


def legal_part(problem: Problem, plan: Plan, freed: Collection[int]) -> list[list[int]]:
    """The plan's routes without what was freed, may not be there, or no longer fits; links leave whole.

    What no longer fits goes one by one from the row that fails: the node whose going frees it at the least price.
    """
    placed = {v for route in plan.routes for v in route}
    out = {*freed, *(v for v in problem.link_of if v not in placed)}
    for r, route in enumerate(plan.routes):
        out |= {v for v in route if v < problem.n and problem.pair_cost[v, r] >= FORBIDDEN}
    out = _with_mates(problem, out)
    routes = [tuple(v for v in route if v not in out) for route in plan.routes]
    while (broken := _first_breach(problem, routes)) is not None:
        movable = [v for v in routes[broken] if v >= problem.n or problem.nodes.hold[v] == Hold.FREE]
        if not movable:
            break
        gone = _with_mates(problem, {_least_missed(problem, broken, routes, movable)})
        routes = [tuple(v for v in route if v not in gone) for route in routes]
    return [list(route) for route in routes]


def _with_mates(problem: Problem, nodes: Collection[int]) -> set[int]:
    """The nodes and what has to leave with them: linked partners, unless they are held or may be left alone."""
    links = (problem.link_of[v] for v in nodes if v in problem.link_of)
    mates = {v for link in links if link.whole for v in (link.first, link.second)}
    return {*nodes, *(v for v in mates if problem.nodes.hold[v] == Hold.FREE)}


def _first_breach(problem: Problem, routes: list[Route]) -> int | None:
    """A row that breaks a hard rule in these routes."""
    plan = timed(problem, routes)
    if not isinstance(plan, Plan):
        return plan.row if plan.row is not None else _row_of(routes, plan.node)
    found = [b for b in breaches(problem, plan) if b.rule not in ("required", "lost", "held", "link_half")]
    if not found:
        return None
    row = found[0].row if found[0].row is not None else _row_of(routes, found[0].node)
    return row if routes[row] else next((r for r in range(len(routes)) if routes[r]), None)


def _row_of(routes: list[Route], v: int | None) -> int:
    return next(r for r, route in enumerate(routes) if v in route)


def _least_missed(problem: Problem, r: int, routes: list[Route], movable: list[int]) -> int:
    """The node whose going makes the row legal at the least price; the last movable one if no single one does."""
    best: tuple[int, int] | None = None
    for v in movable:
        shorter = [tuple(u for u in route if u != v) if q == r else () for q, route in enumerate(routes)]
        plan = timed(problem, shorter)
        if isinstance(plan, Plan) and not [b for b in breaches(problem, plan) if b.row == r]:
            cost = (int(problem.nodes.uncovered[v]) if v < problem.n else 0, v)
            best = cost if best is None else min(best, cost)
    return movable[-1] if best is None else best[1]
