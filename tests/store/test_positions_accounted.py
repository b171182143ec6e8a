"""Every position of a published day is in a route, uncovered with a case, or wanted by nobody, whatever files say."""

import random
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import HOURS, MONDAY, PEOPLE, TUESDAY, Lakeside, at
from tests.store.accounted import CLOSED, accounted

from suture.metrics.day import DayMetrics
from suture.service.figures import day_figures
from suture.store import facts

NURSES = ["N1", "N2"]


def say(lake: Lakeside, dice: random.Random) -> None:
    """Something a file or a phone call may say."""
    visit, nurse = dice.choice(sorted(HOURS)), dice.choice(NURSES)
    status = lake.rows("SELECT status FROM visit WHERE external_id = :id", id=visit)[0]["status"]
    match dice.randrange(9):
        case 0:
            lake.change("staff", nurse, status=dice.choice(["active", "leave", "terminated"]))
        case 1:
            lake.add("availability", employee_id=nurse, kind="unavailable", rrule="", date=str(MONDAY), reason="away")
        case 2:
            lake.tables["availability"] = [r for r in lake.tables["availability"] if r["reason"] != "away"]
        case 3:
            hour = dice.randrange(8, 15)
            lake.change("visits", visit, window_start=f"{hour:02}:00", window_end=f"{hour + 2:02}:00")
        case 4:
            lake.change("visits", visit, status=dice.choice(["held", "requested", "cancelled"]))
        case 5:
            lake.change("visits", visit, date=str(dice.choice([MONDAY, TUESDAY])))
        case 6:
            lake.change("patients", f"P{visit[1:]}", status=dice.choice(["active", "deceased", "inpatient"]))
        case 7 if status not in CLOSED:
            lake.signal("cancellation", visit=visit, by="agency")
        case 8 if lake.rows(
            "SELECT 1 FROM clinician c JOIN party p ON p.id = c.party_id "
            "WHERE p.external_id = :id AND c.status = 'active'",
            id=nurse,
        ):
            lake.signal("call_out", clinician=nurse, **{"from": at("08:00").isoformat()})
        case _:
            lake.change("visits", visit, positions=dice.choice(["1", "2"]))


@pytest.mark.parametrize("seed", range(6))
def test_no_position_gets_lost_between_files_and_signals(database: Engine, tmp_path: Path, seed: int) -> None:
    lake, dice = Lakeside(database, tmp_path / "lake"), random.Random(seed)
    assert not lake.load().problems
    lake.plan()
    if seed % 3:
        lake.publish()
    for _ in range(8):
        for _ in range(dice.randrange(1, 4)):
            say(lake, dice)
        lake.load()
        lake.decide()
        accounted(lake)
        assert lake.rows("SELECT kind FROM inbox WHERE state = 'quarantined'") == []


def test_a_clinician_who_left_fills_nothing_even_before_anything_is_decided(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake").published()
    for key in PEOPLE:  # one a file: all of them in one would be held for a person
        lake.change("staff", key, status="terminated")
        lake.load()
    assert (lake.who(), lake.left(), lake.board().filled) == ({}, set(HOURS), 0.0)


def figures_of(lake: Lakeside) -> DayMetrics:
    return day_figures(lake.caller, lake.board().branch, MONDAY).numbers


def first_pass_of(lake: Lakeside) -> tuple[int, int, int]:
    with lake.caller.transaction() as tx:
        first = facts.first_pass(tx, lake.board().branch.id, MONDAY)
    return first.positions, first.assigned, first.exceptions


def test_what_files_change_before_the_first_pass_is_not_due(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.change("visits", "V6", positions="2")
    assert not lake.load().problems
    lake.change("visits", "V1", status="cancelled")
    lake.change("visits", "V2", status="held")
    lake.change("visits", "V3", date=str(TUESDAY))
    lake.change("visits", "V6", positions="1")
    lake.change("patients", "P4", status="inpatient")
    lake.load()
    lake.plan()
    accounted(lake)
    assert lake.who().keys() == {"V5", "V6"}
    assert first_pass_of(lake) == (2, 2, 0)
    fill = figures_of(lake).fill
    assert (fill.required, fill.auto, fill.called_off) == (2, 1.0, 0), "nobody knew of what the file took back"


@pytest.mark.parametrize("stage", ["draft", "published"])
def test_what_is_gone_is_not_due_and_not_filled(database: Engine, tmp_path: Path, stage: str) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.load()
    lake.plan()
    if stage == "published":
        lake.publish()
    assert figures_of(lake).fill.required == len(HOURS)
    lake.change("visits", "V1", status="cancelled")
    lake.change("visits", "V3", date=str(TUESDAY))
    lake.load()
    lake.decide()
    lake.signal("cancellation", visit="V5", by="patient")
    lake.decide()
    accounted(lake)
    figures = figures_of(lake)
    assert (figures.fill.required, figures.fill.auto, figures.no_show.due) == (3, 1.0, 3)
    assert first_pass_of(lake) == (6, 6, 0), "what the first pass did stays as it was"
    assert figures.fill.called_off == (stage == "published")


def test_what_is_called_off_after_its_start_was_due_all_the_same(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake").published()
    lake.wait_until(at("12:30"))
    lake.clock.advance_to(at("16:30"))
    lake.signal("cancellation", visit="V5", by="agency")
    lake.decide()
    accounted(lake)
    fill = figures_of(lake).fill
    assert (fill.required, fill.late, fill.called_off) == (6, 1, 0)
    assert lake.board().filled_of(fill.late) == 5 / 6


def test_a_plan_never_assigns_more_than_it_has(database: Engine, tmp_path: Path) -> None:
    """Work that is done stays in the plan; what a signal of the same decision closes is not wanted any more."""
    lake = Lakeside(database, tmp_path / "lake").published()
    lake.wait_until(at("12:00"))
    nurse = lake.who()["V1"]
    lake.signal("check_in", visit="V1", clinician=nurse)
    lake.clock.advance_to(at("12:30"))
    lake.signal("check_out", visit="V1", outcome="done")
    lake.decide()
    lake.signal("cancellation", visit="V6", by="patient")
    lake.decide()
    accounted(lake)
    [last] = lake.rows("SELECT data FROM event WHERE kind = 'plan.repaired' ORDER BY seq DESC LIMIT 1")
    assert (last["data"]["positions"], last["data"]["assigned"]) == (5, 5)


def test_what_a_signal_holds_is_not_due_and_what_it_releases_or_reopens_is(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake").published()
    due = []
    for kind in ("visit_held", "visit_released", "cancellation", "reopened"):
        lake.signal(kind, visit="V1", **({"by": "patient"} if kind == "cancellation" else {}))
        lake.decide()
        accounted(lake)
        due.append(figures_of(lake).fill.required)
    assert due == [5, 6, 5, 6]
