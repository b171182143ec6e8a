"""The eyes of `scripts/soak`: each fault is planted once, and seen."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from scripts.soaking import counts
from scripts.soaking.agency import MORNING, THE_DAY, coming_tuesday, zone_of_the_morning
from scripts.soaking.counts import Left
from scripts.soaking.installation import Answer
from scripts.soaking.mail_server import FAST, Death, MailServer, Manner
from scripts.soaking.processes import what_is
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE
from tests.store.a_shell import Shell

from suture.integrations.email.smtp.adapter import SmtpChannel, SmtpSettings
from suture.model.ids import TouchId, VisitId
from suture.model.messages import Channel, Send, SendOutcome, Step
from suture.store import inbox
from suture.store.transaction import Tx

NOTHING = Left.of(mails={}, texts=())
STATES_AT_REST = ("suppressed", "skipped", "expired", "failed")


@pytest.fixture
def tx(shell: Shell) -> Iterator[Tx]:
    with shell.caller.transaction() as open_tx:
        yield open_tx


@pytest.fixture
def touch(tx: Tx, branch: a_branch.Branch, visit: VisitId) -> TouchId:
    """A text to Ann about her visit, due now."""
    [planned] = a_branch.planned(tx, branch, a_branch.a_touch(Step.P_CONFIRM, branch.ann, visit))
    return planned


@pytest.fixture
def key(tx: Tx, touch: TouchId) -> str:
    found: str = tx.scalar("SELECT idem_key::text FROM touch WHERE tenant = app_tenant() AND id = :id", id=touch)
    return found


def put(tx: Tx, touch: TouchId, state: str, *, because: bool = False) -> None:
    """Put a touch into a state behind everyone's back, with the event that says why or without it."""
    tx.run("UPDATE touch SET state = :state WHERE tenant = app_tenant() AND id = :id", state=state, id=touch)
    if because:
        tx.run(
            """INSERT INTO event (branch_id, seq, service_date, kind, subject_id, data, actor, at)
               SELECT branch_id, 1, service_date, 'message.not_sent', id, '{}', 'test', :now FROM touch
               WHERE tenant = app_tenant() AND id = :id""",
            id=touch,
        )


# --- messages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["planned", "claimed", "sending"])
def test_a_message_that_is_due_and_still_here_is_lost(tx: Tx, touch: TouchId, state: str) -> None:
    put(tx, touch, state)
    assert counts.lost_messages(tx, NOTHING) == [f"message {touch} (p.confirm, sms): it is due, but still {state}"]


def test_a_message_whose_time_has_not_come_is_not_lost(tx: Tx, touch: TouchId) -> None:
    tx.run("UPDATE touch SET due_at = :later WHERE tenant = app_tenant()", later=tx.now + timedelta(minutes=1))
    assert counts.lost_messages(tx, NOTHING) == []


def test_a_message_recorded_as_sent_must_have_left(tx: Tx, touch: TouchId, key: str) -> None:
    put(tx, touch, "sent")
    [lost] = counts.lost_messages(tx, NOTHING)
    assert lost.endswith("its record says sent, but it never left")
    assert counts.lost_messages(tx, Left.of(mails={key: 1}, texts=()))  # a mail is no text
    assert counts.lost_messages(tx, Left.of(mails={}, texts=[key])) == []


@pytest.mark.parametrize("state", [*STATES_AT_REST, "unknown"])
def test_a_message_that_was_not_sent_has_a_reason(tx: Tx, touch: TouchId, state: str) -> None:
    put(tx, touch, state)
    [lost] = counts.lost_messages(tx, NOTHING)
    assert lost.endswith(f"it ended as {state} without a reason")
    put(tx, touch, state, because=True)
    assert counts.lost_messages(tx, NOTHING) == []


def test_a_message_that_a_newer_one_replaced_needs_no_reason(tx: Tx, touch: TouchId) -> None:
    put(tx, touch, "superseded")
    assert counts.lost_messages(tx, NOTHING) == []


@pytest.mark.parametrize("state", ["planned", "claimed", "superseded", *STATES_AT_REST])
def test_a_message_that_left_must_not_be_recorded_otherwise(tx: Tx, touch: TouchId, key: str, state: str) -> None:
    put(tx, touch, state, because=True)
    [lost] = counts.lost_messages(tx, Left.of(mails={}, texts=[key]))
    assert lost.endswith(f"it left, but its record says {state}")


