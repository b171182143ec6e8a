"""What is about several days is decided once, for all: an absence of days, a visit that moves, a lent clinician.

Each test says what a person of the agency would see on the board, in the plan and in the log.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.fakes.callers import with_tools
from tests.store.a_lakeside import HOURS, MONDAY, TUESDAY, Lakeside, at, visits

from suture.dispatch.first_pass import NotPlannable
from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.metrics.fill import fill
from suture.metrics.positions import tell
from suture.model.ids import BranchDay
from suture.model.people import Place
from suture.model.travel import TravelMatrix
from suture.service import worker
from suture.service.handle_signals import handle_signals
from suture.service.plan_day import find_branch, plan_day, publish_day
from suture.service.recheck import hard_rule_breaches
from suture.service.state import DayMovedOn
from suture.store import events, leases, plans

WEDNESDAY = TUESDAY.replace(day=2)
THREE_DAYS = f"{WEDNESDAY}T20:00:00-05:00"


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


def call_out(lake: Lakeside, who: str, until: str = THREE_DAYS, **more: Any) -> None:
    lake.signal("call_out", clinician=who, **{"from": at("07:00").isoformat(), "until": until, **more})


def other_than(nurse: str) -> str:
    return ({"N1", "N2"} - {nurse}).pop()


def signals(lake: Lakeside) -> list[tuple[str, str, int | None]]:
    """Every stored signal: its kind, its state, and the version of its first day's plan that it led to."""
    rows = lake.rows("SELECT kind, state, handled_version FROM inbox ORDER BY id")
    return [(r["kind"], r["state"], r["handled_version"]) for r in rows]


def versions(lake: Lakeside) -> dict[date, int]:
    return {
        r["service_date"]: r["version"] for r in lake.rows("SELECT service_date, version FROM plan_head ORDER BY 1")
    }


def hits(lake: Lakeside) -> dict[date, int]:
    """How many positions the log of each day says that signals hit."""
    rows = lake.rows(
        """SELECT service_date, sum(jsonb_array_length(data -> 'hit'))::int AS n FROM event
           WHERE kind = 'signal.handled' GROUP BY 1 ORDER BY 1"""
    )
    return {r["service_date"]: r["n"] for r in rows}


def everything(lake: Lakeside) -> dict[str, int]:
    """How many rows there are of whatever a decision writes."""
    tables = ("plan", "decision", "assignment", "touch", "exception_case", "event", "availability", "occupancy")
    [row] = lake.rows("SELECT " + ", ".join(f"(SELECT count(*) FROM {t}) AS {t}" for t in tables))
    return row


def assert_nothing_is_lost(lake: Lakeside) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        assert lake.lost(day) == 0
        with lake.caller.transaction() as tx:
            assert hard_rule_breaches(tx, lake.caller.tools, find_branch(tx, lake.branch_id), day) == []


# an absence of three days -----------------------------------------------------------------------------------


def test_an_absence_of_three_days_is_one_signal_and_one_decision(lake: Lakeside) -> None:
    before, after = lake.who(), lake.who(TUESDAY)
    assert "N1" in before.values() and "N1" in after.values()
    call_out(lake, "N1")
    assert worker.decide_next(lake.caller), "one look decides all three days"
    assert not worker.decide_next(lake.caller)
    assert signals(lake) == [("call_out", "handled", 2)]
    assert "N1" not in {*lake.who().values(), *lake.who(TUESDAY).values()}
    assert lake.who().keys() | lake.left() == HOURS.keys()
    assert lake.who(TUESDAY).keys() | lake.left(TUESDAY) == {"W7", "W8"}
    assert versions(lake) == {MONDAY: 2, TUESDAY: 2}, "a day without a plan does not get one by an absence"
    assert hits(lake) == {
        MONDAY: list(before.values()).count("N1"),
        TUESDAY: list(after.values()).count("N1"),
        WEDNESDAY: 0,
    }
    assert_nothing_is_lost(lake)


def test_each_person_hears_of_each_day(lake: Lakeside) -> None:
    call_out(lake, "N1")
    lake.decide()
    told = lake.rows(
        """SELECT t.service_date, t.step, p.external_id AS who FROM touch t JOIN party p ON p.id = t.party_id
           WHERE t.step IN ('s.changed', 's.emptied') AND t.state = 'planned' ORDER BY 1, 3"""
    )
    assert [(r["service_date"], r["step"], r["who"]) for r in told] == [
        (MONDAY, "s.emptied", "N1"),
        (MONDAY, "s.changed", "N2"),
        (TUESDAY, "s.emptied", "N1"),
        (TUESDAY, "s.changed", "N2"),
    ]


