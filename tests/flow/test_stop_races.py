"""STOP against a message that is due at the same moment: no message begins once a STOP is committed."""

import random
import threading
import time
from typing import Any

import pytest
from tests.store.a_branch import Branch
from tests.store.a_shell import Shell

from suture.model.messages import Channel, InboundText, Step, SubjectKind, Touch
from suture.outreach.compose import PRIORITIES
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.send_messages import send_due
from suture.store import attempts, touches

ROUNDS = 1_000
ANN = "+16145550111"
LONGEST_DELAY_S = 0.012
"""About as long as a message takes to be claimed and prepared."""


@pytest.fixture
def begun_after_stop(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Messages that began though their address was closed, as the transaction that begins them sees it."""
    found: list[int] = []
    begin = attempts.begin

    def watched(tx: Any, touch: touches.StoredTouch, *rest: Any) -> None:
        time.sleep(0.001)  # a wider gap between what was asked and what is done
        if tx.scalar("SELECT EXISTS (SELECT FROM suppression WHERE lifted_at IS NULL)"):
            found.append(touch.id)
        begin(tx, touch, *rest)

    monkeypatch.setattr(attempts, "begin", watched)
    return found


def an_answer(branch: Branch, n: int, now: Any) -> Touch:
    """A text that is due: it promises nothing, so that each round is like the first."""
    return Touch(
        SubjectKind.INBOUND,
        n,
        1,
        branch.ann,
        Step.P_HUMAN,
        Channel.SMS,
        PRIORITIES[Step.P_HUMAN],
        due_at=now,
        not_after=now.replace(hour=23),
    )


def test_no_message_begins_after_a_stop(shell: Shell, branch: Branch, begun_after_stop: list[int]) -> None:
    chance = random.Random(8)
    first = {"stop": 0, "message": 0}
    for n in range(1, ROUNDS + 1):
        with shell.caller.transaction() as tx:
            tx.run("UPDATE suppression SET lifted_at = :now WHERE lifted_at IS NULL")
            touches.plan(tx, branch.id, tx.now.date(), [an_answer(branch, n, tx.now)])
        sender = threading.Thread(target=send_due, args=(shell.caller,))
        sender.start()
        time.sleep(chance.random() * LONGEST_DELAY_S)
        stopped = receive_text(shell.caller, InboundText("race", f"stop-{n}", ANN, "STOP"))
        sender.join()
        assert stopped.action is ReplyAction.SUPPRESSED
        first["message" if len(shell.sms.sent) == first["message"] + 1 else "stop"] += 1
        assert send_due(shell.caller) == 0
    assert begun_after_stop == []
    assert len(shell.sms.sent) == first["message"]
    assert min(first.values()) >= ROUNDS // 20, "both orders were tried"
