"""One patient is in one visit at a time: visits are put one after the other, and what has no room is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import TZ, a_window, an_open_shift, at
from tests.unit.planner.day.days import LATE_EVENING, clinician, day, doer_of, key, mile, published, rules, visit

from suture.model.ids import PartyId
from suture.model.plan import Assignment, told_window
from suture.model.visit import Visit, VisitStatus
from suture.planner.budget import Iterations
from suture.planner.day.check import check
from suture.planner.day.first_pass import first_pass
from suture.planner.day.one_at_a_time import one_at_a_time, overlaps
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.solution import Solution, from_assignments

ANN = PartyId(201)
BUDGET = Iterations(60)


def to_ann(number: int, **changes: Any) -> Visit:
    """A visit to the one patient of these tests, at her home."""
    return visit(number, patient_id=ANN, **changes)


def spans(problem: DayProblem, solution: Solution) -> list[tuple[int, int]]:
    """(start, end of care) in minutes of each visit to Ann, in order."""
    own = [(v, at) for v, at in solution.starts.items() if problem.nodes[v].visit.patient_id == ANN]
    return sorted((at // 60, (at + problem.nodes[v].care) // 60) for v, at in own)


def one_after_the_other(problem: DayProblem, solution: Solution) -> bool:
    return all(end <= start for (_, end), (start, _) in pairwise(spans(problem, solution)))


def solver(seed: int = 1) -> Callable[[DayProblem], Solution]:
    return lambda problem: first_pass(problem, budget=BUDGET, seed=seed)


def planned(visits: list[Visit], people: int = 3) -> tuple[DayProblem, Solution]:
    today = day(visits, [clinician(n) for n in range(1, people + 1)])
    found = one_at_a_time(build(today, rules(today), now=LATE_EVENING), solver())
    assert [v for v in check(*found) if v.rule != "lost"] == []
    return found


def test_a_nurse_a_therapist_and_an_aide_come_one_after_the_other():
    window = a_window("08:30", "12:00")
    visits = [to_ann(1, window=window), to_ann(2, window=window, duration_minutes=45)]
    visits += [to_ann(3, window=window, duration_minutes=60)]
    today = day(visits, [clinician(n) for n in (1, 2, 3)])
    strict = rules(today, barred=[(c, v) for c in (1, 2, 3) for v in (1, 2, 3) if c != v])
    problem = build(today, strict, now=LATE_EVENING)
    at_once = solver()(problem)
    assert list(overlaps(problem, at_once)), "without the rule they meet"
    problem, solution = one_at_a_time(problem, solver())
    assert solution.uncovered == ()
    assert one_after_the_other(problem, solution)
    assert check(problem, solution) == ()


def test_the_check_names_visits_that_meet():
    today = day([to_ann(1), to_ann(2)], [clinician(1), clinician(2)])
    problem = build(today, rules(today), now=LATE_EVENING)
    eight = problem.seconds(at("08:00"))
    both = Solution(((0,), (1,)), {0: eight + 600, 1: eight + 1200}, ())
    assert [(v.rule, v.key, v.excess) for v in check(problem, both)] == [("patient_twice", key(2), 1200)]


def test_two_carers_of_one_visit_are_there_together():
    problem, solution = planned([to_ann(1, positions=2), to_ann(2)])
    assert solution.uncovered == ()
    starts = {problem.nodes[v].key: at for v, at in solution.starts.items()}
    assert starts[key(1)] == starts[key(1, 2)]
    assert abs(starts[key(1)] - starts[key(2)]) >= 30 * 60


def test_a_shift_at_a_patients_side_is_there_for_others_to_come():
    shift = an_open_shift(1, patient_id=ANN, place_id=mile(10))
    within = to_ann(2, window=a_window("13:30", "14:30"))
    today = day([shift, within], [clinician(1), clinician(2)])
    today = replace(today, shifts=tuple(replace(s, ends_at=at("18:00")) for s in today.shifts))
    problem, solution = one_at_a_time(build(today, rules(today), now=LATE_EVENING), solver())
    assert (solution.uncovered, problem.crowded) == ((), frozenset())


def test_where_windows_leave_no_choice_one_is_left_out_and_marked():
    tight = a_window("08:00", "08:40")
    problem, solution = planned([to_ann(1, window=tight), to_ann(2, window=tight)])
    (left,) = solution.uncovered
    assert left in problem.crowded
    assert all(row[left] is None for row in problem.prices)


def test_only_one_order_has_room():
    late = to_ann(1, window=a_window("08:30", "12:00"), duration_minutes=120)
    early = to_ann(2, window=a_window("08:00", "08:30"))
    problem, solution = planned([late, early])
    assert solution.uncovered == ()
    assert one_after_the_other(problem, solution)


def test_a_day_without_such_visits_is_solved_once():
    calls = []

    def solve(problem: DayProblem) -> Solution:
        calls.append(problem)
        return solver()(problem)

    today = day([visit(1), visit(2), visit(3)], [clinician(1), clinician(2)])
    one_at_a_time(build(today, rules(today), now=LATE_EVENING), solve)
    assert len(calls) == 1


# --- a repair ---------------------------------------------------------------------------------------------------------


def stop(of: Visit, clinician_number: int, starts: str) -> Assignment:
    start = at(starts)
    ends = start + timedelta(minutes=of.duration_minutes)
    return Assignment(key(int(of.id)), PartyId(100 + clinician_number), 1, start, ends, told_window(of, start, TZ))


def test_in_a_repair_who_was_promised_a_time_keeps_it():
    visits = [to_ann(1, window=a_window("08:00", "12:00")), to_ann(2, window=a_window("08:00", "12:00"))]
    today = day(visits, [clinician(1), clinician(2), clinician(3)])
    today = published(today, {a.key: a for a in (stop(visits[0], 1, "09:00"), stop(visits[1], 2, "09:30"))})
    gone = replace(today, shifts=tuple(s for s in today.shifts if s.clinician_id != PartyId(101)))
    problem = build(gone, rules(gone), now=at("07:30"))

    def solve(problem: DayProblem) -> Solution:
        return rebalance(problem, from_assignments(problem, gone.plan), freed=[key(1)], budget=BUDGET, seed=1)

    problem, solution = one_at_a_time(problem, solve)
    assert (doer_of(problem, solution, 2), problem.instant(solution.starts[1])) == (2, at("09:30"))
    assert doer_of(problem, solution, 1) in (2, 3)
    assert one_after_the_other(problem, solution)


def test_what_runs_over_at_a_patients_home_is_waited_for():
    visits = [to_ann(1), to_ann(2)]
    today = day(visits, [clinician(1), clinician(2)])
    today = published(today, {a.key: a for a in (stop(visits[0], 1, "08:30"), stop(visits[1], 2, "09:05"))})
    running = replace(visits[0], status=VisitStatus.IN_PROGRESS, started_at=at("08:30"), expected_end=at("09:40"))
    today = replace(today, visits={**today.visits, running.id: running})
    problem = build(today, rules(today), now=at("08:50"))

    def solve(problem: DayProblem) -> Solution:
        return rebalance(problem, from_assignments(problem, today.plan), freed=[], budget=BUDGET, seed=1)

    problem, solution = one_at_a_time(problem, solve)
    assert problem.instant(solution.starts[problem.node_of[key(2)]]) >= at("09:40")


@st.composite
def days_with_shared_patients(draw: st.DrawFn) -> list[Visit]:
    visits = []
    for n in range(1, draw(st.integers(2, 6)) + 1):
        opens, length = draw(st.integers(8, 10)), draw(st.integers(1, 4))
        patient = PartyId(200 + draw(st.integers(1, 3)))
        window = a_window(f"{opens:02}:00", f"{min(12, opens + length):02}:00")
        minutes = draw(st.sampled_from([30, 45, 60]))
        visits.append(visit(n, patient_id=patient, window=window, duration_minutes=minutes, mile_no=10 * n))
    return visits


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days_with_shared_patients(), st.integers(1, 4))
def test_no_patient_is_ever_in_two_visits(visits: list[Visit], people: int):
    problem, solution = planned(visits, people)
    assert list(overlaps(problem, solution)) == []
    assert sorted({*solution.uncovered, *(v for r in solution.routes for v in r)}) == list(range(len(problem.nodes)))
