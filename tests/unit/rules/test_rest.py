"""At least … hours off."""

import pytest
from tests.builders import a_clinician, a_visit
from tests.rule_verifier import verify

from suture.rules.errors import RulebookRefused

REST = """
    id: rest
    kind: rest
    min_hours: 10
"""


def test_every_clinician_rests():
    ana = a_clinician()
    verify(REST).given(ana, a_visit()).rests(rule_id="rest", clinician_id=ana.id, minutes=600)


@pytest.mark.parametrize(("hours", "minutes"), [("10.5", 630), ("0.01", 1), ("48", 2880)])
def test_part_hours_are_rounded_up_to_minutes(hours, minutes):
    verify(REST.replace("10", hours)).given(a_clinician()).rests(minutes=minutes)


def test_a_scope_of_clinicians_binds_only_them():
    verify(REST + "    scope: {clinician: [E-02]}").given(a_clinician(1)).binds_no_one()


@pytest.mark.parametrize("hours", ["0", "-1", "49", "'10'", "10:00"])
def test_hours_that_make_no_sense_are_refused(hours):
    with pytest.raises(RulebookRefused, match="min_hours"):
        verify(REST.replace("10", hours))


def test_its_sentence():
    assert verify(REST).rulebook.rules[0].rule.sentence() == "At least 10 hours off between a clinician's shifts."
