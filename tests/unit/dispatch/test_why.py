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
from suture.words.reason import Reason, as_written, reason

DAY = a_free_day([visit(1)])
DECLINED = reason("cover.declined")
LONG = as_written("long legal text")


def said(*reasons: ClinicianReason, day=DAY) -> tuple[str, ...]:
    return tuple(map(str, in_words(day, evaluate(RULEBOOK, day), key(1), reasons)))


def test_who_shares_a_reason_is_named_together_and_the_rule_stands_once_behind_them():
    no_role = [ClinicianReason(c.id, ReasonKind.RULES, LONG, ("role",)) for c in (HHA4, HHA4)]
    first, second = said(ClinicianReason(RN1.id, ReasonKind.DECLINED, DECLINED), no_role[0])[:2]
    assert (first, second) == (
        "Clinician 1 has said no to this visit, or to more work today.",
        "Clinician 4 is an HHA; the visit needs an LPN or RN.",
    )
    lines = said(*no_role)
    assert lines[0].count("Clinician 4") == 2 and len(lines) == 2
    assert lines[1].startswith("Rule: A role that may do the service. Each service names the roles")


@pytest.mark.parametrize(
    ("rule", "planners", "words"),
    [
        ("window", reason("plan.window", minutes=7), "would come 7 min too late"),
        ("window", reason("plan.window_later", minutes=7), "would make a later stop 7 min too late"),
        ("shift_end", LONG, "would be back 7 min after the end of the shift"),
        ("rest:rest", LONG, "would get 7 min too little rest (Ten hours off between shifts)"),
        ("limit:daily-hours", LONG, "would go over a limit (Eight hours a day, ten at most)"),
        (
            "same_clinician",
            reason("cover.needs_two"),
            "already has the other position of this visit; it needs two people",
        ),
    ],
)
def test_what_time_blocks_is_said_in_minutes(rule: str, planners: Reason, words: str):
    one = ClinicianReason(RN1.id, ReasonKind.TIME, planners, (rule,), excess_minutes=7)
    assert said(one)[0] == f"Clinician 1 {words}."


def test_who_is_away_is_said_to_be_away_from_when():
    gone = Availability(RN2.id, at("07:40"), at("23:00"), AvailabilityKind.UNAVAILABLE)
    away = replace(DAY, availability=(*DAY.availability, gone))
    reasons = [ClinicianReason(c.id, ReasonKind.NO_SHIFT, reason("cover.no_shift")) for c in (RN1, RN2)]
    assert said(*reasons, day=away) == (
        "Clinician 1 has no shift in the time window.",
        "Clinician 2 is away from 07:40.",
    )
    sick = replace(DAY, availability=(*DAY.availability, replace(gone, called_out=True)))
    assert said(*reasons, day=sick)[1] == "Clinician 2 called out, away from 07:40."


def test_a_rule_whose_condition_fails_is_said_to_fail():
    third = "version: 1\nrules:\n- {id: third, kind: forbid, when: \"c.langs[5] == 'es'\", because: b, owner: o}\n"
    one = ClinicianReason(RN1.id, ReasonKind.RULES, LONG, ("third",))
    line = str(in_words(DAY, evaluate(load(third, name="third.yaml"), DAY), key(1), (one,))[0])
    assert "its condition fails, there is no number 5 in a list of" in line and "rule_fault" not in line


def test_a_few_names_come_first_and_many_come_last():
    many = [ClinicianReason(c.id, ReasonKind.DECLINED, DECLINED) for c in STAFF]
    no = "has said no to this visit, or to more work today"
    assert said(*many[:2])[0] == f"Clinician 1 and Clinician 2: each {no}."
    assert said(*many)[0] == f"Each {no}: Clinician 1, Clinician 2, Clinician 3 and Clinician 4."
    price = reason("cover.price", minutes=9)
    priced = [replace(one, kind=ReasonKind.TOO_DEAR, said=price) for one in many]
    assert said(priced[0])[0] == "Clinician 1: possible, at a price of 9 min of driving."
    assert said(*priced[:2])[0] == "Clinician 1 and Clinician 2: possible, at a price of 9 min of driving."
    assert said(*priced)[0].startswith("Possible, at a price of 9 min of driving: Clinician 1, Clinician 2, ")
