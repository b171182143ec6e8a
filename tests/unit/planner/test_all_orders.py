"""On tiny problems the searches find the cheapest of all orders, as the reference times and prices them.

Or a cheaper one: the reference starts everything as early as may be, the linked search may wait for the next window.
"""

from collections.abc import Iterator
from itertools import permutations, product

import pytest
from tests.unit.planner.problems import a_problem

from suture.planner.budget import Iterations
from suture.planner.first_pass import first_pass
from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.reference import breaches, price, timed

TOGETHER = [
    ("links", "told"),
    ("links", "counters"),
    ("links", "demand"),
    ("links", "told", "counters", "demand", "begun"),
    ("split", "told"),
    ("apart", "told", "counters"),
    ("rest",),
    ("rest", "links", "told"),
    ("rest", "counters", "overtime"),
    ("soft_windows", "told", "counters"),
]


def orders(problem: Problem) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put the nodes into rows, some left out."""
    for where in product(range(-1, problem.r), repeat=problem.n):
        rows = [[v for v in range(problem.n) if where[v] == r] for r in range(problem.r)]
        yield from (list(routes) for routes in product(*(permutations(row) for row in rows)))


def least_cost(problem: Problem) -> int:
    plans = (plan for routes in orders(problem) if isinstance(plan := timed(problem, routes), Plan))
    return min(price(problem, plan).total for plan in plans if not breaches(problem, plan))


@pytest.mark.parametrize("features", TOGETHER, ids="+".join)
def test_the_search_finds_the_cheapest_order(features: tuple[str, ...]):
    for seed in range(5):
        problem = a_problem(seed, *features, n=4, rows=2)
        best = min(first_pass(problem, budget=Iterations(400), seed=s).cost or 0 for s in (1, 2))
        assert best <= least_cost(problem), (features, seed)
