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
    assert tuple(map(str, case.reasons)) == (
        "visits.csv, lines 5, 8, 9, 10, 11: patient_external_id: P4 is not an active patient; cancel the visit, or "
        "correct the patient's status.",
    )


def test_one_cell_of_a_new_visit_opens_one_case_before_and_after_its_day_is_decided(lake: Lakeside) -> None:
    lake.add("visits", external_id="V7", patient_external_id="P1", required_skills="wound care,iv")
    lake.load()
    assert open_kinds(lake) == ["visit_unclear"]
    (case,) = lake.cases()["visit_unclear"]
    assert "See visits.csv, line 8." in map(str, case.reasons)
    lake.decide()
    assert (lake.left(), open_kinds(lake)) == ({"V7"}, ["uncovered_visit"])
    lake.load()
    lake.decide()
    assert (lake.left(), open_kinds(lake), lake.lost()) == ({"V7"}, ["uncovered_visit"], 0)
    lake.change("visits", "V7", required_skills="")
    assert lake.load().lines() == ()
    lake.decide()
    assert "V7" in lake.who() and open_kinds(lake) == []


def without(lake: Lakeside, file: str, column: str) -> None:
    lake.tables[file] = [{k: v for k, v in row.items() if k != column} for row in lake.tables[file]]


def test_credentials_without_the_column_of_their_end_keep_what_is_stored(lake: Lakeside) -> None:
    who = lake.who()
    stored = "SELECT valid_from, valid_until, status FROM credential ORDER BY clinician_id, code"
    before = lake.rows(stored)
    without(lake, "credentials", "expires_on")
    report = lake.load()
    lake.decide()
    assert (report.held, lake.rows(stored), lake.who()) == (None, before, who)
    assert any("stored dates stay" in note for note in report.notes)


def test_a_new_credential_without_the_column_of_its_end_does_not_count(lake: Lakeside) -> None:
    lake.add("credentials", credential_code="iv", number="X-1")
    without(lake, "credentials", "expires_on")
    lake.load()
    new = lake.rows("SELECT valid_until, status FROM credential WHERE code = 'iv'")
    assert new == [{"valid_until": None, "status": "active"}]


def test_a_renamed_column_of_an_end_takes_no_license_away(lake: Lakeside) -> None:
    lake.tables["credentials"] = [
        {("expires" if k == "expires_on" else k): v for k, v in row.items()} for row in lake.tables["credentials"]
    ]
    report = lake.load()
    assert report.refused == ("credentials.csv",)
    assert report.lines()[0].endswith("did you mean expires_on?")


def test_a_row_that_is_not_loaded_is_counted_once(lake: Lakeside) -> None:
    lake.add("services", service_code="new_one", duration_min="soon")
    report = lake.load()
    assert (report.left_out, report.set_aside) == (0, 1)


def test_a_held_import_still_says_what_was_not_read(lake: Lakeside) -> None:
    for row in lake.tables["staff"]:
        row["shoe_size"] = "9"
    for who in ("N1", "N2", "T1", "A1"):
        lake.change("staff", who, status="leave")
    report = lake.load()
    assert report.held is not None
    assert "staff.csv: not read: column shoe_size" in report.notes


def test_a_window_shorter_than_the_visit_is_said_to_be_so_and_not_shown_as_another(lake: Lakeside) -> None:
    lake.add("visits", external_id="V7", patient_external_id="P1", window_start="09:00", window_end="09:20")
    lake.load()
    lake.decide()
    (case,) = (c for kind in ("visit_unclear", "uncovered_visit") for c in lake.cases().get(kind, ()))
    assert (case.visit, case.visit_starts, case.visit_ends) == ("V7", None, None)
    assert "or it is shorter than the visit" in str(case.reasons[0])
