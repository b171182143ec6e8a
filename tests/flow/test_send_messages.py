"""From a planned touch to a message that was sent once, or to a case: with channels that do what providers do."""

import re
from datetime import timedelta

import pytest
from tests.flow.a_told_visit import cases, events, plan, state, token_in
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, a_touch, at
from tests.store.a_shell import Shell

from suture.model.day import ConfirmationState
from suture.model.links import LinkResult, PatientLink
from suture.model.messages import Channel, Receipt, Refusal, Send, SendOutcome, Step
from suture.model.signals import Answer
from suture.ports import PermanentAdapterError, TransientAdapterError
from suture.service.answer_link import answer, look_up
from suture.service.send_messages import send_due, sweep
from suture.words.reason import from_json

TRANSIENT = Receipt(SendOutcome.TRANSIENT, "scripted", code="451")
PERMANENT = Receipt(SendOutcome.PERMANENT, "scripted", code="550")
UNKNOWN = Receipt(SendOutcome.UNKNOWN, "scripted", code="timeout")


# sent ---------------------------------------------------------------------------------------------


def test_a_question_leaves_once_and_what_it_told_is_a_promise(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    assert send_due(shell.caller) == 1
    assert send_due(shell.caller) == 0
    [message] = shell.sms.sent
    assert message.body.startswith(
        "Riverbend Home Care: visit Tue Mar 24, 9:00-10:00am. Reply 1 yes, 2 no, STOP to opt out. Or open http"
    )
    assert (message.to, message.sender) == ("+16145550111", "+16145550100")
    assert len(message.body) <= 160
    assert state(shell, touch) == "sent"
    [promise] = shell.rows("SELECT window_open, asks, told_at, channel FROM promise")
    assert promise == {"window_open": at("09:00"), "asks": True, "told_at": AFTERNOON_BEFORE, "channel": "sms"}
    assert len(shell.rows("SELECT id FROM open_prompt WHERE closed_at IS NULL")) == 1
    assert events(shell) == ["message.sent"]
    [gates] = shell.rows("SELECT gates FROM touch")
    assert [name for name, said in gates["gates"] if said == "ok"] == [name for name, _ in gates["gates"]]


def test_a_message_about_an_appointment_names_its_clinic(shell, branch, visit):
    shell.run("UPDATE service SET kind = 'appointment'")
    shell.run("UPDATE place SET name = 'Riverbend Clinic North'")
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, channel=Channel.EMAIL))
    send_due(shell.caller)
    assert "9:00-10:00am at Riverbend Clinic North." in shell.email.sent[0].body
    assert "Clinic" not in shell.email.sent[0].subject
    link = shell.email.sent[0].body.split("/p/")[1].split()[0]
    view = look_up(shell.caller, link)
    assert isinstance(view, PatientLink) and view.clinic == "Riverbend Clinic North"


def test_a_clinicians_day_is_one_mail_and_a_promise_for_each_stop(shell, branch, visit):
    plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    send_due(shell.caller)
    [mail] = shell.email.sent
    assert (mail.subject, mail.to) == ("Riverbend Home Care: your schedule for Tuesday, March 24", "Nora@example.org")
    assert mail.sender == "Riverbend Home Care <visits@localhost>"
    assert [r["visit_id"] for r in shell.rows("SELECT visit_id FROM promise")] == [visit]


def test_a_spanish_speaker_is_written_to_in_spanish(shell, branch):
    with shell.caller.transaction() as tx:
        bens = a_branch.add_visit(tx, branch, branch.ben, "09:00")
        a_branch.assign(tx, branch, bens, branch.nora, "09:15")
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ben, bens))
    send_due(shell.caller)
    assert "visita martes 24 de marzo, 9:15-10:15am. Responda 1 OK" in shell.sms.sent[0].body


def test_nothing_in_any_message_names_a_person_or_the_work(shell, branch, visit):
    plan(
        shell,
        branch,
        a_touch(Step.P_CONFIRM, branch.ann, visit),
        a_touch(Step.P_NOTICE, branch.ann, visit, channel=Channel.EMAIL),
        a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL),
    )
    send_due(shell.caller)
    assert len(shell.sent) == 3
    for message in shell.sent:
        assert not re.search(r"\b(Ann|Ben|Nora|Judith|Tester|SN|RN|nurse)\b", message.subject + message.body)


def test_the_most_pressing_leaves_first(shell, branch, visit):
    other = [a_touch(Step.P_NOTICE, branch.ann, visit, channel=Channel.EMAIL, priority=3)]
    plan(shell, branch, *other, a_touch(Step.S_CHANGED, branch.nora, channel=Channel.EMAIL, priority=0))
    send_due(shell.caller, limit=1)
    assert "your schedule" in shell.email.sent[0].subject


# what providers do --------------------------------------------------------------------------------


