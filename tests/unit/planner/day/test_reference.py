"""The reference says what is legal, why not, and what it costs; the check finds every breach that is planted."""

from dataclasses import replace
from datetime import datetime

import pytest
from tests.builders import a_past_visit, a_shift, a_window, at
from tests.unit.planner.day.days import LATE_EVENING, a_limit, clinician, day, key, published, rules, visit

from suture.model.plan import Assignment, ToldWindow
from suture.model.visit import TimeWindow
from suture.planner.day.check import check
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.reference import Failure, evaluate, row_starts, score
from suture.planner.day.solution import Solution, from_assignments, to_assignments
from suture.rules.verdicts import Rest

ANA, BO = clinician(1), clinician(2)
TWO = day([visit(1, mile_no=10), visit(2, mile_no=20)], [ANA, BO])


def solved(problem: DayProblem, *routes: tuple[int, ...]) -> Solution:
    starts = evaluate(problem, routes)
    assert not isinstance(starts, Failure)
    return Solution(routes, starts, tuple(v for v in range(len(problem.nodes)) if v not in starts))


def clock(problem: DayProblem, seconds: int) -> datetime:
    return problem.instant(seconds)


def test_a_row_starts_as_early_as_it_can():
    problem = build(TWO, rules(TWO), now=LATE_EVENING)
    starts = row_starts(problem, 0, (0, 1))
    assert not isinstance(starts, Failure)
    assert [clock(problem, s) for s in starts] == [at("08:00"), at("08:45")]  # 30 + 5 + 10 of driving


@pytest.mark.parametrize(
    ("window", "now", "failure"),
    [
        (a_window("08:00", "08:40"), LATE_EVENING, Failure("window", 1, 35 * 60)),
        (a_window("12:20", "13:20"), LATE_EVENING, Failure("shift_end", None, 15 * 60)),
        (a_window("08:00", "12:00"), at("11:30"), Failure("window", 0, 10 * 60)),
    ],
)
def test_the_first_failing_rule_is_named_with_its_excess(window: TimeWindow, now: datetime, failure: Failure):
    of = day([visit(1, mile_no=10), visit(2, mile_no=20, window=window)], [ANA])
    problem = build(of, rules(of), now=now)
    assert row_starts(problem, 0, (0, 1)) == failure


def test_a_morning_too_late_because_of_rest_is_named_so():
    past = (a_past_visit(ANA, starts_at=at("22:00", days=-1), ends_at=at("23:00", days=-1)),)
    of = day([visit(1, mile_no=10, window=a_window("08:00", "09:00"))], [ANA], past=past)
    problem = build(of, rules(of, rests=[Rest("rest", ANA.id, 600)]), now=LATE_EVENING)
    assert row_starts(problem, 0, (0,)) == Failure("rest:rest", 0, 40 * 60)


def test_a_limit_is_over_all_rows_of_a_clinician():
    split = [a_shift(ANA, "07:00", "10:00"), a_shift(ANA, "10:00", "13:00")]
    of = day([visit(1), visit(2)], [ANA], shifts=split)
    problem = build(of, rules(of, limits=[a_limit(ANA, 69)]), now=LATE_EVENING)
    assert evaluate(problem, [(0,), (1,)]) == Failure("limit:day-hours", None, 60)


