"""Bad input, line by line: what stands in the file, and the one line that tells a person what to do about it.

In visits.csv the row is `V-1,P-1,SN_VISIT,requested,2026-03-24,09:00,12:00,` and so on, with one cell changed.
"""

# ruff: noqa: E501 - a case a line

import csv
from pathlib import Path

import pytest

from suture.integrations.ehr.csv import columns, reading
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.ehr.csv.tables import MAX_RAW
from suture.model.imports import ImportBatch, PatientRecord
from suture.ports import PermanentAdapterError
from suture.store.references import subject_of
from suture.words.catalog import speaking

GOOD = {
    "branch.csv": {
        "external_id": "COLUMBUS", "agency": "Riverbend", "name": "Columbus", "phone": "+16145550100",
        "timezone": "America/New_York", "lat": "39.99", "lon": "-83.01", "week_starts_on": "sunday",
    },
    "sites.csv": {"site_code": "NORTH", "name": "Clinic", "lat": "40.01", "lon": "-83.01", "timezone": "America/New_York"},
    "services.csv": {
        "service_code": "SN_VISIT", "kind": "home_visit", "discipline": "SN", "visit_type": "routine", "roles": "RN;LPN",
        "duration_min": "30", "documentation_min": "5",
    },
    "patients.csv": {
        "external_id": "P-1", "family": "Doe", "given": "Jane", "status": "active", "lat": "39.98", "lon": "-83.06",
        "timezone": "", "phone_mobile": "+16145550111", "email": "jane@example.org", "language": "en",
        "updated_at": "2026-03-23T12:00:00-04:00",
    },
    "staff.csv": {
        "employee_id": "E-1", "family": "Lee", "given": "Ana", "status": "active", "discipline": "RN",
        "max_weekly_min": "2400", "lat": "39.97", "lon": "-83.02", "languages": "en;es",
        "updated_at": "2026-03-23T12:00:00-04:00",
    },
    "credentials.csv": {
        "employee_id": "E-1", "credential_code": "RN", "number": "N-1", "issued_on": "2024-06-01", "expires_on": "2027-05-31",
    },
    "availability.csv": {
        "employee_id": "E-1", "kind": "available", "rrule": "FREQ=WEEKLY;BYDAY=MO", "date": "2026-03-02", "start": "07:00",
        "end": "13:00", "timezone": "", "updated_at": "2026-03-23T12:00:00-04:00",
    },
    "orders.csv": {
        "external_id": "O-1", "patient_external_id": "P-1", "discipline": "SN", "frequency": "2w4",
        "start_date": "2026-03-01", "end_date": "2026-03-28", "status": "active", "updated_at": "2026-03-23T12:00:00-04:00",
    },
    "consents.csv": {
        "party_external_id": "P-1", "channel": "sms", "granted": "true", "source": "form", "at": "2026-02-16T10:00:00-05:00",
    },
    "visits.csv": {
        "external_id": "V-1", "patient_external_id": "P-1", "service_code": "SN_VISIT", "status": "requested",
        "date": "2026-03-24", "window_start": "09:00", "window_end": "12:00", "timezone": "", "duration_min": "30",
        "required_skills": "", "preferred_staff": "", "barred_staff": "", "priority": "routine", "site_code": "",
        "updated_at": "2026-03-23T12:00:00-04:00", "staff": "", "positions": "1",
    },
}  # fmt: skip


def write(folder: Path, file: str, **cells: str) -> None:
    """One good row of a file, with some cells changed."""
    row = {**GOOD[file], **cells}
    lines = [",".join(row), ",".join(f'"{c}"' if "," in c or "\n" in c else c for c in row.values())]
    (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path, file: str) -> ImportBatch:
    for other in ("branch.csv", "sites.csv"):
        if other != file and not (folder / other).exists():
            write(folder, other)
    return next(b for b in CsvFolder().read(folder) if b.file == file)


def notes_of(batch: ImportBatch) -> tuple[str, ...]:
    return tuple(map(str, batch.notes))


