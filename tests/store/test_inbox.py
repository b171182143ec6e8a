"""The inbox and the work list over it: leases by the database's clock, nothing lost, one bad signal stops nobody."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen
from tests.fakes.callers import with_tools
from tests.store.a_branch import THE_DAY, Branch, at, make_branch
from tests.store.a_riverbend import Riverbend

from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.metrics.positions import tell
from suture.model.ids import BranchDay
from suture.model.people import Place
from suture.model.travel import TravelMatrix
from suture.service import worker
from suture.service.clock import VirtualClock
from suture.service.handle_signals import handle_signals
from suture.service.in_force import policy_in_force, rulebook_in_force
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store import events, inbox, leases
from suture.store.inbox import Received, SignalsMovedOn
from suture.store.leases import Lease
from suture.store.transaction import Tx, transaction
from suture.words.reason import from_json

NEXT_DAY = THE_DAY + timedelta(days=1)


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


def receive(tx: Tx, branch: Branch, source_id: str, day: date = THE_DAY) -> Received:
    return inbox.receive(
        tx,
        kind="cancellation",
        branch_id=branch.id,
        service_date=day,
        source="test",
        source_id=source_id,
        body={"visit_id": 1},
        occurred_at=at("07:40"),
    )


def leased(tx: Tx, seconds: float = 60) -> Lease:
    [held] = leases.take(tx, seconds)
    return held


# leases ---------------------------------------------------------------------------------------------


def test_a_signal_makes_its_branch_day_dirty_and_deciding_it_makes_it_clean(tx: Tx, branch: Branch) -> None:
    assert leases.take(tx, 60) == ()
    receive(tx, branch, "1")
    held = leased(tx)
    assert held.day == (branch.id, THE_DAY)
    leases.release(tx, [held])
    assert leases.take(tx, 60) == ()


def test_what_is_leased_is_no_one_elses_until_the_lease_runs_out(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1")
    slow = leased(tx)
    assert leases.take(tx, 60) == ()
    tx.run("UPDATE branch_dirty SET lease_until = clock_timestamp() - interval '1 ms'")  # the database's clock went on
    assert leased(tx).number == slow.number + 1


def test_a_worker_who_was_too_slow_cannot_end_the_lease_of_the_next(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1")
    slow = leased(tx, seconds=0)
    receive(tx, branch, "2")
    quick = leased(tx)
    leases.release(tx, [slow])
    leases.give_back(tx, [slow])
    assert leases.take(tx, 60) == (), "the second worker still holds it"
    leases.release(tx, [quick])
    assert leases.take(tx, 60) == (), "and has done it"


def test_a_signal_that_comes_while_others_are_decided_keeps_the_day_dirty(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1")
    held = leased(tx)
    receive(tx, branch, "2")
    leases.release(tx, [held])
    again = leased(tx)
    assert again.generation == held.generation + 1
    leases.release(tx, [again])
    assert leases.take(tx, 60) == ()


def test_a_lease_given_back_leaves_everything_to_do(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1")
    held = leased(tx)
    leases.give_back(tx, [held])
    assert leased(tx).generation == held.generation


def test_a_repeat_makes_nothing_dirty(tx: Tx, branch: Branch) -> None:
    first = receive(tx, branch, "1")
    leases.release(tx, [leased(tx)])
    again = receive(tx, branch, "1")
    assert (again.id, again.is_new, again.conflict) == (first.id, False, False)
    assert leases.take(tx, 60) == ()


def test_the_day_that_waits_longest_comes_first_and_a_burst_does_not_put_it_back(tx: Tx, branch: Branch) -> None:
    receive(tx, branch, "1", NEXT_DAY)
    receive(tx, branch, "2", THE_DAY)
    receive(tx, branch, "3", NEXT_DAY)
    assert [leased(tx).day.service_date, leased(tx).day.service_date] == [NEXT_DAY, THE_DAY]


def test_two_workers_never_hold_the_same_day(database: Engine, clock: VirtualClock) -> None:
    with transaction(database, clock) as tx:
        branch = make_branch(tx)
        receive(tx, branch, "1", THE_DAY)
        receive(tx, branch, "2", NEXT_DAY)
    with (
        transaction(database, clock) as one,
        transaction(database, clock) as two,
        transaction(database, clock) as three,
    ):
        days = [leased(one).day.service_date, leased(two).day.service_date]
        assert leases.take(three, 60) == ()
    assert days == [THE_DAY, NEXT_DAY]


def test_signals_wait_in_the_order_they_came(tx: Tx, branch: Branch) -> None:
    ids = [receive(tx, branch, str(n)).id for n in range(5)]
    receive(tx, branch, "of another day", NEXT_DAY)
    assert [s.id for s in inbox.waiting(tx, [BranchDay(branch.id, THE_DAY)])] == ids
    inbox.mark_handled(tx, dict.fromkeys(ids[:2], 1))
    assert [s.id for s in inbox.waiting(tx, [BranchDay(branch.id, THE_DAY)])] == ids[2:]


# batches --------------------------------------------------------------------------------------------


def cancel(riverbend: Riverbend, visit: str, source_id: str = "") -> Received:
    request = {"kind": "cancellation", "visit": visit, "source": "test", "source_id": source_id or visit}
    return receive_signal(riverbend.caller, SIGNAL_REQUEST.validate_python(request))


def unreadable(riverbend: Riverbend) -> Received:
    """A signal with a body that no release of Suture could read."""
    with riverbend.caller.transaction() as tx:
        return inbox.receive(
            tx,
            kind="cancellation",
            branch_id=riverbend.branch(tx).id,
            service_date=THE_DAY,
            source="test",
            source_id="unreadable",
            body={"nothing": "useful"},
            occurred_at=tx.now,
        )


def some_visits(riverbend: Riverbend) -> list[str]:
    """Four home visits of the day."""
    rows = riverbend.rows(
        """SELECT external_id FROM visit WHERE service_date = '2026-03-24' AND patient_id IS NOT NULL
           ORDER BY id LIMIT 4"""
    )
    return [r["external_id"] for r in rows]


def states(riverbend: Riverbend) -> dict[str, tuple[str, int, int | None]]:
    rows = riverbend.rows("SELECT source_id, state, tries, handled_version FROM inbox ORDER BY id")
    return {r["source_id"]: (r["state"], r["tries"], r["handled_version"]) for r in rows}


def test_signals_that_wait_together_are_decided_together(riverbend: Riverbend) -> None:
    visits = some_visits(riverbend)
    for visit in visits:
        cancel(riverbend, visit)
    assert worker.decide_next(riverbend.caller)
    assert states(riverbend) == {visit: ("handled", 0, 2) for visit in visits}
    assert not worker.decide_next(riverbend.caller), "nothing is left to do"
    [version] = riverbend.rows("SELECT signal_ids FROM decision WHERE version = 2")
    assert len(version["signal_ids"]) == 4


def test_of_two_call_outs_decided_together_each_starts_the_clock_of_its_own_visits(riverbend: Riverbend) -> None:
    held = riverbend.rows(
        """SELECT p.external_id AS who, array_agg(a.visit_id ORDER BY a.visit_id) AS visits
           FROM assignment a JOIN party p ON p.id = a.clinician_id
           WHERE a.to_version IS NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2"""
    )
    came: dict[int, datetime] = {}
    for clock, row in zip(("07:00", "07:05"), held, strict=True):
        riverbend.clock.advance_to(at(clock))
        request = {"kind": "call_out", "clinician": row["who"], "source": "test", "source_id": row["who"]}
        receive_signal(riverbend.caller, SIGNAL_REQUEST.validate_python(request))
        came |= dict.fromkeys(row["visits"], riverbend.clock.now())
    assert worker.decide_next(riverbend.caller)
    with riverbend.caller.transaction() as tx:
        story = tell(events.of_day(tx, riverbend.branch(tx).id, THE_DAY))
    assert {p.visit_id: p.call_outs for p in story.positions if p.call_outs} == {v: [t] for v, t in came.items()}


def test_however_many_signals_are_decided_together_the_database_is_asked_as_often(riverbend: Riverbend) -> None:
    """No statement runs in a loop: one answer to four cancellations asks what one cancellation asks."""
    with riverbend.caller.transaction() as tx:  # a process parses what is in force once
        rulebook_in_force(tx, riverbend.caller.tools)
        policy_in_force(tx, riverbend.caller.tools)
    asked: list[str] = []
    listen(riverbend.engine, "before_cursor_execute", lambda _, __, sql, *___: asked.append(sql))
    first, *others = some_visits(riverbend)
    counts = []
    for visits in ([first], others):
        for visit in visits:
            cancel(riverbend, visit)
        asked.clear()
        assert worker.decide_next(riverbend.caller)
        counts.append(Counter(sql for sql in asked if "audit_row" not in sql))
    assert counts[1] == counts[0]


def test_a_signal_that_was_handled_is_not_handled_again(riverbend: Riverbend) -> None:
    [visit, *_] = some_visits(riverbend)
    first = cancel(riverbend, visit)
    worker.drain(riverbend.caller)
    again = cancel(riverbend, visit)
    worker.drain(riverbend.caller)
    assert (again.id, again.state, again.is_new, again.conflict) == (first.id, "handled", False, False)
    assert riverbend.rows("SELECT max(version) AS newest FROM plan") == [{"newest": 2}]


def test_a_worker_who_was_too_slow_decides_nothing_a_second_time(riverbend: Riverbend) -> None:
    """Also where the decision changes no plan, so that no head has moved on."""
    [visit, *_] = some_visits(riverbend)
    cancel(riverbend, visit)
    worker.drain(riverbend.caller)
    again = cancel(riverbend, visit, source_id="and once more")
    with riverbend.caller.transaction() as tx:
        slow = leased(tx, seconds=0)

    class TheNextWorkerComes(Crowfly):
        """While the slow worker asks for driving times, having read what waits."""

        def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
            assert worker.decide_next(riverbend.caller)
            return super().matrix(places, depart_at=depart_at)

    with pytest.raises(SignalsMovedOn):
        handle_signals(with_tools(riverbend.caller, travel=TheNextWorkerComes()), [slow])
    assert states(riverbend)["and once more"] == ("handled", 0, 2)
    handled = riverbend.rows(
        "SELECT count(*) AS n FROM event WHERE kind = 'signal.handled' AND subject_id = :id", id=again.id
    )
    assert handled == [{"n": 1}]


def test_one_signal_that_cannot_be_decided_is_set_aside_and_blocks_no_one(riverbend: Riverbend) -> None:
    one, two, three, _ = some_visits(riverbend)
    cancel(riverbend, one)
    bad = unreadable(riverbend)
    cancel(riverbend, two)
    cancel(riverbend, three)
    worker.drain(riverbend.caller)

    told = states(riverbend)
    assert told["unreadable"] == ("quarantined", 3, None)
    assert {told[visit][0] for visit in (one, two, three)} == {"handled"}
    cancelled = riverbend.rows("SELECT external_id FROM visit WHERE status = 'cancelled' ORDER BY id")
    assert [r["external_id"] for r in cancelled] == [one, two, three]

    [case] = riverbend.rows("SELECT * FROM exception_case WHERE kind = 'limit_reached'")
    assert (case["subject_kind"], case["subject_id"], case["state"]) == ("signal", bad.id, "open")
    assert "ValidationError" in str(from_json(case["reasons"][0]))
    [entry] = riverbend.rows("SELECT * FROM audit_row WHERE code = 'signal.quarantined'")
    assert (entry["subject_id"], entry["data"]) == (bad.id, {"signal": bad.id, "tries": 3})
    assert not worker.decide_next(riverbend.caller)


def test_a_batch_that_fails_has_changed_nothing(riverbend: Riverbend) -> None:
    [visit, *_] = some_visits(riverbend)
    cancel(riverbend, visit)
    unreadable(riverbend)
    before = _counts(riverbend)
    assert worker.decide_next(riverbend.caller)
    assert _counts(riverbend) == before
    assert {state for state, _, _ in states(riverbend).values()} == {"new"}


def _counts(riverbend: Riverbend) -> dict[str, Any]:
    [counts] = riverbend.rows(
        """SELECT (SELECT count(*) FROM plan) AS versions, (SELECT count(*) FROM assignment) AS rows,
                  (SELECT count(*) FROM touch) AS touches, (SELECT count(*) FROM event) AS events,
                  (SELECT sum(rev) FROM visit) AS revisions"""
    )
    return counts
