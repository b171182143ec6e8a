"""Why nobody can come, as a coordinator reads it: short, said once of all it is true of, without names of patients."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import HHA4, RN1, RN2, RULEBOOK, STAFF, a_free_day, key, visit

from suture.dispatch.why import in_words
from suture.model.people import Availability, AvailabilityKind
from suture.planner.day.explain import ClinicianReason, ReasonKind
from suture.rules.book import load
from suture.rules.evaluate import evaluate

DAY = a_free_day([visit(1)])


def said(*reasons: ClinicianReason, day=DAY) -> tuple[str, ...]:
    return in_words(day, evaluate(RULEBOOK, day), key(1), reasons)


def test_who_shares_a_reason_is_named_together_and_the_rule_stands_once_behind_them():
    no_role = [ClinicianReason(c.id, ReasonKind.RULES, "long legal text", ("role",)) for c in (HHA4, HHA4)]
    first, second = said(ClinicianReason(RN1.id, ReasonKind.DECLINED, "has said no to this visit"), no_role[0])[:2]
    assert (first, second) == (
        "Clinician 1 has said no to this visit.",
        "Clinician 4 is an HHA; the visit needs an LPN or RN.",
    )
    lines = said(*no_role)
    assert lines[0].count("Clinician 4") == 2 and len(lines) == 2
    assert lines[1].startswith("Rule: A role that may do the service. Each service names the roles")


@pytest.mark.parametrize(
    ("rule", "sentence", "words"),
    [
        ("window", "window: 7 min too late", "would come 7 min too late"),
        ("window", "window: would make a later stop 7 min too late", "would make a later stop 7 min too late"),
        ("shift_end", "…", "would be back 7 min after the end of the shift"),
        ("rest:rest", "…", "would get 7 min too little rest (Ten hours off between shifts)"),
        ("limit:daily-hours", "…", "would go over a limit (Eight hours a day, ten at most)"),
        ("same_clinician", "already has the other position", "already has the other position"),
    ],
)
def test_what_time_stands_against_is_said_in_minutes(rule: str, sentence: str, words: str):
    reason = ClinicianReason(RN1.id, ReasonKind.TIME, sentence, (rule,), excess_minutes=7)
    assert said(reason)[0] == f"Clinician 1 {words}."


def test_who_is_away_is_said_to_be_away_from_when():
    gone = Availability(RN2.id, at("07:40"), at("23:00"), AvailabilityKind.UNAVAILABLE)
    away = replace(DAY, availability=(*DAY.availability, gone))
    reasons = [ClinicianReason(c.id, ReasonKind.NO_SHIFT, "has no shift in the time window") for c in (RN1, RN2)]
    assert said(*reasons, day=away) == (
        "Clinician 1 has no shift in the time window.",
        "Clinician 2 is away from 07:40.",
    )
    sick = replace(DAY, availability=(*DAY.availability, replace(gone, called_out=True)))
    assert said(*reasons, day=sick)[1] == "Clinician 2 called out at 07:40."


def test_a_rule_whose_condition_fails_is_said_to_fail():
    third = "version: 1\nrules:\n- {id: third, kind: forbid, when: \"c.langs[5] == 'es'\", because: b, owner: o}\n"
    reason = ClinicianReason(RN1.id, ReasonKind.RULES, "…", ("third",))
    (line, *_) = in_words(DAY, evaluate(load(third, name="third.yaml"), DAY), key(1), (reason,))
    assert "its condition fails, there is no number 5 in a list of" in line and "rule_fault" not in line


def test_a_few_names_come_first_and_many_come_last():
    many = [ClinicianReason(c.id, ReasonKind.DECLINED, "has said no to this visit") for c in STAFF]
    assert said(*many[:2])[0] == "Clinician 1 and Clinician 2: each has said no to this visit."
    assert said(*many)[0] == ("Each has said no to this visit: Clinician 1, Clinician 2, Clinician 3 and Clinician 4.")
    priced = [replace(reason, kind=ReasonKind.TOO_DEAR, sentence="possible, at a price") for reason in many[:2]]
    assert said(priced[0])[0] == "Clinician 1: possible, at a price."
    assert said(*priced)[0] == "Clinician 1 and Clinician 2: possible, at a price."
