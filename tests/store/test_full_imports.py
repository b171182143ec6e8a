"""A full import is asked about what it leaves out; branches and services change with a line, or not at all."""

import re
import shutil
from pathlib import Path

import pytest
from tests.store.a_riverbend import Riverbend
from tests.store.an_export import AnExport

from suture.model.import_runs import ImportMode
from suture.service.outreach import outreach_now
from suture.store import imports

FULL = ImportMode.FULL


@pytest.fixture
def export(riverbend: Riverbend, tmp_path: Path) -> AnExport:
    return AnExport(riverbend, tmp_path / "export")


def on_the_day(export: AnExport) -> list[str]:
    return [r["external_id"] for r in export.rows("visits.csv") if r["date"] == "2026-03-24"]


def status_of(export: AnExport, visit: str) -> str:
    [row] = export.agency.rows("SELECT status FROM visit WHERE external_id = :id", id=visit)
    return str(row["status"])


def asked(export: AnExport) -> list[str]:
    return [
        r["id"]
        for r in export.agency.rows(
            """SELECT coalesce(v.external_id, p.external_id) AS id FROM exception_case e
               LEFT JOIN visit v ON e.subject_kind = 'visit' AND v.id = e.subject_id
               LEFT JOIN party p ON e.subject_kind <> 'visit' AND p.id = e.subject_id
               WHERE e.kind = 'upstream_missing' AND e.state = 'open' ORDER BY 1"""
        )
    ]


# what a full file leaves out


def test_a_visit_that_a_full_file_leaves_out_is_asked_about_and_not_cancelled(export: AnExport) -> None:
    visit = on_the_day(export)[3]
    export.drop("visits.csv", lambda r: r["external_id"] == visit)
    report = export.load(FULL)
    assert status_of(export, visit) not in ("cancelled", "missed")
    assert asked(export) == [visit]
    [(_, reasons)] = export.cases("upstream_missing")
    assert f"suture signal cancellation {visit}" in reasons[1]
    [day] = export.agency.rows(
        "SELECT DISTINCT service_date::text AS day FROM exception_case WHERE kind = 'upstream_missing'"
    )
    assert day["day"] == "2026-03-24"
    assert (
        f"visits.csv: 1 open visit of this branch is not in the file, nothing was changed: {visit}; "
        "the board asks about 1"
    ) in report.notes


def test_in_a_delta_absence_means_nothing(export: AnExport) -> None:
    export.drop("visits.csv", lambda r: r["date"] == "2026-03-24" and r["external_id"] != on_the_day(export)[0])
    assert export.load().notes == () and asked(export) == []


def test_the_question_closes_once_a_file_names_the_visit_again(export: AnExport, tmp_path: Path) -> None:
    shutil.copytree(export.folder, tmp_path / "whole")
    visit = on_the_day(export)[3]
    export.drop("visits.csv", lambda r: r["external_id"] == visit)
    export.load(FULL)
    export.folder = tmp_path / "whole"
    export.load()
    assert asked(export) == []


def test_the_question_closes_once_the_visit_is_cancelled(export: AnExport) -> None:
    visit = on_the_day(export)[3]
    export.drop("visits.csv", lambda r: r["external_id"] == visit)
    export.load(FULL)
    export.agency.run("UPDATE visit SET status = 'cancelled', rev = rev + 1 WHERE external_id = :id", id=visit)
    export.load(FULL)
    assert asked(export) == []


def test_days_outside_of_the_file_and_days_gone_by_are_not_asked_about(export: AnExport) -> None:
    export.agency.run(
        """INSERT INTO visit (external_id, branch_id, service_date, place_id, earliest_start, latest_start, latest_end,
                  service_code, patient_id, duration_min, documentation_min, positions, priority, status)
           SELECT external_id || n, branch_id, service_date + n, place_id, earliest_start, latest_start, latest_end,
                  service_code, patient_id, duration_min, documentation_min, positions, priority, 'requested'
           FROM visit, unnest(ARRAY[-2, 1]) n WHERE external_id = :id""",
        id=on_the_day(export)[0],
    )
    export.load(FULL)
    assert asked(export) == []


def test_a_faulty_row_names_its_visit(export: AnExport) -> None:
    visit = on_the_day(export)[3]
    export.put("visits.csv", lambda r: r["external_id"] == visit, window_start="half past nine")
    export.load(FULL)
    assert asked(export) == []


