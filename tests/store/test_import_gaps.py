"""What an import cannot use, whom it keeps, what waits for what, and how all of it is mended."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.store.a_riverbend import THE_DAY, Riverbend, at
from tests.store.test_import_columns import Agency

from suture.service.clock import VirtualClock
from suture.service.places import NotAPlacesFile, as_csv, load_places, missing_places
from suture.words.reason import from_json

FAULTY = "\0"


@pytest.fixture
def agency(database: Engine, clock: VirtualClock, tmp_path: Path) -> Agency:
    return Agency(database, clock, tmp_path)


def changed(agency: Agency, file: str, **cells: str) -> list[dict[str, str]]:
    """The good rows of a file, the first with other cells."""
    first, *rest = agency.rows[file]
    return [{**first, **cells}, *rest]


def addresses(agency: Agency, external_id: str) -> dict[str, str]:
    rows = agency.select(
        "SELECT channel, value FROM address a JOIN party p ON p.id = a.party_id WHERE p.external_id = :id",
        id=external_id,
    )
    return {r["channel"]: r["value"] for r in rows}


@pytest.mark.parametrize("written", ["(614) 555-0111", "6145550111", "1-614-555-0111"])
def test_a_phone_is_read_in_the_country_of_the_branch(agency: Agency, written: str) -> None:
    assert agency.load("patients.csv", changed(agency, "patients.csv", phone_mobile=written)).lines() == ()
    assert addresses(agency, "P-1")["sms"] == "+16145550111"


def test_a_phone_with_an_extension_is_for_people_to_ring(agency: Agency) -> None:
    agency.load()
    agency.load("patients.csv", changed(agency, "patients.csv", phone_mobile="614-555-0112 x136"))
    assert addresses(agency, "P-1") == {"voice": "+16145550112 x136", "email": "jane@example.org"}
    agency.load()
    assert addresses(agency, "P-1") == {"sms": "+16145550111", "email": "jane@example.org"}


def test_a_phone_no_one_can_read_keeps_the_patient_and_the_known_number(agency: Agency) -> None:
    agency.load()
    report = agency.load("patients.csv", changed(agency, "patients.csv", phone_mobile="call daughter", given="Janet"))
    assert report.lines() == (
        "patients.csv:2: phone_mobile: is not a phone number; write it with its area code, such as 614-555-0111",
    )
    assert (report.set_aside, report.left_out) == (0, 1)
    assert addresses(agency, "P-1")["sms"] == "+16145550111"
    assert agency.select("SELECT given FROM party WHERE external_id = 'P-1'") == [{"given": "Janet"}]


def test_the_stored_branch_says_how_phones_are_read_in_a_folder_without_one(agency: Agency) -> None:
    agency.load()
    rows = changed(agency, "patients.csv", phone_mobile="614-555-0119", timezone="")
    agency.rows = {"patients.csv": rows}
    (agency.folder / "branch.csv").unlink()
    agency.load()
    assert addresses(agency, "P-1")["sms"] == "+16145550119"
    assert agency.select("SELECT tz FROM party WHERE external_id = 'P-1'") == [{"tz": "America/New_York"}]


def test_what_waits_for_a_row_is_said_once_behind_it(agency: Agency) -> None:
    report = agency.load("patients.csv", changed(agency, "patients.csv", updated_at="a,b"))
    aside, waits = report.lines()
    assert "cells where the header has" in aside
    assert waits == "patients.csv:2: 1 order, 1 consent and 1 visit of P-1 wait for it"
    assert report.set_aside == 4


def test_an_id_twice_holds_all_its_lines_and_what_hangs_on_it(agency: Agency) -> None:
    agency.load()
    before = agency.state()
    other = {**agency.rows["patients.csv"][0], "family": "Quixote"}
    visits = changed(agency, "visits.csv", priority="stat", updated_at="2026-03-23T13:00:00-04:00")
    agency.rows["visits.csv"] = visits
    report = agency.load("patients.csv", [*changed(agency, "patients.csv", phone_mobile="x"), other])
    assert report.lines() == (
        "patients.csv:2: external_id: P-1 is on lines 2 and 3; keep one of them: none of them was used",
        "patients.csv:2: 1 order, 1 consent and 1 visit of P-1 wait for it",
    )
    assert agency.state() == before
    agency.load()
    assert agency.select("SELECT priority FROM visit") == [{"priority": 3}]
    assert agency.open_cases() == set()


def test_what_was_set_aside_is_on_the_board_until_a_later_file_mends_it(agency: Agency) -> None:
    agency.load("visits.csv", changed(agency, "visits.csv", date="24 March"))
    (case,) = agency.select("SELECT reasons, service_date, subject_kind, state FROM exception_case")
    (why,) = case["reasons"]
    assert from_json(why).in_language("es") == (
        "visits.csv, línea 2: date: no es una fecha; escríbalo como 2026-03-24."
    )
    assert case | {"reasons": [str(from_json(why))]} == {
        "reasons": ["visits.csv, line 2: date: is not a date; write it as 2026-03-24."],
        "service_date": None,
        "subject_kind": "file",
        "state": "open",
    }
    (kept,) = agency.select("SELECT subject, branch_id IS NOT NULL AS has_branch, mended_at FROM quarantine")
    assert kept == {"subject": "V-1", "has_branch": True, "mended_at": None}
    agency.load()
    (case,) = agency.select("SELECT state, closed_why FROM exception_case")
    assert (case["state"], str(from_json(case["closed_why"]))) == ("closed", "a later file fixed it")
    (kept,) = agency.select("SELECT mended_at IS NOT NULL AS mended FROM quarantine")
    assert kept == {"mended": True}


def test_a_refused_file_mends_nothing(agency: Agency) -> None:
    agency.load("visits.csv", changed(agency, "visits.csv", date="24 March"))
    (agency.folder / "visits.csv").write_text("external_id\n")
    rows = dict(agency.rows)
    agency.rows = {file: own for file, own in rows.items() if file != "visits.csv"}
    agency.load()
    assert len(agency.select("SELECT id FROM quarantine WHERE file = 'visits.csv' AND mended_at IS NULL")) == 2


def test_a_patient_who_moves_without_coordinates_has_to_be_looked_up_again(agency: Agency) -> None:
    agency.load()
    gone = {"lat": "", "lon": ""}
    agency.load("patients.csv", changed(agency, "patients.csv", **gone, line2="Apt 5"))
    point = "SELECT lat, lon FROM place WHERE owner_key = 'patient:P-1'"
    assert agency.select(point) == [{"lat": 39.98, "lon": -83.06}]
    agency.load("patients.csv", changed(agency, "patients.csv", **gone, line1="77 Other Road"))
    assert agency.select(point) == [{"lat": None, "lon": None}]
    assert agency.open_cases() == {"place_unlocated"}


@pytest.mark.parametrize("cells", [("", ""), ("0", "0"), ("north", "x"), ("39.98", "")])
def test_a_place_is_looked_up_in_a_file_and_stays(agency: Agency, cells: tuple[str, str]) -> None:
    agency.load("patients.csv", changed(agency, "patients.csv", lat=cells[0], lon=cells[1]))
    assert "place_unlocated" in agency.open_cases()
    written = as_csv(missing_places(agency.caller))
    assert written.splitlines() == [
        "owner,external_id,line1,line2,city,state,postal_code,lat,lon",
        "patient,P-1,12 Mill Lane,Apt 4,Columbus,OH,43215,,",
    ]
    done = load_places(agency.caller, written.replace("43215,,", "43215,39.97,-83.05"))
    assert (done.located, done.missing, done.lines) == (1, 0, ())
    assert "place_unlocated" not in agency.open_cases()
    agency.load("patients.csv", changed(agency, "patients.csv", lat="", lon=""))
    assert agency.select("SELECT lat FROM place WHERE owner_key = 'patient:P-1'") == [{"lat": 39.97}]


def test_a_site_that_was_looked_up_stays_until_it_moves(agency: Agency) -> None:
    gone = {"lat": "", "lon": ""}
    assert agency.load("sites.csv", changed(agency, "sites.csv", **gone)).lines() == ()
    assert agency.open_cases() == {"place_unlocated"}
    load_places(agency.caller, "owner,external_id,lat,lon\nsite,NORTH,39.97,-83.05\n")
    point = "SELECT lat FROM place WHERE owner_key = 'site:NORTH'"
    agency.load("sites.csv", changed(agency, "sites.csv", **gone, name="North"))
    assert (agency.select(point), agency.open_cases()) == ([{"lat": 39.97}], set())
    agency.load("sites.csv", changed(agency, "sites.csv", **gone, line1="9 Plaza"))
    assert agency.select(point) == [{"lat": None}]


def test_a_wish_for_a_gender_that_cannot_be_read_keeps_the_one_that_is_stored(agency: Agency) -> None:
    agency.load()
    report = agency.load("patients.csv", changed(agency, "patients.csv", gender_pref="women only"))
    assert report.lines() == (
        "patients.csv:2: gender_pref: the value is not known; use one of F, M, X, or leave it empty for any",
    )
    assert agency.select("SELECT gender_preference, status FROM patient") == [
        {"gender_preference": "F", "status": "active"}
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("patient,P-1,0,0", "line 2: 0, 0 is in the ocean; leave lat and lon empty where nothing was found"),
        ("patient,P-1,north,x", "line 2: lat and lon must both be decimal degrees, such as 39.9937"),
        ("patient,P-1,39.9,", "line 2: lat and lon must both be decimal degrees, such as 39.9937"),
        ("patient,P-1,nan,1", "line 2: lat must be between -90 and 90, lon between -180 and 180; "
         "maybe they are swapped"),
        ("patient,P-1,-83.0,39.9", "line 2: is 14847 km from the nearest branch; check lat and lon, "
         "maybe they are swapped"),
        ("patient,P-9,39.9,-83.0", "line 2: P-9 is not a place of this agency"),
    ],
)  # fmt: skip
def test_a_line_of_places_that_cannot_be_used_says_why(agency: Agency, row: str, line: str) -> None:
    agency.load("patients.csv", changed(agency, "patients.csv", lat="", lon=""))
    done = load_places(agency.caller, f"owner,external_id,lat,lon\n{row}\n")
    assert (done.located, done.missing) == (0, 1)
    assert done.lines == (line,)


def test_a_file_that_holds_no_places_is_refused(agency: Agency) -> None:
    agency.load()
    with pytest.raises(NotAPlacesFile, match="no column owner, lat, lon"):
        load_places(agency.caller, "external_id,name\nP-1,x\n")


def test_a_visit_with_a_gap_is_waited_for_and_planned_once_it_is_mended(agency: Agency) -> None:
    agency.load("visits.csv", changed(agency, "visits.csv", required_skills=FAULTY))
    agency.load()
    assert agency.select("SELECT unclear, required_skills FROM visit") == [
        {"unclear": [], "required_skills": ["wound_care"]}
    ]
    assert agency.open_cases() == set()


def test_what_an_adapter_without_own_words_brings_is_refused_by_the_field_of_the_record(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suture.integrations.ehr.csv.adapter.COLUMNS_OF", {})
    rows = changed(agency, "visits.csv", patient_external_id="P-99")
    assert agency.load("visits.csv", rows).lines()[0].startswith("visits.csv:2: patient: P-99 is not a known patient")


@pytest.mark.parametrize("column", ["barred_staff", "preferred_staff"])
def test_a_visit_that_bars_somebody_unknown_is_kept_and_not_planned(agency: Agency, column: str) -> None:
    report = agency.load("visits.csv", changed(agency, "visits.csv", **{column: "E-99"}))
    assert report.lines() == (f"visits.csv:2: {column}: E-99 is not known staff; add it to the staff, or correct it",)
    assert agency.select("SELECT unclear FROM visit") == [{"unclear": [column]}]


def test_what_is_not_clear_is_uncovered_with_its_reason_and_wakes_its_day_once_it_is(database: Engine) -> None:
    riverbend = Riverbend(database, at("15:00", THE_DAY - timedelta(days=1)))
    riverbend.import_files()
    with riverbend.caller.transaction() as tx:
        tx.run("UPDATE place SET lat = NULL, lon = NULL WHERE owner_key = 'patient:P-09'")
        tx.run("UPDATE visit SET unclear = '{required_skills}', rev = rev + 1 WHERE external_id = 'V-0324-11'")
        tx.run(
            "UPDATE patient SET status = 'unclear' WHERE party_id = (SELECT id FROM party WHERE external_id = 'P-19')"
        )
    decision = riverbend.plan()
    names = {r["id"]: r["external_id"] for r in riverbend.rows("SELECT id, external_id FROM visit")}
    why = {names[c.subject.id]: tuple(map(str, c.reasons)) for c in decision.cases_opened if c.subject.kind == "visit"}
    lost = {key.visit_id for key in decision.assignments}
    assert why["V-0324-01"] == ("Its address is not on the map yet: look it up with suture places missing.",)
    assert why["V-0324-11"] == ("The import could not read the skills it needs. Fix the file and import it again.",)
    assert why["V-0324-02"] == ("The import could not read the patient's line. Fix the file and import it again.",)
    assert not {names[v] for v in lost} & why.keys()
    riverbend.publish()
    found = "owner,external_id,lat,lon\npatient,P-09,39.99,-83.01\n"
    assert load_places(riverbend.caller, found).asked == 1
    riverbend.import_files()
    woken = riverbend.rows("SELECT kind, (body ->> 'visit_id')::bigint AS visit FROM inbox")
    assert {(r["kind"], names[r["visit"]]) for r in woken} == {
        ("visit_changed", "V-0324-01"),
        ("visit_changed", "V-0324-02"),
        ("visit_changed", "V-0324-11"),
    }
