"""The first pass plans a day from nothing."""

from dataclasses import replace

from tests.builders import a_past_visit, a_shift, a_window, an_open_shift, at
from tests.unit.planner.day.days import (
    LATE_EVENING,
    a_limit,
    clinician,
    day,
    doer_of,
    key,
    mile,
    published,
    rules,
    start_of,
    visit,
)

from suture.model.plan import Assignment, Source, ToldWindow
from suture.model.visit import Priority, TimeWindow, VisitKind
from suture.planner.budget import Budget, CpuSeconds, Iterations, WallSeconds
from suture.planner.day.check import check
from suture.planner.day.first_pass import first_pass, plain_first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.reference import score
from suture.planner.day.rows import IN_A_FIRST_PASS
from suture.planner.day.solution import Solution, to_assignments
from suture.rules.verdicts import LimitMeasure, Rest

ANA, BO = clinician(1), clinician(2)


def plan(problem: DayProblem, n: int = 200, seed: int = 1) -> Solution:
    solution = first_pass(problem, budget=Iterations(n), seed=seed)
    assert check(problem, solution) == ()
    return solution


def test_a_day_without_visits_has_an_empty_plan():
    problem = build(day([], [ANA]), rules(day([], [ANA])), now=LATE_EVENING)
    assert to_assignments(problem, plan(problem)) == {}


def test_a_day_without_clinicians_leaves_everything_uncovered():
    alone = day([visit(1), visit(2)], [])
    problem = build(alone, rules(alone), now=LATE_EVENING)
    assert len(plan(problem).uncovered) == 2


def test_one_visit_starts_when_its_window_opens_and_is_told_in_half_hours():
    one = day([visit(1)], [ANA])
    problem = build(one, rules(one), now=LATE_EVENING)
    (assignment,) = to_assignments(problem, plan(problem)).values()
    assert (assignment.starts_at, assignment.ends_at) == (at("08:00"), at("08:30"))
    assert (assignment.told.open, assignment.told.close) == (at("08:00"), at("08:30"))
    assert (assignment.clinician_id, assignment.route_order) == (ANA.id, 1)


def test_she_leaves_home_when_her_shift_begins_not_earlier():
    far = day([visit(1, mile_no=50, window=a_window("06:00", "12:00"))], [ANA])
    problem = build(far, rules(far), now=LATE_EVENING)
    assert start_of(problem, plan(problem), 1) == at("07:50")


def test_she_is_home_when_her_shift_ends():
    late = day([visit(1, mile_no=30, window=a_window("12:00", "14:00"))], [ANA])
    assert plan(build(late, rules(late), now=LATE_EVENING)).uncovered == (0,)  # 12:00 + 35 + 30 minutes > 13:00


def test_no_one_leaves_home_before_now():
    today = day([visit(1, mile_no=10)], [ANA])
    problem = build(today, rules(today), now=at("09:00"))
    assert start_of(problem, plan(problem), 1) == at("09:10")


def test_the_nearest_clinician_goes():
    near, far = clinician(1, home=12), clinician(2, home=50)
    two = day([visit(1, mile_no=10)], [near, far])
    problem = build(two, rules(two), now=LATE_EVENING)
    assert doer_of(problem, plan(problem), 1) == 1


def test_a_wish_outweighs_the_driving_it_is_worth():
    near, far = clinician(1, home=10), clinician(2, home=20)
    two = day([visit(1, mile_no=10)], [near, far])
    for wish, chosen in ((-21, 2), (-19, 1)):
        problem = build(two, rules(two, minutes={(2, 1): wish}), now=LATE_EVENING)
        assert doer_of(problem, plan(problem), 1) == chosen


def test_who_may_not_and_who_declined_do_not_go():
    two = day([visit(1)], [ANA, BO])
    problem = build(two, rules(two, barred=[(1, 1)]), now=LATE_EVENING)
    assert doer_of(problem, plan(problem), 1) == 2
    declined = replace(two, declined=frozenset({(BO.id, key(1).visit_id)}))
    problem = build(declined, rules(declined, barred=[(1, 1)]), now=LATE_EVENING)
    assert doer_of(problem, plan(problem), 1) is None


def test_where_not_all_fit_the_urgent_one_is_covered():
    narrow = a_window("08:00", "08:30")
    both = day([visit(1, window=narrow), visit(2, window=narrow, priority=Priority.URGENT)], [ANA])
    problem = build(both, rules(both), now=LATE_EVENING)
    assert doer_of(problem, plan(problem), 2) == 1


