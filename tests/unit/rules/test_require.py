"""Only if …"""

import pytest
from tests.builders import SERVICE_DATE, a_clinician, a_credential, a_visit, an_open_shift
from tests.rule_verifier import verify

from suture.rules.errors import RulebookRefused

ROLE = """
    id: role
    kind: require
    that: "c.role in v.roles"
"""
SKILLS = """
    id: credential
    kind: require
    that: "v.creds.all(x, x in c.creds)"
"""
EARLY = """
    id: early-starts
    kind: require
    when: "v.type == 'infusion'"
    that: "c.start <= hm('07:00')"
"""


def test_a_role_that_may_do_the_service_keeps_the_rule():
    verify(ROLE).given(a_clinician(role="LPN"), a_visit(roles=("RN", "LPN"))).holds()


def test_another_role_breaks_it():
    verify(ROLE).given(a_clinician(1, role="HHA"), a_clinician(2, role="RN"), a_visit(roles=("RN",))).is_broken_by(1)


def test_a_service_without_roles_cannot_be_told():
    verify(ROLE).given(a_clinician(), a_visit(roles=())).is_unknown("v.roles")


def test_every_skill_of_the_visit_is_needed():
    visit = a_visit(required_skills=("iv", "wound_care"))
    verify(SKILLS).given(a_clinician(skills=["iv", "wound_care"]), visit).holds()
    verify(SKILLS).given(a_clinician(skills=["iv"]), visit).is_broken_by(1)
    verify(SKILLS).given(a_clinician(), a_visit()).holds()


def test_a_credential_counts_on_its_last_day_and_not_on_the_next():
    visit = a_visit(required_skills=("iv",))
    last_day = a_clinician(credentials=(a_credential("iv", until=SERVICE_DATE),))
    day_after = a_clinician(credentials=(a_credential("iv", until=SERVICE_DATE.replace(day=23)),))
    verify(SKILLS).given(last_day, visit).holds()
    verify(SKILLS).given(day_after, visit).is_broken_by(1)


def test_an_unverified_credential_is_not_valid():
    verify(SKILLS).given(
        a_clinician(credentials=(a_credential("iv", until=None),)), a_visit(required_skills=("iv",))
    ).is_broken_by(1)


def test_when_says_for_which_visits():
    verify(EARLY).given(a_clinician(), a_visit(visit_type="infusion")).holds()
    verify(EARLY.replace("07:00", "06:30")).given(a_clinician(), a_visit(visit_type="infusion")).is_broken_by(1)
    verify(EARLY.replace("07:00", "06:30")).given(a_clinician(), a_visit()).holds()


def test_an_unknown_that_matters_only_when_the_visit_is_meant():
    off_duty = {"shifts": ()}
    verify(EARLY).given(a_clinician(), a_visit(visit_type="infusion"), **off_duty).is_unknown("c.start")
    verify(EARLY).given(a_clinician(), a_visit(), **off_duty).holds()


def test_an_unknown_when_is_no_matter_where_that_is_so():
    rule = "id: odd\nkind: require\nwhen: \"v.lang == 'es'\"\nthat: \"c.role == 'RN'\""
    verify(rule).given(a_clinician(), an_open_shift()).holds()
    verify(rule).given(a_clinician(role="LPN"), an_open_shift()).is_unknown("v.lang")


def test_a_condition_that_fails_at_run_time_refuses_the_pair():
    verify('id: odd\nkind: require\nthat: "v.dur / (v.dur - 30) > 0"').given(a_clinician(), a_visit()).is_unknown(
        "rule_fault"
    )


def test_what_binds_is_no_preference():
    with pytest.raises(RulebookRefused, match="cannot be a preference"):
        verify(ROLE + "    severity: preference")


def test_its_sentence():
    assert _sentence(ROLE) == "Only if c.role in v.roles."
    assert _sentence(EARLY) == "When v.type == 'infusion', only if c.start <= hm('07:00')."


def _sentence(rule: str) -> str:
    return verify(rule).rulebook.rules[0].rule.sentence()
