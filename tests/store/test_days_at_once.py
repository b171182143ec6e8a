"""What is about several days is saved in one transaction or not at all, whoever else is at work meanwhile."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.conftest import as_owner
from tests.fakes.callers import with_tools
from tests.store.a_lakeside import MONDAY, TUESDAY, Lakeside, at, visits
from tests.store.days_of_lakeside import (
    WEDNESDAY,
    assert_nothing_is_lost,
    call_out,
    everything,
    signals,
    versions,
)

from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.model.ids import BranchDay
from suture.model.people import Place
from suture.model.travel import TravelMatrix
from suture.service import worker
from suture.service.branch_named import find_branch
from suture.service.handle_signals import handle_signals
from suture.service.plan_day import plan_day
from suture.service.state import DayMovedOn
from suture.store import leases, plans


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    """Six visits on Monday and two on Tuesday, both published; one on Wednesday, which has no plan yet."""
    lake = Lakeside(database, tmp_path / "lake")
    for key, day in (("W7", TUESDAY), ("W8", TUESDAY), ("X9", WEDNESDAY)):
        lake.add("visits", external_id=key, patient_external_id=f"P{int(key[1]) - 5}", date=str(day))
    lake.published()
    lake.plan(TUESDAY)
    lake.publish(TUESDAY)
    return lake


# one transaction --------------------------------------------------------------------------------------------


def refuse_plans_of(lake: Lakeside, day: date) -> None:
    check = f"CHECK (service_date <> '{day}') NOT VALID"
    as_owner(lake.caller.tools.engine, f"ALTER TABLE plan ADD CONSTRAINT of_a_test {check}")


def allow_all_plans(lake: Lakeside) -> None:
    as_owner(lake.caller.tools.engine, "ALTER TABLE plan DROP CONSTRAINT of_a_test")


def test_what_fails_on_the_second_day_leaves_the_first_as_it_was(lake: Lakeside) -> None:
    refuse_plans_of(lake, TUESDAY)
    call_out(lake, "N1")
    before = everything(lake)
    assert worker.decide_next(lake.caller)
    assert everything(lake) == before
    assert signals(lake) == [("call_out", "new", None)]
    allow_all_plans(lake)
    lake.decide()
    assert signals(lake) == [("call_out", "handled", 2)]
    assert versions(lake) == {MONDAY: 2, TUESDAY: 2}


def test_a_signal_of_several_days_that_cannot_be_decided_is_set_aside_once(lake: Lakeside) -> None:
    refuse_plans_of(lake, TUESDAY)
    call_out(lake, "N1")
    lake.signal("cancellation", visit="V1", by="patient")
    lake.decide()
    assert [state for _, state, _ in signals(lake)] == ["quarantined", "handled"]
    cases = lake.rows("SELECT service_date, subject_id FROM exception_case WHERE kind = 'limit_reached'")
    assert cases == [{"service_date": MONDAY, "subject_id": 1}]
    assert lake.rows("SELECT count(*) AS n FROM audit_row WHERE code = 'signal.quarantined'") == [{"n": 1}]
    assert "V1" not in lake.who(), "it blocked nobody"
    assert versions(lake) == {MONDAY: 2, TUESDAY: 1}


class Meanwhile(Crowfly):
    """Something happens once, while driving times are asked for: the days have been seen, and nothing is saved yet."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens: list[Callable[[], object]] = [happens]

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        if self.happens:
            self.happens.pop()()
        return super().matrix(places, depart_at=depart_at)


def test_a_decision_of_several_days_is_not_saved_where_any_of_them_has_changed(lake: Lakeside) -> None:
    call_out(lake, "N1")
    with lake.caller.transaction() as tx:
        held = leases.take(tx, 60)
    before = everything(lake)
    travel = Meanwhile(lambda: lake.plan(WEDNESDAY))
    with pytest.raises(DayMovedOn, match="has changed since it was looked at"):
        handle_signals(with_tools(lake.caller, travel=travel), held)
    assert everything(lake)["availability"] == before["availability"]
    with lake.caller.transaction() as tx:
        leases.give_back(tx, held)
    lake.decide()
    assert lake.who(WEDNESDAY) == {"X9": "N2"}