def test_a_message_that_no_one_planned_is_seen(tx: Tx) -> None:
    found = counts.lost_messages(tx, Left.of(mails={"a key of nobody": 1}, texts=()))
    assert found == ["a message left (email) that no record explains"]


def test_what_left_twice_is_counted_on_every_channel(tx: Tx) -> None:
    left = Left.of(mails={"one": 1, "two": 2, "three": 3}, texts=["four", "five", "four"])
    assert sorted(counts.sent_twice(tx, left)) == [
        "one message (email) left 2 times",
        "one message (email) left 3 times",
        "one message (sms) left 2 times",
    ]
    assert (left.of_channel(Channel.EMAIL), left.of_channel(Channel.SMS)) == (6, 3)


def test_the_same_message_under_a_second_key_is_sent_twice(tx: Tx, touch: TouchId) -> None:
    tx.run(
        """INSERT INTO touch (branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal,
                  channel, priority, due_at, not_after, planned_at)
           SELECT branch_id, service_date, subject, subject_id, subject_rev, party_id, step, 1, channel, priority,
                  due_at, not_after, planned_at FROM touch WHERE tenant = app_tenant()"""
    )
    accept = """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome)
                SELECT id, 1, 'test', '', :now, 'accepted' FROM touch
                WHERE tenant = app_tenant() AND ordinal = :ordinal"""
    tx.run(accept, ordinal=0)
    assert counts.sent_twice(tx, NOTHING) == []
    tx.run(accept, ordinal=1)
    assert counts.sent_twice(tx, NOTHING) == ["2026-03-24: a message was accepted under a second key"]


# --- what may or may not have arrived ------------------------------------------------------------------


