"""Signals about several branch-days link them: the days are leased all or none, and no signal waits for ever."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.store.a_branch import THE_DAY, Branch, at, make_branch

from suture.model.ids import BranchDay, BranchId
from suture.service.clock import VirtualClock
from suture.store import inbox, leases
from suture.store.inbox import Arrival, Received
from suture.store.leases import Lease
from suture.store.transaction import Tx, transaction


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


def day(branch: Branch, number: int) -> BranchDay:
    """A day by how far it is from the first one."""
    return BranchDay(branch.id, THE_DAY + timedelta(days=number))


def receive(tx: Tx, branch: Branch, *numbers: int, source_id: str = "") -> Received:
    """A signal about these days, the first of which it is stored under."""
    first, *others = (day(branch, n) for n in numbers)
    return inbox.receive(
        tx,
        kind="call_out",
        branch_id=first.branch_id,
        service_date=first.service_date,
        source="test",
        source_id=source_id or "-".join(map(str, numbers)),
        body={},
        occurred_at=at("07:40"),
        also=others,
    )


def dates(held: tuple[Lease, ...]) -> list[int]:
    return [(lease.day.service_date - THE_DAY).days for lease in held]


def taken(tx: Tx, branch: Branch, *numbers: int) -> tuple[Lease, ...]:
    """A lease of days that are dirty already."""
    held = leases.take(tx, 60, day(branch, numbers[0]))
    assert dates(held) == list(numbers)
    return held


def waiting(tx: Tx, branch: Branch, number: int) -> list[int]:
    return [s.id for s in inbox.waiting(tx, [day(branch, number)])]


# the inbox ----------------------------------------------------------------------------------------------


def test_a_signal_waits_on_each_of_its_days_and_is_handled_on_all_at_once(tx: Tx, branch: Branch) -> None:
    three, one = receive(tx, branch, 0, 1, 2).id, receive(tx, branch, 1).id
    assert [waiting(tx, branch, n) for n in range(4)] == [[three], [three, one], [three], []]
    [found] = inbox.waiting(tx, [day(branch, 2)])
    assert (found.day, found.days) == (day(branch, 0), frozenset(day(branch, n) for n in range(3)))
    assert [s.id for s in inbox.waiting(tx, [day(branch, n) for n in range(3)])] == [three, one], "each once"
    inbox.mark_handled(tx, {found.id: 1})
    assert [waiting(tx, branch, n) for n in range(3)] == [[], [one], []]


def test_the_same_signal_again_is_about_the_same_days(tx: Tx, branch: Branch) -> None:
    first = receive(tx, branch, 0, 1, source_id="one")
    for held in iter(lambda: leases.take(tx, 60), ()):
        leases.release(tx, held)
    again = receive(tx, branch, 0, 1, source_id="one")
    assert (again.id, again.is_new) == (first.id, False)
    assert leases.take(tx, 60) == (), "a repeat makes nothing dirty"


def test_many_signals_are_stored_with_all_their_days(tx: Tx, branch: Branch) -> None:
    arrivals = [
        Arrival("visit_changed", branch.id, THE_DAY, f"{n}", {"visit_id": n}, tuple(day(branch, d) for d in also))
        for n, also in enumerate([(), (1,), (0, 1, 2)])
    ]
    inbox.receive_all(tx, "test", arrivals)
    inbox.receive_all(tx, "test", arrivals)
    assert [len(waiting(tx, branch, n)) for n in range(4)] == [3, 2, 1, 0]


# leases -------------------------------------------------------------------------------------------------


def test_the_days_of_a_signal_are_leased_together_in_order_whichever_is_asked_for(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, 2, 0, 1)
    for asked in range(3):
        held = leases.take(tx, 60, day(branch, asked))
        assert dates(held) == [0, 1, 2]
        leases.give_back(tx, held)


def test_days_of_two_branches_are_leased_by_branch_and_then_by_date(tx: Tx, branch: Branch) -> None:
    other = BranchId(
        tx.scalar(
            """INSERT INTO branch (external_id, name, phone, tz, place_id)
               VALUES ('EAST', 'East', '+16145550100', 'America/New_York', :place) RETURNING id""",
            place=branch.place,
        )
    )
    days = [BranchDay(other, THE_DAY), day(branch, 1), BranchDay(other, THE_DAY - timedelta(days=1)), day(branch, 0)]
    first, *also = days
    inbox.receive(
        tx, kind="call_out", branch_id=first.branch_id, service_date=first.service_date, source="test", source_id="1",
        body={}, occurred_at=tx.now, also=also,
    )  # fmt: skip
    assert [lease.day for lease in leases.take(tx, 60)] == sorted(days)


def test_days_are_linked_through_other_days(tx: Tx, branch: Branch) -> None:
    for numbers in ((0, 1), (1, 2), (3, 4), (2, 5)):
        receive(tx, branch, *numbers)
    assert dates(leases.take(tx, 60)) == [0, 1, 2, 5]
    assert dates(leases.take(tx, 60)) == [3, 4]
    assert leases.take(tx, 60) == ()


def test_days_are_linked_by_what_waits_only(tx: Tx, branch: Branch) -> None:
    handled = receive(tx, branch, 0, 1).id
    inbox.mark_handled(tx, {handled: 1})
    assert [dates(leases.take(tx, 60)), dates(leases.take(tx, 60))] == [[0], [1]]


def test_where_one_day_cannot_be_had_none_is_taken_and_others_come_first(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, 1)
    held = taken(tx, branch, 1)
    receive(tx, branch, 0, 1, 2)
    receive(tx, branch, 3)
    assert dates(leases.take(tx, 60)) == [3]
    assert leases.take(tx, 60) == ()
    free = "SELECT service_date FROM branch_dirty WHERE lease_until IS NULL AND lease_no = 0 ORDER BY 1"
    assert [r["service_date"] for r in tx.rows(free)] == [THE_DAY, THE_DAY + timedelta(days=2)]
    leases.release(tx, held)
    receive(tx, branch, 4)
    assert dates(leases.take(tx, 60)) == [0, 1, 2], "it waits for longer than the newest"


def test_a_signal_does_not_wait_for_days_that_only_others_link(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, 5)
    taken(tx, branch, 5)
    receive(tx, branch, 0, 1)
    receive(tx, branch, 1, 5)
    assert dates(leases.take(tx, 60)) == [0, 1]


def test_a_lease_that_runs_out_frees_every_day(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, 0, 1)
    dead = leases.take(tx, 0)
    held = leases.take(tx, 60)
    assert dates(held) == [0, 1]
    leases.release(tx, dead)
    leases.renew(tx, dead, 0)
    assert leases.take(tx, 60) == (), "the dead one ends nothing"
    leases.give_back(tx, held)
    assert dates(leases.take(tx, 60)) == [0, 1]


def test_a_lease_is_renewed_for_every_day(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, 0, 1)
    held = leases.take(tx, 0)
    leases.renew(tx, held, 60)
    assert leases.take(tx, 60) == ()


def test_more_days_than_the_most_are_taken_in_turns_oldest_signal_first(
    tx: Tx, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "MOST_LINKED", 3)
    for numbers in ((0, 1), (1, 2), (2, 3), (3, 4)):
        receive(tx, branch, *numbers)
    held = leases.take(tx, 60)
    assert dates(held) == [0, 1, 2]
    assert dates(leases.take(tx, 60)) == [3, 4]


def test_a_signal_about_more_days_than_the_most_has_them_all(
    tx: Tx, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "MOST_LINKED", 2)
    receive(tx, branch, 0, 1, 2, 3)
    receive(tx, branch, 3, 4)
    assert dates(leases.take(tx, 60)) == [0, 1, 2, 3]


# two workers at once ------------------------------------------------------------------------------------


@pytest.fixture
def two(database: Engine, clock: VirtualClock) -> Iterator[tuple[Branch, Tx, Tx]]:
    """A branch, and two transactions at the same time."""
    with ExitStack() as open_:
        with transaction(database, clock) as tx:
            branch = make_branch(tx)
        one, other = (open_.enter_context(transaction(database, clock)) for _ in range(2))
        yield branch, one, other


def test_of_two_workers_one_has_all_days_and_the_other_none(
    database: Engine, clock: VirtualClock, two: tuple[Branch, Tx, Tx]
) -> None:
    """Two signals that cross: each names first the day that the other names last."""
    branch, one, other = two
    with transaction(database, clock) as tx:
        receive(tx, branch, 0, 1)
        receive(tx, branch, 1, 0)
        receive(tx, branch, 2)
    assert dates(leases.take(one, 60, day(branch, 1))) == [0, 1]
    one.conn.commit()
    assert leases.take(other, 60, day(branch, 0)) == ()
    assert dates(leases.take(other, 60)) == [2]


def test_whoever_is_written_to_just_now_is_not_waited_for(
    database: Engine, clock: VirtualClock, two: tuple[Branch, Tx, Tx]
) -> None:
    branch, one, other = two
    with transaction(database, clock) as tx:
        receive(tx, branch, 0, 1)
    receive(one, branch, 1)
    assert leases.take(other, 60) == (), "one of the days is locked by a signal that is being stored"
    other.conn.rollback()
    one.conn.commit()
    with transaction(database, clock) as tx:
        assert dates(leases.take(tx, 60)) == [0, 1]
