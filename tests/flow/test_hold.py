"""Messages on hold: nothing leaves but to test recipients, until a named person says so, knowing what is due."""

import threading
from datetime import timedelta

import pytest
from tests.flow.a_told_visit import cases, plan, state
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, a_touch, at
from tests.store.a_shell import Shell

from suture.model.messages import Channel, InboundText, Step
from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.outreach import (
    NoSuchRecipient,
    NotReleased,
    change_recipients,
    hold,
    outreach_now,
    read_stops,
    release,
    stops_of,
)
from suture.service.receive_reply import receive_text
from suture.service.send_messages import send_due
from suture.store import outreach

BACKUP_AT = AFTERNOON_BEFORE - timedelta(hours=2)
RESTORED = OutreachState(True, HoldCause.RESTORED, AFTERNOON_BEFORE, BACKUP_AT, awaits_import=True)
NEW = OutreachState(True, HoldCause.NEW, AFTERNOON_BEFORE)


@pytest.fixture(autouse=True)
def sending_again_afterwards(shell: Shell):
    """The one row that `emptied` leaves alone."""
    yield
    put(shell, OutreachState(False, HoldCause.NEW, AFTERNOON_BEFORE))


def put(shell: Shell, new: OutreachState) -> None:
    with shell.caller.transaction() as tx:
        outreach.put(tx, new)


def let_go(shell: Shell, stops: list[str] | None = None, **options: bool):
    return release(shell.caller, "Dana Park", "texts were checked", stops, **options)


@pytest.fixture
def to_both(shell, branch, visit):
    """A question to Ann by text, and her day to Nora by mail: both due."""
    return plan(
        shell,
        branch,
        a_touch(Step.P_CONFIRM, branch.ann, visit),
        a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL),
    )


# held ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", [NEW, RESTORED], ids=lambda s: str(s.cause))
def test_on_hold_nothing_leaves_and_everything_still_waits(shell, to_both, held):
    put(shell, held)
    assert send_due(shell.caller) == 0
    assert shell.sent == []
    assert [state(shell, t) for t in to_both] == ["planned", "planned"]


def test_an_agency_without_a_row_came_from_a_backup_and_is_on_hold(shell, to_both):
    shell.run("DELETE FROM outreach")
    shell.run(
        """INSERT INTO audit_row (at, actor, code, subject_kind, subject_id)
           VALUES (:at, 'command_line', 'data.backed_up', 'agency', 1)""",
        at=BACKUP_AT,
    )
    assert send_due(shell.caller) == 0
    assert outreach_now(shell.caller).state == OutreachState(
        True, HoldCause.RESTORED, None, BACKUP_AT, awaits_import=True
    )


def test_a_hold_bites_between_the_claim_and_the_sending(shell, branch, visit, to_both):
    """Whoever has claimed a message asks again, under the lock that the hold takes."""
    began = threading.Event()

    def claim_and_send() -> None:
        began.set()
        send_due(shell.caller)

    with shell.caller.transaction() as tx:
        tx.rows("SELECT version FROM plan_head FOR UPDATE")  # so the sender stops after its claim
        sender = threading.Thread(target=claim_and_send)
        sender.start()
        began.wait(10)
        sender.join(0.5)
        assert sender.is_alive()
        hold(shell.caller, "Dana Park", "wrong phone number in the texts")
    sender.join(120)
    assert shell.sent == []
    assert {state(shell, t) for t in to_both} == {"planned"}


def test_a_hold_is_said_once_and_audited(shell, visit):
    first = hold(shell.caller, "Dana Park", "wrong phone number")
    shell.clock.advance_to(AFTERNOON_BEFORE + timedelta(hours=1))
    assert hold(shell.caller, "Someone else", "the same") == first
    assert first.cause is HoldCause.ASKED
    [entry] = shell.rows("SELECT data FROM audit_row WHERE code = 'outreach.held'")
    assert entry["data"] == {"name": "Dana Park", "reason": "wrong phone number"}


def test_a_text_that_comes_in_on_hold_is_heard_and_not_answered(shell, visit):
    put(shell, NEW)
    receive_text(shell.caller, InboundText("console", "m1", "+16145550111", "HELP"))
    receive_text(shell.caller, InboundText("console", "m2", "+16145550111", "STOP"))
    assert send_due(shell.caller) == 0 and shell.sent == []
    assert len(shell.rows("SELECT id FROM suppression WHERE lifted_at IS NULL")) == 1


# test recipients ------------------------------------------------------------------------------------


