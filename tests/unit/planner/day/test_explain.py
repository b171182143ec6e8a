"""Why a position has nobody, clinician by clinician; and why it went to somebody."""

from dataclasses import replace

from tests.builders import a_past_visit, a_shift, a_window, at
from tests.rule_verifier import a_rulebook
from tests.unit.planner.day.days import LATE_EVENING, a_limit, clinician, day, key, published, rules, visit, without

from suture.model.day import Day
from suture.planner.budget import Iterations
from suture.planner.day.explain import ClinicianReason, ReasonKind, why_changed, why_uncovered
from suture.planner.day.first_pass import first_pass
from suture.planner.day.problem import Problem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.solution import Solution, from_assignments, to_assignments
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import DayRules, Rest, Unknown

ANA, BO = clinician(1), clinician(2)
BARRED = "id: barred\nkind: forbid\nwhen: \"c.id == 'E-01'\""
SKILLS = 'id: skills\nkind: require\nthat: "v.creds.all(x, x in c.creds)"'
WOMEN = "id: women\nkind: require\nthat: \"c.gender == 'F'\""


def planned(of: Day, by: DayRules) -> tuple[Problem, Solution]:
    problem = build(of, by, now=LATE_EVENING)
    return problem, first_pass(problem, budget=Iterations(50), seed=1)


def only_reason(of: Day, by: DayRules, number: int = 1) -> ClinicianReason:
    problem, solution = planned(of, by)
    (reason,) = why_uncovered(problem, by, solution, key(number))
    return reason


def test_a_failed_rule_is_named_with_its_sentence():
    of = day([visit(1)], [ANA])
    reason = only_reason(of, evaluate(a_rulebook(BARRED, SKILLS), of))
    assert (reason.kind, reason.rule_ids) == (ReasonKind.RULES, ("barred",))
    assert reason.sentence == "A test needs it."


def test_what_cannot_be_told_says_what_is_missing():
    of = day([visit(1)], [ANA])
    reason = only_reason(of, evaluate(a_rulebook(WOMEN), of))
    assert (reason.kind, reason.unknown) == (ReasonKind.UNKNOWN, (Unknown("women", ("c.gender",)),))
    assert reason.sentence == "cannot tell “Only if c.gender == 'F'.”: c.gender missing"


def test_no_shift_in_the_window():
    of = day([visit(1)], [ANA], shifts=[a_shift(ANA, "13:00", "17:00")])
    assert only_reason(of, rules(of)).kind is ReasonKind.NO_SHIFT
    of = day([visit(1)], [ANA], shifts=[])
    assert only_reason(of, rules(of)).kind is ReasonKind.NO_SHIFT


def test_who_declined_is_not_asked_again():
    of = replace(day([visit(1)], [ANA]), declined=frozenset({(ANA.id, key(1).visit_id)}))
    assert only_reason(of, rules(of)).kind is ReasonKind.DECLINED


def test_minutes_too_late_at_the_best_place():
    narrow = a_window("08:00", "08:40")
    of = day([visit(1, window=narrow), visit(2, window=narrow)], [ANA])
    problem, solution = planned(of, rules(of))
    uncovered = problem.nodes[solution.uncovered[0]].key
    (reason,) = why_uncovered(problem, rules(of), solution, uncovered)
    assert (reason.kind, reason.rule_ids, reason.excess_minutes) == (ReasonKind.TIME, ("window",), 25)
    assert "25 min too late" in reason.sentence


def test_the_end_of_the_shift_rest_and_limits():
    of = day([visit(1, mile_no=30, window=a_window("12:00", "13:00"))], [ANA])
    assert only_reason(of, rules(of)).sentence == "shift_end: back 5 min after the end of the shift"
    past = (a_past_visit(ANA, starts_at=at("22:00", days=-1), ends_at=at("23:00", days=-1)),)
    early = day([visit(1, window=a_window("08:00", "09:00"))], [ANA], past=past)
    reason = only_reason(early, rules(early, rests=[Rest("rest", ANA.id, 600)]))
    assert (reason.rule_ids, reason.excess_minutes) == (("rest:rest",), 40)
    full = day([visit(1)], [ANA])
    assert only_reason(full, rules(full, limits=[a_limit(ANA, 30)])).rule_ids == ("limit:day-hours",)


def test_possible_but_too_dear_says_the_price():
    of = day([visit(1)], [ANA])
    by = rules(of, limits=[a_limit(ANA, 0, over_minutes=4, hard_maximum=None)])
    reason = only_reason(of, by)
    assert reason.kind is ReasonKind.TOO_DEAR
    assert reason.price_seconds is not None and reason.price_seconds > 7200


def test_who_comes_nearest_is_first():
    of = day([visit(1, mile_no=30, window=a_window("12:00", "13:00"))], [ANA, BO])
    by = evaluate(a_rulebook(BARRED), of)
    problem, solution = planned(of, by)
    reasons = why_uncovered(problem, by, solution, key(1))
    assert [r.clinician_id for r in reasons] == [BO.id, ANA.id]


def test_a_frozen_or_unknown_position_has_no_reasons():
    of = day([visit(1)], [ANA])
    problem, solution = planned(of, rules(of))
    assert why_uncovered(problem, rules(of), solution, key(9)) == ()


def because(of: Day, absent: int, *, by: DayRules | None = None) -> str:
    """Why visit 1 went where it went after a call-out."""
    by = by or rules(of)
    problem, solution = planned(of, by)
    plan = to_assignments(problem, solution)
    assert plan[key(1)].clinician_id == 100 + absent
    today = without(published(of, plan), clinician(absent))
    problem = build(today, by, now=at("07:00"))
    before = from_assignments(problem, today.plan)
    solution = rebalance(problem, before, freed=[key(1)], budget=Iterations(50), seed=1)
    return why_changed(problem, by, solution, plan[key(1)], to_assignments(problem, solution)[key(1)])


def test_why_it_went_to_her():
    nearest, near, far = clinician(1, home=10), clinician(2, home=14), clinician(3, home=30)
    three = day([visit(1, mile_no=10)], [nearest, near, far])
    assert because(three, 1) == "nearest qualified colleague free at that time"
    assert because(day([visit(1)], [nearest, near]), 1) == "the only qualified colleague free at that time"
    known = because(three, 1, by=rules(three, minutes={(2, 1): -2}))
    assert known == "nearest qualified colleague free at that time; a known face"
    wished = because(three, 1, by=rules(three, minutes={(3, 1): -39}))
    assert wished == "best qualified colleague free at that time, all prices together; a known face"


def test_why_the_time_moved():
    of = day([visit(1)], [ANA])
    problem, solution = planned(of, rules(of))
    old = to_assignments(problem, solution)[key(1)]
    assert why_changed(problem, rules(of), solution, replace(old, starts_at=at("08:20")), old) == (
        "same clinician, 20 min earlier"
    )
