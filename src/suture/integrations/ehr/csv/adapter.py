"""Reads demand and roster from a folder of CSV files (ports.DemandAndRosterSource)."""

import difflib
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from suture.integrations.ehr.csv.columns import COLUMNS_OF, FILES
from suture.integrations.ehr.csv.reading import Opened, open_table
from suture.integrations.ehr.csv.records import build
from suture.integrations.ehr.csv.rows import decoded, rows_of
from suture.integrations.ehr.csv.surroundings import Fault, Surroundings
from suture.integrations.ehr.csv.tables import MAX_RAW, Row, storable
from suture.model.import_lines import TWICE_THERE, in_lines, shown_id
from suture.model.imports import (
    KEPT_WITHOUT_COLUMN,
    CredentialRecord,
    ImportBatch,
    ImportProblem,
    ImportRecord,
    PatientRecord,
    SiteRecord,
    StaffRecord,
)
from suture.ports import PermanentAdapterError
from suture.words.catalog import _
from suture.words.os_errors import why_of
from suture.words.reason import Reason, reason

DAYS_BEFORE = 7
DAYS_AFTER = 28
"""Recurring availability is expanded for the days around every date in the export."""


class CsvFolder:
    """A folder that holds some or all of the files of `columns.FILES`."""

    def read(self, source: Path) -> Sequence[ImportBatch]:
        """One batch a file, in the order they must be saved. Raises PermanentAdapterError if none of them is there."""
        files = {name: open_table(name, content, FILES[name]) for name, content in _contents(source).items()}
        twice = {name: frozenset(opened.table.twice) for name, opened in files.items()}
        around = Surroundings(days=_days_wanted(files), twice=twice)
        batches = [_batch(opened, around, source) for opened in files.values()]
        return [*batches, *_strangers(source)]


def _contents(source: Path) -> Mapping[str, bytes]:
    """The files that are there, in the order of FILES."""
    if source.is_file():
        said = _(
            "{path} is a file. Give the folder that it is in: {folder}", path=source, folder=source.absolute().parent
        )
        raise PermanentAdapterError(said)
    try:
        found = {name: (source / name).read_bytes() for name in FILES if (source / name).is_file()}
    except OSError as error:
        said = _("{file} cannot be read: {why}", file=error.filename, why=why_of(error))
        raise PermanentAdapterError(said) from None
    if not found:
        said = _(
            "{folder} is not an export: it holds none of {files}. Maybe the path is to another folder.",
            folder=source,
            files=", ".join(FILES),
        )
        raise PermanentAdapterError(said)
    return found


def _days_wanted(files: Mapping[str, Opened]) -> frozenset[date]:
    """Days for which recurring availability is wanted: around visits, and around the latest word on each roster row."""
    if "availability.csv" not in files:
        return frozenset()
    named = {at.date() for at in files["availability.csv"].values_of("updated_at")}
    if "visits.csv" in files:
        named |= files["visits.csv"].values_of("date")
    return frozenset(day + timedelta(days=n) for day in named for n in range(-DAYS_BEFORE, DAYS_AFTER + 1))


def _batch(opened: Opened, around: Surroundings, source: Path) -> ImportBatch:
    """One file as records; its bytes are let go once they are through."""
    table, spec, sha256 = opened.table, opened.spec, hashlib.sha256(opened.content).hexdigest()
    records: list[ImportRecord] = []
    missing = spec.fields_of([name for name in spec.columns if name not in (opened.header or spec.columns)])
    absent = {kind: missing & names for kind, names in KEPT_WITHOUT_COLUMN.items()}
    for row in opened.rows():
        subject = str(row.values[spec.key[0]])
        if (waits := _waits(table.file, row, around)) is not None:
            table.problems.append(waits)
            continue
        try:
            records.append(_without(absent, build(table.file, row.without_raw(), around)))
        except Fault as fault:
            table.set_aside(row.line, row.raw, fault.column, fault.error, subject=subject)
            if spec.one_fact:
                row.lose(fault.column)
                records.append(_without(absent, build(table.file, row.without_raw(), around)))
        for column, error in row.unreadable.items():
            if error is None:
                continue
            table.set_aside(row.line, row.raw, column, error, subject=subject, left_out=True)
    opened.content = b""
    return ImportBatch(
        file=table.file,
        sha256=sha256,
        records=tuple(records),
        problems=tuple(sorted(table.problems, key=lambda p: p.line)),
        notes=(*table.notes, *_remarks(records)),
        refused=table.refused,
        raws=partial(_raws, source / table.file, sha256),
        columns=COLUMNS_OF,
    )


def _raws(path: Path, sha256: str, numbers: Collection[int]) -> Mapping[int, str]:
    """Rows as they stand in the file, by line; nothing once the file is another one."""
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        return {}
    return {line.number: storable(line.raw[:MAX_RAW]) for line in rows_of(decoded(content)) if line.number in numbers}


def _waits(file: str, row: Row, around: Surroundings) -> ImportProblem | None:
    """Why a row waits that names an id listed twice in its own file: it is unclear who is meant."""
    for column, others in FILES[file].refers.items():
        name = row.values[column]
        other = next((o for o in others if name in around.twice.get(o, ())), None)
        if other is not None:
            what = reason("file.id_twice_in", who=shown_id(name) or reason("file.its_id"), file=other)
            hint, own = reason("file.hint.fix_there"), str(row.values[FILES[file].key[0]])
            return ImportProblem(file, row.line, column, TWICE_THERE, what, hint, row.raw, subject=own, names=name)
    return None


def _without(absent: Mapping[type, frozenset[str]], r: ImportRecord) -> ImportRecord:
    """The record, which says nothing of the fields that limit and have no column."""
    own = absent.get(type(r))
    return replace(r, absent=own) if own else r


def _remarks(records: Sequence[ImportRecord]) -> list[Reason]:
    remarks = []
    if any(isinstance(r, CredentialRecord) and "valid_until" in r.absent for r in records):
        remarks.append(reason("import.no_expires_on_column"))
    unverified = [
        r.line
        for r in records
        if isinstance(r, CredentialRecord) and r.valid_until is None and "valid_until" not in r.unreadable | r.absent
    ]
    homeless = [r.line for r in records if isinstance(r, StaffRecord) and r.home is None and "home" not in r.unreadable]
    lost = [
        r.line
        for r in records
        if isinstance(r, PatientRecord | SiteRecord) and r.point is None and "point" not in r.unreadable
    ]
    if unverified:
        remarks.append(reason("import.unverified", lines=in_lines(unverified)))
    if homeless:
        remarks.append(reason("import.no_home", lines=in_lines(homeless)))
    if lost:
        remarks.append(reason("import.no_place", lines=in_lines(lost)))
    return remarks


def _strangers(source: Path) -> list[ImportBatch]:
    """A note for each CSV file with another name: it may be a slip."""
    strangers = []
    for path in sorted(source.glob("*.csv")):
        if path.name in FILES or not path.is_file():
            continue
        close = difflib.get_close_matches(path.name.casefold(), FILES, 1, 0.9)
        note = reason("import.not_read_slip", file=close[0]) if close else reason("import.not_read")
        strangers.append(ImportBatch(file=path.name, sha256="", notes=(note,)))
    return strangers
