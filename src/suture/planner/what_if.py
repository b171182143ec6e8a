"""What a change would do to a plan: nothing is stored."""

from dataclasses import dataclass

from suture.planner.budget import Budget
from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.rebalance import rebalance
from suture.planner.reference import Parts, price


@dataclass(frozen=True, slots=True)
class Difference:
    """The plan after a change against the one before. `moved`: nodes that change rows; `retimed`: only their start."""

    plan: Plan
    before: Parts
    after: Parts
    moved: tuple[int, ...]
    retimed: tuple[int, ...]
    newly_uncovered: tuple[int, ...]


def what_if(problem: Problem, plan: Plan, changed: Problem, *, budget: Budget, seed: int) -> Difference:
    """Repair `plan` for the `changed` problem (same nodes and rows) and say what differs."""
    after = rebalance(changed, plan, budget=budget, seed=seed)
    kept = [v for v in range(changed.n) if plan.row_of(v) is not None and after.row_of(v) is not None]
    moved = tuple(v for v in kept if plan.row_of(v) != after.row_of(v))
    retimed = tuple(v for v in kept if v not in moved and plan.start_of(v) != after.start_of(v))
    lost = tuple(v for v in after.uncovered if plan.row_of(v) is not None)
    return Difference(after, price(problem, plan), price(changed, after), moved, retimed, lost)