def test_an_appointment_keeps_its_exact_time():
    exact = TimeWindow(at("10:45"), at("10:45"), at("11:05"))
    clinic = visit(2, kind=VisitKind.APPOINTMENT, window=exact, duration_minutes=20, documentation_minutes=0)
    both = day([visit(1), clinic], [ANA])
    problem = build(both, rules(both), now=LATE_EVENING)
    assignment = to_assignments(problem, plan(problem))[key(2)]
    assert assignment.starts_at == assignment.told.open == assignment.told.close == at("10:45")


def test_an_open_shift_may_fill_a_shift_to_its_end_though_home_is_away():
    seat = an_open_shift(2, place_id=mile(20))
    both = day([visit(1), seat], [ANA], shifts=[a_shift(ANA, "07:00", "17:00")])
    assert plan(build(both, rules(both), now=LATE_EVENING)).uncovered == ()
    only = day([seat], [ANA], shifts=[a_shift(ANA, "13:00", "17:00")])
    assert plan(build(only, rules(only), now=LATE_EVENING)).uncovered == ()


def test_a_split_shift_is_two_rows_with_one_limit():
    visits = [visit(n, window=a_window(f"{n + 7:02}:00", f"{n + 8:02}:00")) for n in (1, 2, 7, 8)]
    split = [a_shift(ANA, "07:30", "11:00"), a_shift(ANA, "13:30", "17:00")]
    both = day(visits, [ANA], shifts=split)
    assert plan(build(both, rules(both), now=LATE_EVENING)).uncovered == ()
    three = a_limit(ANA, 3, measure=LimitMeasure.COUNT, hard_maximum=3)
    assert len(plan(build(both, rules(both, limits=[three]), now=LATE_EVENING)).uncovered) == 1


def test_minutes_of_a_limit_are_care_documentation_and_travel_between_clients():
    two = day([visit(1, mile_no=10), visit(2, mile_no=20)], [ANA])
    for maximum, uncovered in ((80, 0), (79, 1)):  # 2 × 35 and 10 of driving; not the ways from and to home
        problem = build(two, rules(two, limits=[a_limit(ANA, maximum)]), now=LATE_EVENING)
        assert len(plan(problem).uncovered) == uncovered


def test_overtime_has_a_price_up_to_its_hard_end():
    two = day([visit(1, mile_no=10), visit(2, mile_no=10)], [ANA, BO])
    dear = a_limit(ANA, 35, over_minutes=2, hard_maximum=None)
    problem = build(two, rules(two, limits=[dear], barred=[(2, 1), (2, 2)]), now=LATE_EVENING)
    assert plan(problem).uncovered == ()  # 35 minutes over at 2 are dearer than driving, cheaper than nobody
    problem = build(two, rules(two, limits=[dear]), now=LATE_EVENING)
    assert score(problem, plan(problem)).over_limits == 0  # a colleague is there
    ends = replace(dear, hard_maximum=69)
    problem = build(two, rules(two, limits=[ends], barred=[(2, 1), (2, 2)]), now=LATE_EVENING)
    assert len(plan(problem).uncovered) == 1


def test_what_earlier_days_took_counts():
    one = day([visit(1)], [ANA])
    for used, uncovered in ((2365, 0), (2366, 1)):
        problem = build(one, rules(one, limits=[a_limit(ANA, 2400, used=used)]), now=LATE_EVENING)
        assert len(plan(problem).uncovered) == uncovered


def test_rest_after_last_evening_delays_the_morning():
    evening = a_past_visit(ANA, starts_at=at("22:00", days=-1), ends_at=at("22:30", days=-1))
    one = day([visit(1, mile_no=10)], [ANA], past=(evening,))
    problem = build(one, rules(one, rests=[Rest("rest", ANA.id, 600)]), now=LATE_EVENING)
    assert start_of(problem, plan(problem), 1) == at("08:40")  # home until 08:30


def test_rest_before_tomorrow_ends_the_day():
    night = a_past_visit(ANA, starts_at=at("18:00"), ends_at=at("19:00"))
    one = day([visit(1, mile_no=10, window=a_window("11:30", "12:30"))], [ANA], past=(night,))
    for minutes, uncovered in ((360 - 15, 0), (360 - 14, 1)):  # back at 12:15
        problem = build(one, rules(one, rests=[Rest("rest", ANA.id, minutes)]), now=LATE_EVENING)
        assert len(plan(problem).uncovered) == uncovered


