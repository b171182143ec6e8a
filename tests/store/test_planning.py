"""Plans and decisions are worked out outside any transaction, and saved only if what they were made of is still so."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from tests.conftest import THE_DAY_BEFORE
from tests.fakes.callers import with_tools
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend
from tests.store.test_inbox import cancel, some_visits

from suture.dispatch.first_pass import NotPlannable
from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.model.people import Place
from suture.model.travel import TravelMatrix
from suture.service import worker
from suture.service.handle_signals import handle_signals
from suture.service.plan_day import MOST_TRIES, plan_day, publish_day
from suture.service.state import DayMovedOn, Seen, check_still_so, see
from suture.store import leases, moments


class Meanwhile(Crowfly):
    """Something happens while the driving times are asked for: the moment between seeing and saving."""

    def __init__(self, happens: Callable[[], object], times: int = 1) -> None:
        self.happens, self.times = happens, times
        self.asked = 0

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        self.asked += 1
        if self.asked <= self.times:
            self.happens()
        return super().matrix(places, depart_at=depart_at)


@pytest.fixture
def loaded(database: Engine) -> Riverbend:
    """The agency with its files, nothing planned."""
    agency = Riverbend(database, THE_DAY_BEFORE)
    agency.import_files()
    return agency


def run(riverbend: Riverbend, sql: str) -> None:
    with riverbend.caller.transaction() as tx:
        tx.run(sql)


def no_one_is_in_a_transaction(riverbend: Riverbend) -> None:
    open_ones = riverbend.rows(
        """SELECT count(*) AS n FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"""
    )
    assert open_ones == [{"n": 0}]


def test_driving_times_and_the_search_hold_no_transaction(loaded: Riverbend) -> None:
    looks = Meanwhile(lambda: no_one_is_in_a_transaction(loaded))
    plan_day(with_tools(loaded.caller, travel=looks), BRANCH, THE_DAY)
    publish_day(loaded.caller, BRANCH, THE_DAY)
    cancel(loaded, some_visits(loaded)[0])
    looks.asked = 0
    assert worker.decide_next(with_tools(loaded.caller, travel=looks))
    assert looks.asked == 1


def test_a_second_plan_of_the_day_is_refused_while_the_first_is_made_and_one_of_another_day_is_not(
    loaded: Riverbend,
) -> None:
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(NotPlannable) as error:
            plan_day(loaded.caller, BRANCH, THE_DAY)
        refused.append(str(error.value))

    plan_day(with_tools(loaded.caller, travel=Meanwhile(second)), BRANCH, THE_DAY)
    assert refused == ["Mar 24, 2026 is being planned right now. Look at it in a minute."]
    assert plan_day(loaded.caller, BRANCH, THE_DAY).version == 2, "the lease was given back"


def test_a_plan_that_failed_gives_its_lease_back(loaded: Riverbend) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        plan_day(with_tools(loaded.caller, travel=Meanwhile(fails)), BRANCH, THE_DAY)
    assert plan_day(loaded.caller, BRANCH, THE_DAY).version == 1


def test_what_changes_while_the_search_runs_is_in_the_plan(loaded: Riverbend) -> None:
    """A visit is cancelled by a file meanwhile: the draft that was made of it is thrown away and made anew."""
    visit = some_visits(loaded)[0]
    travel = Meanwhile(
        lambda: run(loaded, f"UPDATE visit SET status = 'cancelled', rev = rev + 1 WHERE external_id = '{visit}'")
    )
    decision = plan_day(with_tools(loaded.caller, travel=travel), BRANCH, THE_DAY)
    [row] = loaded.rows("SELECT id FROM visit WHERE external_id = :v", v=visit)
    assert travel.asked == 2
    assert row["id"] not in {key.visit_id for key in decision.assignments}


def test_a_day_that_keeps_changing_is_given_up_with_words(loaded: Riverbend) -> None:
    travel = Meanwhile(lambda: run(loaded, "UPDATE clinician SET max_weekly_min = coalesce(max_weekly_min, 0) + 1"), 99)
    with pytest.raises(NotPlannable, match="kept changing while it was planned"):
        plan_day(with_tools(loaded.caller, travel=travel), BRANCH, THE_DAY)
    assert travel.asked == MOST_TRIES
    assert loaded.rows("SELECT version FROM plan") == []


def test_a_signal_decided_meanwhile_is_seen_by_the_plan(loaded: Riverbend) -> None:
    plan_day(loaded.caller, BRANCH, THE_DAY)
    visit = some_visits(loaded)[0]

    def cancelled() -> None:
        cancel(loaded, visit)
        assert worker.decide_next(loaded.caller), "no plan holds a decision"

    decision = plan_day(with_tools(loaded.caller, travel=Meanwhile(cancelled)), BRANCH, THE_DAY)
    [row] = loaded.rows("SELECT id, status FROM visit WHERE external_id = :v", v=visit)
    assert row["status"] == "cancelled"
    assert row["id"] not in {key.visit_id for key in decision.assignments}


def test_a_day_published_meanwhile_stays_as_it_was_published(loaded: Riverbend) -> None:
    plan_day(loaded.caller, BRANCH, THE_DAY)
    travel = Meanwhile(lambda: publish_day(loaded.caller, BRANCH, THE_DAY))
    with pytest.raises(NotPlannable, match="is published"):
        plan_day(with_tools(loaded.caller, travel=travel), BRANCH, THE_DAY)
    assert loaded.rows("SELECT stage, version FROM plan_head") == [{"stage": "published", "version": 1}]


def test_a_decision_made_of_what_is_no_longer_so_is_not_saved(riverbend: Riverbend) -> None:
    cancel(riverbend, some_visits(riverbend)[0])
    with riverbend.caller.transaction() as tx:
        held = leases.take(tx, 60)
    travel = Meanwhile(lambda: run(riverbend, "UPDATE credential SET status = 'expired'"))
    with pytest.raises(DayMovedOn):
        handle_signals(with_tools(riverbend.caller, travel=travel), held)
    assert riverbend.rows("SELECT max(version) AS newest FROM plan") == [{"newest": 1}]


def test_a_message_that_leaves_meanwhile_does_not_make_a_decision_start_over(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as tx:
        seen = see(tx, riverbend.caller.tools, riverbend.branch(tx), THE_DAY)
    riverbend.clock.advance_to(THE_DAY_BEFORE + timedelta(minutes=10))
    worker.drain(riverbend.caller)
    assert riverbend.rows("SELECT count(*) > 0 AS sent FROM promise") == [{"sent": True}]
    with riverbend.caller.transaction() as tx:
        check_still_so(tx, riverbend.caller.tools, seen)


def seen_in_a_quiet_moment(riverbend: Riverbend) -> Seen:
    """The day as seen while nothing else was committed.

    PostgreSQL commits transactions of its own (autovacuum's ANALYZE), and those may fall between the two looks.
    """
    for _ in range(40):
        with riverbend.caller.transaction() as tx:
            seen = see(tx, riverbend.caller.tools, riverbend.branch(tx), THE_DAY)
        with riverbend.caller.transaction() as tx:
            if moments.nothing_since(tx, seen.moment):
                return seen
        time.sleep(0.05)
    raise AssertionError("Something was committed at each of 40 looks, so the day is read twice every time.")


def test_while_no_one_writes_the_day_is_not_read_a_second_time(riverbend: Riverbend) -> None:
    seen = seen_in_a_quiet_moment(riverbend)
    run(riverbend, "UPDATE party SET lang = 'es'")
    with riverbend.caller.transaction() as tx:
        assert not moments.nothing_since(tx, seen.moment)


def test_what_was_under_way_when_the_day_was_seen_counts_once_it_is_committed(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as other:
        other.run("UPDATE party SET lang = 'es'")
        seen = seen_in_a_quiet_moment(riverbend)  # the other one is not committed yet
    with riverbend.caller.transaction() as tx:
        assert not moments.nothing_since(tx, seen.moment)


def test_what_changed_since_the_draft_is_worked_in_before_anybody_is_told(loaded: Riverbend) -> None:
    plan_day(loaded.caller, BRANCH, THE_DAY)
    visit = some_visits(loaded)[0]
    cancel(loaded, visit)
    decision = publish_day(loaded.caller, BRANCH, THE_DAY)
    [row] = loaded.rows("SELECT id, status FROM visit WHERE external_id = :v", v=visit)
    assert row["status"] == "cancelled" and row["id"] not in {key.visit_id for key in decision.assignments}


def test_a_day_of_which_somebody_else_works_in_a_change_is_not_published_yet(loaded: Riverbend) -> None:
    plan_day(loaded.caller, BRANCH, THE_DAY)
    cancel(loaded, some_visits(loaded)[0])
    with loaded.caller.transaction() as tx:
        assert leases.take(tx, 60)
    with pytest.raises(NotPlannable, match="is being adjusted right now"):
        publish_day(loaded.caller, BRANCH, THE_DAY)
