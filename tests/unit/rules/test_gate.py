"""Not before …"""

import pytest
from tests.builders import a_clinician, a_visit, an_open_shift
from tests.rule_verifier import Verification, verify

from suture.model.visit import Priority
from suture.rules.book import load
from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import Gate

CONFIRMED = """
    id: confirm-gate
    kind: gate
    when: "v.priority >= 2"
    needs: patient_confirmed
    by: "-90min"
    else: hold
"""


def test_a_visit_stands_behind_the_gate_and_is_planned_all_the_same():
    urgent = a_visit(1, priority=Priority.URGENT)
    outcome = verify(CONFIRMED).given(a_clinician(), urgent, a_visit(2))
    assert outcome.rules.gates == (Gate("confirm-gate", urgent.id, "patient_confirmed", 90, "hold"),)
    outcome.holds()


def test_until_an_agency_has_rules_of_its_own_only_home_visits_of_aides_are_behind_a_gate():
    rulebook = load("version: 1\npacks: [agency-defaults]", name="rulebook.yaml")
    aide = a_visit(1, discipline="HHA", roles=("HHA",))
    gates = Verification(rulebook).given(a_clinician(role="HHA"), aide, a_visit(2), an_open_shift(3)).rules.gates
    assert [(gate.visit_id, gate.otherwise) for gate in gates] == [(aide.id, "release_and_flag")]


def test_where_it_cannot_be_told_it_stands_behind_the_gate():
    rule = CONFIRMED.replace("v.priority >= 2", "v.lang == 'es'")
    assert verify(rule).given(a_clinician(), an_open_shift()).rules.gates


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (CONFIRMED.replace("patient_confirmed", "order_signed"), "needs must be 'patient_confirmed' or"),
        (CONFIRMED.replace("-90min", "2h"), "by must be written differently"),
        (CONFIRMED + "    tests:\n    - {given: {v: {priority: 2}}, expect: pass}", "says fail with held True"),
        (
            CONFIRMED + "    tests:\n    - {given: {v: {priority: 1}, staf_accepted: true}, expect: pass}",
            "staff_accepted",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    said = verify(CONFIRMED).rulebook.rules[0].rule.sentence()
    assert said == "Not dispatched before patient confirmed when v.priority >= 2; 90min before the start: hold."