ROWS: list[tuple[str, dict[str, str], str]] = [
    # times and dates
    ("visits.csv", {"window_end": "25:00"}, "window_end: 25:00 is not a time; write HH:MM, up to 24:00"),
    ("visits.csv", {"window_start": "9 AM"}, "window_start: 9 AM is not a time; write HH:MM, up to 24:00"),
    ("visits.csv", {"window_end": "24:01"}, "window_end: 24:01 is not a time; write HH:MM, up to 24:00"),
    ("visits.csv", {"date": "24.03.2026"}, "date: 24.03.2026 is not written YYYY-MM-DD; write it as 2026-03-24"),
    ("visits.csv", {"date": "3/24/2026"}, "date: 3/24/2026 is not written YYYY-MM-DD; write it as 2026-03-24"),
    ("visits.csv", {"date": "03/04/2026"},
     "date: 03/04/2026 is not written YYYY-MM-DD; write it as 2026-03-04 or 2026-04-03, whichever is meant"),
    ("visits.csv", {"date": "03/24/26"}, "date: 03/24/26 is not written YYYY-MM-DD; write it as 2026-03-24, with the year in full"),
    ("visits.csv", {"date": "2026-02-30"}, "date: 2026-02-30 does not exist in the calendar; correct the day or the month"),
    ("visits.csv", {"date": "tomorrow"}, "date: is not a date; write it as 2026-03-24"),
    ("visits.csv", {"date": "2062-03-24"}, "date: 2062-03-24 is years from updated_at 2026-03-23; check the year"),
    ("visits.csv", {"date": "2190-03-24", "updated_at": "2190-03-23T12:00:00Z"},
     "date: 2190-03-24 must be between the years 2000 and 2099; check the year"),
    ("visits.csv", {"date": "1999-12-31", "updated_at": "1999-12-30T12:00:00Z"},
     "date: 1999-12-31 must be between the years 2000 and 2099; check the year"),
    ("visits.csv", {"date": "0001-01-01"}, "date: 0001-01-01 is not a plausible date; check the year"),
    ("visits.csv", {"date": "9999-12-31"}, "date: 9999-12-31 is not a plausible date; check the year"),
    ("availability.csv", {"rrule": "", "date": "9999-12-31"}, "date: 9999-12-31 is not a plausible date; check the year"),
    ("visits.csv", {"date": "2026-03-08", "window_start": "02:30"},
     "window_start: 02:30 does not exist on 2026-03-08 in America/New_York, where clocks go forward then; write 03:30 or another time"),
    ("visits.csv", {"updated_at": "2026-03-23T12:00:00"},
     "updated_at: 2026-03-23T12:00:00 has no offset; add the offset from UTC, such as 2026-03-23T12:00:00-04:00"),
    ("visits.csv", {"updated_at": "2026-03-23"}, "updated_at: is not a date with a time; write it as 2026-03-23T12:00:00-04:00"),
    ("visits.csv", {"timezone": "EST"}, "timezone: EST is not a known time zone; did you mean America/New_York?"),
    ("visits.csv", {"timezone": "America/NewYork"},
     "timezone: America/NewYork is not a known time zone; did you mean America/New_York?"),
    # windows and durations
    ("visits.csv", {"window_start": "12:00", "window_end": "09:00"},
     "window_end: 09:00 is not after window_start 12:00; write the latest end; a window ends at 24:00 at the latest"),
    ("visits.csv", {"window_end": "09:20"},
     "window_end: the window of 20 minutes is shorter than the visit; window_end is the latest end of the visit: "
     "widen the window or shorten the visit"),
    ("visits.csv", {"duration_min": "-30"}, "duration_min: -30 is out of range; write 5 to 1440 minutes"),
    ("visits.csv", {"duration_min": "0.5"}, "duration_min: 0.5 is not a whole number; write whole minutes, such as 30"),
    ("visits.csv", {"positions": "two"}, "positions: is not a whole number; write whole numbers, such as 9"),
    ("visits.csv", {"positions": "0"}, "positions: 0 is out of range; write 1 to 9"),
    # words and codes
    ("visits.csv", {"status": "reqested"}, "status: reqested is not known; did you mean requested?"),
    ("visits.csv", {"status": "arrived"},
     "status: the value is not known; use one of requested, booked, held, in_progress, done, cancelled, noshow, void"),
    ("visits.csv", {"priority": "high"}, "priority: the value is not known; use one of routine, urgent, stat"),
    ("visits.csv", {"external_id": "V 1"},
     "external_id: is not an id; use 1 to 64 letters, digits, '-', '_', '.', ':' or '/', without spaces, such as V-1001"),
    ("visits.csv", {"external_id": ""}, "external_id: is empty; every row needs it"),
    ("visits.csv", {"required_skills": "RN,wound_care"}, "required_skills: has commas between the entries; put ';' between them"),
    ("visits.csv", {"required_skills": "RN_LICENSE"}, "required_skills: a license is written as its role; write RN"),
    ("services.csv", {"roles": "RN;NURSE"}, "roles: the value is not known; use one of RN, LPN, PT, PTA, OT, COTA, ST, MSW, HHA"),
    ("services.csv", {"kind": "homevisit"}, "kind: homevisit is not known; did you mean home_visit?"),
    ("services.csv", {"discipline": "RN"}, "discipline: the value is not known; use one of SN, PT, OT, ST, MSW, HHA"),
    ("branch.csv", {"week_starts_on": "sonday"}, "week_starts_on: sonday is not known; did you mean sunday?"),
    # what does not fit together
    ("visits.csv", {"status": "done", "staff": ""},
     "staff: is empty, but the visit is done; write the employee_id of who did it"),
    ("visits.csv", {"status": "booked", "window_start": ""},
     "window_start: is empty, but the visit is booked; write when it begins, HH:MM"),
    ("visits.csv", {"staff": "E-1"},
     "staff: names who did it, but the visit is requested; leave it empty, or use preferred_staff"),
    ("visits.csv", {"preferred_staff": "E-1", "barred_staff": "E-2;E-1"},
     "barred_staff: E-1 is preferred and barred; keep it in one of the two lists"),
    ("credentials.csv", {"expires_on": "2024-05-31"},
     "expires_on: 2024-05-31 is before issued_on 2024-06-01; correct one of them"),
    ("orders.csv", {"end_date": "2026-02-01"},
     "end_date: 2026-02-01 is before start_date 2026-03-01; correct one of them"),
    # people and places; nothing personal is repeated
    ("patients.csv", {"email": "jane at example.org"},
     "email: is not an e-mail address; write it as name@example.org, or leave it empty"),
    ("patients.csv", {"status": "dead"},
     "status: the value is not known; use one of active, inpatient, discharged, deceased"),
    ("patients.csv", {"gender_pref": "female please"},
     "gender_pref: the value is not known; use one of F, M, X, or leave it empty for any"),
    ("patients.csv", {"language": "English"}, "language: is not a language code; use a code such as en or es"),
    ("patients.csv", {"lat": "-83.06", "lon": "39.98"},
     "lat: lat and lon are swapped; write the latitude first: swap the two cells"),
    ("patients.csv", {"lat": "139.98"}, "lat: must be between -90 and 90; maybe lat and lon are swapped"),
    ("patients.csv", {"lat": "39,98"}, "lat: is not a number of degrees; write decimal degrees with a point, such as 39.9937"),
    ("patients.csv", {"lat": "0", "lon": "0"}, "lat: 0, 0 is in the ocean; write the correct place, or leave both empty and look it up "
     "with suture places missing"),
    ("patients.csv", {"lon": "83.06"}, "lat: is 11011 km from the branch; check lat and lon"),
    ("patients.csv", {"lon": ""}, "lon: is empty; write lat and lon, or neither"),
    ("sites.csv", {"lat": ""}, "lat: is empty; write lat and lon, or neither"),
    ("patients.csv", {"family": "Doe\x07"}, "family: has a line break or control character; keep it on one line"),
    ("patients.csv", {"family": "Do\x00e"}, "family: a zero byte is not text; save it as CSV UTF-8 (comma separated)"),
    ("patients.csv", {"family": "D" * 201}, "family: is longer than 200 characters; shorten it"),
    ("patients.csv", {"family": ""}, "family: is empty; fill it in"),
    # hours
    ("availability.csv", {"rrule": "FREQ=MONTHLY;BYDAY=1MO"},
     "rrule: FREQ=MONTHLY is not supported; write FREQ=DAILY or FREQ=WEEKLY with INTERVAL, BYDAY, UNTIL, COUNT, "
     "or one line per date"),
    ("availability.csv", {"rrule": "every monday"},
     'rrule: is not a recurrence rule; write it as "FREQ=WEEKLY;BYDAY=MO,WE,FR", in quotes'),
    ("availability.csv", {"rrule": "FREQ=WEEKLY;BYDAY=MONDAY"},
     "rrule: has an unknown weekday; use MO, TU, WE, TH, FR, SA, SU, without numbers"),
    ("availability.csv", {"rrule": "", "date": ""}, "date: is empty, and so is rrule; write the date as 2026-03-24"),
    ("availability.csv", {"start": "22:00", "end": "06:00"},
     "end: 06:00 is not after start 22:00; end a shift past midnight at 24:00 and begin a second row at 00:00"),
    ("availability.csv", {"kind": "vacation"},
     "kind: the value is not known; use one of available, preferred, on_call, unavailable"),
    ("availability.csv", {"kind": "on_call", "tier": "first"}, "tier: is not a whole number; write whole numbers, such as 9"),
    ("availability.csv", {"kind": "on_call", "tier": "0"}, "tier: 0 is out of range; write 1 to 9"),
    ("availability.csv", {"kind": "on_call", "tier": "10"}, "tier: 10 is out of range; write 1 to 9"),
    ("availability.csv", {"tier": "2"},
     "tier: says who is called first, but the hours are available; leave it empty, or write on_call as the kind"),
    ("consents.csv", {"granted": "yes"}, "granted: the value is not known; use one of true, false"),
    ("consents.csv", {"channel": "e-mail"}, "channel: e-mail is not known; did you mean email?"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "cells", "line"), ROWS, ids=[line[:60] for _, _, line in ROWS])
