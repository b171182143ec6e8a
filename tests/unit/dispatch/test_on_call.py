"""Who is on call comes when no one else can: in a repair of a published plan, first tier first, never past a rule."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import invariants as must
from tests.builders import a_clinician, a_window, at
from tests.unit.dispatch.a_morning import (
    BUDGET,
    RULEBOOK,
    THE_DAY_BEFORE,
    a_free_day,
    a_published_day,
    added,
    after,
    began,
    called_out,
    changes_of,
    decided,
    key,
    late,
    on_call,
    on_the_roster,
    planned,
    stop,
    visit,
    with_plan,
    working,
)
from tests.unit.dispatch.test_properties import MORNINGS, STEPS, Morning, Step, happening, published_mornings

from suture.dispatch import first_pass
from suture.dispatch.on_call import with_those_on_call
from suture.model.cases import CaseKind
from suture.model.day import Day, PastVisit
from suture.model.decision import ChangeKind, Decision
from suture.model.ids import PlaceId
from suture.model.plan import Source, Stage
from suture.model.visit import Visit
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.solution import Solution, from_assignments
from suture.rules.evaluate import evaluate

RN1, RN2, RN3, PT4 = (a_clinician(n, role=role) for n, role in enumerate(("RN", "RN", "RN", "PT"), start=1))
STAFF = (RN1, RN2, RN3, PT4)
ALL_DAY = ("07:00", "18:00")


def on_the_list(day: Day) -> Day:
    """E-01 and the PT work in the morning; E-02 is on call that day, and E-03 is called after her."""
    day = working(working(day, 2), 3)
    return on_call(on_call(day, 2, ALL_DAY), 3, ALL_DAY, tier=2)


MORNING = on_the_list(a_published_day(stop(1, 1, "08:00"), stop(2, 1, "09:00"), clinicians=STAFF))


def who(decision: Decision) -> dict[int, int]:
    """The clinician of each visit, by their numbers."""
    return {k.visit_id: a.clinician_id - 100 for k, a in decision.assignments.items()}


def to_the_minute(day: Day) -> Day:
    """The day whose visits begin when they are planned, ten minutes later at most."""
    latest = {k.visit_id: a.starts_at + timedelta(minutes=10) for k, a in day.plan.assignments.items()}
    windows = {v: replace(day.visits[v].window, latest_start=at_most) for v, at_most in latest.items()}
    return replace(day, visits={v: replace(day.visits[v], window=window) for v, window in windows.items()})


def wanted(number: int, opens: str, closes: str) -> Visit:
    """A visit that has no clinician yet."""
    return visit(number, window=a_window(opens, closes))


def why_open(decision: Decision) -> str:
    """What the one case of a visit without a clinician says."""
    (case,) = [c for c in decision.cases_opened if c.kind is CaseKind.UNCOVERED_VISIT]
    return " ".join(map(str, case.reasons))


def test_who_is_on_call_comes_when_no_one_else_can_and_the_plan_says_so():
    decision = decided(MORNING, called_out(1, "07:10"))
    assert who(decision) == {1: 2, 2: 2}
    assert str(decision.because) == "Clinician 1 called out at 07:10; on call: Clinician 2"
    change = changes_of(decision)[key(1)]
    assert change.kind is ChangeKind.REASSIGNED
    assert str(change.because) == "Clinician 1 called out at 07:10; on call: Clinician 2"


def test_one_tier_that_is_enough_leaves_the_next_one_alone():
    nearer = replace(MORNING, clinicians={**MORNING.clinicians, RN2.id: replace(RN2, home_place_id=PlaceId(9))})
    assert 3 not in who(decided(nearer, called_out(1, "07:10"))).values()


def test_what_the_first_tier_cannot_do_goes_to_the_second():
    at_once = on_the_list(a_published_day(stop(1, 1, "08:00"), stop(2, 4, "08:00"), clinicians=STAFF))
    decision = decided(to_the_minute(at_once), called_out(1, "07:10"))
    assert sorted(who(decision).values()) == [2, 3]
    assert str(decision.because).endswith(("on call: Clinician 2 and Clinician 3", "Clinician 3 and Clinician 2"))


def test_tiers_come_in_their_own_order_whatever_the_order_of_people():
    """Of two visits at once one has no clinician whoever is called, and E-01, of the second tier, has called out."""
    at_once = [visit(n, window=a_window("04:00", "05:00")) for n in (8, 9)]
    day = a_published_day(stop(1, 3, "10:00"), visits=[visit(1), *at_once], clinicians=STAFF)
    day = on_call(on_call(day, 1, ("00:00", "05:00"), tier=2), 2, ("00:00", "05:00"))
    day = after(day, decided(day, called_out(1, "03:06", until="05:15")))
    decision = decided(day, added(9, "03:07"))
    assert [c for v, c in who(decision).items() if v in (8, 9)] == [2]


def test_whoever_works_anyway_comes_first():
    day = working(MORNING, 3, ("07:00", "13:00"))
    assert set(who(decided(day, called_out(1, "07:10"))).values()) == {3}


def test_nothing_that_has_a_clinician_is_moved_into_on_call_hours():
    """E-02 could do all of it, and is called for what E-01 cannot do alone."""
    day = to_the_minute(MORNING)
    decision = decided(day, called_out(1, "07:10", until="08:20"))
    assert who(decision) == {1: 2, 2: 1}


def test_a_first_pass_calls_no_one_in_and_says_so():
    day = working(on_the_list(a_free_day([visit(1)], STAFF)), 1)
    decision = first_pass.plan(day, RULEBOOK, THE_DAY_BEFORE, BUDGET, 1)
    assert who(decision) == {}
    assert "is on call then, and is called in only after the plan is published" in why_open(decision)


def test_a_draft_is_repaired_without_those_on_call():
    draft = with_plan(MORNING, *MORNING.plan.assignments.values(), stage=Stage.DRAFT)
    assert who(decided(draft, called_out(1, "07:10"))) == {}


@pytest.mark.parametrize(("stage", "left"), [(Stage.DRAFT, {}), (Stage.PUBLISHED, {1: 2})])
def test_hours_that_have_become_on_call_hours_keep_what_people_were_told_alone(stage: Stage, left: dict[int, int]):
    """E-02 had V-01 in hours in which she is only on call by now; E-03 is not there at all."""
    day = with_plan(working(working(MORNING, 3), 1), stop(1, 2, "08:00"), stage=stage)
    decision = decided(replace(day, visits={visit(1).id: day.visits[visit(1).id]}), on_the_roster(2, "07:10"))
    assert who(decision) == left


def test_what_a_person_put_into_on_call_hours_stays_in_a_draft():
    fixed = stop(1, 2, "08:00", pinned=True, source=Source.HUMAN)
    draft = with_plan(MORNING, fixed, stage=Stage.DRAFT)
    assert who(first_pass.plan(draft, RULEBOOK, THE_DAY_BEFORE, BUDGET, 1)) == {1: 2, 2: 1}


def test_who_was_called_in_stays_and_takes_only_what_no_one_else_can():
    morning = to_the_minute(MORNING)
    called_in = after(morning, decided(morning, called_out(1, "07:10", until="10:00")))
    new = [wanted(3, "10:30", "12:30"), wanted(4, "15:00", "16:30")]
    more = replace(called_in, visits={**called_in.visits, **{v.id: v for v in new}})
    decision = decided(more, added(3, "07:30", n=2), added(4, "07:30", n=3))
    assert who(decision) == {1: 2, 2: 2, 3: 1, 4: 2}, "E-01 is back at 10:00, and gone by 15:00"
    must.no_hard_rule_is_broken(after(more, decision), decision, RULEBOOK, at("07:30"))


def test_a_call_out_takes_on_call_hours_too():
    sick = after(MORNING, decided(MORNING, called_out(2, "06:50")))
    assert [s.clinician_id for s in sick.shifts if s.is_on_call] == [RN3.id]
    assert set(who(decided(sick, called_out(1, "07:10", n=2))).values()) == {3}


def without_the_second_tier(day: Day) -> Day:
    return working(day, 3)


def test_a_license_that_is_missing_keeps_who_is_on_call_away_and_is_said():
    unlicensed = {**MORNING.clinicians, RN2.id: replace(RN2, credentials=())}
    day = without_the_second_tier(replace(MORNING, clinicians=unlicensed))
    decision = decided(day, called_out(1, "07:10"))
    assert who(decision) == {}
    said = [" ".join(map(str, c.reasons)) for c in decision.cases_opened if c.kind is CaseKind.UNCOVERED_VISIT]
    assert all("Clinician 2 is on call, but has no valid RN license on that day." in text for text in said)


def test_who_is_on_call_works_no_longer_than_the_week_allows():
    short = {**MORNING.clinicians, RN2.id: replace(RN2, max_weekly_minutes=45)}
    day = without_the_second_tier(replace(MORNING, clinicians=short))
    decision = decided(day, called_out(1, "07:10"))
    assert list(who(decision).values()) == [2], "one of the two visits is all that she may do this week"
    assert "Clinician 2 is on call, but would go over a limit" in why_open(decision)


@pytest.mark.parametrize(("ended", "covered"), [("20:00", {2}), ("23:30", set())])
def test_who_is_on_call_has_had_their_rest(ended: str, covered: set[int]):
    late = PastVisit(None, RN2.id, PlaceId(1), "SN", at("19:00", days=-1), at(ended, days=-1))
    day = without_the_second_tier(replace(to_the_minute(MORNING), past=(late,)))
    assert set(who(decided(day, called_out(1, "07:10"))).values()) == covered


def test_on_call_for_too_short_a_time_is_said():
    day = on_call(without_the_second_tier(working(MORNING, 2)), 2, ("08:00", "08:20"))
    decision = decided(day, called_out(1, "07:10"))
    assert who(decision) == {}
    assert any(
        "Clinician 2 is on call for too short a time then." in str(r) for c in decision.cases_opened for r in c.reasons
    )


def test_who_is_late_into_her_on_call_hours_may_still_be_called_in():
    """She is on call right after her shift: one visit too many for the morning is done then, by her."""
    day = a_published_day(stop(1, 1, "12:00"), clinicians=(RN1,))
    day = on_call(working(day, 1, ("07:00", "12:40")), 1, ("12:40", "15:00"))
    day = replace(day, visits={**day.visits, visit(2).id: wanted(2, "12:00", "14:30")})
    decision = decided(day, added(2, "11:30"))
    assert decision.assignments[key(2)].starts_at >= at("12:40")
    assert str(decision.because).endswith("on call: Clinician 1")


def test_who_is_late_for_a_visit_at_the_end_of_her_shift_does_it_while_she_is_on_call():
    day = a_published_day(stop(1, 1, "12:00"), visits=[wanted(1, "12:00", "14:30")], clinicians=(RN1,))
    day = on_call(working(day, 1, ("07:00", "12:45")), 1, ("12:45", "15:00"))
    decision = decided(day, late(1, 75, "11:30"))
    assert decision.assignments[key(1)].starts_at >= at("12:45")
    assert str(decision.because).endswith("on call: Clinician 1")
    kept = decided(after(day, decision), added(1, "11:40", n=2))
    assert "on call" not in str(kept.because), "she is already called in"


def test_who_begins_early_before_ordinary_hours_is_not_called_in_and_is_where_she_began():
    day = a_published_day(stop(1, 1, "08:30"), stop(2, 1, "09:10"), clinicians=(RN1,))
    day = on_call(working(day, 1, ("08:30", "13:00")), 1, ("05:00", "08:30"))
    decision = decided(day, began(1, "08:15"))
    begun = after(day, decision)
    assert begun.plan.assignments[key(1)].starts_at == at("08:15")
    assert "on call" not in " ".join(map(str, (decision.because, *(c.because for c in decision.changes))))
    (ordinary,) = [r for r in build(begun, evaluate(RULEBOOK, begun), now=at("08:30")).rows if not r.tier]
    assert [f.assignment.key for f in ordinary.frozen] == [key(1)]


def test_who_has_a_clinician_keeps_them_whatever_a_tier_could_do_for_others():
    now, wide = at("07:10"), wanted(3, "08:00", "12:00")
    day = replace(MORNING, visits={**MORNING.visits, wide.id: wide})
    rules = evaluate(RULEBOOK, day)
    problem = build(day, rules, now=now)
    plan = from_assignments(problem, day.plan)
    assert plan.uncovered == (2,)

    def exchanged(problem: DayProblem, kept: Solution) -> tuple[DayProblem, Solution]:
        return problem, replace(kept, uncovered=(0,))

    assert with_those_on_call(day, rules, problem, plan, exchanged)[2].uncovered == plan.uncovered


@MORNINGS
@given(published_mornings(), st.sampled_from([1, 2, 3, 4]), st.sampled_from([1, 2]))
def test_no_first_pass_uses_on_call_hours(morning: Morning, clinician: int, tier: int):
    """Whatever the day: without a clinician's ordinary hours, her on-call hours give a plan nothing."""
    unplanned = with_plan(morning.day, stage=Stage.DRAFT)
    away = working(replace(unplanned, plan=replace(unplanned.plan, version=0)), clinician)
    ready = on_call(away, clinician, ALL_DAY, tier=tier)
    assert planned(ready).plan.assignments == planned(away).plan.assignments