def test_every_part_of_the_score():
    told = ToldWindow(at("09:00"), at("10:00"))
    plan = {
        key(1): Assignment(key(1), ANA.id, 1, at("09:10"), at("09:40"), told),
        key(2): Assignment(key(2), ANA.id, 2, at("09:55"), at("10:25"), told),
    }
    of = published(day([visit(n, mile_no=10 * n) for n in (1, 2, 3)], [ANA, BO]), plan)
    soft = a_limit(ANA, 30, over_minutes=2, hard_maximum=None)
    problem = build(of, rules(of, minutes={(1, 1): -20, (2, 1): 5, (2, 2): 7}, limits=[soft]), now=LATE_EVENING)
    solution = solved(problem, (0,), (1,))
    late = replace(solution, starts={**solution.starts, 1: problem.seconds(at("10:05"))})
    assert score(problem, late).as_dict() == {
        "travel": 20 * 60 + 40 * 60,
        "pairs": (-20 + 7) * 60,
        "uncovered": 7200,
        "disruption_person": 300,
        "disruption_window": 240,
        "disruption_start": 10 + 10,
        "over_limits": 5 * 2 * 60,
        "out_of_line": 0,
        "fairness": 4,
    }


def test_prices_are_never_negative_and_covering_is_not_repriced():
    problem = build(TWO, rules(TWO, minutes={(1, 1): -20, (2, 1): 5}), now=LATE_EVENING)
    assert [problem.prices[r][0] for r in (0, 1)] == [0, 25 * 60]
    assert score(problem, solved(problem, (), (0,))).pairs == 5 * 60
    assert score(problem, solved(problem, (0,), ())).pairs == -20 * 60


def test_a_plan_comes_back_as_it_was():
    problem = build(TWO, rules(TWO), now=LATE_EVENING)
    solution = solved(problem, (0,), (1,))
    of = published(TWO, to_assignments(problem, solution))
    again = build(of, rules(of), now=LATE_EVENING)
    assert from_assignments(again, of.plan) == solution


def planted(problem: DayProblem, routes: tuple[tuple[int, ...], ...], starts: dict[int, str], lost: bool = False):
    at_seconds = {v: problem.seconds(at(text)) for v, text in starts.items()}
    uncovered = () if lost else tuple(v for v in range(len(problem.nodes)) if v not in starts)
    return {v.rule for v in check(problem, Solution(routes, at_seconds, uncovered))}


def test_the_check_finds_what_is_planted():
    past = (a_past_visit(BO, starts_at=at("18:00"), ends_at=at("18:30")),)
    of = day([visit(1, mile_no=10, positions=2), visit(2, mile_no=20)], [ANA, BO], past=past)
    by = rules(of, barred=[(2, 2)], limits=[a_limit(ANA, 79)], rests=[Rest("rest", BO.id, 480)])
    problem = build(of, by, now=LATE_EVENING)
    assert planted(problem, ((0,), (1,)), {0: "08:00", 1: "08:00"}) == set()
    assert planted(problem, ((0,), (1,)), {0: "08:00", 1: "08:00"}, lost=True) == {"lost"}
    assert planted(problem, ((0, 0), (1,)), {0: "08:00", 1: "08:00"}) >= {"twice"}
    assert planted(problem, ((), (2,)), {2: "08:00"}) == {"not_eligible"}
    assert planted(problem, ((0,), ()), {0: "07:55"}) == {"window"}
    assert planted(problem, ((0,), ()), {0: "11:31"}) == {"window"}
    assert planted(problem, ((2,), ()), {2: "07:19"}) == {"window", "travel"}
    assert planted(problem, ((0, 2), ()), {0: "08:00", 2: "08:44"}) == {"travel", "limit:day-hours"}
    assert planted(problem, ((0,), (1,)), {0: "08:00", 1: "08:05"}) == {"same_start"}
    assert planted(problem, ((0, 1), ()), {0: "08:00", 1: "08:00"}) >= {"same_clinician"}
    assert planted(problem, ((), (1,)), {1: "09:20"}) == {"rest:rest"}  # home at 10:05, ten hours before are gone


def test_the_check_finds_a_late_way_home():
    of = day([visit(1, mile_no=30, window=a_window("11:00", "13:00"))], [ANA])
    problem = build(of, rules(of), now=LATE_EVENING)
    assert planted(problem, ((0,),), {0: "11:55"}) == set()
    assert planted(problem, ((0,),), {0: "11:56"}) == {"shift_end"}