def test_a_faulty_row_is_one_line(tmp_path: Path, file: str, cells: dict[str, str], line: str) -> None:
    write(tmp_path, file, **cells)
    batch = read(tmp_path, file)
    (problem,) = batch.problems
    assert str(problem) == f"{file}:2: {line}"
    assert not batch.refused
    # one that leaves the row in leaves a record behind that says what is missing; so does a word on consent, to close,
    # and one on hours, which may be time off
    assert len(batch.records) == (problem.left_out or file in ("consents.csv", "availability.csv"))
    missing = columns.FILES[file].fields_of([problem.field])
    assert all(missing <= record.unreadable for record in batch.records)


@pytest.mark.parametrize("file", GOOD)
def test_the_good_rows_are_good(tmp_path: Path, file: str) -> None:
    write(tmp_path, file)
    batch = read(tmp_path, file)
    assert ([str(p) for p in batch.problems], len(batch.records)) == ([], 1)


VISITS = ",".join(GOOD["visits.csv"])
ROW = ",".join(GOOD["visits.csv"].values())
OTHER = ROW.replace("V-1", "V-2")

FILES: list[tuple[str, bytes, str]] = [
    ("a missing column", b"external_id,service_code,status,date,updated_at\n",
     "visits.csv:1: patient_external_id: the column is missing; the first line must be the header and name it"),
    ("a misspelled column", VISITS.replace("service_code", "servicecode").encode(),
     "visits.csv:1: service_code: the column is missing; maybe servicecode must be renamed to service_code"),
    ("two misspelled columns", VISITS.replace("service_code", "servicecode").replace("updated_at", "update").encode(),
     "visits.csv:1: service_code, updated_at: the columns are missing; maybe servicecode must be renamed to service_code "
     "and update must be renamed to updated_at"),
    ("a renamed column", VISITS.replace("patient_external_id", "client").encode(),
     "visits.csv:1: patient_external_id: the column is missing; maybe client must be renamed to patient_external_id"),
    ("no header", ROW.encode(),
     "visits.csv:1: external_id, patient_external_id, service_code, status, date, updated_at: the columns are missing; "
     "the first line must be the header and name it"),
    ("semicolons", VISITS.replace(",", ";").encode(),
     "visits.csv:1: external_id, patient_external_id, service_code, status, date, updated_at: the columns are missing; "
     "the cells are separated by ';': save it as CSV UTF-8 (comma separated)"),
    ("a column twice", f"{VISITS},date\n".encode(),
     "visits.csv:1: date: the column is there twice; keep one of them"),
    ("UTF-16", f"{VISITS}\n{ROW}\n".encode("utf-16"),
     "visits.csv:1: byte 0xFF is not UTF-8; save it as CSV UTF-8 (comma separated)"),
    ("a header without line breaks", ("a," * 500_000).encode() + b"a",
     "visits.csv:1: the first line has 500001 cells; the first line must be the header; maybe the line breaks are lost"),
    ("a header of one long name", b"a" * 1_000_000,
     "visits.csv:1: external_id, patient_external_id, service_code, status, date, updated_at: the columns are missing; "
     "the first line must be the header and name it"),
    ("a long name for a missing column", f"{VISITS.replace('updated_at', 'u' * 100)}\n{ROW}\n".encode(),
     "visits.csv:1: updated_at: the column is missing; the first line must be the header and name it"),
    ("nothing but commas", b",,,,\n,,\n", "visits.csv:1: the file is empty; the first line must be the header"),
    ("nothing but empty lines", b"\n" * 1_000_000, "visits.csv:1: the file is empty; the first line must be the header"),
    ("too many bytes", b" " * (reading.MAX_BYTES + 1), "visits.csv:1: the file is larger than 64 MiB; split it by date"),
    ("zero bytes in the header", f"{VISITS}\0\n{ROW}\n".encode(),
     "visits.csv:1: a zero byte is not text; save it as CSV UTF-8 (comma separated)"),
    ("words in another order", VISITS.replace("window_start", "start_window").replace("window_end", "End Window").encode(),
     "visits.csv:1: start_window, end_window: the columns are not known; did you mean window_start and window_end?"),
    ("one letter too few", VISITS.replace("preferred_staff", "prefered_staff").encode(),
     "visits.csv:1: prefered_staff: the column is not known; did you mean preferred_staff?"),
    ("two letters swapped", VISITS.replace("priority", "prioriyt").encode(),
     "visits.csv:1: prioriyt: the column is not known; did you mean priority?"),
    ("nothing", b"", "visits.csv:1: the file is empty; the first line must be the header"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_that_cannot_be_used_is_refused_with_one_line_and_the_others_load(
    tmp_path: Path, content: bytes, line: str
) -> None:
    (tmp_path / "visits.csv").write_bytes(content)
    write(tmp_path, "patients.csv")
    batch = read(tmp_path, "visits.csv")
    assert [str(p) for p in batch.problems] == [line]
    assert batch.refused and batch.records == ()
    assert len(read(tmp_path, "patients.csv").records) == 1


QUOTES = '; write the whole cell in quotes and each quote inside it as "", or leave the quotes out'


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (OTHER.replace("SN_VISIT", '"SN" VISIT'), "there is a quote inside a cell"),
        (f'"{OTHER}', "a quote is not closed"),
        (f'{OTHER},"', "a quote is not closed"),
        (OTHER.replace("SN_VISIT", '"SN\nVISIT" x'), "a quote is not closed"),
    ],
    ids=["stray", "open at the start", "open at the end", "over two lines"],
)
def test_a_row_with_bad_quotes_is_set_aside_and_every_other_row_loads(tmp_path: Path, bad: str, why: str) -> None:
    third, fourth = ROW.replace("V-1", "V-3"), ROW.replace("V-1", '"V-4"')
    (tmp_path / "visits.csv").write_text(f"{VISITS}\n{ROW}\n{bad}\n{third}\n{fourth}\n")
    batch = read(tmp_path, "visits.csv")
    assert [str(p) for p in batch.problems] == [f"visits.csv:3: {why}{QUOTES}"]
    assert batch.problems[0].subject == "V-2"
    assert [subject_of(r) for r in batch.records] == ["V-1", "V-3", "V-4"]


