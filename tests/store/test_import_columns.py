"""Every column of every file, with a fault in it: on top of what is stored, and where nothing is.

What must hold is the class of the column in `columns.py` (`Unread`): a new column says there which it is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.unit.integrations.test_csv_bad_input import GOOD

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.ehr.csv.columns import FILES, Unread
from suture.model.actors import COMMAND_LINE
from suture.model.import_reports import ImportReport
from suture.model.messages import Channel
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.context import Context
from suture.service.import_files import import_folder
from suture.store import contacts
from suture.store.branches import all_branches
from suture.store.day import load_day

FAULT = "\0"
"""No cell of any kind may hold it."""

FULL: Mapping[str, Mapping[str, str]] = {
    "sites.csv": {"line1": "1 Plaza", "city": "Columbus", "state": "OH", "postal_code": "43215"},
    "patients.csv": {
        "line1": "12 Mill Lane", "line2": "Apt 4", "city": "Columbus", "state": "OH", "postal_code": "43215",
        "timezone": "America/New_York", "gender_pref": "F", "tags": "ramp", "pets": "dog", "risk": "2",
    },
    "staff.csv": {
        "site_code": "NORTH", "home_line1": "1 Oak St", "home_city": "Columbus", "home_state": "OH",
        "home_postal_code": "43215", "timezone": "America/New_York", "phone_mobile": "614-555-0101",
        "email": "ana@example.org", "gender": "F", "territory": "north", "employment_type": "hourly",
        "hire_date": "2024-06-01", "tags": "bilingual", "allergies": "dog",
    },
    "credentials.csv": {"state": "OH", "status": "active"},
    "availability.csv": {"kind": "on_call", "tier": "2", "timezone": "America/New_York", "reason": "usual"},
    "orders.csv": {"service_code": "SN_VISIT"},
    "consents.csv": {"wording": "You may write to me."},
    "visits.csv": {
        "timezone": "America/New_York", "required_skills": "wound_care", "preferred_staff": "E-1",
        "barred_staff": "E-2", "priority": "urgent", "site_code": "NORTH", "positions": "2",
    },
}  # fmt: skip
"""The good rows with a value in every column, so that each of them can get lost."""

IDS = {
    "sites.csv": "site_code", "services.csv": "service_code", "patients.csv": "external_id",
    "staff.csv": "employee_id", "orders.csv": "external_id", "visits.csv": "external_id",
}  # fmt: skip
"""The column of a row's own id, where it has one."""

OWN_CASES = {"patients.csv": "person_unclear", "staff.csv": "person_unclear", "visits.csv": "visit_unclear"}
"""What asks about a cell that leaves someone, or a visit, out of the plan: one case, and not the file's too."""

WINDOW = ("window_start", "window_end", "timezone")

STATE = {
    "branch": "SELECT external_id, name, phone, tz, week_start FROM branch",
    "agency": "SELECT name FROM agency",
    "place": "SELECT owner_key, name, lat, lon, tz, line1, line2, city, state, postal_code FROM place",
    "party": "SELECT kind, external_id, family, given, lang, tz FROM party",
    "patient": "SELECT status, gender_preference, traits FROM patient",
    "clinician": "SELECT role, home_place_id, max_weekly_min, languages, status, traits FROM clinician",
    "address": "SELECT party_id, channel, value, value_hash FROM address",
    "service": "SELECT * FROM service",
    "credential": "SELECT * FROM credential",
    "availability": "SELECT clinician_id, starts_at, ends_at, kind, tier FROM availability",
    "order": "SELECT * FROM visit_order",
    "consent": "SELECT party_id, channel, granted, at FROM consent",
    "pair_rule": "SELECT * FROM pair_rule",
    "visit": "SELECT * FROM visit",
}


