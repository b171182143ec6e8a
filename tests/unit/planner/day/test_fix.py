"""What a pair costs once the rules against it are relaxed, tried in the plan as it stands."""

from dataclasses import replace

from tests.builders import a_shift, a_window
from tests.rule_verifier import a_rulebook
from tests.unit.planner.day.days import LATE_EVENING, clinician, day, key, published, visit

from suture.model.day import Day
from suture.model.people import Clinician
from suture.planner.budget import Iterations
from suture.planner.day.first_pass import first_pass
from suture.planner.day.fix import priced
from suture.planner.day.problem import build
from suture.planner.day.solution import to_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate
from suture.rules.explain import Fix, cheapest_fix, explain

ANA, BO = clinician(1), clinician(2)
BARRED = "id: barred\nkind: forbid\nwhen: \"c.id == 'E-01' && v.id == 'V-01'\""
WOMEN = "id: women\nkind: require\nthat: \"c.gender == 'F'\"\nscope: {clinician: [E-01]}"
HOURS = "id: hours\nkind: limit\nper: [clinician, day]\nmax_minutes: 80"
TOGETHER = "id: series\nkind: together\nper: [patient, day]"


def planned(book: Rulebook, of: Day) -> Day:
    """The day, planned under the rulebook."""
    problem = build(of, evaluate(book, of), now=LATE_EVENING)
    solution = first_pass(problem, budget=Iterations(60), seed=1)
    return published(of, to_assignments(problem, solution))


def fix(book: Rulebook, of: Day, who: Clinician = ANA, number: int = 1) -> Fix:
    rules = evaluate(book, of)
    found = cheapest_fix(explain(rules, who.id, key(number).visit_id))
    return priced(found, of, rules, now=LATE_EVENING)


def test_the_price_is_that_of_the_cheapest_place_once_relaxed():
    """Ana passes mile 10 on her way to mile 20: the visit on the way costs no driving, only a little fairness."""
    book = a_rulebook(BARRED)
    of = planned(book, day([visit(1, mile_no=10), visit(2, mile_no=20)], [ANA]))
    assert list(of.plan.assignments) == [key(2)]
    assert fix(book, of) == Fix(ANA.id, key(1).visit_id, (), ("barred",), (), price_minutes=1)
    away = planned(book, day([visit(1, mile_no=30), visit(2, mile_no=20)], [ANA]))
    assert fix(book, away).price_minutes == 21
    assert fix(book, planned(book, day([visit(1, mile_no=30)], [ANA]))).price_minutes == 61, "two ways of 30 miles"


def test_a_fact_to_verify_is_priced_as_if_it_were_so():
    book = a_rulebook(WOMEN)
    found = fix(book, planned(book, day([visit(1)], [ANA])))
    assert (found.verify, found.relax, found.price_minutes) == (("c.gender",), (), 21)


def test_a_limit_that_the_day_would_break_is_one_more_rule_to_relax():
    book = a_rulebook(BARRED, HOURS)
    of = planned(book, day([visit(1), visit(2), visit(3)], [ANA]))
    assert fix(book, of).relax == ("barred", "hours")
    assert fix(book, of).price_minutes is not None
    law = a_rulebook(BARRED, HOURS + "\nseverity: law")
    assert (fix(law, of).law, fix(law, of).relax, fix(law, of).price_minutes) == (("hours",), (), None)


def test_a_series_is_relaxed_where_another_one_has_the_rest_of_it():
    book = a_rulebook(TOGETHER)
    visits = [visit(n, patient_id=visit(1).patient_id, window=a_window("08:00", "08:30")) for n in (1, 2)]
    of = planned(book, day(visits, [ANA, BO]))
    (done,) = of.plan.assignments.values()
    other = BO if done.clinician_id == ANA.id else ANA
    missing = 3 - int(done.key.visit_id)
    found = fix(book, of, other, missing)
    assert (found.relax, found.price_minutes) == (("series",), 21)


def test_what_no_rule_can_mend_is_said():
    book = a_rulebook(BARRED)
    narrow = a_window("08:00", "08:40")
    of = planned(book, day([visit(1, window=narrow), visit(2, window=narrow)], [ANA]))
    assert str(fix(book, of).blocked) == "window: would make a later stop 25 min too late"
    assert not fix(book, of).possible
    off = day([visit(1)], [ANA], shifts=[])
    assert str(fix(book, off).blocked) == "it has begun or is pinned, or the clinician has no shift that day"
    late = replace(off, shifts=(a_shift(ANA, "11:50", "13:00"),))
    assert str(fix(book, late).blocked) == "window: 30 min too late"


def test_a_plan_that_breaks_the_rules_elsewhere_is_no_part_of_the_price():
    """They hold what a newer rulebook forbids them: all of it is out, and only this pair is relaxed."""
    of = planned(a_rulebook(BARRED), day([visit(1, mile_no=30), visit(2, mile_no=20)], [ANA, BO]))
    newer = a_rulebook('id: none\nkind: forbid\nwhen: "v.dur > 0"')
    assert fix(newer, of).relax == ("none",)
    assert fix(newer, of).price_minutes == 66, "two ways of 30 miles, and another person than Bo comes"