def test_two_carers_are_two_people_at_the_same_time():
    near, far = clinician(1, home=10), clinician(2, home=60)
    lift = day([visit(1, mile_no=10, positions=2, window=a_window("07:15", "12:00"))], [near, far])
    problem = build(lift, rules(lift), now=LATE_EVENING)
    solution = plan(problem)
    assert {doer_of(problem, solution, 1, 1), doer_of(problem, solution, 1, 2)} == {1, 2}
    assert start_of(problem, solution, 1, 1) == start_of(problem, solution, 1, 2) == at("07:50")


def test_one_person_is_not_two_carers():
    split = [a_shift(ANA, "07:00", "10:00"), a_shift(ANA, "10:00", "13:00")]
    lift = day([visit(1, positions=2)], [ANA], shifts=split)
    assert len(plan(build(lift, rules(lift), now=LATE_EVENING)).uncovered) == 1


def test_of_two_equal_ways_the_even_one_wins():
    four = day([visit(n, mile_no=0) for n in (1, 2, 3, 4)], [ANA, BO])
    problem = build(four, rules(four), now=LATE_EVENING)
    assert sorted(len(route) for route in plan(problem).routes) == [2, 2]


def test_six_visits_for_one_and_none_for_another_like_her_cost_more_than_ten_minutes_of_driving():
    six = day([visit(n, mile_no=10) for n in range(1, 7)], [clinician(1, home=5), clinician(2, home=5)])
    problem = build(six, rules(six), now=LATE_EVENING, weights=IN_A_FIRST_PASS)
    assert [len(route) for route in plan(problem).routes] == [3, 3]


def test_no_one_drives_far_to_even_out_the_load():
    six = day([visit(n, mile_no=10) for n in range(1, 7)], [ANA, clinician(2, home=60)])
    problem = build(six, rules(six), now=LATE_EVENING, weights=IN_A_FIRST_PASS)
    assert [len(route) for route in plan(problem).routes] == [6, 0]


def test_the_load_is_counted_by_clinician_not_by_shift():
    """Two shifts of one clinician are no reason to give her twice as much."""
    split = [a_shift(ANA, "07:00", "10:00"), a_shift(ANA, "10:00", "13:00"), a_shift(BO, "07:00", "13:00")]
    six = day([visit(n, mile_no=0) for n in range(1, 7)], [ANA, BO], shifts=split)
    problem = build(six, rules(six), now=LATE_EVENING, weights=IN_A_FIRST_PASS)
    for solve in (first_pass, plain_first_pass):
        solution = solve(problem, budget=Iterations(200), seed=1)
        by_ana = sum(len(route) for r, route in enumerate(solution.routes) if problem.rows[r].clinician_id == ANA.id)
        assert by_ana == 3, solve


def test_what_a_person_pinned_stays():
    two = day([visit(1), visit(2)], [ANA, BO])
    told = ToldWindow(at("10:00"), at("11:00"))
    fixed = Assignment(key(1), BO.id, 1, at("10:30"), at("11:00"), told, pinned=True, source=Source.HUMAN)
    pinned = published(two, {key(1): fixed})
    problem = build(pinned, rules(pinned, minutes={(1, 1): -100, (2, 2): -100}), now=LATE_EVENING)
    assert to_assignments(problem, plan(problem))[key(1)] == replace(fixed, route_order=2)


def test_every_kind_of_budget_ends():
    four = day([visit(n) for n in (1, 2, 3, 4)], [ANA, BO])
    problem = build(four, rules(four), now=LATE_EVENING)
    budgets: list[Budget] = [Iterations(0), Iterations(5), CpuSeconds(0.01), WallSeconds(0.01)]
    for budget in budgets:
        assert first_pass(problem, budget=budget, seed=1).uncovered == ()
    assert first_pass(problem, budget=Iterations(5), seed=1).iterations == 5


def test_same_seed_same_plan():
    many = day([visit(n, mile_no=3 * n) for n in range(1, 15)], [ANA, BO, clinician(3, home=30)])
    problem = build(many, rules(many), now=LATE_EVENING)
    assert plan(problem, seed=7) == plan(build(many, rules(many), now=LATE_EVENING), seed=7)
