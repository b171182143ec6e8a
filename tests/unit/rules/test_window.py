"""Only between …"""

from dataclasses import replace

import pytest
from tests.builders import a_clinician, a_day, a_patient, a_place, a_visit, a_window, at
from tests.rule_verifier import a_rulebook, verify

from suture.model.people import Clinician, Place
from suture.model.visit import Visit
from suture.rules.errors import RulebookRefused
from suture.rules.evaluate import evaluate
from suture.rules.shapes import shaped
from suture.rules.verdicts import Hours

AFTER_TEN = """
    id: after-ten
    kind: window
    when: "v.site == 'S1'"
    latest_end: "10:00"
"""
FROM_NINE = """
    id: from-nine
    kind: window
    earliest_start: "09:00"
"""


def at_s1() -> tuple[Visit, Place, Clinician]:
    return a_visit(), a_place(site="S1"), a_clinician()


def test_the_hours_of_a_visit_are_narrowed():
    verify(AFTER_TEN).given(*at_s1()).shapes(hours=Hours(latest_end=600), rule_ids=("after-ten",))
    assert not verify(AFTER_TEN).given(a_visit(), a_clinician()).rules.shapes


def test_windows_intersect_and_the_day_is_shaped_by_them_once():
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], places=[a_place(site="S1")])
    rules = evaluate(a_rulebook(AFTER_TEN, FROM_NINE), day)
    once = shaped(day, rules)
    window = once.visits[a_visit().id].window
    assert (window.earliest_start, window.latest_start, window.latest_end) == (at("09:00"), at("09:30"), at("10:00"))
    assert once.asked[a_visit().id] == a_visit()
    again = evaluate(a_rulebook(AFTER_TEN, FROM_NINE), once)
    assert again.shapes == rules.shapes
    assert shaped(once, again) == once


def test_where_nothing_is_left_no_one_may_and_all_rules_that_cut_are_named():
    late = AFTER_TEN.replace("10:00", "09:20")
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], places=[a_place(site="S1")])
    (verdict,) = evaluate(a_rulebook(late, FROM_NINE), day).pairs.values()
    assert verdict.failed == ("after-ten", "from-nine")
    assert shaped(day, evaluate(a_rulebook(late, FROM_NINE), day)).visits == day.visits


def test_where_it_cannot_be_told_the_window_holds():
    nobody = a_visit(window=a_window("11:00", "12:00"))
    verify(AFTER_TEN.replace("v.site == 'S1'", "v.lang == 'es'")).given(
        replace(nobody, patient_id=None), a_clinician()
    ).is_broken_by(1)


def test_a_scope_of_patients():
    rule = FROM_NINE + "    scope: {patient: [P-01]}"
    outcome = verify(rule).given(a_clinician(), a_patient(1), a_visit(1), a_visit(2))
    assert list(outcome.rules.shapes) == [a_visit(1).id]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (FROM_NINE.replace('    earliest_start: "09:00"\n', ""), "at least one of earliest_start"),
        (FROM_NINE + '    latest_end: "08:00"', r"ends before it begins.*\[range\]"),
        (FROM_NINE.replace('"09:00"', "09:61"), "earliest_start must be written differently"),
        (AFTER_TEN.replace("v.site", "c.role"), r"c.role cannot be read here.*\[slot\]"),
        (FROM_NINE + "    scope: {clinician: [E-01]}", "cannot depend on the clinician"),
        (FROM_NINE + "    severity: preference", "cannot be a preference"),
        (
            FROM_NINE + '    tests:\n    - {given: {start: "08:00", end: "08:40"}, expect: pass}',
            "expected pass, the rule says fail",
        ),
        (FROM_NINE + '    tests:\n    - {given: {}, expect: {earliest_start: "10:00"}}', "says earliest_start 09:00"),
        (FROM_NINE + "    tests:\n    - {given: {hours: 9}, expect: pass}", "gives no 'hours'"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    assert verify(AFTER_TEN).rulebook.rules[0].rule.sentence() == "When v.site == 'S1': latest end 10:00."