def test_a_provider_that_is_away_for_hours_is_tried_until_the_message_is_of_no_use(shell, branch, visit):
    """Nora has no other address: after five tries a person hears of it, and the mail still leaves when it can."""
    [touch] = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    shell.email.script = [TRANSIENT] * 12
    for _ in range(12):
        send_due(shell.caller)
        [row] = shell.rows("SELECT state, due_at FROM touch")
        assert row["state"] == "planned" and row["due_at"] - shell.clock.now() <= timedelta(minutes=10)
        shell.clock.advance_to(row["due_at"])
    [case] = shell.rows("SELECT reasons FROM exception_case WHERE state = 'open'")
    why = str(from_json(case["reasons"][0]))
    assert why == "A message could not be sent: the provider could not be reached 5 times; it is still being tried."
    send_due(shell.caller)
    assert (state(shell, touch), cases(shell)) == ("sent", [])


def test_a_provider_that_is_away_is_tried_again_later_and_nothing_is_lost(shell, branch, visit):
    shell.sms.script = [TRANSIENT, TransientAdapterError("away")]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    for wait in (0, 30, 60):
        shell.clock.advance_to(shell.clock.now() + timedelta(seconds=wait))
        assert send_due(shell.caller) == 1
        assert send_due(shell.caller) == 0, "not before its time"
    assert (state(shell, touch), len(shell.sms.sent)) == ("sent", 1)
    outcomes = [r["outcome"] for r in shell.rows("SELECT outcome FROM message_attempt ORDER BY attempt_no")]
    assert outcomes == ["transient", "transient", "accepted"]


def test_the_key_a_provider_may_know_a_message_by_stays_the_same_over_tries(shell, branch, visit):
    keys: list[str] = []

    def away(message: Send) -> Receipt:
        keys.append(message.idem_key)
        return TRANSIENT

    shell.sms.script = [away]
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    shell.clock.advance_to(AFTERNOON_BEFORE + timedelta(seconds=30))
    send_due(shell.caller)
    assert keys == [shell.sms.sent[0].idem_key]


def test_after_five_tries_the_next_channel_carries_it(shell, branch, visit):
    shell.sms.script = [TRANSIENT] * 5
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    for _ in range(6):
        send_due(shell.caller)
        shell.clock.advance_to(shell.clock.now() + timedelta(minutes=10))
    assert (state(shell, touch), shell.sms.sent, len(shell.email.sent)) == ("failed", [], 1)
    assert cases(shell) == []


def test_a_provider_that_stays_away_until_the_visit_leaves_a_case(shell, branch, visit):
    shell.sms.script = [TRANSIENT]
    [touch] = plan(
        shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, not_after=AFTERNOON_BEFORE + timedelta(seconds=20))
    )
    send_due(shell.caller)
    assert state(shell, touch) == "expired"
    assert cases(shell) == [("message_undeliverable", "touch", touch)]
    assert events(shell) == ["message.not_sent", "case.opened"]


@pytest.mark.parametrize("refusal", [PERMANENT, PermanentAdapterError("no such number")])
def test_a_refused_text_becomes_a_mail(shell, branch, visit, refusal):
    shell.sms.script = [refusal]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    send_due(shell.caller)
    assert state(shell, touch) == "failed"
    assert [m.subject for m in shell.email.sent] == ["Riverbend Home Care: please confirm Tuesday, March 24"]
    assert [r["ordinal"] for r in shell.rows("SELECT ordinal FROM touch WHERE state = 'sent'")] == [1]
    assert cases(shell) == []


def test_a_refused_text_to_somebody_without_mail_is_a_case(shell, branch):
    with shell.caller.transaction() as tx:
        bens = a_branch.add_visit(tx, branch, branch.ben, "09:00")
        a_branch.assign(tx, branch, bens, branch.nora, "09:15")
    shell.sms.script = [PERMANENT]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ben, bens))
    send_due(shell.caller)
    assert cases(shell) == [("message_undeliverable", "touch", touch)]


def refused(refusal: Refusal) -> Receipt:
    return Receipt(SendOutcome.PERMANENT, "scripted", code="21610", refusal=refusal)


def closed(shell: Shell) -> list[tuple[str, str]]:
    rows = shell.rows("SELECT channel, reason FROM suppression WHERE lifted_at IS NULL ORDER BY channel")
    return [(r["channel"], r["reason"]) for r in rows]


@pytest.mark.parametrize(
    ("refusal", "is_closed"),
    [
        (Refusal.NONE, []),
        (Refusal.ADDRESS_GONE, [("sms", "bounce"), ("voice", "bounce")]),
        (Refusal.OPTED_OUT, [("sms", "stop")]),
        (Refusal.NOT_BY_THIS_CHANNEL, [("sms", "bounce")]),
    ],
)
def test_what_a_refusal_says_of_a_number_holds_for_all_that_follows(shell, branch, visit, refusal, is_closed):
    shell.sms.script = [refused(refusal)]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    send_due(shell.caller)
    assert closed(shell) == is_closed
    assert [r["source"] for r in shell.rows("SELECT source FROM suppression")] == [f"touch:{touch}"] * len(is_closed)
    assert len(shell.email.sent) == 1
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
        a_branch.assign(tx, branch, visit, branch.nora, "10:15", told="10:00")
    plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, rev=2))
    send_due(shell.caller)
    assert len(shell.sms.sent) == (0 if is_closed else 1)


