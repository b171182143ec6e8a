"""Messages are claimed in batches: what a batch has not begun is free again, however the batch ends."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.callers import with_tools
from tests.flow.a_told_visit import cases, plan, state
from tests.flow.test_lanes import Hanging, sending, wait_until
from tests.store.a_branch import AFTERNOON_BEFORE, Branch, a_touch, add_address, add_party
from tests.store.a_shell import ScriptedChannel, Shell

from suture.model.ids import PartyId
from suture.model.messages import Channel, Receipt, Send, SendOutcome, Step
from suture.service import lanes, send_messages
from suture.service.errors import NothingInForce
from suture.service.prepare_message import prepare
from suture.service.send_messages import send_due, sweep
from suture.store import attempts
from suture.store.transaction import open_engine
from suture.words.reason import from_json

MAIL = (Channel.EMAIL,)
ACCEPTED = Receipt(SendOutcome.ACCEPTED, "scripted", "sid")


def colleagues(shell: Shell, branch: Branch, count: int) -> list[PartyId]:
    """More clinicians, each with a mailbox."""
    with shell.caller.transaction() as tx:
        parties = [add_party(tx, branch.id, branch.place, f"C{n}", "clinician") for n in range(count)]
        for n, party in enumerate(parties):
            add_address(tx, party, Channel.EMAIL, f"c{n}@example.org")
    return parties


@pytest.fixture
def waiting(shell: Shell, branch: Branch) -> list[int]:
    """Five schedules to go out by mail."""
    parties = colleagues(shell, branch, 5)
    return list(plan(shell, branch, *(a_touch(Step.S_PUBLISHED, p, channel=Channel.EMAIL) for p in parties)))


def states(shell: Shell, ids: list[int]) -> list[str]:
    return [state(shell, touch_id) for touch_id in ids]


def addressees(shell: Shell) -> list[str]:
    return [message.to for message in shell.email.sent]


def test_told_to_stop_it_gives_back_what_it_has_not_begun(shell, waiting):
    told: list[Send] = []

    def accept_and_tell(message: Send) -> Receipt:
        told.append(message)
        return ACCEPTED

    shell.email.script = [ACCEPTED, accept_and_tell]
    assert send_due(shell.caller, 5, MAIL, stopping=lambda: bool(told)) == 2
    assert states(shell, waiting) == ["sent", "sent", "planned", "planned", "planned"]
    assert send_due(shell.caller, 5, MAIL) == 3
    assert addressees(shell) == [f"c{n}@example.org" for n in range(5)], "each once"


def test_a_batch_that_fails_gives_back_what_it_has_not_begun(shell, waiting, monkeypatch: pytest.MonkeyPatch):
    def fail_at_the_second(caller, claim, **how):
        if claim.touch_id == waiting[1]:
            raise NothingInForce("policy")
        return prepare(caller, claim, **how)

    monkeypatch.setattr(send_messages, "prepare", fail_at_the_second)
    with pytest.raises(NothingInForce):
        send_due(shell.caller, 5, MAIL)
    assert states(shell, waiting) == ["sent", "claimed", "planned", "planned", "planned"], "its own lease runs out"


def test_what_was_given_back_and_taken_by_another_stays_theirs(shell, waiting):
    hers = with_tools(shell.caller, channels={Channel.EMAIL: (other := ScriptedChannel(Channel.EMAIL))})

    def let_another_send(message: Send) -> Receipt:
        shell.run("UPDATE touch SET state = 'planned' WHERE state = 'claimed'")  # as a sweep does after a long silence
        send_due(hers, 5, MAIL)
        return ACCEPTED

    shell.email.script = [let_another_send]
    assert send_due(shell.caller, 5, MAIL) == 5
    assert states(shell, waiting) == ["sent"] * 5
    assert (len(shell.email.sent), len(other.sent)) == (1, 4), "the fence holds"


def test_a_sender_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(shell, waiting, tmp_path: Path):
    """kill -9 after the provider has taken the third of five."""
    journal = tmp_path / "journal"

    class Journal(ScriptedChannel):
        def send(self, message: Send) -> Receipt:
            with journal.open("a") as lines:
                lines.write(f"{message.to}\n")
            if len(journal.read_text().split()) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().send(message)

    writing = with_tools(shell.caller, channels={Channel.EMAIL: Journal(Channel.EMAIL)})
    sender = os.fork()
    if not sender:
        try:
            own = open_engine(shell.caller.tools.engine.url.render_as_string(hide_password=False))
            send_due(with_tools(writing, engine=own), 5, MAIL)
        finally:
            os._exit(1)  # it is never to come here
    assert os.waitstatus_to_exitcode(os.waitpid(sender, 0)[1]) == -signal.SIGKILL
    assert states(shell, waiting) == ["sent", "sent", "sending", "claimed", "claimed"]
    assert send_due(writing, 5, MAIL) == 0, "all are leased"
    shell.run("UPDATE touch SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL")
    assert sweep(writing) == 1
    assert send_due(writing, 5, MAIL) == 2
    assert states(shell, waiting) == ["sent", "sent", "unknown", "sent", "sent"]
    assert cases(shell) == [("message_undeliverable", "touch", waiting[2])]
    assert journal.read_text().split() == [f"c{n}@example.org" for n in range(5)]


def test_a_lane_gives_back_a_batch_that_takes_long_so_that_what_is_pressing_comes_first(
    shell, branch, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lanes, "TURN_SECONDS", 2.0)
    first, *rest = colleagues(shell, branch, 16)
    plan(shell, branch, *(a_touch(Step.S_PUBLISHED, p, channel=Channel.EMAIL) for p in rest))
    hanging = Hanging()
    shell.email.script = [*[ACCEPTED] * 7, hanging]  # batches of 1, 2, 4; then the first of eight
    with sending(shell):
        assert hanging.took.wait(60)
        wait_until(lambda: len(shell.rows("SELECT FROM touch WHERE state = 'claimed'")) == 7)
        time.sleep(2.1)
        plan(shell, branch, a_touch(Step.S_CHANGED, first, channel=Channel.EMAIL, priority=0))
        hanging.go.set()
        wait_until(lambda: len(shell.email.sent) == 16)
    assert addressees(shell).index("c0@example.org") == 8, "right after the one that was on its way"
    assert len(set(addressees(shell))) == 16


def test_what_is_of_no_more_use_when_it_is_to_be_handed_over_does_not_leave(
    shell, branch, monkeypatch: pytest.MonkeyPatch
):
    def slow(caller, claim, **how):
        prepared = prepare(caller, claim, **how)
        time.sleep(0.06)
        return prepared

    [touch_id] = plan(
        shell,
        branch,
        a_touch(
            Step.S_CHANGED, branch.nora, channel=Channel.EMAIL, not_after=AFTERNOON_BEFORE + timedelta(seconds=0.05)
        ),
    )
    monkeypatch.setattr(send_messages, "prepare", slow)
    assert send_due(shell.caller) == 1
    assert (state(shell, touch_id), shell.sent) == ("expired", [])
    [case] = shell.rows("SELECT reasons FROM exception_case WHERE state = 'open'")
    assert "too late" in str(from_json(case["reasons"][0]))
    assert shell.rows("SELECT outcome, code FROM message_attempt") == [{"outcome": "absent", "code": "too_late"}]
    with shell.caller.transaction() as tx:
        assert attempts.away(tx, Channel.EMAIL) is None, "that is not the provider's fault"
