"""Why a position has nobody, clinician by clinician."""

from dataclasses import replace

from tests.builders import a_past_visit, a_shift, a_window, at
from tests.rule_verifier import a_rulebook
from tests.unit.planner.day.days import LATE_EVENING, a_limit, clinician, day, key, rules, visit

from suture.model.day import Day
from suture.planner.budget import Iterations
from suture.planner.day.explain import ClinicianReason, ReasonKind, why_uncovered
from suture.planner.day.first_pass import first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.solution import Solution
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import DayRules, Rest, Unknown

ANA, BO = clinician(1), clinician(2)
BARRED = "id: barred\nkind: forbid\nwhen: \"c.id == 'E-01'\""
SKILLS = 'id: skills\nkind: require\nthat: "v.creds.all(x, x in c.creds)"'
WOMEN = "id: women\nkind: require\nthat: \"c.gender == 'F'\""


def planned(of: Day, by: DayRules) -> tuple[DayProblem, Solution]:
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
    assert str(reason.said) == "A test needs it."


def test_what_cannot_be_told_says_what_is_missing():
    of = day([visit(1)], [ANA])
    reason = only_reason(of, evaluate(a_rulebook(WOMEN), of))
    assert (reason.kind, reason.unknown) == (ReasonKind.UNKNOWN, (Unknown("women", ("c.gender",)),))
    assert str(reason.said) == "cannot check “Only if c.gender == 'F'”: c.gender missing"


def test_no_shift_in_the_window():
    of = day([visit(1)], [ANA], shifts=[a_shift(ANA, "13:00", "17:00")])
    assert only_reason(of, rules(of)).kind is ReasonKind.NO_SHIFT
    of = day([visit(1)], [ANA], shifts=[])
    assert only_reason(of, rules(of)).kind is ReasonKind.NO_SHIFT


def test_who_declined_is_not_asked_again():
    of = replace(day([visit(1)], [ANA]), declined=frozenset({(ANA.id, key(1).visit_id)}))
    assert only_reason(of, rules(of)).kind is ReasonKind.DECLINED


def test_who_has_one_seat_of_a_visit_for_two_is_not_late_for_the_other():
    of = day([visit(1, positions=2)], [ANA])
    problem, solution = planned(of, rules(of))
    (empty,) = solution.uncovered
    (reason,) = why_uncovered(problem, rules(of), solution, problem.nodes[empty].key)
    assert (reason.kind, str(reason.said)) == (ReasonKind.THERE_ALREADY, "is already going to this visit")


def test_minutes_too_late_at_the_best_place():
    narrow = a_window("08:00", "08:40")
    of = day([visit(1, window=narrow), visit(2, window=narrow)], [ANA])
    problem, solution = planned(of, rules(of))
    uncovered = problem.nodes[solution.uncovered[0]].key
    (reason,) = why_uncovered(problem, rules(of), solution, uncovered)
    assert (reason.kind, reason.rule_ids, reason.excess_minutes) == (ReasonKind.TIME, ("window",), 25)
    assert "25 min too late" in str(reason.said)


def test_the_end_of_the_shift_rest_and_limits():
    of = day([visit(1, mile_no=30, window=a_window("12:00", "13:00"))], [ANA])
    assert str(only_reason(of, rules(of)).said) == "shift_end: back 5 min after the end of the shift"
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