def test_whoever_told_the_carrier_to_stop_is_called_before_the_visit(shell, branch, visit):
    shell.sms.script = [refused(Refusal.OPTED_OUT)]
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    assert cases(shell) == [("opted_out", "patient", branch.ann)]
    assert [r["code"] for r in shell.rows("SELECT code FROM audit_row WHERE code LIKE 'contact.%'")] == [
        "contact.suppressed"
    ]


def test_a_mailbox_that_is_gone_is_closed_once_and_audited_without_its_name(shell, branch, visit):
    shell.email.script = [refused(Refusal.ADDRESS_GONE)]
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, channel=Channel.EMAIL))
    send_due(shell.caller)
    assert closed(shell) == [("email", "bounce")]
    [row] = shell.rows("SELECT code, data::text AS data FROM audit_row WHERE code LIKE 'contact.%'")
    assert row["code"] == "contact.unreachable" and "example.org" not in row["data"]


def test_what_may_have_arrived_is_never_sent_again_by_itself(shell, branch, visit):
    shell.sms.script = [UNKNOWN]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    shell.clock.advance_to(at("09:00"))
    sweep(shell.caller)
    assert send_due(shell.caller) == 0
    assert (state(shell, touch), shell.sent) == ("unknown", [])
    assert cases(shell) == [("message_undeliverable", "touch", touch)]
    assert shell.rows("SELECT id FROM promise") == []


def test_a_missing_notice_is_no_ones_work(shell, branch, visit):
    shell.email.script = [PERMANENT]
    [touch] = plan(shell, branch, a_touch(Step.P_NOTICE, branch.ann, visit, channel=Channel.EMAIL))
    send_due(shell.caller)
    assert (state(shell, touch), cases(shell)) == ("failed", [])


# crashes ------------------------------------------------------------------------------------------


def crash_while_sending(shell: Shell) -> None:
    """The process dies after the provider took the mail and before anything was recorded."""

    class Died(BaseException):
        pass

    def take_and_die(message: Send) -> Receipt:
        shell.email.sent.append(message)
        raise Died

    shell.email.script = [take_and_die]
    with pytest.raises(Died):
        send_due(shell.caller)
    shell.run("UPDATE touch SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL")


def test_a_crash_after_the_mail_was_taken_leaves_one_mail_an_unknown_touch_and_a_case(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, channel=Channel.EMAIL))
    crash_while_sending(shell)
    assert state(shell, touch) == "sending"
    assert sweep(shell.caller) == 1
    assert sweep(shell.caller) == 0
    assert send_due(shell.caller) == 0
    assert (state(shell, touch), len(shell.email.sent)) == ("unknown", 1)
    assert cases(shell) == [("message_undeliverable", "touch", touch)]


def test_the_link_of_a_mail_of_unknown_fate_works_and_proves_that_it_arrived(shell, branch, visit):
    plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, channel=Channel.EMAIL))
    crash_while_sending(shell)
    sweep(shell.caller)
    token = token_in(shell.email.sent[0])
    view = look_up(shell.caller, token)
    assert isinstance(view, PatientLink)
    assert (view.window.open, view.answer) == (at("09:00"), ConfirmationState.NEEDS_ACTION)
    assert shell.rows("SELECT id FROM promise") == [], "looking changes nothing"
    assert answer(shell.caller, token, Answer.ACCEPT, view.seen) is LinkResult.RECORDED
    [promise] = shell.rows("SELECT id FROM promise")
    [signal] = shell.rows("SELECT body FROM inbox")
    assert signal["body"]["promise_id"] == promise["id"]


def test_a_late_receipt_after_the_sweep_still_counts(shell, branch, visit):
    def slow(message: Send) -> Receipt:
        shell.run("UPDATE touch SET lease_until = clock_timestamp() - interval '1 s'")
        assert sweep(shell.caller) == 1
        return Receipt(SendOutcome.ACCEPTED, "scripted", "sid")

    shell.sms.script = [slow]
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    assert (state(shell, touch), cases(shell)) == ("sent", [])


def test_a_worker_that_lost_its_claim_sends_nothing(shell, branch, visit):
    other = Shell(shell.caller.tools.engine, AFTERNOON_BEFORE)

    def overtaken(message: Send) -> Receipt:
        shell.run("UPDATE touch SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'claimed'")
        sweep(other.caller)
        send_due(other.caller)
        return Receipt(SendOutcome.ACCEPTED, "scripted", "sid")

    shell.email.script = [overtaken]
    plan(
        shell,
        branch,
        a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL, priority=0),
        a_touch(Step.P_CONFIRM, branch.ann, visit),
    )
    send_due(shell.caller)
    assert (len(shell.sms.sent), len(other.sms.sent)) == (0, 1)
