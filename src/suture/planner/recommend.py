"""Who could take one visit, when, and at what price: the answer to a coordinator's question."""

from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.trial import Trial, try_row, without


def recommend(problem: Problem, plan: Plan, v: int, *, limit: int = 5) -> tuple[Trial, ...]:
    """The cheapest legal place of each row that can take node `v`, cheapest first; its present place is one of them."""
    rest = without(problem, plan, v)
    found = [try_row(problem, rest, v, r) for r in range(problem.r)]
    trials = [x for x in found if isinstance(x, Trial)]
    return tuple(sorted(trials, key=lambda x: (x.cost, x.row))[:limit])
