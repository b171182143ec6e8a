"""Which search prices a problem, the steps of either, and a plan out of it."""

from collections.abc import Callable, Sequence

from suture.planner.budget import Budget
from suture.planner.links import build as links_view
from suture.planner.links.engine import LinksEngine
from suture.planner.plan import Plan, left_out
from suture.planner.problem import Problem
from suture.planner.reference import timed
from suture.planner.sisr import from_problem as core_view
from suture.planner.sisr.engine import Engine
from suture.words.catalog import _, marked

AnyEngine = Engine | LinksEngine
NOT_YET = marked(
    "A visit in two links, or a row with two rests on one side, cannot be planned yet. Maybe leave one of them out."
)
REPAIR_HEAT = 0.1
"""Temperatures of the linked search in a repair, as a share of those of a whole plan."""


class Unsupported(ValueError):
    """No search can price the problem as it is; the message says why not."""


def supported(problem: Problem) -> bool:
    """Whether one of the searches can price the problem."""
    return _is_core(problem) or links_view.supports(problem)


def _is_core(problem: Problem) -> bool:
    return core_view.supports(problem) or not (problem.n and problem.r)  # nothing to price in the latter case


def engine_for(problem: Problem, seed: int) -> AnyEngine:
    """The faster search for problems without links, the general one for the others. Raises `Unsupported`."""
    if _is_core(problem):
        return Engine(problem, seed)
    if links_view.supports(problem):
        return LinksEngine(problem, seed)
    raise Unsupported(_(NOT_YET))


def insert_absent(engine: AnyEngine) -> None:
    """Put what is left out where it costs least; the result is the best plan so far."""
    engine.construct() if isinstance(engine, LinksEngine) else engine.insert_absent()


def search_whole(
    engine: AnyEngine,
    budget: Budget,
    *,
    began: float,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[], None] = lambda: None,
) -> None:
    """Search at the temperatures of a whole plan; `note` is called after each slice."""
    if isinstance(engine, LinksEngine):
        engine.search(budget, stop=stop, began=began, note=note)
    else:
        engine.search(budget, stop=stop, began=began, note=note, knobs=engine.plan_knobs())


def search_repair(engine: AnyEngine, budget: Budget, *, began: float, stop: Callable[[], bool] = lambda: False) -> None:
    """Search at the temperatures of a repair: near the plan there is."""
    if isinstance(engine, LinksEngine):
        engine.search(budget, stop=stop, began=began, heat=REPAIR_HEAT)
    else:
        engine.search(budget, stop=stop, began=began, knobs=engine.repair_knobs())


def routes_of(engine: AnyEngine) -> Sequence[Sequence[int]]:
    """The best plan so far without its starts."""
    return engine.routes()[0] if isinstance(engine, LinksEngine) else engine.routes()


def plan_of(problem: Problem, engine: AnyEngine) -> Plan:
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
