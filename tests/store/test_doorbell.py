"""Whoever decides is woken when a signal is committed, and looks unasked where nobody can wake them."""

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from tests.flow.processes import wait_for
from tests.store.a_riverbend import THE_DAY, Riverbend
from tests.store.test_inbox import cancel, some_visits

from suture.model.ids import BranchId
from suture.service.worker import Role, run_worker
from suture.store import doorbell, inbox
from suture.store.doorbell import Doorbell

LONG = 20.0
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"


@pytest.fixture
def bell(riverbend: Riverbend) -> Iterator[Doorbell]:
    found = Doorbell(riverbend.caller.tools.engine)
    found.wait(LONG)  # the first wait only begins to listen
    yield found
    found.close()


def seconds_of(bell: Doorbell, most: float = LONG) -> float:
    began = time.monotonic()
    bell.wait(most)
    return time.monotonic() - began


def test_a_committed_signal_rings(riverbend: Riverbend, bell: Doorbell) -> None:
    cancel(riverbend, some_visits(riverbend)[0])
    assert seconds_of(bell) < LONG / 2


def test_a_signal_that_is_taken_back_does_not_ring(riverbend: Riverbend, bell: Doorbell) -> None:
    with pytest.raises(ZeroDivisionError), riverbend.caller.transaction() as tx:
        inbox.mark_dirty(tx, BranchId(1), THE_DAY)
        raise ZeroDivisionError
    assert seconds_of(bell, 0.3) >= 0.29


def test_nothing_rings_so_the_wait_ends(bell: Doorbell) -> None:
    assert seconds_of(bell, 0.2) == pytest.approx(0.2, abs=0.15)


def test_a_lost_connection_is_made_again(riverbend: Riverbend, bell: Doorbell, database: Engine) -> None:
    with database.begin() as conn:
        conn.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) listener"))
    assert seconds_of(bell, 0.2) >= 0.19, "whoever cannot hear does not spin"
    bell.wait(LONG)  # listens again
    with riverbend.caller.transaction() as tx:
        doorbell.ring(tx)
    assert seconds_of(bell) < LONG / 2


def test_a_decider_that_waits_decides_at_once(riverbend: Riverbend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suture.service.worker.IDLE_SECONDS", LONG)
    stop = threading.Event()
    decider = threading.Thread(target=run_worker, args=(riverbend.caller, Role.DECIDE, stop.is_set))
    decider.start()
    try:
        wait_for(
            lambda: riverbend.rows("SELECT 1 AS one FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"), "a listener"
        )
        began = time.monotonic()
        cancel(riverbend, some_visits(riverbend)[0])
        wait_for(lambda: riverbend.rows("SELECT state FROM inbox") == [{"state": "handled"}], "a decision")
        assert time.monotonic() - began < LONG / 2
    finally:
        stop.set()
        with riverbend.caller.transaction() as tx:
            doorbell.ring(tx)
        decider.join()
