"""A whole plan from nothing."""

from collections.abc import Callable

from suture.planner.budget import Budget, clock_of
from suture.planner.choose import AnyEngine, engine_for, plan_of, search_whole
from suture.planner.plan import Plan
from suture.planner.problem import Problem

Watch = Callable[[int, int], None]


def first_pass(
    problem: Problem,
    *,
    budget: Budget,
    seed: int,
    began: float | None = None,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch | None = None,
) -> Plan:
    """Plan everything; held stops must be given by `improve` instead. The same seed and iterations give the same plan.

    `began`: when the budget began to count on its clock (now, if not given). `stop` is asked every 10 ms or so.
    `watch(iterations, cost)` hears of each better plan.
    """
    began = clock_of(budget)() if began is None else began
    engine = engine_for(problem, seed)
    engine.construct()
    search(engine, budget, began=began, stop=stop, watch=watch)
    return plan_of(problem, engine)


def search(engine: AnyEngine, budget: Budget, *, began: float, stop: Callable[[], bool], watch: Watch | None) -> None:
    """Search for a whole plan, telling `watch` of each better one."""
    best: list[int] = []

    def note() -> None:
        if watch is not None and (not best or engine.cost < best[-1]):
            best.append(engine.cost)
            watch(engine.iterations, best[-1])

    search_whole(engine, budget, began=began, stop=stop, note=note)
