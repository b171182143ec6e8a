"""Which search prices a problem, and a plan out of it."""

from suture.planner.links import build as links_view
from suture.planner.links.engine import LinksEngine
from suture.planner.plan import Plan, left_out
from suture.planner.problem import Problem
from suture.planner.reference import timed
from suture.planner.sisr import from_problem as core_view
from suture.planner.sisr.engine import Engine


class Unsupported(ValueError):
    """No search can price the problem as it is; the message says what stands against it."""


def engine_for(problem: Problem, seed: int) -> Engine | LinksEngine:
    """The faster search for problems without links, the general one for the others. Raises `Unsupported`."""
    if core_view.supports(problem) or not (problem.n and problem.r):  # nothing to price in the latter case
        return Engine(problem, seed)
    if links_view.supports(problem):
        return LinksEngine(problem, seed)
    raise Unsupported(
        "A visit in two links, or a row with two rests on one side, cannot be planned yet. Maybe leave one of them out."
    )


def plan_of(problem: Problem, engine: Engine | LinksEngine) -> Plan:
    """The engine's best plan with its starts."""
    if isinstance(engine, LinksEngine):
        routes, starts = engine.routes()
        orders = tuple(tuple(route) for route in routes)
        times = tuple(tuple(s) for s in starts)
        return Plan(orders, times, left_out(problem.n, orders), engine.iterations, engine.cost)
    plan = timed(problem, engine.routes())
    if not isinstance(plan, Plan):
        raise AssertionError(f"The search handed out a plan that the reference refuses: {plan}. A kernel is wrong.")
    return Plan(plan.routes, plan.starts, plan.uncovered, engine.iterations, engine.cost)