def test_a_day_that_is_planned_later_knows_of_the_absence_and_its_figures_do_not(lake: Lakeside) -> None:
    call_out(lake, "N1")
    lake.decide()
    lake.plan(WEDNESDAY)
    assert lake.who(WEDNESDAY) == {"X9": "N2"}
    with lake.caller.transaction() as tx:
        story = tell(events.of_day(tx, find_branch(tx, lake.branch_id).id, WEDNESDAY))
    assert fill(story).auto == 1.0, "the absence did not look at the day's positions, the first pass did"


def test_an_absence_is_cut_to_each_day_and_begins_with_that_days_version(lake: Lakeside) -> None:
    call_out(lake, "N1")
    lake.decide()
    rows = lake.rows(
        "SELECT starts_at, ends_at, reason, source FROM availability WHERE kind = 'unavailable' ORDER BY 1"
    )
    assert [(r["starts_at"], r["ends_at"], r["source"]) for r in rows] == [
        (at("07:00"), at("00:00", TUESDAY), "version:2"),
        (at("00:00", TUESDAY), at("00:00", WEDNESDAY), "version:2"),
        (at("00:00", WEDNESDAY), at("20:00", WEDNESDAY), "version:0"),
    ]
    assert {r["reason"] for r in rows} == {"call_out:1"}


def test_work_after_the_absence_stays(lake: Lakeside) -> None:
    after = lake.who(TUESDAY)
    call_out(lake, "N1", until=at("08:00", TUESDAY).isoformat())
    lake.decide()
    assert lake.who(TUESDAY) == after
    assert "N1" not in lake.who().values()


def test_the_same_absence_again_is_the_same_signal(lake: Lakeside) -> None:
    for _ in range(2):
        call_out(lake, "N1", source="phone", source_id="three days")
        lake.decide()
    assert signals(lake) == [("call_out", "handled", 2)]
    before = everything(lake)
    call_out(lake, "N1", source="phone", source_id="said once more")
    lake.decide()
    assert versions(lake) == {MONDAY: 2, TUESDAY: 2}
    assert {t: n for t, n in everything(lake).items() if n != before[t]} == {"event": before["event"] + 3}


def test_all_that_waits_on_linked_days_is_decided_together(lake: Lakeside) -> None:
    lake.signal("cancellation", visit="W7", by="patient")
    call_out(lake, "N1")
    lake.signal("cancellation", visit="V1", by="patient")
    assert worker.decide_next(lake.caller)
    assert [state for _, state, _ in signals(lake)] == ["handled"] * 3
    assert lake.who(TUESDAY).keys() == {"W8"} and "V1" not in lake.who()
    of_day = lake.rows("SELECT service_date, signal_ids FROM decision WHERE cause = 'signals' ORDER BY 1")
    assert [(r["service_date"], sorted(r["signal_ids"])) for r in of_day] == [(MONDAY, [2, 3]), (TUESDAY, [1, 2])]


def test_a_day_is_published_with_an_absence_that_began_before_it(lake: Lakeside) -> None:
    lake.plan(WEDNESDAY)
    nurse = lake.who(WEDNESDAY)["X9"]
    call_out(lake, nurse)
    lake.publish(WEDNESDAY)
    assert lake.who(WEDNESDAY) == {"X9": other_than(nurse)}
    assert nurse not in lake.who().values(), "the other days were decided with it"
    assert signals(lake) == [("call_out", "handled", 2)]


def test_a_day_is_not_published_while_another_worker_decides_its_absence(lake: Lakeside) -> None:
    lake.plan(WEDNESDAY)
    call_out(lake, "N1")
    with lake.caller.transaction() as tx:
        held = leases.take(tx, 60)
    assert len(held) == 3
    with pytest.raises(NotPlannable, match="is being adjusted right now"):
        lake.publish(WEDNESDAY)


def test_the_board_of_each_day_says_that_something_waits(lake: Lakeside) -> None:
    call_out(lake, "N1")
    assert [lake.board(day).waiting.signals for day in (MONDAY, TUESDAY, WEDNESDAY)] == [1, 1, 1]
    lake.decide()
    assert [lake.board(day).waiting.signals for day in (MONDAY, TUESDAY, WEDNESDAY)] == [0, 0, 0]


# a visit that moves -----------------------------------------------------------------------------------------


