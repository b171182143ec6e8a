"""Columns that are nearly known, columns of an agency's own, and files that are no export."""

from pathlib import Path

import pytest

from suture.integrations.ehr.csv import columns
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.ehr.csv.header import read_header
from suture.integrations.ehr.csv.rows import Line
from suture.integrations.ehr.csv.tables import Table
from suture.model.import_lines import problem_lines
from suture.model.imports import FileReport
from suture.ports import PermanentAdapterError


@pytest.mark.parametrize("name", ["expires", "expires_date", "expiry_date", "expiration", "expire_on"])
def test_another_form_of_a_column_that_limits_refuses_the_file(name: str) -> None:
    table = Table("credentials.csv")
    head = f"employee_id,credential_code,number,{name}"
    assert read_header(table, columns.FILES["credentials.csv"], Line(1, head, head.split(","))) is None
    assert str(table.problems[0].hint) == "did you mean expires_on?"


@pytest.mark.parametrize(
    ("file", "extra"),
    [
        ("patients.csv", "gender,home_phone,risk_score,date_of_birth"),
        ("staff.csv", "city,notes,maximum"),
        ("credentials.csv", "issuing_body,status_date,notes"),
        ("visits.csv", "staff_notes,priority_reason,payer_name,window_type"),
    ],
)
def test_a_column_of_its_own_is_left_unread(file: str, extra: str) -> None:
    table = Table(file)
    names = [*columns.FILES[file].required, *extra.split(",")]
    assert read_header(table, columns.FILES[file], Line(1, ",".join(names), names)) is not None, table.problems


def test_a_file_instead_of_its_folder_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("external_id")
    with pytest.raises(PermanentAdapterError, match="is a file"):
        CsvFolder().read(tmp_path / "visits.csv")


def test_a_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    rows = "".join(f"P-{n},Mu\xf1oz,active,2026-03-23T12:00:00-04:00\n" for n in range(9))
    (tmp_path / "patients.csv").write_bytes(f"external_id,family,status,updated_at\n{rows}".encode("latin-1"))
    (batch,) = CsvFolder().read(tmp_path)
    report = FileReport(batch.file, batch.sha256, False, 0, 0, batch.problems, ())
    assert problem_lines([report]) == (
        "patients.csv:2: 9 lines from here on are not UTF-8; save it as CSV UTF-8 (comma separated)",
    )
