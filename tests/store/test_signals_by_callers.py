"""Signals by API and command line, through inbox and worker: what is stored first, what follows, what is refused."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import MONDAY, TUESDAY, Lakeside, at

from suture.service.errors import BadSignal


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    return Lakeside(database, tmp_path / "lake").published()


def iso(clock: str, day: Any = MONDAY) -> str:
    return at(clock, day).isoformat()


def stored(lake: Lakeside, visit: str) -> dict[str, Any]:
    (row,) = lake.rows("SELECT * FROM visit WHERE external_id = :id", id=visit)
    return row


def signals(lake: Lakeside) -> list[tuple[str, str, str]]:
    return [
        (r["source"], r["kind"], r["state"]) for r in lake.rows("SELECT source, kind, state FROM inbox ORDER BY id")
    ]


def why(lake: Lakeside) -> str:
    """What the newest decision says of its signals, as it is stored."""
    rows = lake.rows("SELECT data FROM event WHERE kind = 'plan.repaired' ORDER BY seq DESC LIMIT 1")
    return str(rows[0]["data"]["because"]) if rows else ""


# --- A visit is asked for otherwise -----------------------------------------------------------------------------------


def test_a_changed_visit_is_stored_at_once_and_its_day_is_looked_at(lake: Lakeside) -> None:
    lake.signal("visit_changed", visit="V1", earliest_start=iso("13:00"), latest_end=iso("15:00"), source_id="9")
    assert stored(lake, "V1")["latest_start"] == at("14:30")
    assert signals(lake) == [("api", "visit_changed", "new")], "one signal, and it is the caller's"
    lake.decide()
    assert "13:00" <= lake.start("V1") <= "14:30"
    assert signals(lake) == [("api", "visit_changed", "handled")]


def test_the_same_change_again_is_the_same_signal(lake: Lakeside) -> None:
    body = {"visit": "V1", "duration_minutes": 45, "source": "ehr", "source_id": "9"}
    lake.signal("visit_changed", **body)
    rev = stored(lake, "V1")["rev"]
    lake.signal("visit_changed", **body)
    assert (stored(lake, "V1")["rev"], len(signals(lake))) == (rev, 1)


def test_what_is_not_said_stays(lake: Lakeside) -> None:
    before = stored(lake, "V1")
    lake.signal("visit_changed", visit="V1", priority="urgent", required_skills=["RN"])
    changed = {c for c, value in stored(lake, "V1").items() if value != before[c]}
    assert changed - {"source_updated_at"} == {"priority", "required_skills", "rev"}


def test_a_visit_moves_to_another_day(lake: Lakeside) -> None:
    lake.plan(TUESDAY)
    lake.publish(TUESDAY)
    lake.signal("visit_changed", visit="V1", earliest_start=iso("09:00", TUESDAY), latest_end=iso("11:00", TUESDAY))
    lake.decide()
    assert "V1" not in lake.who() and "V1" not in lake.left()
    assert "V1" in lake.who(TUESDAY) or "V1" in lake.left(TUESDAY)
    assert {state for _, _, state in signals(lake)} == {"handled"}


def test_on_a_day_without_a_plan_the_change_waits_for_one(lake: Lakeside) -> None:
    far = TUESDAY + timedelta(days=1)
    lake.signal("visit_changed", visit="V1", earliest_start=iso("09:00", far), latest_end=iso("11:00", far))
    with pytest.raises(BadSignal, match=r"^visit: visit V1 is being moved to another day: try again in a minute$"):
        lake.signal("visit_changed", visit="V1", duration_minutes=50)
    lake.decide()
    lake.signal("visit_changed", visit="V1", duration_minutes=50)
    lake.decide()
    assert (stored(lake, "V1")["service_date"], stored(lake, "V1")["duration_min"]) == (far, 50)


def test_a_file_that_is_older_changes_nothing_of_it(lake: Lakeside) -> None:
    lake.signal("visit_changed", visit="V1", duration_minutes=45)
    lake.change("visits", "V1", duration_min="20")
    lake.row("visits", "V1")["updated_at"] = "2026-11-29T11:59:00-05:00"
    lake.load()
    assert stored(lake, "V1")["duration_min"] == 45


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "visit"),
        ({"site": "NOWHERE"}, "site"),
        ({"service": "NOTHING"}, "service"),
        ({"latest_end": iso("08:40")}, "latest_end"),
        ({"duration_minutes": 121}, "latest_end"),
        ({"latest_end": iso("09:00", TUESDAY)}, "latest_end"),
        ({"earliest_start": "2026-11-28T09:00:00-05:00", "latest_end": "2026-11-28T11:00:00-05:00"}, "latest_end"),
        ({"duration_minutes": 45, "occurred_at": "2026-11-01T09:00:00-05:00"}, "occurred_at"),
    ],
)
def test_what_cannot_be_asked_for_names_its_field_and_changes_nothing(
    lake: Lakeside, body: dict[str, Any], field: str
) -> None:
    before = stored(lake, "V1")
    with pytest.raises(BadSignal) as error:
        lake.signal("visit_changed", visit="V1", **body)
    assert error.value.field == field
    assert (stored(lake, "V1"), signals(lake)) == (before, [])


def test_a_visit_that_has_begun_or_is_cancelled_is_not_changed(lake: Lakeside) -> None:
    lake.clock.advance_to(at("09:00"))
    lake.signal("check_in", visit="V1")
    lake.signal("cancellation", visit="V2")
    lake.decide()
    with pytest.raises(BadSignal, match=r"^visit: visit V1 has begun: nothing of it can be changed$"):
        lake.signal("visit_changed", visit="V1", duration_minutes=45)
    with pytest.raises(BadSignal, match=r"^visit: visit V2 is cancelled: reopen it first$"):
        lake.signal("visit_changed", visit="V2", duration_minutes=45)


# --- The roster -------------------------------------------------------------------------------------------------------


def test_time_off_is_stored_as_such_and_its_visits_go_to_others(lake: Lakeside) -> None:
    who = lake.who()["V1"]
    lake.signal("roster_change", clinician=who, hours="taken", **{"from": iso("06:00")}, until=iso("12:00"))
    assert signals(lake) == [("api", "roster_change", "new")]
    lake.decide()
    assert lake.who().get("V1") != who
    (off,) = lake.rows("SELECT kind, reason, source FROM availability WHERE source = 'roster_change'")
    assert (off["kind"], off["reason"]) == ("unavailable", "")


def test_hours_that_are_added_win_over_time_off(lake: Lakeside) -> None:
    who = lake.who()["V1"]
    lake.signal("roster_change", clinician=who, hours="taken", **{"from": iso("06:00")}, until=iso("18:00"))
    lake.decide()
    lake.signal("roster_change", clinician=who, hours="added", **{"from": iso("08:00")}, until=iso("12:00"))
    lake.decide()
    off = lake.rows(
        "SELECT starts_at, ends_at FROM availability WHERE kind = 'unavailable' AND source = 'roster_change' ORDER BY 1"
    )
    assert [(r["starts_at"], r["ends_at"]) for r in off] == [(at("06:00"), at("08:00")), (at("12:00"), at("18:00"))]


def test_a_file_takes_back_no_hours_that_a_person_changed(lake: Lakeside) -> None:
    lake.signal("roster_change", clinician="N1", hours="taken", **{"from": iso("06:00")}, until=iso("12:00"))
    lake.load()
    assert lake.rows("SELECT count(*) AS n FROM availability WHERE source = 'roster_change'") == [{"n": 1}]


# --- Said late --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("visit_held", {"visit": "V1"}), ("visit_released", {"visit": "V1"})),
        (("visit_released", {"visit": "V1"}), ("visit_held", {"visit": "V1"})),
        (("cancellation", {"visit": "V1"}), ("reopened", {"visit": "V1"})),
        (("reopened", {"visit": "V1"}), ("cancellation", {"visit": "V1"})),
        (
            ("call_out", {"clinician": "N1", "from": iso("08:00"), "until": iso("10:00")}),
            ("clinician_free", {"clinician": "N1", "from": iso("07:00"), "until": iso("11:00")}),
        ),
        (
            ("clinician_free", {"clinician": "N1", "from": iso("07:00"), "until": iso("11:00")}),
            ("call_out", {"clinician": "N1", "from": iso("08:00"), "until": iso("10:00")}),
        ),
        (("run_over", {"visit": "V1", "minutes": 10}), ("run_over", {"visit": "V1", "minutes": 30})),
    ],
    ids=lambda said: said[0],
)
def test_what_happened_before_its_opposite_is_refused_when_it_comes_after_it(
    lake: Lakeside, first: tuple[str, dict[str, Any]], then: tuple[str, dict[str, Any]]
) -> None:
    earlier, later = (lake.clock.now() - timedelta(minutes=m) for m in (30, 20))

    def say(what: tuple[str, dict[str, Any]], happened: datetime) -> None:
        lake.signal(what[0], **what[1], occurred_at=happened.isoformat())
        lake.decide()

    say(then, later)
    with pytest.raises(BadSignal, match=r"^occurred_at: is before signal 1 of 2026-.*, which says otherwise$"):
        say(first, earlier)
    lake.signal(first[0], **first[1])
    assert len(signals(lake)) == 2, "news of now is no old news"


def test_hours_back_for_a_part_leave_the_call_out_for_the_rest(lake: Lakeside) -> None:
    hour_ago, now = (lake.clock.now() - timedelta(minutes=m) for m in (60, 30))
    back = {"from": iso("09:00"), "until": iso("10:00"), "occurred_at": now.isoformat()}
    lake.signal("clinician_free", clinician="N1", **back)
    out = {"from": iso("08:00"), "until": iso("12:00"), "occurred_at": hour_ago.isoformat()}
    lake.signal("call_out", clinician="N1", **out)
    assert len(signals(lake)) == 2


def test_who_calls_out_and_is_back_for_a_part_in_one_decision_is_away_for_the_rest(lake: Lakeside) -> None:
    hour_ago = (lake.clock.now() - timedelta(minutes=60)).isoformat()
    lake.signal("call_out", clinician="N1", **{"from": iso("08:00"), "until": iso("12:00"), "occurred_at": hour_ago})
    lake.signal("clinician_free", clinician="N1", **{"from": iso("09:00"), "until": iso("10:00")})
    lake.decide()
    away = lake.rows(
        """SELECT starts_at, ends_at FROM availability WHERE tenant = app_tenant() AND kind = 'unavailable'
           AND starts_with(reason, 'call_out:') ORDER BY starts_at"""
    )
    hours = [(at("08:00"), at("09:00")), (at("10:00"), at("12:00"))]
    assert [(row["starts_at"], row["ends_at"]) for row in away] == hours


# --- What is held, reopened, closed, late -----------------------------------------------------------------------------


def test_a_visit_is_held_released_cancelled_and_reopened(lake: Lakeside) -> None:
    lake.signal("visit_held", visit="V1")
    lake.decide()
    assert (stored(lake, "V1")["held"], "V1" in lake.who()) == (True, False)
    lake.signal("visit_released", visit="V1")
    lake.decide()
    assert (stored(lake, "V1")["held"], "V1" in lake.who()) == (False, True)
    lake.signal("cancellation", visit="V1", by="agency", reason="slip")
    lake.decide()
    lake.signal("reopened", visit="V1")
    lake.decide()
    row = stored(lake, "V1")
    assert (row["cancelled_at"], row["cancelled_by"], row["cancel_reason"]) == (None, None, None)
    assert "V1" in lake.who()


def test_two_who_report_the_same_lateness_report_one(lake: Lakeside) -> None:
    lake.clock.advance_to(at("07:30"))
    who = lake.who()
    first = min((v for v in who if who[v] == who["V1"]), key=lake.start)
    planned = lake.start(first)
    for _ in range(2):
        lake.signal("running_late", clinician=who["V1"], minutes=20)
        lake.decide()
    assert at(lake.start(first)) - at(planned) == timedelta(minutes=20)


def test_whoever_takes_a_visit_over_is_not_late_for_it(lake: Lakeside) -> None:
    lake.clock.advance_to(at("07:30"))
    who = lake.who()
    first = min((v for v in who if who[v] == who["V1"]), key=lake.start)
    lake.signal("running_late", clinician=who["V1"], minutes=20)
    lake.decide()
    assert stored(lake, first)["expected_start"] is not None
    lake.signal("call_out", clinician=who["V1"])
    lake.decide()
    assert (stored(lake, first)["expected_start"], stored(lake, first)["late_from"]) == (None, None)


def test_an_area_is_slow_or_closed_for_a_while(lake: Lakeside) -> None:
    lake.signal("travel_disruption", percent=150, **{"from": iso("07:00")}, until=iso("12:00"))
    lake.signal("travel_disruption", percent=150, **{"from": iso("07:00")}, until=iso("12:00"))
    lake.decide()
    (one,) = lake.rows("SELECT percent, postal_codes FROM disruption")
    assert (one["percent"], list(one["postal_codes"])) == (150, [])


def test_silence_and_a_missing_check_in_are_the_signals_that_timers_send(lake: Lakeside) -> None:
    lake.clock.advance_to(at("13:00"))
    lake.signal("late_start", visit="V1")
    lake.decide()
    assert [str(c.kind) for c in lake.cases()["not_clocked_in"]] == ["not_clocked_in"]
    lake.signal("late_start", visit="V1", absent=True)
    lake.decide()
    assert signals(lake)[-1] == ("api", "late_start", "handled")
