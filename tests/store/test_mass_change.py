"""An import that would take away too much is held whole, until a person releases or discards it."""

from pathlib import Path

import pytest
from tests.store.a_riverbend import Riverbend
from tests.store.an_export import AnExport

from suture.service import held_imports
from suture.service.held_imports import NotDecided, NotHeld

TABLES = ("party", "patient", "clinician", "credential", "availability", "visit", "service", "place", "inbox", "touch")


@pytest.fixture
def export(riverbend: Riverbend, tmp_path: Path) -> AnExport:
    return AnExport(riverbend, tmp_path / "export")


def stored(export: AnExport) -> dict[str, list[str]]:
    return {
        table: sorted(str(r) for r in export.agency.rows(f"SELECT *, xmin::text AS written_by FROM {table}"))
        for table in TABLES
    }


def status_of(export: AnExport, employee: str) -> str:
    (row,) = export.agency.rows(
        """SELECT c.status FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE p.external_id = :id""",
        id=employee,
    )
    return str(row["status"])


def test_a_staff_file_with_everybody_terminated_changes_nothing_and_tells_no_one(export: AnExport) -> None:
    export.put("staff.csv", status="terminated")
    before = stored(export)
    held = export.held()
    assert stored(export) == before
    assert str(held.why) == "6 people, 6 of the 6 who work on Tue, Mar 24 in COLUMBUS"
    assert tuple(map(str, held.diff)) == ("6 people, ended: E-01, E-02, E-03, E-04, E-05, E-06",)
    [(subject, reasons)] = export.cases("mass_change_held")
    assert subject == f"import:{held.id}"
    assert reasons[0].startswith(f"Import {held.id} would take away 6 people") and str(held.diff[0]) in reasons
    assert reasons[-1] == (f"If it is right: suture import release {held.id}. If not: suture import discard {held.id}.")


def test_two_of_six_flow_at_once(export: AnExport) -> None:
    assert export.put("staff.csv", lambda r: r["employee_id"] in ("E-01", "E-02"), status="terminated") == 2
    assert export.load().held is None
    assert [status_of(export, e) for e in ("E-01", "E-02", "E-03")] == ["terminated", "terminated", "active"]


@pytest.mark.parametrize("status", ["leave", "terminated"])
def test_three_who_are_more_than_a_fifth_are_held(export: AnExport, status: str) -> None:
    export.put("staff.csv", lambda r: r["employee_id"] in ("E-01", "E-02", "E-03"), status=status)
    assert str(export.held().why) == "3 people, 3 of the 6 who work on Tue, Mar 24 in COLUMBUS"


def test_three_who_leave_are_held_though_only_two_of_them_work_that_day(export: AnExport) -> None:
    export.agency.run(
        """UPDATE assignment SET clinician_id = (SELECT id FROM party WHERE external_id = 'E-01')
           WHERE clinician_id = (SELECT id FROM party WHERE external_id = 'E-03')"""
    )
    export.put("staff.csv", lambda r: r["employee_id"] in ("E-01", "E-02", "E-03"), status="terminated")
    assert str(export.held().why) == "3 people, 2 of the 5 who work on Tue, Mar 24 in COLUMBUS"


def test_hours_taken_from_half_the_staff_are_held(export: AnExport) -> None:
    who = ("E-03", "E-05", "E-06")
    export.put("availability.csv", lambda r: r["employee_id"] in who and r["kind"] == "available", end="07:15")
    assert tuple(map(str, export.held().diff)) == ("3 people, no longer available: E-03, E-05, E-06",)


def test_who_has_a_faulty_line_keeps_the_hours_and_does_not_count(export: AnExport) -> None:
    who = ("E-03", "E-05", "E-06")
    export.put("availability.csv", lambda r: r["employee_id"] in who and r["kind"] == "available", end="07:15")
    faulty = {**export.rows("availability.csv")[0], "employee_id": "E-03", "start": "9 or so"}
    export.write("availability.csv", [*export.rows("availability.csv"), faulty])
    assert export.load().held is None


def test_time_off_counts_beside_a_faulty_line(export: AnExport) -> None:
    rows = export.rows("availability.csv")
    off = {**rows[0], "kind": "unavailable", "rrule": "", "start": "00:00", "end": "24:00", "date": "2026-03-24"}
    more = [{**off, "employee_id": who, **bad} for who in ("E-01", "E-05", "E-06") for bad in ({}, {"start": "x"})]
    export.write("availability.csv", [*rows, *more])
    assert tuple(map(str, export.held().diff)) == ("3 people, no longer available: E-01, E-05, E-06",)


def test_hours_that_still_cover_the_day_are_not(export: AnExport) -> None:
    export.put("availability.csv", lambda r: r["kind"] == "available", start="05:00", end="23:00")
    assert export.load().held is None


def test_licenses_that_all_run_out_are_held(export: AnExport) -> None:
    export.put("credentials.csv", expires_on="2026-03-01")
    assert "credential no longer valid" in str(export.held().diff[0])


def test_roles_that_no_longer_fit_are_held(export: AnExport) -> None:
    export.put("staff.csv", discipline="MSW")
    assert "role no longer fits" in str(export.held().diff[0])


