"""What must hold on every small day, whatever it looks like."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.builders import at
from tests.unit.planner.day.days import LATE_EVENING, cheapest_of_all, clinician, rules
from tests.unit.planner.day.mornings import Morning, mornings, planned, troubled

from suture.model.people import Shift
from suture.model.visit import TimeWindow
from suture.planner.budget import Iterations
from suture.planner.day.check import check
from suture.planner.day.first_pass import first_pass, plain_first_pass
from suture.planner.day.pricing import Pricing
from suture.planner.day.problem import build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.rows import IN_A_FIRST_PASS
from suture.planner.day.solution import from_assignments, to_assignments

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TINY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(mornings())
def test_a_first_pass_breaks_no_hard_rule_and_loses_nothing(morning: Morning):
    problem, solution = planned(morning)
    assert check(problem, solution) == ()
    placed = sorted([v for route in solution.routes for v in route] + list(solution.uncovered))
    assert placed == list(range(len(problem.nodes)))


@FEW
@given(mornings())
def test_the_parts_of_a_score_are_its_total(morning: Morning):
    problem, solution = planned(morning)
    parts = score(problem, solution)
    assert parts.total == sum(parts.as_dict().values())
    assert all(value >= 0 for name, value in parts.as_dict().items() if name != "pairs")


@FEW
@given(troubled(), st.integers(0, 40))
def test_a_repair_breaks_no_hard_rule_moves_nothing_fixed_and_is_never_dearer(trouble, n):
    morning, now = trouble
    problem = build(morning.day, morning.rules, now=now)
    before = from_assignments(problem, morning.day.plan)
    plain = rebalance(problem, before, freed=(), budget=Iterations(0), seed=1)
    solution = rebalance(problem, before, freed=(), budget=Iterations(n), seed=1)
    assert check(problem, solution) == ()
    assert score(problem, solution).total <= score(problem, plain).total
    after, plan = to_assignments(problem, solution), morning.day.plan.assignments
    assert all(after[s.assignment.key] == s.assignment for s in problem.frozen)
    for v, node in enumerate(problem.nodes):
        if problem.is_pinned(v):
            assert after[node.key].starts_at == plan[node.key].starts_at
            assert after[node.key].clinician_id == plan[node.key].clinician_id


@FEW
@given(troubled())
def test_the_search_prices_as_the_reference_does(trouble):
    """The fast evaluation of the search is held to the slow one: the same starts, the same total."""
    morning, now = trouble
    problem = build(morning.day, morning.rules, now=now, weights=IN_A_FIRST_PASS)
    before = from_assignments(problem, morning.day.plan)
    repaired = rebalance(problem, before, freed=(), budget=Iterations(30), seed=2)
    starts = evaluate(problem, repaired.routes)
    assert not isinstance(starts, Failure)
    assert all(repaired.starts[v] >= start for v, start in starts.items())
    pricing = Pricing(problem)
    timings = pricing.timings(repaired.routes)
    assert timings is not None
    assert [list(t.starts) for t in timings] == [[starts[v] for v in route] for route in repaired.routes]
    uncovered = sum(pricing.uncovered[v] for v in repaired.uncovered)
    shifted = sum(node.shift_seconds for node in problem.nodes)
    earliest = score(problem, replace(repaired, starts=starts))
    assert pricing.total(repaired.routes) == earliest.total - uncovered - shifted


@FEW
@given(troubled())
def test_told_windows_are_kept_where_the_start_stays_inside(trouble):
    morning, now = trouble
    problem = build(morning.day, morning.rules, now=now)
    before = from_assignments(problem, morning.day.plan)
    after = to_assignments(problem, rebalance(problem, before, freed=(), budget=Iterations(30), seed=1))
    for key, old in morning.day.plan.assignments.items():
        new = after.get(key)
        if new is not None and old.told.contains(new.starts_at):
            assert new.told == old.told
        if new is not None:
            assert new.starts_at >= min(old.told.open, old.starts_at)
            assert new.told.contains(new.starts_at) or new == old


@TINY
@given(mornings(most_visits=4, most_clinicians=2))
def test_enough_iterations_find_the_best_plan_of_a_tiny_day(morning: Morning):
    """With a series it is the plain search that does: the compiled one is told who has it."""
    problem = build(morning.day, morning.rules, now=LATE_EVENING)
    assume(len(problem.nodes) <= 4)
    search = plain_first_pass if problem.series else first_pass
    solution = search(problem, budget=Iterations(400), seed=3)
    assert score(problem, solution).total == cheapest_of_all(problem)


@TINY
@given(mornings(most_visits=3, most_clinicians=3), st.integers(0, 30))
def test_one_more_clinician_never_worsens_the_best_plan(morning: Morning, home: int):
    problem = build(morning.day, morning.rules, now=LATE_EVENING)
    assume(len(problem.nodes) <= 3)
    more = clinician(9, home=home)
    people = {**morning.day.clinicians, more.id: more}
    shifts = (*morning.day.shifts, Shift(more.id, at("07:00"), at("13:00")))
    richer = replace(morning.day, clinicians=people, shifts=shifts)
    pairs = {**rules(richer, minutes={(9, 1): -15}).pairs, **morning.rules.pairs}
    larger = build(richer, replace(morning.rules, pairs=pairs), now=LATE_EVENING)
    assert cheapest_of_all(larger) <= cheapest_of_all(problem)


@FEW
@given(mornings(), st.integers(1, 10))
def test_a_day_moved_by_some_hours_has_the_same_plan_so_much_later(morning: Morning, hours: int):
    later = timedelta(hours=hours)
    visits = {v.id: replace(v, window=_moved(v.window, later)) for v in morning.day.visits.values()}
    shifts = tuple(Shift(s.clinician_id, s.starts_at + later, s.ends_at + later) for s in morning.day.shifts)
    past = tuple(replace(p, starts_at=p.starts_at + later, ends_at=p.ends_at + later) for p in morning.day.past)
    moved = replace(morning.day, visits=visits, shifts=shifts, past=past)
    _, solution = planned(morning)
    after = first_pass(build(moved, morning.rules, now=LATE_EVENING + later), budget=Iterations(60), seed=3)
    assert after.routes == solution.routes
    assert after.starts == {v: start + hours * 3600 for v, start in solution.starts.items()}


def _moved(window: TimeWindow, later: timedelta) -> TimeWindow:
    return TimeWindow(window.earliest_start + later, window.latest_start + later, window.latest_end + later)


@FEW
@given(mornings(), st.integers(0, 99))
def test_same_seed_and_iterations_same_plan(morning: Morning, seed: int):
    problem = build(morning.day, morning.rules, now=LATE_EVENING)
    plans = [first_pass(problem, budget=Iterations(25), seed=seed) for _ in range(2)]
    assert plans[0] == plans[1]