def test_a_row_in_another_encoding_loses_its_cell_and_the_others_load(tmp_path: Path) -> None:
    write(tmp_path, "patients.csv")
    content = (tmp_path / "patients.csv").read_bytes()
    other = content.splitlines()[1].replace(b"P-1,Doe", b"P-2,Andr\xe9s")
    (tmp_path / "patients.csv").write_bytes(content + other + b"\n")
    batch = read(tmp_path, "patients.csv")
    assert [str(p) for p in batch.problems] == [
        "patients.csv:3: family: byte 0xE9 is not UTF-8; save it as CSV UTF-8 (comma separated)"
    ]
    assert [r.unreadable for r in batch.records] == [frozenset(), frozenset({"family"})]
    batch.problems[0].raw.encode()  # the database takes it


def test_a_line_break_in_a_cell_is_a_space_with_a_note(tmp_path: Path) -> None:
    write(tmp_path, "patients.csv", line1="12 Mill Lane\r\nApt 4")
    batch = read(tmp_path, "patients.csv")
    assert batch.problems == ()
    (record,) = batch.records
    assert isinstance(record, PatientRecord) and record.address.line1 == "12 Mill Lane Apt 4"
    assert notes_of(batch) == ("line breaks inside a cell became spaces: line 2",)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_line_number_is_that_of_the_line_where_the_row_begins(tmp_path: Path, newline: str) -> None:
    good = GOOD["patients.csv"]
    rows = [{**good, "given": '"Jane\nMary\nAnn"'}, {**good, "external_id": "P-2", "email": "none"}]
    lines = [",".join(good), *(",".join(row.values()) for row in rows)]
    (tmp_path / "patients.csv").write_bytes(newline.join(lines).encode())
    (problem,) = read(tmp_path, "patients.csv").problems
    assert (problem.line, problem.field) == (5, "email"), "the row above it takes lines 2 to 4"


