"""What keeps a planned touch from leaving, as facts of the database say it."""

import threading
from datetime import timedelta

import pytest
from tests.fakes.callers import with_tools
from tests.flow.a_told_visit import cases, plan, state
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, a_touch, at

from suture.model.messages import Channel, InboundText, Receipt, SendOutcome, Step
from suture.service.receive_reply import receive_text
from suture.service.send_messages import send_due
from suture.store import touches

UNKNOWN = Receipt(SendOutcome.UNKNOWN, "scripted", code="timeout")


def test_a_question_about_an_older_revision_never_leaves(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
    send_due(shell.caller)
    assert (state(shell, touch), shell.sent, cases(shell)) == ("superseded", [], [])


@pytest.mark.parametrize(
    "column", [{"status": "cancelled"}, {"status": "in_progress"}, {"held": True}], ids=["off", "begun", "held"]
)
def test_a_question_about_a_visit_that_is_no_longer_open_never_leaves(shell, branch, visit, column):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, rev=2))
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit, **column)
    send_due(shell.caller)
    assert state(shell, touch) == "superseded"


def test_a_cancellation_leaves_only_while_the_visit_is_cancelled(shell, branch, visit):
    early, right = plan(
        shell, branch, *(a_touch(Step.P_CANCELLED, branch.ann, visit, rev=r, not_after=at("09:40")) for r in (1, 2))
    )
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit, status="cancelled")
        a_branch.assign(tx, branch, visit, None)
    send_due(shell.caller)
    assert (state(shell, early), state(shell, right)) == ("superseded", "sent")
    assert shell.sms.sent[0].body == (
        "Riverbend Home Care: your visit Tue Mar 24 will not take place. We will call you. 614-555-0100"
    )


@pytest.mark.parametrize(
    ("by", "others", "lang", "body"),
    [
        (
            "agency",
            True,
            "en",
            "your visit Tue Mar 24 (9:00-10:00am) will not take place. We will call you. 614-555-0100",
        ),
        ("agency", False, "es", "su visita del martes 24 de marzo no se va a realizar. Le llamaremos. 614-555-0100"),
        (
            "patient",
            False,
            "en",
            "as you asked, your visit Tue Mar 24 will not take place. Call us if you need another. 614-555-0100",
        ),
        (
            "patient",
            True,
            "es",
            "por pedido suyo, no se realiza la visita del martes 24 de marzo (9:00-10:00am). Si necesita otra, llame "
            "al 614-555-0100",
        ),
    ],
)
def test_a_cancellation_says_which_visit_and_promises_a_call_only_to_who_did_not_ask_for_it(
    shell, branch, visit, by, others, lang, body
):
    shell.run(f"UPDATE party SET lang = '{lang}'")
    [touch] = plan(shell, branch, a_touch(Step.P_CANCELLED, branch.ann, visit, rev=2, not_after=at("09:40")))
    with shell.caller.transaction() as tx:
        if others:
            a_branch.add_visit(tx, branch, branch.ann, "13:00")
        a_branch.move_visit_rev(tx, visit, status="cancelled", cancelled_by=by)
        a_branch.assign(tx, branch, visit, None)
    send_due(shell.caller)
    assert state(shell, touch) == "sent"
    assert shell.sms.sent[0].body == f"Riverbend Home Care: {body}"
    assert len(shell.sms.sent[0].body) <= 160


def test_a_visit_no_one_is_assigned_to_is_not_asked_about(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    with shell.caller.transaction() as tx:
        a_branch.assign(tx, branch, visit, None)
    send_due(shell.caller)
    assert state(shell, touch) == "superseded"


def test_a_day_message_leaves_only_while_it_is_the_newest(shell, branch, visit):
    [old] = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, rev=1, channel=Channel.EMAIL))
    plan(shell, branch, a_touch(Step.S_CHANGED, branch.nora, rev=2, channel=Channel.EMAIL))
    shell.run("UPDATE touch SET state = 'planned' WHERE id = :id", id=old)
    send_due(shell.caller)
    assert (state(shell, old), len(shell.email.sent)) == ("superseded", 1)


