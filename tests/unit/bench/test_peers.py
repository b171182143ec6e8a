"""The table of peers counts only what can be compared."""

from tests.unit.planner.problems import a_problem

from suture.bench.peers import _was_short_changed, judge, table
from suture.planner.budget import Iterations
from suture.planner.first_pass import first_pass


def test_an_engine_on_the_wall_clock_needs_its_core():
    line: dict[str, object] = {"engine": "vroom", "seconds": 10, "cpu": 5.0, "wall": 10.0}
    assert _was_short_changed(line)
    assert not _was_short_changed(line | {"cpu": 9.9})
    assert not _was_short_changed(line | {"engine": "pyvrp"})
    assert not _was_short_changed(line | {"cpu": 0.1, "wall": 0.2})  # it was done long before its time was up


def test_routes_are_priced_by_the_reference_and_not_believed():
    problem = a_problem(1, "plain")
    plan = first_pass(problem, budget=Iterations(50), seed=1)
    routes = [list(route) for route in plan.routes]
    assert judge(problem, routes, None) == (plan.cost, len(plan.uncovered), 0)
    twice = [routes[0] + routes[1][:1], *routes[1:]]
    assert judge(problem, twice, None)[2] > 0


def test_a_run_that_breaks_a_rule_has_no_cost_in_the_table():
    line: dict[str, object] = {"file": "x.txt", "seconds": 5, "engine": "vroom", "cost": 1.0, "broken": 2}
    assert "breaks hard rules" in table([line], {})