@pytest.mark.parametrize("file", ["patients.csv", "sites.csv"])
def test_a_place_without_coordinates_is_kept_and_noted(tmp_path: Path, file: str) -> None:
    write(tmp_path, file, lat="", lon="")
    batch = read(tmp_path, file)
    assert (batch.problems, [r.unreadable for r in batch.records]) == ((), [frozenset()])
    assert notes_of(batch) == (
        "no lat and lon in line 2: visits there can be planned once the place is known; "
        "suture places missing lists what to look up",
    )


@pytest.mark.parametrize("header", ["External ID", " EXTERNAL_ID ", "external-id", "\ufeffexternal_id"])
def test_capitals_spaces_and_what_no_one_sees_do_not_matter_in_a_header(tmp_path: Path, header: str) -> None:
    (tmp_path / "visits.csv").write_text(f"{VISITS.replace('external_id,', header + ',', 1)}\n{ROW}\n")
    assert len(read(tmp_path, "visits.csv").records) == 1


def test_the_rest_of_a_file_loads_and_a_row_names_each_of_its_faults(tmp_path: Path) -> None:
    bad = OTHER.replace("09:00", "9").replace(",30,", ",x,")
    (tmp_path / "visits.csv").write_text(f"{VISITS}\n{bad}\n{ROW}\n")
    batch = read(tmp_path, "visits.csv")
    assert [str(p) for p in batch.problems] == [
        "visits.csv:2: window_start: 9 is not a time; write HH:MM, up to 24:00",
        "visits.csv:2: duration_min: is not a whole number; write whole minutes, such as 30",
    ]
    assert [(r.line, sorted(r.unreadable)) for r in batch.records] == [
        (2, ["duration_minutes", "earliest_start", "latest_end"]),
        (3, []),
    ]
    assert batch.problems[0].raw == bad