def move(lake: Lakeside, visit: str, day: date) -> None:
    """The next export has the visit on another day."""
    lake.change("visits", visit, date=str(day))
    assert lake.load().lines() == ()


def days_of(lake: Lakeside, visit: str) -> list[date]:
    """The days whose plans have the visit."""
    rows = lake.rows(
        """SELECT a.service_date AS day FROM assignment a JOIN visit v ON v.id = a.visit_id
           WHERE v.external_id = :visit AND a.to_version IS NULL ORDER BY 1""",
        visit=visit,
    )
    return [r["day"] for r in rows]


@pytest.mark.parametrize(("visit", "old", "new"), [("V4", MONDAY, TUESDAY), ("W7", TUESDAY, MONDAY)])
def test_a_visit_that_moves_is_one_decision_of_two_days(lake: Lakeside, visit: str, old: date, new: date) -> None:
    assert days_of(lake, visit) == [old]
    move(lake, visit, new)
    assert worker.decide_next(lake.caller)
    assert not worker.decide_next(lake.caller), "no second signal follows"
    assert signals(lake) == [("visit_changed", "handled", 2)]
    assert days_of(lake, visit) == [new]
    assert versions(lake) == {MONDAY: 2, TUESDAY: 2}
    assert_nothing_is_lost(lake)
    log = lake.rows(
        "SELECT service_date, data -> 'positions' AS n FROM event WHERE kind = 'visit.changed' ORDER BY seq"
    )
    assert [(r["service_date"], r["n"]) for r in log][-2:] == sorted([(old, 0), (new, 1)])


def test_two_visits_change_places(lake: Lakeside) -> None:
    lake.change("visits", "V4", date=str(TUESDAY))
    move(lake, "W7", MONDAY)
    assert worker.decide_next(lake.caller)
    assert (days_of(lake, "V4"), days_of(lake, "W7")) == ([TUESDAY], [MONDAY])
    assert_nothing_is_lost(lake)


def test_a_visit_that_moves_where_no_one_has_time_is_on_the_board_of_its_new_day(lake: Lakeside) -> None:
    for nurse in ("N1", "N2"):
        lake.signal("call_out", clinician=nurse, **{"from": at("07:00", TUESDAY).isoformat()})
    lake.decide()
    move(lake, "V4", TUESDAY)
    lake.decide()
    assert "V4" not in lake.who() and "V4" not in lake.left()
    assert "V4" in lake.left(TUESDAY)
    assert "V4" in {case.visit for case in lake.cases(TUESDAY)["uncovered_visit"]}
    assert_nothing_is_lost(lake)
    move(lake, "V4", MONDAY)
    lake.decide()
    assert days_of(lake, "V4") == [MONDAY]
    assert "V4" not in {case.visit for case in lake.cases(TUESDAY)["uncovered_visit"]}


def test_a_visit_that_moves_to_a_day_without_a_plan_is_read_when_that_is_planned(lake: Lakeside) -> None:
    move(lake, "V4", WEDNESDAY)
    lake.decide()
    assert versions(lake) == {MONDAY: 2, TUESDAY: 1}
    lake.plan(WEDNESDAY)
    assert days_of(lake, "V4") == [WEDNESDAY]


def test_a_day_that_is_planned_before_the_move_is_decided_takes_the_visit_in(lake: Lakeside) -> None:
    move(lake, "V4", WEDNESDAY)
    lake.plan(WEDNESDAY)
    assert lake.who(WEDNESDAY).keys() == {"X9"}
    lake.decide()
    assert days_of(lake, "V4") == [WEDNESDAY]


def test_a_visit_that_moves_twice_before_anyone_looks_is_where_it_is_last(lake: Lakeside) -> None:
    lake.plan(WEDNESDAY)
    move(lake, "V4", TUESDAY)
    move(lake, "V4", WEDNESDAY)
    lake.decide()
    assert days_of(lake, "V4") == [WEDNESDAY]
    assert_nothing_is_lost(lake)


def test_a_visit_that_is_begun_while_it_moves_is_in_one_plan_only(lake: Lakeside) -> None:
    """Its nurse came a day early, and the office moved it after that: it stays where it was begun."""
    lake.clock.advance_to(at("14:05"))
    lake.signal("check_in", visit="W7")
    move(lake, "W7", MONDAY)
    lake.decide()
    assert [state for _, state, _ in signals(lake)] == ["handled"] * 2
    assert days_of(lake, "W7") == [TUESDAY]
    assert lake.rows("SELECT status FROM visit WHERE external_id = 'W7'") == [{"status": "in_progress"}]


