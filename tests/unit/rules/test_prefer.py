"""Rather …"""

import pytest
from tests.builders import a_clinician, a_pair_rule, a_past_visit, a_patient, a_visit, an_open_shift
from tests.rule_verifier import verify

from suture.model.day import PairKind
from suture.rules.errors import RulebookRefused

CONTINUITY = """
    id: continuity
    kind: prefer
    when: "c.id in v.last_clinicians"
    weight: 20
"""
ASKED_FOR = """
    id: asked-for
    kind: prefer
    when: "c.id in p.preferred"
    weight: 30
"""


def test_a_clinician_who_knows_the_patient_saves_driving():
    ana, ben, patient = a_clinician(1), a_clinician(2), a_patient(1)
    verify(CONTINUITY).given(ana, ben, patient, a_visit(1), a_past_visit(ana, patient)).costs(-20)
    verify(CONTINUITY).given(ben, patient, a_visit(1), a_past_visit(ana, patient)).costs(0)


@pytest.mark.parametrize(("days", "minutes"), [(-60, -20), (-61, 0), (0, 0), (3, 0)])
def test_sixty_days_back_count_and_no_day_ahead(days, minutes):
    ana, patient = a_clinician(), a_patient(1)
    verify(CONTINUITY).given(ana, patient, a_visit(1), a_past_visit(ana, patient, days=days)).costs(minutes)


def test_another_discipline_or_patient_is_no_continuity():
    ana, patient = a_clinician(), a_patient(1)
    verify(CONTINUITY).given(ana, patient, a_visit(1), a_past_visit(ana, patient, discipline="PT")).costs(0)
    verify(CONTINUITY).given(ana, patient, a_visit(1), a_past_visit(ana, a_patient(2))).costs(0)


def test_a_clinician_the_patient_asks_for_saves_driving():
    ana, ben, patient = a_clinician(1), a_clinician(2), a_patient(1)
    wish = a_pair_rule(patient, ana, PairKind.PREFERRED)
    verify(ASKED_FOR).given(ana, ben, patient, a_visit(1), wish).costs(-30)
    verify(ASKED_FOR).given(ana, patient, a_visit(1), a_pair_rule(patient, ana)).costs(0)


def test_where_it_cannot_be_told_nothing_is_saved():
    rule = 'id: odd\nkind: prefer\nwhen: "v.lang in c.langs"\nweight: 5'
    verify(rule).given(a_clinician(), an_open_shift()).costs(0)
    verify(rule).given(a_clinician(), a_visit()).costs(-5)


@pytest.mark.parametrize("severity", ["law", "contract"])
def test_what_has_a_price_is_no_law(severity):
    with pytest.raises(RulebookRefused, match="cannot be " + severity):
        verify(CONTINUITY + f"    severity: {severity}")


def test_a_price_is_not_negative():
    with pytest.raises(RulebookRefused, match="weight must be 0 or more"):
        verify(CONTINUITY.replace("20", "-20"))


def test_its_sentence():
    sentence = verify(CONTINUITY).rulebook.rules[0].rule.sentence()
    assert sentence == "Preferably when c.id in v.last_clinicians; worth 20 minutes of driving."
