"""What is reported from the door, through inbox and worker: who came, what cannot be so, and how much longer."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import Lakeside, at


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    return Lakeside(database, tmp_path / "lake").published()


def test_three_visits_to_one_patient_come_one_after_the_other(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.change("visits", "V1", window_start="08:30", window_end="12:00")
    for key, service in (("V1PT", "PTV"), ("V1HHA", "HHAV")):
        lake.add("visits", external_id=key, patient_external_id="P1", service_code=service)
        lake.change("visits", key, window_start="08:30", window_end="12:00")
    lake.load()
    lake.plan()
    own = sorted((s.seat.starts_at, s.seat.ends_at) for s in lake.board().stops if s.seat and s.who == "Pat1 T.")
    assert len(own) == 3
    assert own[0][1] <= own[1][0] and own[1][1] <= own[2][0]


def test_where_a_patients_visits_have_no_room_a_case_says_so(database: Engine, tmp_path: Path) -> None:
    lake = Lakeside(database, tmp_path / "lake")
    lake.change("visits", "V1", window_start="08:30", window_end="09:10")
    lake.add("visits", external_id="V1PT", patient_external_id="P1", service_code="PTV")
    lake.change("visits", "V1PT", window_start="08:30", window_end="09:20")
    lake.load()
    lake.plan()
    (case,) = lake.cases()["uncovered_visit"]
    assert [str(r) for r in case.reasons] == [
        "The patient has other visits that day, and one has to end before the next begins."
    ]


def test_who_came_is_busy_and_who_was_planned_is_free(lake: Lakeside) -> None:
    planned = lake.who()["V2"]
    other = ({"N1", "N2"} - {planned}).pop()
    lake.clock.advance_to(at("09:00"))
    lake.signal("check_in", visit="V2", clinician=other, occurred_at=at("09:00").isoformat())
    lake.decide()
    assert lake.who()["V2"] == other
    names = {"N1": "Ada Alder", "N2": "Ben Birch"}
    said = f"{names[other]} checked in, but {names[planned]} was planned. Ask whose visit it was."
    assert [str(r) for r in lake.cases()["evv_mismatch"][0].reasons] == [said]
    emptied = {step for step, who in lake.touches("planned") if who == planned}
    assert emptied & {"s.changed", "s.emptied"}, "she has to hear that someone else is there"


def test_a_visit_that_took_place_though_cancelled_is_recorded_and_the_cancellation_stays(lake: Lakeside) -> None:
    lake.signal("cancellation", visit="V4", by="agency")
    lake.decide()
    lake.clock.advance_to(at("11:05"))
    lake.signal("check_in", visit="V4", clinician="N2")
    lake.decide()
    assert lake.who()["V4"] == "N2"
    assert [c.visit for c in lake.cases()["evv_mismatch"]] == ["V4"]
    lake.clock.advance_to(at("11:40"))
    lake.signal("check_out", visit="V4", outcome="done", clinician="N2")
    lake.decide()
    (row,) = lake.rows(
        """SELECT v.status, p.external_id AS who, v.cancelled_by, v.started_at, v.ended_at
           FROM visit v JOIN party p ON p.id = v.done_by WHERE v.external_id = 'V4'"""
    )
    assert (row["status"], row["who"], row["cancelled_by"]) == ("completed", "N2", "agency")
    assert (row["started_at"], row["ended_at"]) == (at("11:05"), at("11:40"))
    kinds = [r["kind"] for r in lake.rows("SELECT kind FROM event WHERE kind LIKE 'visit.c%' ORDER BY seq")]
    assert kinds == ["visit.cancelled", "visit.changed", "visit.completed"]  # it is wanted again, since it took place


def test_hours_before_the_time_of_a_cancelled_visit_it_is_recorded_as_at_its_time(lake: Lakeside) -> None:
    lake.signal("cancellation", visit="V5", by="agency")
    lake.decide()
    lake.clock.advance_to(at("08:25"))
    lake.signal("check_in", visit="V5", clinician="N1")
    lake.decide()
    (case,) = lake.cases()["evv_mismatch"]
    said = "The visit was cancelled, but Ada Alder checked in at 08:25. Call them, then the patient."
    assert (case.visit, [str(r) for r in case.reasons]) == ("V5", [said])
    assert lake.who()["V5"] == "N1"
    lake.clock.advance_to(at("08:55"))
    lake.signal("check_out", visit="V5", outcome="done", clinician="N1")
    lake.decide()
    (row,) = lake.rows("SELECT status, started_at, ended_at FROM visit WHERE external_id = 'V5'")
    assert (row["status"], row["started_at"], row["ended_at"]) == ("completed", at("08:25"), at("08:55"))
    assert [str(r) for r in lake.cases()["evv_mismatch"][0].reasons] == [said]


def test_twenty_minutes_longer_said_three_times_is_twenty_minutes(lake: Lakeside) -> None:
    lake.clock.advance_to(at("09:00"))
    lake.signal("check_in", visit="V2", occurred_at=at("09:00").isoformat())
    lake.decide()
    for _ in range(3):
        lake.signal("run_over", visit="V2", minutes=20)
        lake.decide()
        ends = [s.expected_end for s in lake.board().stops if s.external_id == "V2"]
        assert ends == [at("09:50")]
