"""The same clinician for …"""

import pytest
from tests.builders import a_clinician, a_past_visit, a_patient, a_visit
from tests.rule_verifier import verify

from suture.model.visit import Visit
from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import Group, GroupKind

DAILY = """
    id: wound-series
    kind: together
    when: "v.type == 'wound_care'"
    per: [patient, day]
    weight: 40
"""
WEEKLY = DAILY.replace("day", "week")
MARIA = a_patient(1)


def wound(number: int) -> Visit:
    return a_visit(number, patient_id=MARIA.id, visit_type="wound_care")


def test_a_patients_visits_of_the_day_are_a_group():
    rules = verify(DAILY).given(a_clinician(), MARIA, wound(1), wound(2), a_visit(3, patient_id=MARIA.id)).rules
    members = frozenset({wound(1).id, wound(2).id})
    assert rules.groups == (Group("wound-series", GroupKind.SAME, members, 1, 40),)
    assert verify(DAILY).given(a_clinician(), MARIA, wound(1)).rules.groups == ()


def test_per_week_others_than_those_who_had_the_patient_pay():
    ana, ben = a_clinician(1), a_clinician(2)
    given = ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-1)
    verify(WEEKLY).given(*given).costs(40)
    verify(WEEKLY.replace("    weight: 40\n", "")).given(*given).is_broken_by(1)
    verify(WEEKLY).given(ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-3)).costs(0)
    verify(WEEKLY).given(ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-1, discipline="PT")).costs(0)


def test_whoever_has_left_is_not_waited_for():
    verify(WEEKLY).given(a_clinician(2), MARIA, wound(1), a_past_visit(a_clinician(1), MARIA, days=-1)).costs(0)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (DAILY + "    severity: contract", "what has a price cannot be law or contract"),
        (DAILY.replace("day", "year"), "'day' or 'week'"),
        (DAILY + "    tests:\n    - {given: {v: {type: wound_care}, clinicians: [a, b]}, expect: pass}", "says fail"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    said = verify(DAILY).rulebook.rules[0].rule.sentence()
    price = "each other one costs 40 minutes of driving."
    assert said == f"One clinician a patient and day when v.type == 'wound_care'; {price}"