class Agency:
    """A small export, and what is stored of it."""

    def __init__(self, engine: Engine, clock: VirtualClock, folder: Path) -> None:
        unused: Any = None
        self.caller = Caller(Context(engine, clock, unused, {}, unused, unused), COMMAND_LINE)
        self.folder = folder
        self.rows = {file: [{**GOOD[file], **FULL.get(file, {})}] for file in FILES}
        self.rows["staff.csv"].append({**self.rows["staff.csv"][0], "employee_id": "E-2", "phone_mobile": ""})

    def load(self, file: str = "", rows: Sequence[Mapping[str, str]] = ()) -> ImportReport:
        """Import the export, with other rows in one file."""
        for name, own in self.rows.items():
            shown = rows if name == file else own
            lines = [",".join(shown[0]), *(",".join(row.values()) for row in shown)]
            (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return import_folder(self.caller, CsvFolder(), self.folder)

    def select(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Look."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def state(self) -> dict[str, list[str]]:
        """Everything that a file can say."""
        return {name: sorted(map(str, self.select(sql))) for name, sql in STATE.items()}

    def open_case(self) -> str:
        """The kind of the one case that stands open."""
        (case,) = self.select("SELECT kind FROM exception_case WHERE state <> 'closed'")
        return str(case["kind"])

    def open_cases(self) -> set[str]:
        """The kinds of what stands open."""
        return {r["kind"] for r in self.select("SELECT kind FROM exception_case WHERE state <> 'closed'")}


@pytest.fixture
def agency(database: Engine, clock: VirtualClock, tmp_path: Path) -> Agency:
    agency = Agency(database, clock, tmp_path)
    assert agency.load().lines() == ()
    return agency


@pytest.mark.parametrize(
    ("file", "column"),
    [
        *(("visits.csv", column) for column in ("required_skills", "positions", "priority")),
        *(("patients.csv", column) for column in ("gender_pref", "tags", "pets", "risk")),
        *(("staff.csv", column) for column in ("max_weekly_min", "tags", "allergies")),
        *(("credentials.csv", column) for column in ("issued_on", "expires_on", "status")),
    ],
)
def test_a_file_without_a_column_that_limits_lifts_no_limit(agency: Agency, file: str, column: str) -> None:
    before = agency.state()
    assert all(row[column] for row in agency.rows[file][:1]), "the export sets it"
    rows = [{name: cell for name, cell in row.items() if name != column} for row in agency.rows[file]]
    agency.load(file, rows)
    assert agency.state() == before
    assert agency.open_cases() == set()


@pytest.mark.parametrize("file", FILES)
def test_a_fault_in_a_cell_leaves_what_is_stored_and_a_correct_file_mends_it(agency: Agency, file: str) -> None:
    before = agency.state()
    good = agency.rows[file]
    assert set(FILES[file].columns) <= set(good[0]), "a column that the good rows of this test lack"
    for name, column in FILES[file].columns.items():
        report = agency.load(file, [{**good[0], name: FAULT}, *good[1:]])
        assert report.problems and report.problems[0].field == name, name
        assert report.set_aside + report.left_out >= 1, name
        own = OWN_CASES.get(file) if column.unread is Unread.FAILS_CLOSED else None
        assert agency.open_case() == (own or "import_set_aside"), name
        if column.unread is Unread.FAILS_CLOSED:
            _closed(agency, file, name)
        else:
            assert agency.state() == before, name
        agency.load()
        assert agency.state() == before, f"{name} was not mended"
        assert agency.open_cases() == set(), f"{name} is on the board still"
        assert agency.select("SELECT id FROM quarantine WHERE mended_at IS NULL") == []


def _closed(agency: Agency, file: str, name: str) -> None:
    """What fails closed allows nothing."""
    kinds = agency.open_cases()
    match file:
        case "patients.csv":
            assert agency.select("SELECT DISTINCT status FROM patient") == [{"status": "unclear"}]
            assert "person_unclear" in kinds and not _may_write(agency, "P-1")
        case "staff.csv":
            assert {"status": "unclear"} in agency.select("SELECT status FROM clinician")
            assert "person_unclear" in kinds and not _may_write(agency, "E-1")
        case "credentials.csv":
            assert agency.select("SELECT status FROM credential") == [{"status": "unclear"}]
        case "consents.csv" if name == "granted":
            assert not _may_write(agency, "P-1")
        case "consents.csv":  # a yes that nobody can place is no word at all
            assert agency.select("SELECT granted FROM consent") == [{"granted": True}]
        case "orders.csv":
            assert agency.select("SELECT status FROM visit_order") == [{"status": "held"}]
        case "visits.csv":
            assert agency.select("SELECT status, unclear FROM visit") == [{"status": "requested", "unclear": []}]
            assert "visit_unclear" in kinds
        case _:
            pytest.fail(f"{file} has a column that fails closed: say here what that means")


def _may_write(agency: Agency, external_id: str) -> bool:
    (party,) = agency.select("SELECT id FROM party WHERE external_id = :id", id=external_id)
    with agency.caller.transaction() as tx:
        return contacts.reach(tx, party["id"], Channel.SMS).usable


@pytest.mark.parametrize("file", IDS)
def test_where_nothing_is_stored_what_limits_keeps_it_unplanned(agency: Agency, file: str) -> None:
    good = agency.rows[file]
    faults = [name for name in FILES[file].columns if name != IDS[file]]
    new = [{**good[0], IDS[file]: f"NEW_{n}", name: FAULT} for n, name in enumerate(faults)]
    for _ in range(2):  # the same faulty file again says the same
        report = agency.load(file, [*good, *new])
        aside = {p.line for p in report.problems if not p.left_out and p.file == file}
        for n, name in enumerate(faults):
            unread, line = FILES[file].columns[name].unread, len(good) + 2 + n
            if unread is Unread.IDENTIFIES:
                assert line in aside, name
            else:
                _kept(agency, file, f"NEW_{n}", name)


def _kept(agency: Agency, file: str, new: str, name: str) -> None:
    """What is stored of a row that has nothing to fall back on."""
    unread = FILES[file].columns[name].unread
    limits = unread is not Unread.LOOSENS_NOTHING
    match file:
        case "patients.csv" if name in ("lat", "lon"):
            found = agency.select("SELECT lat FROM place WHERE owner_key = :key", key=f"patient:{new}")
            assert found == [{"lat": None}]
        case "patients.csv":
            sql = "SELECT t.status FROM patient t JOIN party p ON p.id = t.party_id WHERE p.external_id = :id"
            assert agency.select(sql, id=new) == [{"status": "unclear" if limits else "active"}], name
        case "staff.csv":
            sql = "SELECT t.status FROM clinician t JOIN party p ON p.id = t.party_id WHERE p.external_id = :id"
            assert agency.select(sql, id=new) == [{"status": "unclear" if limits else "active"}], name
        case "visits.csv":
            _kept_visit(agency, new, name)
        case "sites.csv":
            (place,) = agency.select("SELECT lat FROM place WHERE owner_key = :key", key=f"site:{new}")
            assert (place["lat"] is None) == limits, name
        case "services.csv":
            assert agency.select("SELECT code FROM service WHERE code = :id", id=new) == [], name
        case "orders.csv":
            rows = agency.select("SELECT status FROM visit_order WHERE external_id = :id", id=new)
            expected = {Unread.LIMITS: [], Unread.FAILS_CLOSED: ["held"], Unread.LOOSENS_NOTHING: ["active"]}
            assert [r["status"] for r in rows] == expected[unread], name
        case _:
            pytest.fail(f"{file} keeps rows of its own: say here what of them stays")


def _kept_visit(agency: Agency, new: str, name: str) -> None:
    (visit,) = agency.select("SELECT id, unclear, service_date FROM visit WHERE external_id = :id", id=new)
    fields = {"earliest_start", "latest_end"} if name in WINDOW else set(FILES["visits.csv"].columns[name].fields)
    assert set(visit["unclear"]) == fields, name
    with agency.caller.transaction() as tx:
        day = load_day(tx, all_branches(tx)[0], visit["service_date"])
    assert not day.visits[visit["id"]].is_clear, name
    cases = "SELECT kind FROM exception_case WHERE subject_id = :id AND subject_kind = 'visit' AND state <> 'closed'"
    assert agency.select(cases, id=visit["id"]) == [{"kind": "visit_unclear"}], name
    assert (
        agency.select(
            """SELECT FROM exception_case WHERE kind = 'import_set_aside' AND state <> 'closed'
             AND EXISTS (SELECT FROM jsonb_array_elements(reasons) r WHERE r -> 'values' ->> 'field' = :name)""",
            name=name,
        )
        == []
    ), f"{name} is asked about twice"


def test_where_nothing_is_stored_a_credential_with_a_gap_counts_for_nothing(agency: Agency) -> None:
    good = agency.rows["credentials.csv"][0]
    new = [{**good, "number": f"N_{name}", name: FAULT} for name in ("issued_on", "expires_on", "status")]
    agency.load("credentials.csv", [good, *new])
    with agency.caller.transaction() as tx:
        day = load_day(tx, all_branches(tx)[0], date(2026, 3, 24))
    held = [c.holds_on(day.service_date) for person in day.clinicians.values() for c in person.credentials]
    assert sorted(map(str, held)) == ["False", "False", "False", "True"]


def hours_of(agency: Agency, staff: str) -> list[str]:
    """From when to when, each with its kind where it is time off."""
    rows = agency.select(
        """SELECT to_char(starts_at AT TIME ZONE 'America/New_York', 'MM-DD HH24:MI') AS starts, a.kind
           FROM availability a JOIN party p ON p.id = a.clinician_id WHERE p.external_id = :id ORDER BY 1""",
        id=staff,
    )
    return [f"{r['starts']} off" if r["kind"] == "unavailable" else r["starts"] for r in rows]


MONDAYS = ["03-16 07:00", "03-23 07:00", "03-30 07:00", "04-06 07:00", "04-13 07:00", "04-20 07:00"]


@pytest.mark.parametrize(
    ("faulty", "lost"),
    [
        ({"date": "2026-03-30", "start": "all day"}, {"03-30 07:00"}),
        ({"date": "2026-03-30", "start": "13:00", "end": "09:00"}, {"03-30 07:00"}),
        ({"date": "2026-03-30", "kind": "vacation"}, {"03-30 07:00"}),
        ({"date": "2026-03-02", "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "end": "noon"},
         {"03-16 07:00", "03-30 07:00", "04-13 07:00"}),
        ({"date": "March 30"}, set()),
        ({"date": "2026-03-30", "kind": "available", "end": "noon"}, set()),
    ],
)  # fmt: skip
def test_a_faulty_line_takes_no_more_hours_than_it_may_be_about(
    agency: Agency, faulty: dict[str, str], lost: set[str]
) -> None:
    good = {**agency.rows["availability.csv"][0], "employee_id": "E-2"}
    off = {**good, "kind": "unavailable", "tier": "", "rrule": "", "start": "00:00", "end": "24:00", **faulty}
    rows = [agency.rows["availability.csv"][0], good, off]
    for _ in range(2):
        report = agency.load("availability.csv", rows)
        assert hours_of(agency, "E-2") == [m for m in MONDAYS if m not in lost]
        assert (report.set_aside, agency.open_case()) == (1, "import_set_aside")
        assert report.notes == (
            "availability.csv: the hours of E-2 stay as they are stored until every line can be read; good lines only "
            "add to them",
        )
    agency.load("availability.csv", rows[:2])
    assert hours_of(agency, "E-2") == MONDAYS


def test_beside_a_faulty_line_stored_hours_stay_and_time_off_counts(agency: Agency) -> None:
    good = agency.rows["availability.csv"][0]
    off = {**good, "kind": "unavailable", "tier": "", "rrule": "", "date": "2026-03-23", "start": "09:00"}
    later = [{**good, "start": "10:00", "rrule": f"FREQ=WEEKLY;BYDAY={day}"} for day in ("MO", "FR")]
    agency.load("availability.csv", [*later, off, {**off, "date": "2026-04-06", "end": "x"}])
    found = hours_of(agency, "E-1")
    fridays = ["03-20 10:00", "03-27 10:00", "04-03 10:00", "04-10 10:00", "04-17 10:00"]
    assert sorted(set(found) - set(MONDAYS)) == sorted([*fridays, "03-23 09:00 off"])
    assert set(MONDAYS) <= set(found)


@pytest.mark.parametrize("name", ["channel", "granted", "at"])
def test_a_no_that_cannot_be_read_closes_what_it_may_mean(agency: Agency, name: str) -> None:
    good = agency.rows["consents.csv"][0]
    no = {**good, "granted": "false", "at": "2026-03-01T10:00:00-05:00", name: FAULT}
    for _ in range(2):
        agency.load("consents.csv", [good, no])
        assert not _may_write(agency, "P-1")
    agency.load("consents.csv", [good])
    assert _may_write(agency, "P-1")
