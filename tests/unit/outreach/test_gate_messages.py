"""What a clinician hears of a visit behind its gate: set out, or do not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.outreach.a_morning import JUDITH, NORA, at, change, contacts, repaired, stop

from suture.model.cases import CaseKind, CaseSubject
from suture.model.decision import Decision
from suture.model.ids import VisitId
from suture.model.messages import GATE_STEPS, Step, SubjectKind
from suture.model.plan import Stage
from suture.outreach.compose import cases_of, compose
from suture.outreach.policy import OutreachPolicy

POLICY = OutreachPolicy()
KNOWN = contacts([1, 2])


def cleared(decision: Decision, **visits: bool) -> Decision:
    """The decision that also opens (True) or closes the gates of visits v1, v2 …"""
    return replace(decision, cleared=tuple((VisitId(int(v[1:])), out) for v, out in visits.items()))


def told(decision: Decision, now: str = "06:00"):
    return [t for t in compose(decision, KNOWN, POLICY, at(now)) if t.step in GATE_STEPS]


def test_whoever_holds_the_visit_is_told_at_once():
    decision = cleared(repaired(stop(1, "09:00"), stop(2, "10:00", JUDITH), changes=()), v1=True)
    (touch,) = told(decision)
    assert (touch.step, touch.party_id) == (Step.S_SET_OUT, NORA)
    assert (touch.subject, touch.subject_id) == (SubjectKind.VISIT, 1)
    assert touch.due_at == at("06:00:10"), "no longer held back than what is urgent"
    assert touch.not_after == at("09:00"), "of use until the visit is to begin"
    assert (
        str(touch.because)
        == "The clinician is to set out for the visit at 09:00, which waited for its patient's answer."
    )


def test_who_is_not_to_go_is_told_so():
    (touch,) = told(cleared(repaired(stop(1, "09:00"), changes=()), v1=False))
    assert (touch.step, touch.party_id) == (Step.S_STAND_DOWN, NORA)


def test_both_carers_of_a_visit_hear():
    pair = (stop(1, "09:00"), stop(1, "09:00", JUDITH, position=2))
    assert [t.party_id for t in told(cleared(repaired(*pair, changes=()), v1=True))] == [NORA, JUDITH]


def test_of_a_place_that_was_given_up_whoever_had_it_hears():
    had = stop(1, "09:00")
    (touch,) = told(cleared(repaired(stop(2, "10:00"), changes=[change(had, None, told_changed=False)]), v1=False))
    assert (touch.step, touch.party_id, touch.not_after) == (Step.S_STAND_DOWN, NORA, at("09:00"))


def test_who_gets_the_visit_only_now_hears_of_the_list_alone():
    moved = change(stop(1, "09:00"), stop(1, "09:00", JUDITH), told_changed=False)
    decision = cleared(repaired(stop(1, "09:00", JUDITH), changes=[moved]), v1=True)
    assert told(decision) == []
    assert {t.step for t in compose(decision, KNOWN, POLICY, at("06:00"))} == {Step.S_CHANGED, Step.S_EMPTIED}


def test_no_one_hears_of_a_draft():
    decision = cleared(repaired(stop(1, "09:00"), changes=()), v1=True)
    assert told(replace(decision, stage=Stage.DRAFT)) == []


def test_before_half_past_five_it_waits():
    (touch,) = told(cleared(repaired(stop(1, "07:00"), changes=()), v1=True), now="04:50")
    assert touch.due_at == at("05:30")


@pytest.mark.parametrize(("starts", "cases"), [("07:00", []), ("05:20", [CaseKind.MESSAGE_UNDELIVERABLE])])
def test_what_would_come_too_late_is_a_case_about_the_clinician(starts, cases):
    decision = cleared(repaired(stop(1, starts), changes=()), v1=True)
    found = cases_of(decision, KNOWN, POLICY, at("04:50"))
    assert [c.kind for c in found] == cases
    assert all(c.subject == CaseSubject.of_clinician(NORA, decision.service_date) for c in found)


def test_the_change_that_is_not_urgent_still_waits_its_minute():
    assert POLICY.hold_back.automatic > POLICY.hold_back.urgent
    before, after = stop(2, "12:00"), stop(2, "13:00")
    decision = cleared(repaired(stop(1, "09:00"), after, changes=[change(before, after, told_changed=True)]), v1=True)
    due = {t.step: t.due_at - at("06:00") for t in compose(decision, KNOWN, POLICY, at("06:00"))}
    assert due[Step.S_SET_OUT] == timedelta(seconds=10) < due[Step.S_CHANGED]
