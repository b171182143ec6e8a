"""What is about several days is decided once, for all: an absence of days, a visit that moves, a lent clinician.

Each test says what a person of the agency would see on the board, in the plan and in the log.
"""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import HOURS, MONDAY, TUESDAY, Lakeside, at
from tests.store.days_of_lakeside import (
    WEDNESDAY,
    assert_nothing_is_lost,
    call_out,
    everything,
    hits,
    other_than,
    signals,
    versions,
)

from suture.dispatch.first_pass import NotPlannable
from suture.metrics.fill import fill
from suture.metrics.positions import tell
from suture.service import worker
from suture.service.branch_named import find_branch
from suture.service.plan_day import plan_day, publish_day
from suture.store import events, leases


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
