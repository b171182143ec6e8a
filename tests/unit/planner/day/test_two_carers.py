"""Visits with two carers at an open time are planned by the compiled search, and no worse than by the plain one."""

import pytest
from tests.builders import a_window
from tests.unit.planner.day.days import LATE_EVENING, clinician, day, rules, visit

from suture.planner.budget import Iterations
from suture.planner.day import first_pass as module
from suture.planner.day.check import check
from suture.planner.day.first_pass import first_pass, plain_first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.reference import score


def two_carer_day(n: int, people: int) -> DayProblem:
    visits = [
        visit(v, mile_no=(7 * v) % 30, window=a_window("08:00", "11:00"), positions=2 if v % 3 == 0 else 1)
        for v in range(1, n + 1)
    ]
    today = day(visits, [clinician(k, home=5 * k) for k in range(1, people + 1)])
    return build(today, rules(today), now=LATE_EVENING)


def test_two_carers_need_no_plain_search(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "plain_first_pass", lambda *_, **__: pytest.fail("fell back to the plain search"))
    problem = two_carer_day(9, 4)
    assert check(problem, first_pass(problem, budget=Iterations(50), seed=1)) == ()


@pytest.mark.parametrize(("n", "people"), [(6, 3), (12, 5)])
def test_the_compiled_search_is_no_worse_than_the_plain_one(n: int, people: int):
    problem = two_carer_day(n, people)
    compiled = first_pass(problem, budget=Iterations(600), seed=1)
    plain = plain_first_pass(problem, budget=Iterations(600), seed=1)
    assert score(problem, compiled).total <= score(problem, plain).total