def test_a_day_that_is_planned_while_an_absence_is_decided_knows_of_it(lake: Lakeside) -> None:
    call_out(lake, "N1")
    travel = Meanwhile(lake.decide)
    plan_day(with_tools(lake.caller, travel=travel), lake.branch_id, WEDNESDAY)
    assert lake.who(WEDNESDAY) == {"X9": "N2"}


def test_a_plan_that_is_saved_waits_for_a_decision_about_its_day_and_then_sees_it(lake: Lakeside) -> None:
    """Both have seen a day without a plan and without an absence: neither has a row that the other could trip over."""
    with lake.caller.transaction() as tx:
        plans.lock_days(tx, [BranchDay(find_branch(tx, lake.branch_id).id, WEDNESDAY)])
        tx.run(
            """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, reason, source)
               SELECT c.party_id, :starts, :ends, 'unavailable', 'call_out:9', 'version:0' FROM clinician c
               JOIN party p ON p.id = c.party_id WHERE p.external_id IN ('N1', 'N2')""",
            starts=at("00:00", WEDNESDAY),
            ends=at("20:00", WEDNESDAY),
        )
        planner = threading.Thread(target=lake.plan, args=(WEDNESDAY,))
        planner.start()
        waits = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while lake.rows(waits) == [{"n": 0}]:
            assert planner.is_alive(), "the plan was saved without waiting"
            time.sleep(0.02)
    planner.join(60)
    assert lake.left(WEDNESDAY) == {"X9"}


def test_a_signal_that_comes_after_the_days_were_leased_waits_for_all_of_its_own(lake: Lakeside) -> None:
    lake.signal("cancellation", visit="V1", by="patient")
    with lake.caller.transaction() as tx:
        held = leases.take(tx, 60)
    assert [lease.day.service_date for lease in held] == [MONDAY]
    call_out(lake, "N1")
    handle_signals(lake.caller, held)
    assert [state for _, state, _ in signals(lake)] == ["handled", "new"]
    assert worker.decide_on(lake.caller, BranchDay(held[0].day.branch_id, TUESDAY))
    assert [state for _, state, _ in signals(lake)] == ["handled", "handled"]


# several workers at once ------------------------------------------------------------------------------------


def test_workers_at_once_decide_crossing_signals_once_each(lake: Lakeside) -> None:
    """Each day is in several signals, some named from its one end and some from its other."""
    lake.plan(WEDNESDAY)
    lake.publish(WEDNESDAY)
    spans = [(MONDAY, TUESDAY), (TUESDAY, WEDNESDAY), (MONDAY, WEDNESDAY), (WEDNESDAY, WEDNESDAY)]
    ready, errors = threading.Barrier(3, timeout=60), []

    def work() -> None:
        ready.wait()
        for _ in range(60):
            try:
                worker.decide_next(lake.caller)
            except Exception as error:  # noqa: BLE001 - told to the test
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait()
    for n, (first, last) in enumerate(spans * 3):
        begins = {"from": at(f"0{n % 7}:30", first).isoformat(), "until": at("20:00", last).isoformat()}
        lake.signal("call_out", clinician=("N1", "T1", "A1")[n % 3], **begins)
    for thread in threads:
        thread.join(120)
    lake.decide()
    assert errors == []
    assert Counter(state for _, state, _ in signals(lake)) == {"handled": 12}
    assert lake.rows("SELECT sum(tries) AS n FROM inbox") == [{"n": 0}]
    handled = lake.rows(
        """SELECT subject_id, count(*) AS n, count(DISTINCT service_date) AS days FROM event
           WHERE kind = 'signal.handled' GROUP BY 1"""
    )
    assert all(r["n"] == r["days"] for r in handled)
    assert lake.rows("SELECT count(*) AS n FROM branch_dirty WHERE gen > done OR lease_until IS NOT NULL") == [{"n": 0}]
    assert_nothing_is_lost(lake)


def test_visits_that_did_not_move_stay_with_one_day(lake: Lakeside) -> None:
    lake.change("visits", "V2", window_start="13:00", window_end="15:00")
    lake.load()
    assert lake.rows("SELECT * FROM inbox_day") == []
    lake.decide()
    assert lake.who().keys() == set(visits())
