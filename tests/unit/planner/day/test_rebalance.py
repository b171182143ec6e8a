"""A repair keeps what need not change and places what was freed."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import a_shift, a_window, at
from tests.unit.planner.day.days import (
    LATE_EVENING,
    a_limit,
    changed,
    clinician,
    day,
    doer_of,
    key,
    published,
    rules,
    start_of,
    visit,
    without,
)

from suture.model.day import ConfirmationState, Day, Promise
from suture.model.ids import PartyId, PositionKey, PromiseId, TouchId
from suture.model.plan import Assignment, Stage, ToldWindow
from suture.model.visit import Priority, VisitStatus
from suture.planner.budget import Iterations
from suture.planner.day.check import check
from suture.planner.day.first_pass import first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.reference import score
from suture.planner.day.solution import Solution, from_assignments, to_assignments
from suture.rules.verdicts import DayRules

ANA, BO, CY = clinician(1), clinician(2), clinician(3)


def first_published(of: Day) -> Day:
    """The day with its first pass published."""
    problem = build(of, rules(of), now=LATE_EVENING)
    return published(of, to_assignments(problem, first_pass(problem, budget=Iterations(200), seed=1)))


def repaired(
    of: Day, *freed: PositionKey, now: str = "07:40", by: DayRules | None = None, n: int = 200
) -> tuple[DayProblem, Solution]:
    problem = build(of, by or rules(of), now=at(now))
    before = from_assignments(problem, of.plan)
    solution = rebalance(problem, before, freed=freed, budget=Iterations(n), seed=1)
    assert check(problem, solution) == ()
    return problem, solution


def mine(of: Day, who: PartyId) -> list[PositionKey]:
    return [a.key for a in of.plan.assignments.values() if a.clinician_id == who]


def test_nothing_happened_so_nothing_changes():
    today = first_published(day([visit(n, mile_no=5 * n) for n in range(1, 9)], [ANA, BO]))
    for now in ("07:40", "07:58", "08:20", "09:47", "11:00"):
        assert to_assignments(*repaired(today, now=now)) == today.plan.assignments


def test_a_call_out_is_covered_and_the_others_keep_their_times():
    visits = [visit(n, mile_no=3 * n, window=a_window("08:00", "13:00")) for n in range(1, 7)]
    today = first_published(day(visits, [ANA, clinician(2, home=20)]))
    freed = mine(today, BO.id)
    assert 0 < len(freed) < 6
    after = to_assignments(*repaired(without(today, BO), *freed))
    assert {a.clinician_id for a in after.values()} == {ANA.id}
    assert set(after) == set(today.plan.assignments)


def test_what_has_no_clinician_any_more_is_freed_unasked():
    today = first_published(day([visit(1), visit(2)], [ANA, BO]))
    problem, solution = repaired(without(today, ANA))
    assert {doer_of(problem, solution, n) for n in (1, 2)} == {2}


def test_what_its_clinician_declined_goes_to_somebody_else():
    today = first_published(day([visit(1)], [clinician(1, home=9), BO]))
    declined = replace(today, declined=frozenset({(PartyId(101), key(1).visit_id)}))
    assert doer_of(*repaired(declined), 1) == 2


def test_started_stops_and_stops_past_their_planned_start_stay():
    today = first_published(day([visit(n, mile_no=n) for n in range(1, 7)], [ANA]))
    plan = today.plan.assignments
    order = sorted(plan.values(), key=lambda a: a.starts_at)
    started = changed(today, order[0].key.visit_id, status=VisitStatus.COMPLETED, started_at=order[0].starts_at)
    now = order[1].starts_at + timedelta(minutes=1)  # nobody checked in at the second
    problem = build(started, rules(started), now=now)
    assert [order[0].key in problem.node_of, order[1].key in problem.node_of] == [False, False]
    freed = [a.key for a in order]
    after = rebalance(problem, from_assignments(problem, started.plan), freed=freed, budget=Iterations(100), seed=1)
    kept = to_assignments(problem, after)
    assert [kept[a.key] for a in order[:2]] == order[:2]


def test_a_run_over_is_believed_though_no_one_checked_in():
    today = first_published(day([visit(1, mile_no=5), visit(2, mile_no=6)], [ANA]))
    first, second = sorted(today.plan.assignments.values(), key=lambda a: a.starts_at)
    late = changed(today, first.key.visit_id, expected_end=at("09:00"))
    after = to_assignments(*repaired(late, now="08:20"))
    assert after[first.key] == first
    assert after[second.key].starts_at == at("09:06")


def test_a_stop_no_one_checked_in_to_is_free_once_its_clinician_called_out():
    today = first_published(day([visit(1, mile_no=5)], [clinician(1, home=4), BO]))
    assert mine(today, PartyId(101)) == [key(1)]
    problem, solution = repaired(without(today, clinician(1)), key(1), now="08:10")
    assert start_of(problem, solution, 1) == at("08:15")


def test_a_clinician_on_the_way_arrives_as_planned():
    today = first_published(day([visit(1, mile_no=20)], [ANA]))
    problem, solution = repaired(today, now="07:50")  # twenty minutes away, due at 08:00
    assert start_of(problem, solution, 1) == at("08:00")


def test_the_told_window_is_kept_while_the_start_stays_inside():
    today = first_published(day([visit(1, mile_no=5), visit(2, mile_no=6)], [ANA]))
    first, second = sorted(today.plan.assignments.values(), key=lambda a: a.starts_at)
    late = changed(
        today, first.key.visit_id, status=VisitStatus.IN_PROGRESS, started_at=at("08:00"), expected_end=at("08:45")
    )
    problem, solution = repaired(late, now="08:20")
    after = to_assignments(problem, solution)[second.key]
    assert after.starts_at == at("08:51") > second.starts_at
    assert after.told == second.told


def test_outside_the_told_window_a_new_one_is_told():
    today = first_published(day([visit(1, mile_no=5), visit(2, mile_no=6)], [ANA]))
    first, second = sorted(today.plan.assignments.values(), key=lambda a: a.starts_at)
    late = changed(
        today, first.key.visit_id, status=VisitStatus.IN_PROGRESS, started_at=at("08:00"), expected_end=at("10:00")
    )
    after = to_assignments(*repaired(late, now="08:20"))[second.key]
    assert after.starts_at == at("10:06")
    assert (after.told.open, after.told.close) == (at("09:30"), at("10:30"))


def test_no_one_is_asked_to_be_ready_earlier_than_told():
    told = ToldWindow(at("10:00"), at("11:00"))
    plan = {key(1): Assignment(key(1), BO.id, 1, at("10:15"), at("10:45"), told)}
    fixed = visit(2, window=a_window("10:30", "11:00"))
    for wanted, starts in ((fixed, "11:05"), (replace(fixed, window=a_window("10:36", "11:06")), "10:01")):
        today = published(day([visit(1), wanted], [ANA, BO]), plan)
        problem, solution = repaired(without(today, BO), key(1), key(2))
        assert start_of(problem, solution, 1) == at(starts)  # 09:55 would do for the first, too early by five minutes


def test_the_start_stays_where_nothing_is_gained_by_an_earlier_one():
    told = ToldWindow(at("10:00"), at("11:00"))
    plan = {key(1): Assignment(key(1), BO.id, 1, at("10:15"), at("10:45"), told)}
    today = published(day([visit(1)], [ANA, BO]), plan)
    assert start_of(*repaired(without(today, BO), key(1)), 1) == at("10:15")


def test_a_draft_promises_nothing():
    told = ToldWindow(at("10:00"), at("11:00"))
    assignment = Assignment(key(1), BO.id, 1, at("10:15"), at("10:45"), told)
    draft = published(day([visit(1)], [ANA, BO]), {key(1): assignment}, stage=Stage.DRAFT)
    problem, solution = repaired(draft, key(1))
    assert start_of(problem, solution, 1) == at("08:00")
    assert score(problem, solution).disruption_person == 0


def test_a_run_over_frees_what_no_longer_fits():
    two = day([visit(1), visit(2, window=a_window("08:30", "09:30"))], [ANA, BO])
    route = {
        key(n): Assignment(key(n), ANA.id, n, at(starts), at(ends), ToldWindow(at(starts), at(ends)))
        for n, starts, ends in ((1, "08:00", "08:30"), (2, "08:35", "09:05"))
    }
    facts = {"status": VisitStatus.IN_PROGRESS, "started_at": at("08:00"), "expected_end": at("09:15")}
    assert doer_of(*repaired(changed(published(two, route), 1, **facts), now="08:10"), 2) == 2


def test_one_other_visit_makes_room_for_one_that_only_she_can_do():
    slot = a_window("08:30", "09:00")
    taken = first_published(day([visit(1, window=slot)], [ANA, BO]))
    holder = 1 if mine(taken, ANA.id) else 2
    urgent = visit(2, window=slot, priority=Priority.STAT)
    both = replace(taken, visits={**taken.visits, urgent.id: urgent})
    problem, solution = repaired(both, key(2), by=rules(both, barred=[(3 - holder, 2)]), n=0)
    assert (doer_of(problem, solution, 2), doer_of(problem, solution, 1)) == (holder, 3 - holder)


def test_a_new_visit_takes_no_place_of_one_that_was_promised_unless_it_is_more_urgent():
    """Both want the same nurse at the same time; the new one is at her door, the promised one far away."""
    slot = a_window("09:00", "09:30")
    promised = first_published(day([visit(1, mile_no=30, window=slot)], [ANA]))
    for priority, kept in ((Priority.ROUTINE, 1), (Priority.URGENT, 2)):
        new = visit(2, mile_no=1, window=slot, priority=priority)
        problem, solution = repaired(replace(promised, visits={**promised.visits, new.id: new}), key(2))
        assert [problem.nodes[v].key for route in solution.routes for v in route] == [key(kept)]


def test_a_visit_whose_clinician_is_gone_takes_no_place_of_one_who_has_somebody():
    slot = a_window("09:00", "09:30")
    today = first_published(day([visit(1, mile_no=30, window=slot), visit(2, mile_no=1, window=slot)], [ANA, BO]))
    far = doer_of(*repaired(today), 1)
    problem, solution = repaired(without(today, BO if far == 1 else ANA), key(2))
    assert (doer_of(problem, solution, 1), doer_of(problem, solution, 2)) == (far, None)


def test_a_move_must_be_worth_its_disturbance():
    """Four minutes of driving saved do not pay for a new face; ten do."""
    holder = clinician(1, home=20)
    plan = first_published(day([visit(1, mile_no=30)], [holder])).plan
    for home, chosen in ((22, 1), (25, 2)):
        two = published(day([visit(1, mile_no=30)], [holder, clinician(2, home=home)]), plan.assignments)
        assert doer_of(*repaired(two, key(1)), 1) == chosen


def test_a_patient_messaged_today_is_dearer_to_move():
    told = ToldWindow(at("08:00"), at("09:00"))
    assignment = Assignment(key(1), ANA.id, 1, at("08:00"), at("08:30"), told)
    today = published(day([visit(1, mile_no=10)], [ANA, clinician(2, home=5)]), {key(1): assignment})
    before = today.visits[key(1).visit_id]
    promise = Promise(
        PromiseId(1), before.id, PartyId(201), TouchId(1), 1, told, True, at("07:10"), ConfirmationState.NEEDS_ACTION
    )
    again = replace(today, promises=(promise,))
    assert doer_of(*repaired(today, key(1)), 1) == 2
    assert doer_of(*repaired(again, key(1)), 1) == 1


def test_a_cancelled_visit_leaves_the_plan_and_moves_no_one_and_no_start():
    today = first_published(day([visit(n, mile_no=8 * n) for n in range(1, 7)], [ANA, BO]))
    gone = changed(today, 3, status=VisitStatus.CANCELLED)
    after, plan = to_assignments(*repaired(gone)), today.plan.assignments
    assert set(after) == set(plan) - {key(3)}
    assert all(replace(after[k], route_order=plan[k].route_order) == plan[k] for k in after)


def test_a_call_out_from_ten_leaves_the_morning_alone():
    today = first_published(
        day([visit(n, mile_no=n, window=a_window("08:00", "13:00")) for n in range(1, 8)], [ANA, BO])
    )
    short = [a_shift(ANA), a_shift(BO, "07:00", "10:00")]
    early = [a.key for a in today.plan.assignments.values() if a.clinician_id == BO.id and a.starts_at < at("09:00")]
    problem, solution = repaired(replace(today, shifts=tuple(short)))
    after = to_assignments(problem, solution)
    assert all(after[k].clinician_id == BO.id for k in early)
    assert len(after) == 7


def test_one_carer_less_needs_another_at_the_same_time():
    today = first_published(day([visit(1, positions=2), visit(2)], [ANA, BO, CY]))
    for absent in (ANA, BO, CY):
        problem, solution = repaired(without(today, absent), *mine(today, absent.id))
        assert start_of(problem, solution, 1, 1) == start_of(problem, solution, 1, 2)
        assert doer_of(problem, solution, 1, 1) != doer_of(problem, solution, 1, 2)


def test_a_limit_already_broken_by_facts_takes_nothing_more_and_breaks_nothing():
    today = first_published(day([visit(1), visit(2, window=a_window("10:00", "12:00"))], [ANA]))
    started = changed(today, 1, status=VisitStatus.IN_PROGRESS, started_at=at("08:00"), expected_end=at("09:30"))
    problem, solution = repaired(started, now="08:50", by=rules(started, limits=[a_limit(ANA, 75)]))
    assert solution.uncovered == (problem.node_of[key(2)],)


def test_a_longer_search_is_never_dearer_than_the_plain_repair():
    visits = [visit(n, mile_no=(7 * n) % 40, window=a_window("08:00", "11:00")) for n in range(1, 13)]
    today = first_published(day(visits, [ANA, clinician(2, home=20), clinician(3, home=40)]))
    freed = mine(today, PartyId(102))
    totals = [score(*repaired(without(today, BO), *freed, n=n)).total for n in (0, 50, 400)]
    assert totals == sorted(totals, reverse=True)
