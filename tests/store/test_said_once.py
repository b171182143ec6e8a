"""One fault is one line on the screen and one case on the board, however many rows and days hang on it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_lakeside import Lakeside

from suture.web.desk.words import heading


@pytest.fixture
def lake(database: Engine, tmp_path: Path) -> Lakeside:
    return Lakeside(database, tmp_path / "lake").published()


def open_kinds(lake: Lakeside) -> list[str]:
    return [r["kind"] for r in lake.rows("SELECT kind FROM exception_case WHERE state <> 'closed' ORDER BY kind")]


def test_that_a_patient_is_not_active_is_said_once_for_all_her_visits(lake: Lakeside) -> None:
    for n in range(7, 11):
        lake.add("visits", external_id=f"V{n}", patient_external_id="P4", date=f"2026-12-0{n - 6}")
    lake.change("patients", "P4", status="deceased")
    assert lake.load().lines() == (
        "visits.csv:5: patient_external_id: P4 is not an active patient; cancel the visit, or correct the patient's "
        "status",
        "visits.csv:5: 4 visits are set aside for the same reason",
    )
    (case,) = lake.cases()["import_set_aside"]
    assert heading(case, "America/New_York") == "visits.csv needs fixing"
    assert case.reasons == (
        "visits.csv, lines 5, 8, 9, 10, 11: patient_external_id: P4 is not an active patient; cancel the visit, or "
        "correct the patient's status.",
    )


def test_one_cell_of_a_new_visit_opens_one_case_before_and_after_its_day_is_decided(lake: Lakeside) -> None:
    lake.add("visits", external_id="V7", patient_external_id="P1", required_skills="wound care,iv")
    lake.load()
    assert open_kinds(lake) == ["visit_unclear"]
    (case,) = lake.cases()["visit_unclear"]
    assert "See visits.csv, line 8." in case.reasons
    lake.decide()
    assert (lake.left(), open_kinds(lake)) == ({"V7"}, ["uncovered_visit"])
    lake.load()
    lake.decide()
    assert (lake.left(), open_kinds(lake), lake.lost()) == ({"V7"}, ["uncovered_visit"], 0)
    lake.change("visits", "V7", required_skills="")
    assert lake.load().lines() == ()
    lake.decide()
    assert "V7" in lake.who() and open_kinds(lake) == []
