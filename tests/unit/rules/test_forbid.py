"""Never when …"""

import pytest
from tests.builders import a_clinician, a_pair_rule, a_patient, a_visit, an_open_shift
from tests.rule_verifier import verify

from suture.model.day import PairKind
from suture.rules.errors import RulebookRefused

BARRED = """
    id: barred
    kind: forbid
    when: "c.id in v.banned"
"""


def test_a_barred_clinician_breaks_it_and_the_others_keep_it():
    ana, ben, patient = a_clinician(1), a_clinician(2), a_patient(1)
    verify(BARRED).given(ana, ben, patient, a_visit(1), a_pair_rule(patient, ana)).is_broken_by(1)
    verify(BARRED).given(ben, patient, a_visit(1), a_pair_rule(patient, ana)).holds()


def test_a_wish_of_another_patient_or_kind_is_no_matter():
    ana = a_clinician()
    verify(BARRED).given(ana, a_visit(1), a_patient(2), a_pair_rule(a_patient(2), ana)).holds()
    verify(BARRED).given(ana, a_visit(1), a_pair_rule(a_patient(1), ana, PairKind.PREFERRED)).holds()


def test_no_one_is_barred_from_an_open_shift():
    verify(BARRED).given(a_clinician(), an_open_shift()).holds()


def test_a_bar_stands_even_where_the_patients_record_is_missing():
    ana = a_clinician()
    outcome = verify(BARRED).given(ana, a_visit(1), a_pair_rule(a_patient(1), ana))
    outcome.is_broken_by(1)


def test_hours_are_local_to_the_place():
    late = "id: odd\nkind: forbid\nwhen: \"v.start >= hm('08:00')\""
    verify(late).given(a_clinician(), a_visit()).is_broken_by(1)
    verify(late.replace("08:00", "08:01")).given(a_clinician(), a_visit()).holds()


def test_an_unknown_fact_refuses_the_pair():
    rule = "id: odd\nkind: forbid\nwhen: \"v.lang == 'es' && c.role == 'RN'\""
    verify(rule).given(a_clinician(), an_open_shift()).is_unknown("v.lang")


def test_an_unknown_fact_that_cannot_matter_does_not():
    rule = "id: odd\nkind: forbid\nwhen: \"v.lang == 'es' && c.role == 'PT'\""
    verify(rule).given(a_clinician(), an_open_shift()).holds()
    known = "id: odd\nkind: forbid\nwhen: \"known.v.lang && v.lang == 'es'\""
    verify(known).given(a_clinician(), an_open_shift()).holds()


def test_a_condition_that_fails_at_run_time_refuses_the_pair():
    verify("id: odd\nkind: forbid\nwhen: \"v.roles[7] == 'RN'\"").given(a_clinician(), a_visit()).is_unknown(
        "rule_fault"
    )


def test_what_binds_is_no_preference():
    with pytest.raises(RulebookRefused, match="cannot be a preference"):
        verify(BARRED + "    severity: preference")


def test_a_scope_of_patients_and_clinicians_narrows_the_rule():
    rule = 'id: odd\nkind: forbid\nwhen: "true"\nscope: {patient: [P-01], clinician: [E-01]}'
    verify(rule).given(a_clinician(1), a_clinician(2), a_visit(1), a_visit(2), an_open_shift(3)).is_broken_by(1)


def test_its_sentence():
    assert verify(BARRED).rulebook.rules[0].rule.sentence() == "Never when c.id in v.banned."