def test_whoever_checks_in_at_a_visit_that_has_just_moved_is_on_its_new_day(lake: Lakeside) -> None:
    move(lake, "W7", MONDAY)
    lake.clock.advance_to(at("14:05"))
    lake.signal("check_in", visit="W7", clinician="N2")
    lake.decide()
    assert [state for _, state, _ in signals(lake)] == ["handled"] * 2
    assert days_of(lake, "W7") == [MONDAY] and lake.who()["W7"] == "N2"


# a clinician of two branches --------------------------------------------------------------------------------


@pytest.fixture
def lent(lake: Lakeside) -> Lakeside:
    """N1 of LAKE, who has a visit of EAST in the early evening of Tuesday."""
    with lake.caller.transaction() as tx:
        tx.run(
            """INSERT INTO branch (external_id, name, phone, tz, place_id)
               SELECT 'EAST', 'East', '+16145550100', 'America/New_York', min(place_id) FROM branch"""
        )
        east = tx.scalar("SELECT id FROM branch WHERE external_id = 'EAST'")
        tx.run(
            "UPDATE patient SET branch_id = :east FROM party p WHERE p.id = party_id AND p.external_id = 'P6'",
            east=east,
        )
        tx.run(_TO, who="N1", branch="EAST")
    evening = {"earliest_start": at("15:00", TUESDAY).isoformat(), "latest_end": at("17:00", TUESDAY).isoformat()}
    lake.signal("new_visit", visit={"external_id": "E1", "patient": "P6", "service": "SNV", **evening})
    plan_day(lake.caller, "EAST", TUESDAY)
    publish_day(lake.caller, "EAST", TUESDAY)
    with lake.caller.transaction() as tx:
        tx.run(_TO, who="N1", branch="LAKE")
    assert days_of(lake, "E1") == [TUESDAY]
    return lake


_TO = """UPDATE clinician SET branch_id = (SELECT id FROM branch WHERE external_id = :branch)
         WHERE party_id = (SELECT id FROM party WHERE external_id = :who AND kind = 'clinician')"""


def test_a_clinician_who_is_out_has_no_visit_of_either_branch(lent: Lakeside) -> None:
    east = Lakeside(lent.engine, lent.folder, "EAST")
    call_out(lent, "N1")
    assert [r["n"] for r in lent.rows("SELECT count(*) AS n FROM branch_dirty WHERE gen > done")] == [4]
    assert worker.decide_next(lent.caller)
    assert signals(lent)[-1] == ("call_out", "handled", 2)
    assert "N1" not in {*lent.who().values(), *lent.who(TUESDAY).values()}
    assert days_of(lent, "E1") == [] and east.left(TUESDAY) == {"E1"}
    assert [case.visit for case in east.cases(TUESDAY)["uncovered_visit"]] == ["E1"]
    log = lent.rows(
        """SELECT b.external_id AS branch, e.service_date, e.data -> 'hit' AS hit FROM event e
           JOIN branch b ON b.id = e.branch_id WHERE e.kind = 'signal.handled' AND e.data ->> 'signal' = 'call_out'
           ORDER BY b.id, 2"""
    )
    assert [(r["branch"], r["service_date"]) for r in log] == [
        ("LAKE", MONDAY), ("LAKE", TUESDAY), ("LAKE", WEDNESDAY), ("EAST", TUESDAY),
    ]  # fmt: skip
    assert len(log[3]["hit"]) == 1
    own = lent.rows("SELECT count(*) AS n FROM availability WHERE kind = 'unavailable'")
    assert own == [{"n": 3}], "one absence a day, written by the days of her own branch"


def test_the_other_branch_says_who_called_out(lent: Lakeside) -> None:
    call_out(lent, "N1")
    lent.decide()
    [row] = lent.rows("SELECT why FROM decision d JOIN branch b ON b.id = d.branch_id AND b.external_id = 'EAST' "
                      "WHERE d.cause = 'signals' AND d.version = 2")  # fmt: skip
    assert row["why"]["values"]["who"] == "Ada Alder"


# one transaction --------------------------------------------------------------------------------------------


def refuse_plans_of(lake: Lakeside, day: date) -> None:
    with lake.caller.transaction() as tx:
        tx.run(f"ALTER TABLE plan ADD CONSTRAINT of_a_test CHECK (service_date <> '{day}') NOT VALID")


def allow_all_plans(lake: Lakeside) -> None:
    with lake.caller.transaction() as tx:
        tx.run("ALTER TABLE plan DROP CONSTRAINT of_a_test")


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
