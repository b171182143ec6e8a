"""Workers serve every agency: one that fails, hangs or has much to do delays no other, and a new one is noticed."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from tests.flow.a_told_visit import plan, state
from tests.flow.test_lanes import SOON_S, Hanging, wait_until
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, a_touch
from tests.store.a_shell import Shell

from suture.model.messages import Channel, Step
from suture.service import agencies, worker
from suture.service.add_agency import add_agency
from suture.service.agencies import LOOK_SECONDS, Agencies
from suture.service.caller import Caller
from suture.service.lanes import run_senders
from suture.service.worker import Role, run_worker


@pytest.fixture
def first(database: Engine) -> Shell:
    return Shell(database, AFTERNOON_BEFORE)


@pytest.fixture
def second(first: Shell) -> Shell:
    return another(first)


def another(first: Shell) -> Shell:
    """One more agency of the same database and channels, whose messages go out."""
    other = Shell(first.caller.tools.engine, AFTERNOON_BEFORE)
    tenant = add_agency(first.caller, f"Agency {time.monotonic_ns()}")
    other.caller = replace(first.caller, tenant=tenant)
    other.run("UPDATE outreach SET on_hold = false WHERE tenant = app_tenant()")
    return other


def a_message(shell: Shell) -> int:
    """A message to a clinician, due at once."""
    with shell.caller.transaction() as tx:
        branch = a_branch.make_branch(tx)
    [touch] = plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    return int(touch)


@contextmanager
def at_work(run: Callable[[Caller, Callable[[], bool]], None], shell: Shell) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(shell.caller, stop.is_set))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SOON_S)
        assert not thread.is_alive()


def test_a_mail_server_that_hangs_for_one_agency_delays_no_other(first: Shell, second: Shell) -> None:
    hanging = Hanging()
    slow = a_message(first)
    first.email.script = [hanging]
    with at_work(run_senders, first):
        assert hanging.took.wait(SOON_S)
        quick = a_message(second)
        wait_until(lambda: state(second, quick) == "sent")
        assert state(first, slow) == "sending"
        hanging.go.set()
        wait_until(lambda: state(first, slow) == "sent")


def test_a_new_agency_is_served_without_a_restart(first: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LOOK_SECONDS <= 5
    monkeypatch.setattr(agencies, "LOOK_SECONDS", 0.1)
    decided: list[int] = []
    monkeypatch.setattr(worker, "decide_next", lambda caller: decided.append(caller.tenant))

    def run(caller: Caller, stopping: Callable[[], bool]) -> None:
        run_worker(caller, Role.ALL, stopping)

    with at_work(run, first):
        wait_until(lambda: 1 in decided)
        new = another(first)
        touch = a_message(new)
        wait_until(lambda: new.caller.tenant in decided and state(new, touch) == "sent")


def decided_by(first: Shell, monkeypatch: pytest.MonkeyPatch, decide: Callable[[Caller], bool], rounds: int) -> None:
    """Run the decider for so many rounds, with this in place of a decision."""
    monkeypatch.setattr(worker, "decide_next", decide)
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    turns = itertools.chain([False] * rounds, itertools.repeat(True))
    run_worker(first.caller, Role.DECIDE, lambda: next(turns))


@pytest.mark.usefixtures("second")
def test_a_backlog_of_one_agency_leaves_every_other_its_turns(first: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []

    def decide(caller: Caller) -> bool:
        turns.append(caller.tenant)
        return caller.tenant == 1  # always more to do

    decided_by(first, monkeypatch, decide, 5)
    assert turns == [1, 2] * 5


@pytest.mark.usefixtures("second")
def test_what_fails_for_one_agency_leaves_every_other_its_turns(first: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []

    def decide(caller: Caller) -> bool:
        if caller.tenant == 1:
            raise ValueError("something no one foresaw")
        turns.append(caller.tenant)
        return False

    decided_by(first, monkeypatch, decide, 5)
    assert turns == [2] * 5


@pytest.mark.usefixtures("second")
def test_timers_of_every_agency_are_looked_at(first: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[int] = []
    monkeypatch.setattr(worker, "fire_timers", lambda caller: fired.append(caller.tenant))
    decided_by(first, monkeypatch, lambda _caller: False, 3)
    assert fired == [1, 2], "once each, since five seconds have not passed"


def test_while_the_database_is_away_the_agencies_known_are_served(
    first: Shell, second: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Agencies(first.caller)
    assert [caller.tenant for caller in served.callers()] == [1, second.caller.tenant]
    monkeypatch.setattr(agencies, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(agencies, "tenants", _away)
    assert [caller.tenant for caller in served.callers()] == [1, second.caller.tenant]
    assert Agencies(first.caller).callers() == ()


def _away(_engine: Engine) -> tuple[int, ...]:
    raise OperationalError("SELECT", {}, Exception("away"))