LONG = "x" * 1_000_000


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("column", GOOD["visits.csv"])
def test_a_cell_of_a_megabyte_is_a_fault_of_its_cell(tmp_path: Path, column: str, quoted: bool) -> None:
    cells = {**GOOD["visits.csv"], column: f'"{LONG}"' if quoted else LONG}
    (tmp_path / "visits.csv").write_text(
        f"{VISITS}\n{OTHER}\n{','.join(cells.values())}\n{ROW.replace('V-1', 'V-3')}\n"
    )
    batch = read(tmp_path, "visits.csv")
    why = "is longer than 10000 characters; shorten it, or look for a lost quote"
    [said] = [p for p in batch.problems if p.line == 3]
    assert (said.field, f"{said.reason}; {said.hint}") == (column, why)
    assert {r.line for r in batch.records} >= {2, 4} and not batch.refused
    assert len(said.raw) <= MAX_RAW


def test_a_long_cell_that_no_one_reads_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"{VISITS},notes_ref,remarks\n{ROW},{LONG},{LONG}\n{OTHER},,\n")
    batch = read(tmp_path, "visits.csv")
    assert ([str(p) for p in batch.problems], [r.line for r in batch.records]) == ([], [2, 3])
    assert len(batch.records[0].raw) <= MAX_RAW


