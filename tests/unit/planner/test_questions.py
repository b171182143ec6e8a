"""recommend, explain, what_if and check answer from the same arithmetic as the searches."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.planner.problems import a_problem

from suture.planner.budget import Iterations
from suture.planner.check import check
from suture.planner.explain import explain
from suture.planner.first_pass import first_pass
from suture.planner.plan import Plan
from suture.planner.problem import FORBIDDEN
from suture.planner.recommend import recommend
from suture.planner.reference import Breach, price, timed
from suture.planner.trial import without
from suture.planner.what_if import what_if

CASES = [("told", "counters", "breaks"), ("links", "waiting")]


@pytest.mark.parametrize("features", CASES)
def test_a_recommendation_costs_exactly_what_it_says(features: tuple[str, ...]):
    for seed in range(6):
        problem = a_problem(seed, *features)
        plan = first_pass(problem, budget=Iterations(100), seed=1)
        v = 8
        rest = without(problem, plan, v)
        for trial in recommend(problem, plan, v):
            old = rest.routes[trial.row]
            order = (*old[: trial.position], v, *old[trial.position :])
            after = timed(problem, [order if r == trial.row else route for r, route in enumerate(rest.routes)])
            assert isinstance(after, Plan)
            assert price(problem, after).total - price(problem, rest).total == trial.cost
            assert after.start_of(v) == trial.start


def test_the_first_recommendation_is_what_a_repair_does():
    for seed in range(6):
        problem = a_problem(seed, "plain")
        plan = first_pass(problem, budget=Iterations(100), seed=1)
        for v in range(4):
            best = recommend(problem, plan, v, limit=1)
            if best and best[0].cost < 0:
                from suture.planner.rebalance import rebalance

                after = rebalance(problem, plan, freed=[v], budget=Iterations(0), seed=1)
                assert after.row_of(v) == best[0].row


def test_an_explanation_names_the_rule_of_every_row():
    problem = a_problem(3, "plain")
    pair = problem.pair_cost.copy()
    pair[5, 1:] = FORBIDDEN
    barred = replace(problem, pair_cost=pair)
    plan = first_pass(barred, budget=Iterations(100), seed=1)
    found = explain(barred, plan, 5)
    assert found.count.get("forbidden", 0) == 2
    assert len(found.others) + len(found.blocked) + (found.chosen is not None) == barred.r


def test_what_is_late_says_by_how_much():
    problem = a_problem(3, "plain", rows=1)
    ends = replace(problem.rows, hard_end=np.array([1], dtype=np.int32))
    tight = replace(problem, rows=ends)
    plan = first_pass(tight, budget=Iterations(10), seed=1)
    found = explain(tight, plan, 0)
    assert found.chosen is None
    assert found.blocked[0].excess > 0


def test_what_if_says_what_moves():
    problem = a_problem(2, "plain")
    plan = first_pass(problem, budget=Iterations(100), seed=1)
    lost = next(r for r, route in enumerate(plan.routes) if route)
    pair = problem.pair_cost.copy()
    pair[:, lost] = FORBIDDEN
    found = what_if(problem, plan, replace(problem, pair_cost=pair), budget=Iterations(50), seed=1)
    assert found.plan.routes[lost] == ()
    assert set(plan.routes[lost]) <= {*found.moved, *found.newly_uncovered}


def test_check_names_what_is_broken():
    problem = a_problem(2, "plain")
    plan = first_pass(problem, budget=Iterations(100), seed=1)
    assert check(problem, plan) == ((), price(problem, plan))
    row = max(range(problem.r), key=lambda r: len(plan.routes[r]))
    turned = replace(
        plan,
        routes=tuple(tuple(reversed(x)) if r == row else x for r, x in enumerate(plan.routes)),
        starts=plan.starts,
    )
    faults, _ = check(problem, turned)
    assert {b.rule for b in faults} & {"travel", "window"}
    assert all(isinstance(b, Breach) for b in faults)