@MORNINGS
@given(published_mornings(), STEPS, st.integers(1, 4), st.integers(0, 9))
def test_on_call_hours_add_to_what_is_covered_and_take_nothing_else(
    morning: Morning, steps: Sequence[Sequence[Step]], clinician: int, seed: int
):
    """Whatever happens: no rule is broken, no one loses a clinician by it, and no one is called in without need."""
    now, off = at("07:30"), working(morning.day, clinician)
    day = after(off, decided(off, on_the_roster(clinician, "07:20", n=100)))
    signals = [happening(step, day, now, n) for n, step in enumerate(steps[0], start=1)]
    ready = on_call(day, clinician, ALL_DAY)
    without, decision = (decided(d, *signals, now=now, seed=seed) for d in (day, ready))
    healed = after(ready, decision)
    must.no_one_is_lost(healed)
    must.no_hard_rule_is_broken(healed, decision, RULEBOOK, now)
    must.nothing_fixed_moves(ready, healed, signals)
    assert decided(ready, *signals, now=now, seed=seed) == decision
    theirs = {a.key for a in decision.assignments.values() if a.clinician_id == 100 + clinician}
    began_anyway = {k for k in theirs if healed.visits[k.visit_id].is_started or healed.visits[k.visit_id].is_closed}
    assert (theirs - began_anyway).isdisjoint(without.assignments)
    assert decision.assignments.keys() >= without.assignments.keys()