def test_python_keeps_its_own_limit_of_a_cell(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    for content in (f"{VISITS}\n{ROW}\n", f'{VISITS}\n"{ROW}\n', "a,b\n1,2\n"):
        (tmp_path / "visits.csv").write_text(content)
        read(tmp_path, "visits.csv")
    assert csv.field_size_limit() == before


def test_a_million_empty_lines_are_none(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"{VISITS}\n" + "\n" * 1_000_000 + f"{ROW}\n")
    batch = read(tmp_path, "visits.csv")
    assert ([str(p) for p in batch.problems], [r.line for r in batch.records]) == ([], [1_000_002])


def test_of_many_unknown_columns_some_are_named(tmp_path: Path) -> None:
    names = ",".join(f"extra_{n}" for n in range(100))
    (tmp_path / "visits.csv").write_text(f"{VISITS},{names},{'y' * 61}\n")
    (note,) = notes_of(read(tmp_path, "visits.csv"))
    assert note.startswith("not read: columns extra_0, extra_1, ") and note.endswith("extra_19 and 81 more")
    (tmp_path / "visits.csv").write_text(f"{VISITS},{'y' * 61}\n")
    assert notes_of(read(tmp_path, "visits.csv")) == ("not read: column (a name of 61 characters)",)


def test_of_two_rows_with_one_id_neither_counts_however_faulty_one_is(tmp_path: Path) -> None:
    bad = ROW.replace("09:00", "9")
    (tmp_path / "visits.csv").write_text(f"{VISITS}\n{bad}\n{OTHER}\n{ROW.replace('routine', 'stat')}\n")
    batch = read(tmp_path, "visits.csv")
    assert [str(p) for p in batch.problems] == [
        f"visits.csv:{n}: external_id: V-1 is on lines 2 and 4; keep one of them: none of them was used" for n in (2, 4)
    ]
    assert [r.line for r in batch.records] == [3]


@pytest.mark.parametrize("file", sorted(set(GOOD) - {"consents.csv"}))
def test_whatever_names_a_row_may_stand_once_in_a_file(tmp_path: Path, file: str) -> None:
    write(tmp_path, file)
    row = (tmp_path / file).read_text().splitlines()[1]
    with (tmp_path / file).open("a") as out:
        out.write(f"{row}\n")
    batch = read(tmp_path, file)
    assert [(p.line, p.code, p.left_out) for p in batch.problems] == [(2, "duplicate", False), (3, "duplicate", False)]
    assert batch.records == ()


def test_a_consent_that_stands_twice_is_neither_yes_nor_no(tmp_path: Path) -> None:
    write(tmp_path, "consents.csv")
    with (tmp_path / "consents.csv").open("a") as out:
        out.write("P-1,sms,false,form,2026-02-16T10:00:00-05:00\n")
    batch = read(tmp_path, "consents.csv")
    assert [p.code for p in batch.problems] == ["duplicate", "duplicate"]
    assert all("granted" in r.unreadable for r in batch.records)


def test_a_row_with_too_few_or_too_many_cells_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"{VISITS}\nV-2,P-1,SN_VISIT\n{ROW.replace('V-1', 'V-3')},,oops\n{ROW},,\n")
    batch = read(tmp_path, "visits.csv")
    assert [str(p) for p in batch.problems] == [
        "visits.csv:2: has 3 cells where the header has 17; maybe a comma or line break is lost",
        "visits.csv:3: has 19 cells where the header has 17; put a cell that holds a comma in quotes",
    ]
    assert [r.line for r in batch.records] == [4]