def test_a_test_recipient_gets_what_is_addressed_to_that_person_and_nothing_else(shell, branch, to_both):
    put(shell, NEW)
    change_recipients(shell.caller, ["Nora"], [])
    assert send_due(shell.caller) == 1
    assert [m.to for m in shell.sent] == ["Nora@example.org"]
    assert [state(shell, t) for t in to_both] == ["planned", "sent"]

    assert change_recipients(shell.caller, ["Ann"], ["Nora"])[0].external_id == "Ann"
    assert send_due(shell.caller) == 1
    assert [m.to for m in shell.sms.sent] == ["+16145550111"]


def test_an_id_that_two_people_share_must_be_said_with_its_kind(shell, branch):
    with shell.caller.transaction() as tx:
        a_branch.add_party(tx, branch.id, branch.place, "Nora", "patient")
    with pytest.raises(NoSuchRecipient, match="clinician:Nora or patient:Nora"):
        change_recipients(shell.caller, ["Nora"], [])
    [one] = change_recipients(shell.caller, ["patient:Nora"], [])
    assert (one.kind, one.external_id) == ("patient", "Nora")
    with pytest.raises(NoSuchRecipient, match="There is no patient or clinician 'Zoe'"):
        change_recipients(shell.caller, ["Zoe"], [])


# released -------------------------------------------------------------------------------------------


def test_a_new_agency_is_released_by_a_named_person_with_a_reason(shell, to_both):
    put(shell, NEW)
    for name, reason in (("", "ready"), ("Dana Park", " ")):
        with pytest.raises(NotReleased, match="name of the person"):
            release(shell.caller, name, reason, None)
    let_go(shell)
    assert send_due(shell.caller) == 2
    [entry] = shell.rows("SELECT data FROM audit_row WHERE code = 'outreach.released'")
    assert (entry["data"]["name"], entry["data"]["reason"]) == ("Dana Park", "texts were checked")
    with pytest.raises(NotReleased, match="not on hold"):
        let_go(shell)


def test_what_is_due_is_listed_and_how_much_of_it_came_due_since_the_backup(shell, branch, visit):
    put(shell, RESTORED)
    plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL, due=BACKUP_AT))
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, due=AFTERNOON_BEFORE))
    plan(shell, branch, a_touch(Step.P_NOTICE, branch.ann, visit, due=at("07:00")))
    listed = [(d.channel, d.step, d.due, d.since_backup) for d in outreach_now(shell.caller).due]
    assert listed == [("email", "s.published", 1, 0), ("sms", "p.confirm", 1, 1)]


def test_after_a_restore_the_stops_since_the_backup_must_be_named(shell, branch, to_both):
    put(shell, RESTORED)
    with pytest.raises(NotReleased, match="--stops FILE"):
        let_go(shell)
    assert outreach_now(shell.caller).state.on_hold
    let_go(shell, read_stops("\n+1 614 555 0111\nNora@Example.org \n"), send_again=True)
    shell.run("UPDATE outreach SET awaits_import = false")
    while send_due(shell.caller):
        pass
    assert [m.to for m in shell.sent] == ["Ann@example.org"], "her number is closed, so she is asked by mail"


def test_stops_are_read_as_people_write_numbers(shell, branch):
    assert stops_of(shell.caller, "(614) 555-0111\n1-614-555-0112 x5\nann@example.org\n") == [
        "+16145550111",
        "+16145550112",
        "ann@example.org",
    ]


def test_a_line_that_is_no_address_is_named_and_no_one_is_released(shell):
    with pytest.raises(NotReleased, match="line 2, 3 is neither"):
        read_stops("+16145550111\n614-555\nann at example.org\nann@example.org\n")


def test_what_came_due_since_the_backup_may_have_left_and_is_not_sent_again_by_itself(shell, branch, visit):
    put(shell, RESTORED)
    old = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL, due=BACKUP_AT))
    new = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.judith, channel=Channel.EMAIL))
    assert let_go(shell, []).may_have_left == 1
    send_due(shell.caller)
    assert [state(shell, t) for t in (*old, *new)] == ["sent", "unknown"]
    assert cases(shell) == [("message_undeliverable", "touch", new[0])]


def test_it_is_sent_again_where_somebody_says_so(shell, branch):
    put(shell, RESTORED)
    plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.judith, channel=Channel.EMAIL))
    assert let_go(shell, [], send_again=True).may_have_left == 0
    send_due(shell.caller)
    assert len(shell.email.sent) == 1


def test_after_a_restore_no_patient_is_written_to_before_an_import(shell, branch, to_both):
    put(shell, RESTORED)
    change_recipients(shell.caller, ["Ann"], [])
    assert send_due(shell.caller) == 0, "a test recipient who is a patient waits too"
    assert let_go(shell, [], send_again=True).awaits_import
    send_due(shell.caller)
    assert [m.to for m in shell.sent] == ["Nora@example.org"]
    with shell.caller.transaction() as tx:
        outreach.note_full_import(tx)
    send_due(shell.caller)
    assert [m.to for m in shell.sms.sent] == ["+16145550111"]