def test_visits_cancelled_by_the_dozen_are_held(export: AnExport) -> None:
    count = export.put("visits.csv", lambda r: r["date"] == "2026-03-24", status="cancelled")
    before = stored(export)
    held = export.held()
    assert stored(export) == before
    assert f"{count} positions, cancelled: " in str(held.diff[0]) and "more" in str(held.diff[0])


def test_visits_moved_by_the_dozen_are_held(export: AnExport) -> None:
    export.put("visits.csv", lambda r: r["date"] == "2026-03-24", date="2026-03-25")
    assert "moved" in str(export.held().diff[0])


def test_patients_discharged_by_the_dozen_are_held(export: AnExport) -> None:
    export.put("patients.csv", status="discharged")
    assert "patient not active" in str(export.held().diff[0])


def test_four_visits_flow_at_once(export: AnExport) -> None:
    day = [r["external_id"] for r in export.rows("visits.csv") if r["date"] == "2026-03-24"][:4]
    export.put("visits.csv", lambda r: r["external_id"] in day, status="cancelled")
    assert export.load().held is None


def test_an_import_that_only_adds_is_never_held(export: AnExport) -> None:
    staff, visits = export.rows("staff.csv"), export.rows("visits.csv")
    new = [{**staff[0], "employee_id": f"N-{n}", "status": "terminated"} for n in range(20)]
    export.write("staff.csv", [*staff, *new])
    more = [{**visits[-1], "external_id": f"N-{n}", "status": "cancelled", "staff": ""} for n in range(60)]
    export.write("visits.csv", [*visits, *more])
    assert export.load().held is None


def test_a_single_cancel_flows_while_a_batch_is_held(export: AnExport, tmp_path: Path) -> None:
    export.put("staff.csv", status="terminated")
    export.held()
    other = AnExport(export.agency, tmp_path / "other")
    [visit, *_] = [r["external_id"] for r in other.rows("visits.csv") if r["date"] == "2026-03-24"]
    other.put("visits.csv", lambda r: r["external_id"] == visit, status="cancelled")
    assert other.load().held is None
    assert len(export.cases("mass_change_held")) == 1


def test_the_same_files_again_are_held_once(export: AnExport) -> None:
    export.put("staff.csv", status="terminated")
    first, second = export.held(), export.held()
    assert first.id == second.id and len(held_imports.held_imports(export.agency.caller)) == 1


def test_other_files_are_held_beside_them(export: AnExport) -> None:
    export.put("staff.csv", status="terminated")
    first = export.held()
    export.put("staff.csv", status="leave")
    assert export.held().id != first.id


def test_release_applies_the_stored_bytes_and_closes_the_case(export: AnExport) -> None:
    export.put("staff.csv", status="terminated")
    held = export.held()
    export.put("staff.csv", status="active")  # the folder has moved on: what was held counts
    report = export.release(held)
    assert report.changed == 6 and status_of(export, "E-01") == "terminated"
    assert export.cases("mass_change_held") == []
    [run] = export.agency.rows("SELECT * FROM import_run WHERE id = :id", id=held.id)
    assert (run["state"], run["decided_by"], run["reason"]) == ("released", "Dana Park", "checked")
    assert not export.agency.rows("SELECT FROM import_file WHERE content IS NOT NULL")
    with pytest.raises(NotHeld, match="is no longer held: it was released"):
        export.release(held)


def test_discard_applies_nothing_and_keeps_the_record_without_the_bytes(export: AnExport) -> None:
    export.put("staff.csv", status="terminated")
    held = export.held()
    before = stored(export)
    export.discard(held)
    assert stored(export) == before and export.cases("mass_change_held") == []
    files = export.agency.rows("SELECT name, content FROM import_file WHERE import_id = :id", id=held.id)
    assert len(files) == 9 and all(f["content"] is None for f in files)
    codes = [r["code"] for r in export.agency.rows("SELECT code FROM audit_row WHERE code LIKE 'files.%' ORDER BY id")]
    assert codes[-2:] == ["files.held", "files.discarded"]


def test_a_decision_needs_a_name_a_reason_and_something_that_waits(export: AnExport) -> None:
    caller = export.agency.caller
    with pytest.raises(NotHeld, match="There is no import 99"):
        held_imports.discard(caller, 99, "Dana Park", "a slip")
    export.put("staff.csv", status="terminated")
    with pytest.raises(NotDecided):
        held_imports.discard(caller, export.held().id, "Dana Park", " ")


def test_an_accepted_import_is_recorded_without_content(export: AnExport) -> None:
    export.load()
    [run] = export.agency.rows("SELECT * FROM import_run ORDER BY id DESC LIMIT 1")
    files = export.agency.rows("SELECT * FROM import_file WHERE import_id = :id ORDER BY name", id=run["id"])
    assert (run["state"], run["mode"], run["source"]) == ("applied", "delta", "csv")
    assert {f["name"]: f["rows"] for f in files}["visits.csv"] == len(export.rows("visits.csv"))
    assert all(len(f["sha256"]) == 64 and f["content"] is None for f in files)
