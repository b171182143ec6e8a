"""On-call hours of a file: not planned, called on when a clinician calls out and no one else can come, by tier."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import HOURS, MONDAY, ZONE, Lakeside, at

from suture.service.branch_named import find_branch
from suture.service.recheck import hard_rule_breaches
from suture.store import facts, replies
from suture.store.day import day_bounds, load_day
from suture.store.views import ClinicianView


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    """N1 works; N3 is on call for her, and N2 after him."""
    lake = Lakeside(database, tmp_path / "lake")
    lake.add("staff", employee_id="N3", family="Elm", given="Ed", discipline="RN", email="n3@example.org")
    lake.add("credentials", employee_id="N3", credential_code="RN", number="X-N3")
    lake.add("consents", party_external_id="N3", channel="email")
    for row in lake.tables["availability"]:
        row["tier"] = ""
    hours_of(lake, "N2").update(kind="on_call", tier="2")
    lake.add("availability", employee_id="N3", kind="on_call", tier="1")
    return lake.published()


def hours_of(lake: Lakeside, who: str) -> dict[str, str]:
    return next(r for r in lake.tables["availability"] if r["employee_id"] == who)


def call_out(lake: Lakeside, who: str) -> None:
    lake.signal("call_out", clinician=who, **{"from": at("07:00").isoformat(), "until": at("20:00").isoformat()})
    lake.decide()


def on_the_board(lake: Lakeside, who: str) -> ClinicianView:
    return next(c for c in lake.board().clinicians if c.external_id == who)


def breaches(lake: Lakeside) -> list[object]:
    with lake.caller.transaction() as tx:
        return list(hard_rule_breaches(tx, lake.caller.tools, find_branch(tx, "LAKE"), MONDAY))


def test_a_first_pass_plans_those_who_work_alone(lake: Lakeside) -> None:
    assert set(lake.who().values()) == {"N1"}
    with lake.caller.transaction() as tx:
        branch = find_branch(tx, "LAKE")
        day = load_day(tx, branch, MONDAY)
        assert facts.clinicians_on_duty(tx, branch.id, *day_bounds(branch, MONDAY)) == 3
    tiers = {day.clinicians[s.clinician_id].external_id: s.tier for s in day.shifts}
    assert tiers == {"N1": 0, "N2": 2, "N3": 1, "T1": 0, "A1": 0}


def test_the_board_shows_who_is_on_call_and_not_as_working(lake: Lakeside) -> None:
    shown = on_the_board(lake, "N3")
    assert shown.hours == ()
    assert [(f"{s.starts_at.astimezone(ZONE):%H:%M}", s.ends_at) for s in shown.on_call] == [("08:00", at("17:00"))]
    assert on_the_board(lake, "N1").on_call == ()


def test_a_call_out_that_no_one_else_can_take_calls_in_the_first_tier(lake: Lakeside) -> None:
    call_out(lake, "N1")
    assert lake.who() == dict.fromkeys(HOURS, "N3")
    assert str(lake.view().head.because) == "Ada Alder called out at 12:00; on call: Ed Elm"
    assert {("s.emptied", "N1"), ("s.changed", "N3")} <= lake.touches("planned")
    assert lake.lost() == 0 and breaches(lake) == []


def test_what_is_done_on_call_is_checked_again_like_any_work(lake: Lakeside) -> None:
    call_out(lake, "N1")
    with lake.caller.transaction() as tx:
        tx.run("UPDATE credential SET status = 'revoked' WHERE tenant = app_tenant() AND number = 'X-N3'")
    assert len(breaches(lake)) == len(HOURS)


def test_once_the_first_tier_is_sick_too_it_is_the_second(lake: Lakeside) -> None:
    call_out(lake, "N1")
    call_out(lake, "N3")
    assert lake.who() == dict.fromkeys(HOURS, "N2")
    assert breaches(lake) == []


def test_other_tiers_in_a_file_are_read_at_once_and_those_called_in_stay(lake: Lakeside) -> None:
    call_out(lake, "N1")
    hours_of(lake, "N3")["tier"] = "3"
    assert lake.load().lines() == ()
    assert lake.rows("SELECT kind, state FROM inbox ORDER BY id DESC LIMIT 1") == [
        {"kind": "roster_change", "state": "new"}
    ]
    lake.decide()
    assert lake.who() == dict.fromkeys(HOURS, "N3"), "he has been told"
    with lake.caller.transaction() as tx:
        day = load_day(tx, find_branch(tx, "LAKE"), MONDAY)
    assert {s.tier for s in day.shifts if day.clinicians[s.clinician_id].external_id == "N3"} == {3}


def test_on_call_hours_that_a_file_takes_back_are_gone(lake: Lakeside) -> None:
    call_out(lake, "N1")
    hours_of(lake, "N3")["rrule"] = "FREQ=WEEKLY;BYDAY=TU"
    assert lake.load().lines() == ()
    lake.decide()
    assert lake.who() == dict.fromkeys(HOURS, "N2")


def test_a_text_of_who_is_on_call_alone_is_about_these_hours(lake: Lakeside) -> None:
    with lake.caller.transaction() as tx:
        found = {c.external_id: c.id for c in load_day(tx, find_branch(tx, "LAKE"), MONDAY).clinicians.values()}
        hours = replies.hours_ahead(tx, found["N3"], str(ZONE), at("23:00"))
    assert [(h.starts_at, h.ends_at) for h in hours] == [(at("08:00"), at("17:00"))]
