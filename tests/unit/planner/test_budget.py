"""How long a search may go on."""

import pytest

from suture.planner.budget import Budget, CpuSeconds, Iterations, IterationsEach, WallSeconds, budget_for


@pytest.mark.parametrize(("positions", "iterations"), [(0, 10_000), (50, 10_000), (51, 10_200), (2_000, 400_000)])
def test_a_larger_day_is_searched_longer_and_a_small_one_long_enough(positions: int, iterations: int):
    assert budget_for(IterationsEach(200, least=10_000), positions) == Iterations(iterations)


@pytest.mark.parametrize("budget", [Iterations(5), CpuSeconds(1.0), WallSeconds(1.0)])
def test_any_other_budget_is_the_same_for_every_day(budget: Budget):
    assert budget_for(budget, 2_000) == budget
