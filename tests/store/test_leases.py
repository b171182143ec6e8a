"""A lease never lies further ahead than its own length, whatever the database's clock has done since it was taken."""

from datetime import date

import pytest
from tests.store.a_branch import THE_DAY, Branch, a_touch, make_branch, planned
from tests.store.test_inbox import receive

from suture.model.ids import TouchId
from suture.model.messages import Channel, Step, TouchState
from suture.store import leases, plan_leases, touches
from suture.store.transaction import Tx

THE_CLOCK_WAS_SET_BACK = "UPDATE {table} SET lease_until = clock_timestamp() + interval '1 day'"
"""What a lease looks like that was taken before."""


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


def ahead_s(tx: Tx, table: str) -> float:
    """How many seconds ahead the one lease of a table lies."""
    seconds: float = tx.scalar(
        f"SELECT cast(extract(epoch FROM lease_until - clock_timestamp()) AS float) FROM {table}"
    )
    return seconds


def test_a_branch_day_that_was_leased_before_is_free_after_one_lease(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1")
    assert leases.take(tx, 60)
    tx.run(THE_CLOCK_WAS_SET_BACK.format(table="branch_dirty"))
    assert leases.take(tx, 60) == (), "its holder may be alive"
    assert 55 < ahead_s(tx, "branch_dirty") <= 60


def test_a_message_that_was_claimed_before_is_free_after_one_lease(tx: Tx, branch: Branch) -> None:
    [touch] = planned(tx, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    [claim] = touches.claim(tx, 1, 60)
    tx.run(THE_CLOCK_WAS_SET_BACK.format(table="touch"))
    assert touches.sweep_leases(tx, 60) == ()
    assert touches.hold(tx, claim, TouchState.CLAIMED) and TouchId(touch) == claim.touch_id
    assert 55 < ahead_s(tx, "touch") <= 60


def test_a_day_that_was_being_planned_before_is_free_after_one_lease(tx: Tx, branch: Branch) -> None:
    assert plan_leases.take(tx, branch.id, THE_DAY, 60) == 1
    tx.run(THE_CLOCK_WAS_SET_BACK.format(table="plan_lease"))
    assert plan_leases.take(tx, branch.id, THE_DAY, 60) is None
    assert 55 < ahead_s(tx, "plan_lease") <= 60


def test_one_plan_of_a_branch_day_at_a_time_and_a_late_planner_gives_nothing_back(tx: Tx, branch: Branch) -> None:
    first = plan_leases.take(tx, branch.id, THE_DAY, 0)
    assert first == 1
    assert plan_leases.take(tx, branch.id, THE_DAY, 60) == 2, "the first one's lease ran out"
    plan_leases.give_back(tx, branch.id, THE_DAY, first)
    plan_leases.renew(tx, branch.id, THE_DAY, first, 600)
    assert plan_leases.take(tx, branch.id, THE_DAY, 60) is None
    assert plan_leases.take(tx, branch.id, date(2026, 3, 25), 60) == 1, "another day is free"
    plan_leases.give_back(tx, branch.id, THE_DAY, 2)
    assert plan_leases.take(tx, branch.id, THE_DAY, 60) == 3