def test_a_patient_is_not_told_again_what_they_were_last_told(shell, branch, visit):
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
        a_branch.move_visit_rev(tx, visit)
    [there_and_back] = plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, rev=3))
    send_due(shell.caller)
    assert (state(shell, there_and_back), len(shell.sms.sent)) == ("skipped", 1)


def test_but_is_told_where_something_else_may_have_arrived_in_between(shell, branch, visit):
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    shell.sms.script = [UNKNOWN]
    for rev in (2, 3):
        with shell.caller.transaction() as tx:
            a_branch.move_visit_rev(tx, visit)
            start = "10:15" if rev == 2 else "09:15"
            a_branch.assign(tx, branch, visit, branch.nora, start, told=f"{start[:3]}00")
        plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, rev=rev))
        send_due(shell.caller)
    assert [m.body[21:55] for m in shell.sms.sent][-1].startswith("new time Tue Mar 24, 9:00-10:00am")


def test_in_quiet_hours_a_message_waits_for_the_morning(shell, branch, visit):
    shell.clock.advance_to(at("22:00", THE_DAY - timedelta(days=1)))
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    assert send_due(shell.caller) == 1
    assert send_due(shell.caller) == 0
    assert (state(shell, touch), shell.sent) == ("planned", [])
    shell.clock.advance_to(at("08:00"))
    send_due(shell.caller)
    assert state(shell, touch) == "sent"


def test_an_urgent_change_at_seven_leaves_and_is_audited(shell, branch, visit):
    shell.clock.advance_to(at("07:00"))
    plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, urgent=True))
    send_due(shell.caller)
    assert len(shell.sms.sent) == 1
    assert [r["code"] for r in shell.rows("SELECT code FROM audit_row")] == ["outreach.same_day_change"]


def test_a_second_question_on_one_day_goes_by_mail_instead(shell, branch, visit):
    with shell.caller.transaction() as tx:
        second = a_branch.add_visit(tx, branch, branch.ann, "10:00")
        a_branch.assign(tx, branch, second, branch.judith, "10:15")
    first, capped = plan(
        shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit), a_touch(Step.P_CONFIRM, branch.ann, second)
    )
    send_due(shell.caller)
    send_due(shell.caller)
    assert (state(shell, first), state(shell, capped)) == ("sent", "skipped")
    assert (len(shell.sms.sent), len(shell.email.sent)) == (1, 1)


def test_a_reminder_held_back_by_the_cap_is_no_ones_work(shell, branch):
    with shell.caller.transaction() as tx:
        both = [a_branch.add_visit(tx, branch, branch.ben, start) for start in ("09:00", "11:00")]
        for visit, start in zip(both, ("09:15", "11:15"), strict=True):
            a_branch.assign(tx, branch, visit, branch.nora, start)
    _, capped = plan(shell, branch, *(a_touch(Step.P_CONFIRM, branch.ben, v) for v in both))
    send_due(shell.caller)
    assert (state(shell, capped), cases(shell)) == ("skipped", [])


def test_a_stop_between_planning_and_sending_turns_to_mail(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    receive_text(shell.caller, InboundText("console", "m1", "+16145550111", "STOP"))
    send_due(shell.caller)
    send_due(shell.caller)
    assert (state(shell, touch), shell.sms.sent, len(shell.email.sent)) == ("suppressed", [], 1)


def test_a_channel_without_an_adapter_is_a_case_and_not_a_crash(shell, branch, visit):
    without_mail = with_tools(shell.caller, channels={Channel.SMS: shell.sms})
    [touch] = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    send_due(without_mail)
    assert (state(shell, touch), len(cases(shell))) == ("failed", 1)


def test_while_a_decision_is_being_saved_its_day_sends_nothing_stale(shell, branch, visit):
    [touch] = plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    sender = threading.Thread(target=send_due, args=(shell.caller,))
    with shell.caller.transaction() as tx:
        tx.rows("SELECT version FROM plan_head FOR UPDATE")
        sender.start()
        sender.join(timeout=0.5)
        assert sender.is_alive(), "it waits for the plan"
        a_branch.move_visit_rev(tx, visit)
        assert touches.supersede_stale(tx, {visit: 2}) == 1
    sender.join(timeout=120)
    assert (state(shell, touch), shell.sent) == ("superseded", [])