def test_lines_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    bad = OTHER.replace("09:00", "9")
    content = f'{VISITS},notes\r\n{ROW},"two\r\nlines"\r\n\r\n,,,,\r\n{bad},\r\n'
    (tmp_path / "visits.csv").write_bytes(b"\xef\xbb\xbf" + content.encode())  # as a spreadsheet saves it
    batch = read(tmp_path, "visits.csv")
    assert [p.line for p in batch.problems] == [6]
    assert [r.line for r in batch.records] == [2, 6]
    assert notes_of(batch) == ("not read: column notes", "line breaks inside a cell became spaces: line 2")


def test_an_unknown_column_is_noted(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(f"{VISITS},notes,colour\n{ROW},x,y\n")
    assert notes_of(read(tmp_path, "visits.csv")) == ("not read: columns notes, colour",)


def test_a_second_branch_belongs_into_another_folder(tmp_path: Path) -> None:
    write(tmp_path, "branch.csv")
    with (tmp_path / "branch.csv").open("a") as out:
        out.write("DAYTON,Riverbend,Dayton,+19375550100,America/New_York,39.76,-84.19,sunday\n")
    batch = read(tmp_path, "branch.csv")
    assert [str(p) for p in batch.problems] == [
        "branch.csv:3: external_id: is a second branch; import each branch from its own folder"
    ]


def test_a_misspelled_file_is_noted(tmp_path: Path) -> None:
    write(tmp_path, "visits.csv")
    (tmp_path / "patient.csv").write_text("x\n")
    assert notes_of(read(tmp_path, "patient.csv")) == ("not read: did you mean patients.csv?",)


def test_a_folder_without_any_of_the_files_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(PermanentAdapterError, match="is not an export: it holds none of branch"):
        CsvFolder().read(tmp_path)


CANARIES = ("Quixote", "+16145559999", "quixote@example.org", "6145559999", "12 Mill Lane")


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("file", GOOD)
def test_no_message_repeats_what_is_personal_wherever_a_shifted_row_puts_it(
    tmp_path: Path, file: str, canary: str
) -> None:
    for column in GOOD[file]:
        write(tmp_path, file, **{column: canary})
        assert [str(p) for p in read(tmp_path, file).problems if canary in str(p)] == []


def test_a_problem_is_said_in_the_readers_language(tmp_path: Path) -> None:
    write(tmp_path, "visits.csv", window_end="25:00")
    (problem,) = read(tmp_path, "visits.csv").problems
    assert str(problem) == "visits.csv:2: window_end: 25:00 is not a time; write HH:MM, up to 24:00"
    with speaking("es"):
        assert str(problem) == "visits.csv:2: window_end: 25:00 no es una hora; escriba HH:MM, hasta 24:00"
