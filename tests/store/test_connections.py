"""Connections and senders: one pace for all who send by a sender, and a connection that is down is left alone."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from tests.store.a_branch import AFTERNOON_BEFORE

from suture.model.connections import Audience, Sender
from suture.model.messages import Channel
from suture.service.clock import VirtualClock
from suture.store import connections
from suture.store.transaction import Tx, transaction


def a_sender(tx: Tx, *, per_second: float = 1, burst: int = 1, audience: Audience = Audience.EVERYONE) -> Sender:
    made = connections.add(tx, "texts", "twilio", {"account_sid": "AC1"}, "A_TOKEN")
    connections.put_sender(tx, made.id, Channel.SMS, audience, "MG1", per_second=per_second, burst=burst)
    found = connections.sender_for(tx, Channel.SMS, Audience.STAFF if audience is Audience.STAFF else Audience.PATIENTS)
    assert found is not None
    return found


def after(tx: Tx, seconds: float) -> Tx:
    return Tx(tx.conn, tx.now + timedelta(seconds=seconds), tx.tenant)


def test_a_burst_may_leave_at_once_then_one_at_a_time(tx: Tx) -> None:
    sender = a_sender(tx, per_second=2, burst=3)
    assert [connections.take(tx, sender, 1) for _ in range(3)] == [None] * 3
    assert connections.take(tx, sender, 1) == tx.now + timedelta(seconds=0.5)
    assert connections.take(after(tx, 0.5), sender, 1) is None
    assert connections.take(after(tx, 0.5), sender, 1) is not None
    assert [connections.take(after(tx, 60), sender, 1) for _ in range(4)].count(
        None
    ) == 3  # no more than a burst is saved up


def test_a_text_of_several_segments_takes_as_many(tx: Tx) -> None:
    sender = a_sender(tx, per_second=1, burst=3)
    assert connections.take(tx, sender, 3) is None
    assert connections.take(after(tx, 2), sender, 3) == tx.now + timedelta(seconds=3)
    assert connections.take(after(tx, 3), sender, 3) is None


def test_one_longer_than_a_burst_waits_until_all_has_drained_and_leaves(tx: Tx) -> None:
    sender = a_sender(tx, per_second=1, burst=2)
    assert connections.take(tx, sender, 5) is None
    assert connections.take(after(tx, 4), sender, 5) == tx.now + timedelta(seconds=5)
    assert connections.take(after(tx, 5), sender, 5) is None


def test_many_at_once_take_no_more_than_the_pace(database: Engine) -> None:
    """Four processes, as threads with connections of their own: 5 at once, then 10 a second for 2 s."""
    clock = VirtualClock(AFTERNOON_BEFORE)
    with transaction(database, clock) as tx:
        sender = a_sender(tx, per_second=10, burst=5)
    taken: list[datetime] = []

    def work() -> None:
        for n in range(40):
            now = AFTERNOON_BEFORE + timedelta(seconds=n * 0.05)
            with transaction(database, VirtualClock(now)) as tx:
                if connections.take(tx, sender, 1) is None:
                    taken.append(now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 5 + 2 * 10 - 2 <= len(taken) <= 5 + 2 * 10


def test_patients_and_staff_may_have_a_sender_each(tx: Tx) -> None:
    everyones = a_sender(tx)
    staffs = a_sender(tx, audience=Audience.STAFF)
    assert connections.sender_for(tx, Channel.SMS, Audience.PATIENTS) == everyones
    assert connections.sender_for(tx, Channel.SMS, Audience.STAFF) == staffs
    assert connections.sender_for(tx, Channel.EMAIL, Audience.STAFF) is None


def test_one_that_was_removed_writes_no_more_and_comes_back_under_its_old_address(tx: Tx) -> None:
    before = a_sender(tx).connection
    assert connections.remove(tx, "texts") and not connections.remove(tx, "texts")
    assert connections.sender_for(tx, Channel.SMS, Audience.PATIENTS) is None
    assert connections.by_hook_id(tx, before.hook_id) is None
    assert a_sender(tx).connection == before


@pytest.fixture
def sender(tx: Tx) -> Iterator[Sender]:
    yield a_sender(tx)


def fail(tx: Tx, sender: Sender, times: int = 1) -> None:
    for _ in range(times):
        connections.note_outcome(tx, sender.connection.id, failed=True)


def test_five_failures_within_half_a_minute_close_it_for_as_long(tx: Tx, sender: Sender) -> None:
    fail(tx, sender, 4)
    assert connections.closed_until(tx, sender.connection.id) is None
    fail(tx, sender)
    assert connections.closed_until(tx, sender.connection.id) == tx.now + timedelta(seconds=30)


def test_failures_far_apart_or_with_a_success_between_close_nothing(tx: Tx, sender: Sender) -> None:
    fail(tx, sender, 4)
    connections.note_outcome(tx, sender.connection.id, failed=False)
    fail(tx, sender, 4)
    fail(after(tx, 31), sender)
    assert connections.closed_until(after(tx, 31), sender.connection.id) is None


def test_when_it_is_over_one_tries_first(tx: Tx, sender: Sender) -> None:
    fail(tx, sender, 5)
    later = after(tx, 30)
    assert connections.closed_until(later, sender.connection.id) is None
    assert connections.closed_until(later, sender.connection.id) == later.now + timedelta(seconds=30)
    fail(later, sender)  # and it fails
    assert connections.closed_until(after(tx, 45), sender.connection.id) == later.now + timedelta(seconds=30)
    last = after(tx, 60)
    assert connections.closed_until(last, sender.connection.id) is None
    connections.note_outcome(last, sender.connection.id, failed=False)
    assert connections.closed_until(last, sender.connection.id) is None