def open_case(tx: Tx, kind: str, subject: str, subject_id: int, position: int = 0) -> None:
    tx.run(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, subject_position,
                  severity, band, opened_at)
           SELECT id, :on, :kind, :subject, :subject_id, :position, 1, 'low', :now FROM branch
           WHERE tenant = app_tenant()""",
        on=a_branch.THE_DAY,
        kind=kind,
        subject=subject,
        subject_id=subject_id,
        position=position,
    )


def test_an_unknown_message_needs_a_case_and_a_cause(tx: Tx, touch: TouchId, key: str) -> None:
    put(tx, touch, "unknown")
    assert len(counts.unexplained(counts.unknown_messages(tx), (), ())) == 2
    open_case(tx, "message_undeliverable", "touch", touch)
    [unknown] = counts.unknown_messages(tx)
    assert unknown.has_case
    at = unknown.attempted_at
    before, at_once, soon, late = (at + timedelta(seconds=n) for n in (-1, 0, 5, 60))
    assert counts.unexplained([unknown], {key}, ()) == []
    for a_kill in ((before, at_once), (soon, late)):
        assert counts.unexplained([unknown], {"another"}, [a_kill]) == []
    for too_far in ((before, before), (late, late)):
        assert counts.unexplained([unknown], {"another"}, [too_far]) == [
            f"message {touch} (p.confirm) is unknown, but nothing interrupted it"
        ]
    tx.run("UPDATE exception_case SET state = 'closed', closed_at = :now WHERE tenant = app_tenant()")
    assert counts.unexplained(counts.unknown_messages(tx), {key}, ()) == [
        f"message {touch} (p.confirm) is unknown and has no open case"
    ]


# --- the day -------------------------------------------------------------------------------------------


def test_a_position_without_a_clinician_is_seen_until_a_case_is_open(
    tx: Tx, branch: a_branch.Branch, visit: VisitId
) -> None:
    assert counts.unaccounted_positions(tx) == []
    a_branch.assign(tx, branch, visit, None)
    assert counts.unaccounted_positions(tx) == ["2026-03-24: a position has neither a clinician nor an open case"]
    open_case(tx, "uncovered_visit", "visit", visit, position=1)
    assert counts.unaccounted_positions(tx) == []


# --- signals -------------------------------------------------------------------------------------------


def a_signal(tx: Tx, branch: a_branch.Branch, source_id: str) -> int:
    return inbox.receive(
        tx,
        kind="check_in",
        branch_id=branch.id,
        service_date=a_branch.THE_DAY,
        source="soak",
        source_id=source_id,
        body={},
        occurred_at=tx.now,
    ).id


def test_a_signal_that_no_one_decided_or_stored_is_seen(tx: Tx, branch: a_branch.Branch) -> None:
    stored = a_signal(tx, branch, "one")
    assert counts.undecided_signals(tx) == [f"signal {stored} (check_in) is still new"]
    for state in ("handled", "quarantined"):
        tx.run("UPDATE inbox SET state = :state WHERE tenant = app_tenant()", state=state)
        assert counts.undecided_signals(tx) == []
    assert counts.vanished_signals(tx, {"one": stored}) == []
    assert counts.vanished_signals(tx, {"one": stored + 1, "two": stored}) == [
        f"signal {stored + 1} (source id one) was acknowledged and is not stored",
        f"signal {stored} (source id two) was acknowledged and is not stored",
    ]


def test_a_repeat_that_is_answered_otherwise_is_seen_in_whatever_order_it_came() -> None:
    stored, other, refused = Answer(202, '{"id":1}'), Answer(202, '{"id":2}'), Answer(422, "{}")
    good = {"same": [stored, stored], "never taken": [refused, Answer(409)], "once": [stored]}
    assert counts.answered_otherwise(good) == []
    bad = {"first refused": [refused, stored], "then refused": [stored, refused], "another id": [stored, other]}
    assert len(counts.answered_otherwise(good | bad)) == 3


# --- the instruments -----------------------------------------------------------------------------------


def a_mail(port: int) -> SendOutcome:
    send = Send(
        touch_id=TouchId(1),
        idem_key="a-key",
        channel=Channel.EMAIL,
        to="e-01@example.org",
        sender="visits@localhost",
        subject="Your day",
        body="A line.\n\n.\nAnother line.",
        at=AFTERNOON_BEFORE,
        not_after=AFTERNOON_BEFORE,
    )
    return SmtpChannel("127.0.0.1", port, SmtpSettings()).send(send).outcome


@pytest.mark.parametrize(
    ("death", "outcome", "is_kept", "is_cut"),
    [
        (None, SendOutcome.ACCEPTED, True, False),
        (Death.REFUSING, SendOutcome.TRANSIENT, False, False),
        (Death.BEFORE_DATA, SendOutcome.TRANSIENT, False, False),
        (Death.IN_DATA, SendOutcome.UNKNOWN, False, True),
        (Death.AFTER_DATA, SendOutcome.UNKNOWN, True, True),
    ],
)
def test_the_mail_server_dies_as_it_is_told_and_remembers_what_it_had(
    death: Death | None, outcome: SendOutcome, is_kept: bool, is_cut: bool
) -> None:
    with MailServer(Manner(death=death)) as server:
        assert a_mail(server.port) is outcome
        assert (dict(server.kept), server.cut) == ({"a-key": 1} if is_kept else {}, {"a-key"} if is_cut else set())
        server.behave(FAST)
        assert a_mail(server.port) is SendOutcome.ACCEPTED  # on the same port
        assert server.kept["a-key"] == 1 + is_kept


def test_wherever_the_clock_stands_it_is_morning_in_some_zone() -> None:
    for hour in range(24):
        now = datetime(2026, 12, 31, hour, 59, tzinfo=UTC)
        zone, today = zone_of_the_morning(now)
        local = now.astimezone(ZoneInfo(zone))
        assert (local.hour, local.date()) == (MORNING, today)


def test_the_coming_tuesday_leaves_days_to_write_in() -> None:
    for n in range(7):
        today = date(2026, 12, 1) + timedelta(days=n)
        tuesday = coming_tuesday(today)
        assert tuesday.weekday() == THE_DAY.weekday()
        assert 3 <= (tuesday - today).days < 10


def test_a_child_is_known_by_what_it_was_started_as() -> None:
    python = ["python", "-m", "suture.cli"]
    assert what_is([*python, "worker", "--role", "decide"]) == "decider"
    assert what_is([*python, "worker", "--role", "send"]) == "sender"
    assert what_is([*python, "worker"]) == "worker"
    assert what_is([*python, "web", "--port", "8000"]) == "web"
    assert what_is(["/usr/lib/postgresql/15/bin/postgres", "-D", "data"]) == "postmaster"
    assert what_is(["python", "-I", "-S", "-c", "…", *python, "web"]) == what_is(["git"]) == ""
