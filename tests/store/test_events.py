"""The event log: numbers appear in the order of commits, so whoever reads "after number n" never misses one."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from tests.conftest import RollBack
from tests.store.a_branch import THE_DAY, Branch, make_branch

from suture.model.events import EventKind, NewEvent
from suture.service.clock import VirtualClock
from suture.store import events
from suture.store.transaction import Tx, transaction


def log(tx: Tx, branch: Branch, *subjects: int) -> None:
    happened = [NewEvent(EventKind.CASE_CLOSED, n, {"case": "test", "because": "a test"}) for n in subjects]
    events.append(tx, branch_id=branch.id, service_date=THE_DAY, events=happened)


def seqs(tx: Tx) -> list[tuple[int, int]]:
    """Number and subject of every event, in order."""
    return [(r["seq"], r["subject_id"]) for r in tx.rows("SELECT seq, subject_id FROM event ORDER BY seq")]


@pytest.fixture
def committed_branch(database: Engine, clock: VirtualClock) -> Branch:
    with transaction(database, clock) as tx:
        return make_branch(tx)


def test_events_are_numbered_from_one_without_gaps(tx: Tx) -> None:
    branch = make_branch(tx)
    log(tx, branch, 11, 12)
    log(tx, branch)
    log(tx, branch, 13)
    assert seqs(tx) == [(1, 11), (2, 12), (3, 13)]
    assert [e.subject_id for e in events.of_day(tx, branch.id, THE_DAY)] == [11, 12, 13]


def test_times_are_told_as_iso_8601_and_other_objects_are_refused(tx: Tx) -> None:
    branch = make_branch(tx)
    moment = datetime(2026, 3, 24, 11, 40, tzinfo=UTC)
    told = NewEvent(EventKind.VISIT_STARTED, 1, {"t_start": moment})
    events.append(tx, branch_id=branch.id, service_date=THE_DAY, events=[told])
    [event] = events.of_day(tx, branch.id, THE_DAY)
    assert event.data == {"t_start": "2026-03-24T11:40:00+00:00"}
    assert event.at == tx.now
    unreadable = NewEvent(EventKind.VISIT_STARTED, 1, {"t_start": json})
    with pytest.raises(TypeError):
        events.append(tx, branch_id=branch.id, service_date=THE_DAY, events=[unreadable])


def test_numbers_follow_the_order_of_commits(database: Engine, clock: VirtualClock, committed_branch: Branch) -> None:
    """Whoever appends second waits for the first to commit: a reader never sees number 2 before number 1."""

    def second() -> None:
        with transaction(database, clock) as tx:
            log(tx, committed_branch, 2)

    with ThreadPoolExecutor() as pool:
        with transaction(database, clock) as first:
            log(first, committed_branch, 1)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(0.2)
            with transaction(database, clock) as reader:
                assert seqs(reader) == []
        waiting.result(20)
    with transaction(database, clock) as tx:
        assert seqs(tx) == [(1, 1), (2, 2)]


def test_a_transaction_that_is_rolled_back_leaves_no_gap(
    database: Engine, clock: VirtualClock, committed_branch: Branch
) -> None:
    with pytest.raises(RollBack), transaction(database, clock) as tx:
        log(tx, committed_branch, 1)
        raise RollBack
    with transaction(database, clock) as tx:
        log(tx, committed_branch, 2)
        assert seqs(tx) == [(1, 2)]


def test_a_reader_who_asks_for_what_is_new_misses_nothing(
    database: Engine, clock: VirtualClock, committed_branch: Branch
) -> None:
    """Three writers of whom some give up, and one reader that remembers the last number it saw."""

    def write(first: int) -> None:
        for n in range(first, first + 15):
            with suppress(RollBack), transaction(database, clock) as tx:
                log(tx, committed_branch, n)
                if n % 5 == 0:
                    raise RollBack

    read = [0]
    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, n) for n in (1000, 2000, 3000)]
        over = False
        while not over:
            over = all(w.done() for w in writers)  # asked before reading: what they wrote is committed by then
            with transaction(database, clock) as tx:
                read += [
                    r["seq"] for r in tx.rows("SELECT seq FROM event WHERE seq > :last ORDER BY seq", last=read[-1])
                ]
        for writer in writers:
            writer.result()
    assert read == list(range(37))
