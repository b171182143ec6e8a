"""Not all by one …"""

import pytest
from tests.builders import a_clinician, a_patient, a_visit
from tests.rule_verifier import verify

from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import Group, GroupKind

SPREAD = """
    id: spread
    kind: apart
    per: [patient, day]
    max_items: 2
"""
MARIA = a_patient(1)
VISITS = [a_visit(n, patient_id=MARIA.id) for n in (1, 2, 3)]


def test_more_visits_of_a_day_than_one_may_have_are_a_group():
    rules = verify(SPREAD).given(a_clinician(), MARIA, *VISITS).rules
    assert rules.groups == (Group("spread", GroupKind.DIFFERENT, frozenset(v.id for v in VISITS), 2, None),)
    assert verify(SPREAD).given(a_clinician(), MARIA, *VISITS[:2]).rules.groups == ()


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (SPREAD + "    weight: 3\n    severity: law", "what has a price cannot be law or contract"),
        (SPREAD.replace("day", "week"), "per.1: Input should be 'day'"),
        (SPREAD + "    tests:\n    - {given: {clinicians: [a, a, a]}, expect: pass}", "says fail with group True"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    assert verify(SPREAD).rulebook.rules[0].rule.sentence() == "At most 2 of a patient's visits a day to one clinician."
