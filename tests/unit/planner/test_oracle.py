"""With enough iterations the searches find what CP-SAT proves to be the least cost, feature by feature."""

from dataclasses import replace

import pytest
from tests.unit.planner.oracle import Oracle
from tests.unit.planner.problems import a_problem

from suture.planner.budget import Iterations
from suture.planner.first_pass import first_pass
from suture.planner.problem import Problem

FEATURES = ["plain", "windows", "late", "overtime", "demand", "breaks", "counters", "links"]


def small(seed: int, feature: str) -> Problem:
    problem = a_problem(seed, feature, n=6, rows=2)
    return replace(problem, counters=tuple(c for c in problem.counters if not c.square))


@pytest.mark.parametrize("feature", FEATURES)
def test_the_search_finds_the_proven_optimum(feature: str):
    for seed in range(4):
        problem = small(seed, feature)
        best = min(first_pass(problem, budget=Iterations(2000), seed=s).cost or 0 for s in (1, 2))
        assert best == Oracle(problem).least_cost(), (feature, seed)


def test_one_more_clinician_never_worsens_the_optimum():
    for seed in range(3):
        three = a_problem(seed, "plain", n=5, rows=3)
        two = replace(
            three,
            pair_cost=three.pair_cost.copy(),
        )
        two.pair_cost[:, 2] = 2**30
        assert Oracle(three).least_cost() <= Oracle(two).least_cost()