def test_people_left_out_are_asked_about_where_plans_rest_on_them(export: AnExport) -> None:
    with_visits = {r["patient_external_id"] for r in export.rows("visits.csv") if r["date"] == "2026-03-24"} - {""}
    patient = sorted(with_visits)[0]
    export.drop("patients.csv", lambda r: r["external_id"] == patient)
    export.drop("staff.csv", lambda r: r["employee_id"] == "E-06")
    report = export.load(FULL)
    assert asked(export) == ["E-06", patient]
    assert [n.split(":")[0] for n in report.notes if "not in the file" in n] == ["patients.csv", "staff.csv"]
    assert export.agency.rows("SELECT FROM clinician WHERE status <> 'active'") == []


# a full file that is too short


@pytest.mark.parametrize(("kept", "refused"), [(27, True), (34, False)])
def test_a_full_file_with_a_fifth_fewer_rows_is_refused(export: AnExport, kept: int, refused: bool) -> None:
    day = export.rows("visits.csv")[-34:]
    export.write("visits.csv", day)
    export.load(FULL)
    export.write("visits.csv", day[:kept])
    report = export.load(FULL)
    lines = [
        "visits.csv:1: 27 rows, and the last full file had 34: it may be cut short; if it holds only changes, say "
        "--delta; if that is all there is, say --full --accept-fewer"
    ]
    assert list(report.lines()) == (lines if refused else [])
    assert report.refused == (("visits.csv",) if refused else ())
    assert asked(export) == []


def test_fewer_rows_are_accepted_where_somebody_says_so(export: AnExport) -> None:
    day = export.rows("visits.csv")[-34:]
    export.write("visits.csv", day)
    export.load(FULL)
    export.write("visits.csv", [*day[:20], *day[-7:]])
    assert export.load(FULL, accept_fewer=True).refused == ()
    assert len(asked(export)) == 7
    assert export.load(FULL).refused == (), "the accepted one is the last one now"


def test_a_delta_may_be_as_short_as_it_likes(export: AnExport) -> None:
    export.load(FULL)
    export.write("visits.csv", export.rows("visits.csv")[-1:])
    assert export.load().refused == ()


def test_an_empty_full_file_is_refused(export: AnExport) -> None:
    header = list(export.rows("visits.csv")[0])
    export.write("visits.csv", [], header)
    report = export.load(FULL)
    assert report.refused == ("visits.csv",) and "the file has no rows" in report.lines()[0]
    assert export.load().refused == ()


def test_after_a_restore_only_a_full_import_with_patients_opens_the_way_to_them(export: AnExport) -> None:
    export.agency.run("UPDATE outreach SET awaits_import = true")
    export.load()
    assert outreach_now(export.agency.caller).state.awaits_import
    export.load(FULL)
    assert not outreach_now(export.agency.caller).state.awaits_import


def test_a_full_import_without_patients_does_not(export: AnExport) -> None:
    export.agency.run("UPDATE outreach SET awaits_import = true")
    export.only("branch.csv", "sites.csv", "staff.csv")
    export.load(FULL)
    assert outreach_now(export.agency.caller).state.awaits_import


# another branch


@pytest.fixture
def elsewhere(export: AnExport) -> AnExport:
    export.put("branch.csv", external_id="THIRD", name="Third")
    return export


def branches(export: AnExport, kind: str) -> dict[str, str]:
    return {
        r["id"]: r["branch"]
        for r in export.agency.rows(
            f"""SELECT p.external_id AS id, b.external_id AS branch FROM {kind} x JOIN party p ON p.id = x.party_id
                JOIN branch b ON b.id = x.branch_id"""
        )
    }


def test_no_one_with_published_visits_changes_branch_by_a_file(elsewhere: AnExport) -> None:
    before = elsewhere.agency.rows("SELECT * FROM assignment WHERE to_version IS NULL ORDER BY visit_id")
    report = elsewhere.load()
    assert set(branches(elsewhere, "clinician").values()) == {"COLUMBUS"}
    assert elsewhere.agency.rows("SELECT * FROM assignment WHERE to_version IS NULL ORDER BY visit_id") == before
    patients, staff = report.lines()
    assert staff == (
        "staff.csv:2: 6 people were not moved from COLUMBUS to THIRD because of published visits: E-01, E-02, "
        "E-03, E-04, E-05 and 1 more; if THIRD is wrong, correct the branch; if it is right, import again once "
        "those visits are over"
    )
    assert re.match(
        r"patients.csv:2: \d\d patients were not moved from COLUMBUS to THIRD because of .*: P-01, P-0", patients
    )
    assert (report.left_out, report.set_aside) == (0, 0)
    with elsewhere.agency.caller.transaction() as tx:
        day = elsewhere.agency.day(tx)
    assert len(day.clinicians) == 6 and day.plan.assignments
    [(_, reasons)] = elsewhere.cases("field_conflict")
    assert "patients (P-01, P-0" in reasons[0] and "6 people (E-01, E-02, E-03, E-04, E-05 and 1 more)" in reasons[0]
    assert elsewhere.cases("import_set_aside") == []
    elsewhere.load()
    assert len(elsewhere.cases("field_conflict")) == 1, "the same files again ask the same"


