"""Sending beside deciding: a slow channel holds up no other, a living send is not given up, a bad one fails alone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine
from tests.fakes.callers import with_tools
from tests.flow.a_told_visit import cases, plan, state
from tests.store.a_branch import a_touch
from tests.store.a_shell import ScriptedChannel, Shell

from suture.model.messages import Channel, Receipt, Send, SendOutcome, Step
from suture.service import prepare_message, send_messages
from suture.service.lanes import lanes_of, run_sender
from suture.service.send_messages import send_due, sweep
from suture.words.reason import from_json

SOON_S = 120.0
"""How long a test waits for what should come at once: generous, since machines are shared."""


def wait_until(look) -> None:
    deadline = time.monotonic() + SOON_S
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Hanging:
    """A provider that takes the message and says so only when it is let go."""

    def __init__(self) -> None:
        self.took, self.go = threading.Event(), threading.Event()

    def __call__(self, message: Send) -> Receipt:
        self.took.set()
        assert self.go.wait(SOON_S)
        return Receipt(SendOutcome.ACCEPTED, "scripted", "sid")


@contextmanager
def sending(shell: Shell) -> Iterator[threading.Event]:
    """A sender at work during the block; setting what it yields tells it to stop."""
    stop = threading.Event()
    sender = threading.Thread(target=run_sender, args=(shell.caller, stop.is_set))
    sender.start()
    try:
        yield stop
    finally:
        stop.set()
        sender.join(SOON_S)
        assert not sender.is_alive()


@pytest.fixture
def to_all(shell, branch, visit):
    """Nora's and Judith's days by mail, a question to Ann by text."""
    return plan(
        shell,
        branch,
        a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL),
        a_touch(Step.S_PUBLISHED, branch.judith, channel=Channel.EMAIL),
        a_touch(Step.P_CONFIRM, branch.ann, visit),
    )


def test_a_mail_server_that_hangs_delays_no_text(shell, to_all):
    hanging = Hanging()
    shell.email.script = [hanging]
    with sending(shell):
        assert hanging.took.wait(SOON_S)
        wait_until(lambda: state(shell, to_all[2]) == "sent")
        assert [state(shell, t) for t in to_all[:2]] == ["sending", "planned"], "one after the other"
        hanging.go.set()
        wait_until(lambda: [state(shell, t) for t in to_all] == ["sent"] * 3)


def test_told_to_stop_it_finishes_what_is_on_its_way_and_begins_nothing_more(shell, to_all):
    hanging = Hanging()
    shell.email.script = [hanging]
    with sending(shell) as stop:
        assert hanging.took.wait(SOON_S)
        stop.set()
        time.sleep(0.3)
        hanging.go.set()
    assert [state(shell, t) for t in to_all[:2]] == ["sent", "planned"]


def test_a_lease_is_renewed_while_its_send_is_alive(shell, to_all):
    quick = with_tools(shell.caller, lease_seconds=3.0)  # so that a busy machine has two seconds to renew it in
    hanging = Hanging()
    shell.email.script = [hanging]
    sender = threading.Thread(target=send_due, args=(quick, 1, [Channel.EMAIL]))
    sender.start()
    assert hanging.took.wait(SOON_S)
    began, swept = time.monotonic(), 0
    while time.monotonic() - began < 4.0:  # longer than a lease
        swept += sweep(quick)
        time.sleep(0.05)
    hanging.go.set()
    sender.join(SOON_S)
    assert (swept, state(shell, to_all[0])) == (0, "sent")
    assert cases(shell) == []


def test_a_more_pressing_message_overtakes_those_that_wait(shell, branch, to_all):
    [change] = plan(shell, branch, a_touch(Step.S_CHANGED, branch.judith, rev=2, channel=Channel.EMAIL, priority=0))
    send_due(shell.caller, 1, [Channel.EMAIL])
    assert state(shell, change) == "sent"
    assert len(shell.email.sent) == 1


def test_each_channel_has_a_lane_and_those_no_one_serves_share_one(shell):
    lanes = [list(lane) for lane in lanes_of(shell.caller)]
    assert lanes == [[Channel.SMS], [Channel.EMAIL], [Channel.PUSH, Channel.VOICE]]


# what cannot be sent ----------------------------------------------------------------------------------


def test_a_message_that_cannot_be_composed_fails_alone(shell, branch, to_all, monkeypatch: pytest.MonkeyPatch):
    compose = prepare_message.prepare

    def prepare(caller, claim, **how):
        if claim.touch_id == to_all[0]:
            raise IndexError("some name nobody foresaw")
        return compose(caller, claim)

    monkeypatch.setattr(send_messages, "prepare", prepare)
    assert send_due(shell.caller) == 3
    assert [state(shell, t) for t in to_all] == ["failed", "sent", "sent"]
    [case] = shell.rows("SELECT kind, reasons FROM exception_case WHERE state = 'open'")
    assert case["kind"] == "message_undeliverable"
    assert "it could not be written (IndexError)" in str(from_json(case["reasons"][0]))
    assert "nobody foresaw" not in str(case), "what was wrong with it may hold a name"


def test_an_adapter_that_fails_unforeseen_leaves_its_message_unknown_and_all_others_alone(shell, to_all):
    shell.email.script = [KeyError("cell")]
    assert send_due(shell.caller) == 3
    assert [state(shell, t) for t in to_all] == ["unknown", "sent", "sent"]
    assert len(cases(shell)) == 1


def test_what_the_provider_said_is_written_down_when_the_database_is_back(shell, to_all, monkeypatch):
    """It was away at the very moment the mail had been accepted."""
    monkeypatch.setattr(send_messages, "WAIT_S", 0.01)
    nobody = create_engine("postgresql+psycopg://suture@127.0.0.1:1/suture", connect_args={"connect_timeout": 2})
    away = with_tools(shell.caller, engine=nobody)
    record, tries = send_messages._record_once, []

    def record_once(caller, *facts):
        tries.append(1)
        record(away if len(tries) < 3 else caller, *facts)

    monkeypatch.setattr(send_messages, "_record_once", record_once)
    send_due(shell.caller, 1, [Channel.EMAIL])
    assert (len(tries), state(shell, to_all[0])) == (3, "sent")
    nobody.dispose()


def test_a_lane_survives_a_database_that_is_away(shell, to_all):
    class Broken(ScriptedChannel):
        def send(self, message: Send) -> Receipt:
            raise RuntimeError("never asked")

    nobody = create_engine("postgresql+psycopg://suture@127.0.0.1:1/suture", connect_args={"connect_timeout": 2})
    stop = threading.Event()
    sender = threading.Thread(
        target=run_sender,
        args=(with_tools(shell.caller, engine=nobody, channels={Channel.SMS: Broken(Channel.SMS)}), stop.is_set),
    )
    sender.start()
    time.sleep(0.5)
    assert sender.is_alive()
    stop.set()
    sender.join(SOON_S)
    assert not sender.is_alive()
    nobody.dispose()
