"""The last question before a message leaves: each gate, their order, and what each no means."""

from dataclasses import replace

import pytest
from tests.unit.outreach.a_morning import NEW_YORK, at, the_day_before

from suture.model.messages import Channel, Step
from suture.outreach.gates import SendFacts, Verdict, may_send
from suture.outreach.policy import OutreachPolicy, SameDayChange

POLICY = OutreachPolicy()
ORDER = ["current", "in_time", "news", "reachable", "read", "quiet_hours", "caps"]

FINE = SendFacts(
    step=Step.P_CONFIRM,
    channel=Channel.SMS,
    urgent=False,
    not_after=at("11:00"),
    staff=False,
    tz=NEW_YORK,
    is_current=True,
    answered=False,
    already_told=False,
    has_address=True,
    suppressed=False,
    consented=True,
)


def test_a_message_that_passes_every_gate_says_so():
    gate = may_send(FINE, POLICY, at("09:00"))
    assert gate.verdict is Verdict.SEND
    assert gate.trace == tuple((name, "ok") for name in ORDER)


@pytest.mark.parametrize(
    ("facts", "now", "verdict", "gate_name"),
    [
        (replace(FINE, is_current=False), "09:00", Verdict.SUPERSEDED, "current"),
        (FINE, "11:00", Verdict.EXPIRED, "in_time"),
        (replace(FINE, answered=True), "09:00", Verdict.SKIPPED, "news"),
        (replace(FINE, step=Step.P_CHANGED, already_told=True), "09:00", Verdict.SKIPPED, "news"),
        (replace(FINE, has_address=False), "09:00", Verdict.SUPPRESSED, "reachable"),
        (replace(FINE, suppressed=True), "09:00", Verdict.SUPPRESSED, "reachable"),
        (replace(FINE, consented=False), "09:00", Verdict.SUPPRESSED, "reachable"),
        (replace(FINE, unread=True), "09:00", Verdict.SUPPRESSED, "read"),
        (replace(FINE, unread=True, staff=True, step=Step.S_CHANGED), "09:00", Verdict.SUPPRESSED, "read"),
        (FINE, "07:59", Verdict.WAIT, "quiet_hours"),
        (replace(FINE, not_after=at("07:30")), "07:00", Verdict.EXPIRED, "quiet_hours"),
        (replace(FINE, reminders_today=1), "09:00", Verdict.SKIPPED, "caps"),
        (replace(FINE, reminders_this_week=3), "09:00", Verdict.SKIPPED, "caps"),
    ],
)
def test_each_gate_has_its_own_no(facts, now, verdict, gate_name):
    gate = may_send(facts, POLICY, at(now))
    assert gate.verdict is verdict
    assert gate.trace[-1][0] == gate_name
    assert gate.because and gate.trace[-1][1] == gate.because.code


def test_the_first_no_decides_and_nothing_after_it_is_asked():
    everything = replace(FINE, is_current=False, answered=True, suppressed=True, has_address=False, reminders_today=9)
    assert may_send(everything, POLICY, at("23:00")).trace == (("current", "unsent.stale"),)


def test_quiet_hours_give_the_time_to_try_again():
    facts = replace(FINE, not_after=at("11:00"))
    assert may_send(facts, POLICY, the_day_before("21:00")).due_at == at("08:00")


def test_staff_have_their_own_hours():
    facts = replace(FINE, step=Step.S_CHANGED, channel=Channel.EMAIL, staff=True)
    assert may_send(facts, POLICY, at("05:30")).verdict is Verdict.SEND
    assert may_send(facts, POLICY, at("05:29")).due_at == at("05:30")


def test_an_urgent_change_passes_from_half_past_six_and_must_be_audited():
    facts = replace(FINE, step=Step.P_CHANGED, urgent=True)
    early = may_send(facts, POLICY, at("06:30"))
    assert (early.verdict, early.early) == (Verdict.SEND, True)
    assert may_send(facts, POLICY, at("06:29")).due_at == at("06:30")
    assert may_send(facts, POLICY, at("09:00")).early is False, "in usual hours the setting was not used"


def test_an_urgent_change_waits_when_the_setting_has_been_taken_away_since():
    off = POLICY.model_copy(update={"same_day_change": SameDayChange(enabled=False)})
    facts = replace(FINE, step=Step.P_CHANGED, urgent=True)
    assert may_send(facts, off, at("07:00")).due_at == at("08:00")


@pytest.mark.parametrize(
    "facts",
    [
        replace(FINE, step=Step.P_CHANGED),
        replace(FINE, step=Step.P_CANCELLED),
        replace(FINE, channel=Channel.EMAIL),
        replace(FINE, step=Step.P_NOTICE, channel=Channel.EMAIL),
        replace(FINE, step=Step.S_PUBLISHED, channel=Channel.SMS, staff=True),
    ],
    ids=["change", "cancellation", "question by mail", "notice by mail", "staff"],
)
def test_caps_hold_only_for_reminders_by_sms_and_voice_to_patients(facts):
    assert (
        may_send(replace(facts, reminders_today=5, reminders_this_week=9), POLICY, at("09:00")).verdict is Verdict.SEND
    )


def test_a_notice_told_the_same_does_not_stop_the_question():
    assert may_send(replace(FINE, step=Step.P_NOTICE, already_told=True), POLICY, at("09:00")).verdict is Verdict.SEND


@pytest.mark.parametrize("step", [Step.P_HELP, Step.P_HUMAN, Step.P_EMERGENCY])
def test_an_answer_to_a_text_needs_no_visit_and_no_consent_but_respects_a_stop(step):
    facts = replace(FINE, step=step, is_current=False, consented=False, unread=True)
    assert may_send(facts, POLICY, at("09:00")).verdict is Verdict.SEND
    assert may_send(facts, POLICY, at("03:00")).verdict is Verdict.SEND, "who has just written is awake"
    assert may_send(replace(facts, suppressed=True), POLICY, at("09:00")).verdict is Verdict.SUPPRESSED


def test_who_is_on_call_is_told_at_any_hour_whatever_text_came_from_their_number():
    on_call = replace(FINE, step=Step.S_ON_CALL, staff=True, unread=True, reminders_today=9, reminders_this_week=9)
    assert may_send(on_call, POLICY, at("03:00")).verdict is Verdict.SEND


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"is_current": False}, Verdict.SUPERSEDED),
        ({"suppressed": True}, Verdict.SUPPRESSED),
        ({"consented": False}, Verdict.SUPPRESSED),
        ({"has_address": False}, Verdict.SUPPRESSED),
    ],
)
def test_who_is_on_call_is_not_told_once_someone_took_the_case_nor_after_a_stop(change, verdict):
    assert may_send(replace(FINE, step=Step.S_ON_CALL, **change), POLICY, at("03:00")).verdict is verdict