def test_a_file_of_some_answers_for_them_alone(elsewhere: AnExport) -> None:
    elsewhere.load()
    elsewhere.put("branch.csv", external_id="COLUMBUS", name="Columbus")
    elsewhere.only("branch.csv", "staff.csv")
    elsewhere.drop("staff.csv", lambda r: r["employee_id"] == "E-06")
    elsewhere.load()
    [(_, reasons)] = elsewhere.cases("field_conflict")
    assert "1 person (E-06)" in reasons[0] and "patients (P-01, P-0" in reasons[0]


def test_who_has_none_is_moved_with_a_line(elsewhere: AnExport) -> None:
    elsewhere.agency.run(
        """UPDATE visit SET status = 'cancelled', rev = rev + 1 WHERE status <> 'completed'
             AND patient_id = (SELECT id FROM party WHERE external_id = 'P-07')"""
    )
    elsewhere.agency.run(
        """UPDATE assignment SET clinician_id = (SELECT id FROM party WHERE external_id = 'E-01')
           WHERE clinician_id = (SELECT id FROM party WHERE external_id = 'E-03')"""
    )
    report = elsewhere.load()
    assert [p for p, b in branches(elsewhere, "patient").items() if b == "THIRD"] == ["P-07"]
    assert [c for c, b in branches(elsewhere, "clinician").items() if b == "THIRD"] == ["E-03"]
    assert "patients.csv: moved from COLUMBUS to THIRD: P-07" in report.notes
    assert "staff.csv: moved from COLUMBUS to THIRD: E-03" in report.notes


def test_the_question_closes_once_the_files_agree(elsewhere: AnExport) -> None:
    elsewhere.load()
    elsewhere.put("branch.csv", external_id="COLUMBUS", name="Columbus")
    elsewhere.load()
    assert elsewhere.cases("field_conflict") == []


def test_staff_without_a_home_keep_the_base_of_the_branch_they_stay_in(elsewhere: AnExport) -> None:
    elsewhere.put("branch.csv", lat="40.1")
    elsewhere.put("staff.csv", lat="", lon="", site_code="")
    elsewhere.load()
    [row] = elsewhere.agency.rows(
        """SELECT count(*) AS n FROM clinician c JOIN branch b ON b.id = c.branch_id
           WHERE c.home_place_id = b.place_id"""
    )
    assert row["n"] == 6


# services


def test_a_service_that_visits_use_changes_with_a_line(export: AnExport) -> None:
    export.put("services.csv", lambda r: r["service_code"] == "SN_VISIT", duration_min="90", roles="RN")
    [planned] = export.agency.rows(
        """SELECT count(DISTINCT v.id) AS n FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
           WHERE v.service_code = 'SN_VISIT' AND v.status NOT IN ('completed', 'cancelled')"""
    )
    assert (
        f"services.csv: SN_VISIT: 20 to 90 minutes, roles RN;LPN to RN; {planned['n']} planned visits keep 20"
    ) in export.load().notes
    assert export.load().notes == ()


def test_a_service_that_no_one_uses_changes_in_silence(export: AnExport) -> None:
    services = export.rows("services.csv")
    export.write("services.csv", [*services, {**services[0], "service_code": "NEW"}])
    assert export.load().notes == ()
    assert export.put("services.csv", lambda r: r["service_code"] == "NEW", documentation_min="50")
    assert export.load().notes == ()


# large files


def test_a_file_written_in_pieces_says_the_same_as_one_written_at_once(
    export: AnExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {"updated_at": "2026-03-01T12:00:00-05:00"}
    rows = [{**r, **older} if r["date"] == "2026-03-24" else r for r in export.rows("visits.csv")]
    broken = {**rows[-1], "external_id": "V-NEW", "patient_external_id": "P-99"}
    export.write("visits.csv", [*rows, broken])
    patient = export.rows("patients.csv")[-1]
    export.put("patients.csv", lambda r: r["external_id"] == patient["external_id"], family="Other")
    monkeypatch.setattr(imports, "AT_ONCE", 7)
    report = export.load()
    assert (report.changed, report.set_aside) == (1, 1)
    assert report.notes == ("visits.csv: 34 rows are older than what is stored and were not applied",)
    [row] = export.agency.rows("SELECT raw FROM quarantine WHERE file = 'visits.csv' AND mended_at IS NULL")
    assert row["raw"].startswith("V-NEW,P-99,"), "the row is looked up in the file"
