"""Importing an export into a real database: what is stored, what a second import does, what is set aside."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine
from tests.fakes.ports import FakeSource
from tests.store.an_export_folder import RIVERBEND, WHOLE, Agency

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.actors import COMMAND_LINE
from suture.model.addresses import address_hash
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.context import Context
from suture.service.import_files import import_folder


@pytest.fixture
def agency(database: Engine, clock: VirtualClock, tmp_path: Path) -> Agency:
    folder = tmp_path / "export"
    shutil.copytree(WHOLE, folder)
    unused: Any = None
    caller = Caller(Context(database, clock, unused, {}, unused, unused), COMMAND_LINE)
    return Agency(caller, folder)


def test_the_whole_export_loads_without_a_problem(agency: Agency) -> None:
    report = agency.load()
    assert report.lines() == ()
    counts = {table: len(rows) for table, rows in agency.everything().items()}
    assert counts["visit"] == 42
    assert counts["clinician"] == 6
    assert counts["patient"] == 32
    assert counts["credential"] == 18
    assert counts["quarantine"] == 0
    assert counts["visit_order"] == 2
    assert report.loaded == report.changed == sum(f.read_text().count("\n") - 1 for f in WHOLE.iterdir())


def test_the_demo_agency_loads_without_a_problem(agency: Agency) -> None:
    report = import_folder(agency.caller, CsvFolder(), RIVERBEND)
    assert report.lines() == ()
    assert [note for note in report.notes if not note.startswith("streets.csv")] == []


def test_the_same_folder_twice_writes_nothing_at_all(agency: Agency) -> None:
    agency.load()
    before = agency.everything()
    report = agency.load()
    assert report.changed == 0
    assert agency.everything() == before  # to the transaction that last wrote each row


def test_window_end_is_the_latest_end(agency: Agency) -> None:
    agency.load()
    visit = agency.visit("V-0324-01")  # 08:00 to 10:00 in New York, 15 minutes
    assert [visit[c].strftime("%H:%M") for c in ("earliest_start", "latest_start", "latest_end")] == [
        "12:00",
        "13:45",
        "14:00",
    ]


def test_a_done_visit_says_who_did_it_and_when(agency: Agency) -> None:
    agency.load()
    row = agency.row(
        """SELECT v.status, v.started_at = v.earliest_start AS began, v.ended_at - v.started_at AS lasted,
                  v.duration_min, p.external_id AS who
           FROM visit v JOIN party p ON p.id = v.done_by WHERE v.external_id = 'V-0224-01'"""
    )
    assert (row["status"], row["began"], row["who"]) == ("completed", True, "E-01")
    assert row["lasted"].total_seconds() == row["duration_min"] * 60


def test_every_new_open_visit_is_an_event(agency: Agency) -> None:
    agency.load()
    row = agency.row("SELECT count(*), min(service_date)::text AS day FROM event WHERE kind = 'visit.added'")
    assert row == {"count": 34, "day": "2026-03-24"}


def test_addresses_are_found_by_the_hash_of_an_inbound_number(agency: Agency) -> None:
    agency.load()
    row = agency.row(
        "SELECT p.external_id FROM address a JOIN party p ON p.id = a.party_id WHERE value_hash = :hash",
        hash=address_hash(" +1 (614) 555-0111 "),
    )
    assert row["external_id"] == "P-01"


def test_preferred_and_barred_staff_become_pair_rules(agency: Agency) -> None:
    agency.load()
    rows = agency.rows(
        """SELECT p.external_id AS patient, c.external_id AS clinician, r.kind FROM pair_rule r
           JOIN party p ON p.id = r.patient_id JOIN party c ON c.id = r.clinician_id"""
    )
    assert {"patient": "P-15", "clinician": "E-04", "kind": "barred"} in rows
    assert {"patient": "P-09", "clinician": "E-04", "kind": "preferred"} in rows


def test_a_held_visit_is_requested_and_held_and_a_void_one_was_entered_in_error(agency: Agency) -> None:
    agency.edit("visits.csv", "V-0324-01,P-09,SN_VISIT,requested", "V-0324-01,P-09,SN_VISIT,held")
    agency.edit("visits.csv", "V-0324-02,P-19,SN_VISIT,requested", "V-0324-02,P-19,SN_VISIT,void")
    agency.load()
    held, void = agency.visit("V-0324-01"), agency.visit("V-0324-02")
    assert (held["status"], held["held"]) == ("requested", True)
    assert held["held_at"] is not None, "its days on hold count from here"
    assert (void["status"], void["cancel_reason"]) == ("cancelled", "entered_in_error")


def test_one_faulty_cell_is_set_aside_with_its_row_and_the_visit_is_kept_unplanned(agency: Agency) -> None:
    agency.edit(
        "visits.csv",
        "2026-03-24,08:15,09:15,America/New_York,20,wound_care",
        "2026-03-24,08:15,25:00,America/New_York,20,wound_care",
    )
    report = agency.load()
    (line,) = report.lines()
    assert line == "visits.csv:20: window_end: 25:00 is not a time; write HH:MM, up to 24:00"
    assert (report.set_aside, report.left_out) == (0, 1)
    assert agency.visit("V-0324-11")["unclear"] == ["earliest_start", "latest_end"]
    kept = agency.row("SELECT * FROM quarantine")
    assert kept["raw"].startswith("V-0324-11,P-14,SN_WOUND") and kept["at"] == agency.caller.tools.clock.now(
        cast(Any, None)
    )


def test_rows_that_refer_to_no_one_are_set_aside_and_released_when_the_reference_arrives(agency: Agency) -> None:
    patients = (agency.folder / "patients.csv").read_text(encoding="utf-8")
    p09 = next(line for line in patients.splitlines() if line.startswith("P-09,"))
    agency.edit("patients.csv", p09 + "\n", "")
    report = agency.load()
    assert report.lines() == (
        "orders.csv:2: patient_external_id: P-09 is not a known patient; add it to the patients, or correct it",
        "orders.csv:2: 2 consents and 2 visits are set aside for the same reason",
    )
    agency.append("patients.csv", p09)
    assert agency.load().lines() == ()
    assert agency.visit("V-0324-01")["rev"] == 1


@pytest.mark.parametrize(
    ("file", "row", "line"),
    [
        ("visits.csv", "V-1,P-01,SN_MASSAGE,requested,2026-03-24,,,,,,,,,,,,,2026-03-23T12:00:00-04:00,,",
         "service_code: SN_MASSAGE is not a known service; add it to the services, or correct it"),
        ("visits.csv", "V-1,,SN_VISIT,requested,2026-03-24,,,,,,,,,,,,,2026-03-23T12:00:00-04:00,,",
         "patient_external_id: is empty; write whose visit it is; only an open shift has no patient"),
        ("visits.csv", "V-1,P-01,CLINIC_SN,requested,2026-03-24,,,,,,,,,,,,,2026-03-23T12:00:00-04:00,,",
         "site_code: is empty; write where the appointment is: a known site"),
        ("visits.csv", "V-1,P-01,SN_START,requested,2026-03-24,09:00,09:30,,,,,,,,,,,2026-03-23T12:00:00-04:00,,",
         "window_end: the window of 30 minutes is shorter than the service's 40; "
         "widen the window, or shorten the visit"),
        ("visits.csv", "V-1,P-01,SN_VISIT,done,2026-03-20,09:00,10:00,,,,,,,,,,,2026-03-23T12:00:00-04:00,E-99,",
         "staff: E-99 is not known staff; add it to the staff, or correct it"),
        ("visits.csv", "V-1,P-01,SN_VISIT,requested,2026-03-24,,,,,,,E-99,,,,,,2026-03-23T12:00:00-04:00,,",
         "barred_staff: E-99 is not known staff; add it to the staff, or correct it"),
        ("credentials.csv", "E-99,RN,N1,,OH,,2027-01-01,,active",
         "employee_id: E-99 is not known staff; add it to the staff, or correct it"),
        ("availability.csv", "E-99,available,,2026-03-24,08:00,12:00,,,",
         "employee_id: E-99 is not known staff; add it to the staff, or correct it"),
        ("consents.csv", "Q-99,sms,true,,phone,2026-03-20T10:00:00-04:00",
         "party_external_id: Q-99 is not a known patient or known staff; add it to its file, or correct it"),
    ],
)  # fmt: skip
def test_references_are_checked_against_the_database(agency: Agency, file: str, row: str, line: str) -> None:
    agency.load()
    agency.append(file, row)
    (found,) = agency.load().lines()
    assert found.split(": ", 1)[1] == line


def test_a_file_that_cannot_be_read_is_named_first_and_what_falls_with_it_is_one_line(agency: Agency) -> None:
    agency.edit("patients.csv", "external_id,", "client,")
    agency.edit(
        "visits.csv",
        "2026-03-24,08:15,09:15,America/New_York,20,wound_care",
        "2026-03-24,08:15,25:00,America/New_York,20,wound_care",
    )
    report = agency.load()
    consents = (agency.folder / "consents.csv").read_text().count("\nP-")
    first, second, *rest = report.lines()
    assert first.startswith("patients.csv:1: external_id: the column is missing")
    fallen = int(second.removeprefix("patients.csv: rows that name it are set aside: "))
    assert fallen > 40 and fallen > consents
    assert rest == ["visits.csv:20: window_end: 25:00 is not a time; write HH:MM, up to 24:00"]
    assert (report.set_aside, report.refused) == (fallen, ("patients.csv",))


def test_without_a_readable_branch_there_is_one_cause(agency: Agency) -> None:
    agency.edit("branch.csv", "external_id", "branch")
    first, second = agency.load().lines()
    assert first.startswith("branch.csv:1: external_id: the column is missing; maybe branch must be renamed")
    assert second == f"branch.csv: files that need it are set aside: {len(list(agency.folder.iterdir())) - 1}"


def test_a_problem_names_the_file_it_came_from_whatever_the_export_is_made_of(agency: Agency) -> None:
    agency.append("availability.csv", "E-99,available,,2026-03-24,08:00,12:00,,,")
    agency.append("consents.csv", "Q-99,sms,true,,phone,2026-03-20T10:00:00-04:00")
    batches = [replace(b, file=b.file.replace(".csv", ".jsonl")) for b in CsvFolder().read(agency.folder)]
    report = import_folder(agency.caller, FakeSource(batches), agency.folder)
    assert [p.file for p in report.problems] == ["availability.jsonl", "consents.jsonl"]
    assert not any(".csv" in line for line in report.lines())


@pytest.mark.parametrize("cell", ["Quixote", "6145559999"])
def test_an_id_that_looks_like_a_name_or_number_is_not_repeated(agency: Agency, cell: str) -> None:
    agency.append("consents.csv", f"{cell},sms,true,,phone,2026-03-20T10:00:00-04:00")
    agency.append("visits.csv", f"V-1,{cell},SN_VISIT,requested,2026-03-24,,,,,,,,,,,,,2026-03-23T12:00:00-04:00,,")
    agency.append("credentials.csv", f"{cell},RN,N1,,OH,,2027-01-01,,active")
    lines = agency.load().lines()
    assert cell not in "\n".join(lines)
    assert [line.split(": ")[-1] for line in lines[1::2]] == ["1 consent and 1 visit are set aside for the same reason"]


def test_a_consent_is_never_rewritten(agency: Agency) -> None:
    agency.load()
    agency.edit("consents.csv", "P-01,sms,true", "P-01,sms,false")
    (line,) = agency.load().lines()
    assert line == (
        "consents.csv:2: granted: contradicts what is recorded for the same instant; "
        "a change of mind needs a later time"
    )
    assert agency.row("SELECT granted FROM consent ORDER BY id LIMIT 1") == {"granted": True}


def test_visits_of_a_patient_who_died_are_not_scheduled(agency: Agency) -> None:
    agency.edit("patients.csv", "Quentin,,active", "Quentin,,deceased")
    (line,) = agency.load().lines()
    assert line.endswith("P-01 is not an active patient; cancel the visit, or correct the patient's status")


def test_a_phone_number_that_is_gone_upstream_is_gone_here(agency: Agency) -> None:
    agency.load()
    agency.edit("patients.csv", "+16145550111", "")
    assert agency.load().changed == 1
    assert agency.rows("SELECT 1 FROM address WHERE value = '+16145550111'") == []


def test_without_a_branch_nothing_is_loaded_and_it_is_said_once(agency: Agency) -> None:
    (agency.folder / "branch.csv").unlink()
    report = agency.load()
    assert report.loaded == 0
    (line,) = [said for said in report.lines() if "which branch" in said]
    start = "it is unknown which branch this belongs to; add a correct file of the branch. Set aside: sites.csv, "
    assert line.startswith(start) and "staff.csv" in line


def test_each_import_is_in_the_audit_trail(agency: Agency) -> None:
    agency.load()
    row = agency.row("SELECT actor, code, data FROM audit_row")
    assert (row["actor"], row["code"]) == ("command_line", "files.imported")
    assert row["data"] == {"files": 10, "loaded": 194, "quarantined": 0}


LONG_NAME = "Riverbend Home Health Care and Hospice of Ohio"


def named(agency: Agency, name: str) -> Any:
    said = (agency.folder / "branch.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[1]
    agency.edit("branch.csv", f",{said},", f",{name},")
    return agency.load()


def test_an_agencys_name_that_texts_have_no_room_for_is_refused_and_the_stored_one_stays(
    agency: Agency,
) -> None:
    agency.load()
    before = agency.row("SELECT name FROM agency")["name"]
    report = named(agency, LONG_NAME)
    [problem] = report.problems
    assert str(problem) == (
        f"branch.csv:2: agency: has {len(LONG_NAME)} characters, and a text to a phone has room for 36; write the name "
        "that patients know, in at most 36 characters, so that no text needs two parts"
    )
    assert (problem.left_out, agency.row("SELECT name FROM agency")["name"]) == (True, before)
    assert named(agency, "Riverbend Home Care of Central Ohio").problems == ()
    assert agency.row("SELECT name FROM agency")["name"] == "Riverbend Home Care of Central Ohio"


def test_a_new_agency_is_not_stored_under_a_name_that_texts_have_no_room_for(agency: Agency) -> None:
    before = agency.rows("SELECT name FROM agency")
    report = named(agency, LONG_NAME)
    assert "agency_too_long" in {p.code for p in report.problems}
    assert agency.rows("SELECT * FROM branch") == [] and agency.rows("SELECT name FROM agency") == before
    report = named(agency, "Атлас")
    assert any("has a А, with which" in str(p) for p in report.problems)
