"""Reads demand and roster from a folder of CSV files (ports.DemandAndRosterSource)."""

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from suture.integrations.ehr.csv.columns import FILES
from suture.integrations.ehr.csv.reading import Table, read_table
from suture.integrations.ehr.csv.records import build
from suture.integrations.ehr.csv.surroundings import Fault, Surroundings
from suture.model.imports import CredentialRecord, ImportBatch, ImportRecord, StaffRecord
from suture.ports import PermanentAdapterError

DAYS_BEFORE = 7
DAYS_AFTER = 28
"""Recurring availability is expanded for the days around every date the export speaks of."""


class CsvFolder:
    """A folder that holds some or all of the files of `columns.FILES`."""

    def read(self, source: Path) -> Sequence[ImportBatch]:
        """One batch a file, in the order they must be saved. Raises PermanentAdapterError if none of them is there."""
        contents = _contents(source)
        tables = {name: read_table(name, content, FILES[name]) for name, content in contents.items()}
        around = Surroundings(days=_days_wanted(tables))
        batches = [_batch(table, hashlib.sha256(contents[name]).hexdigest(), around) for name, table in tables.items()]
        return [*batches, *_strangers(source)]


def _contents(source: Path) -> Mapping[str, bytes]:
    """The files that are there, in the order of FILES."""
    try:
        found = {name: (source / name).read_bytes() for name in FILES if (source / name).is_file()}
    except OSError as error:
        raise PermanentAdapterError(f"{error.filename} cannot be read: {error.strerror}") from None
    if not found:
        raise PermanentAdapterError(
            f"{source} is no export: it holds none of {', '.join(FILES)}. Maybe the path is of another folder."
        )
    return found


def _days_wanted(tables: Mapping[str, Table]) -> frozenset[date]:
    """Days for which recurring availability is wanted: around visits, and around the latest word on each roster row."""
    spoken = {row.values["date"] for row in tables["visits.csv"].rows} if "visits.csv" in tables else set()
    if "availability.csv" in tables:
        updated = (row.values["updated_at"] for row in tables["availability.csv"].rows)
        spoken |= {at.date() for at in updated if at is not None}
    return frozenset(day + timedelta(days=n) for day in spoken for n in range(-DAYS_BEFORE, DAYS_AFTER + 1))


def _batch(table: Table, sha256: str, around: Surroundings) -> ImportBatch:
    records: list[ImportRecord] = []
    for row in table.rows:
        try:
            records.append(build(table.file, row, around))
        except Fault as fault:
            table.set_aside(row.line, row.raw, fault.column, fault.error)
    return ImportBatch(
        file=table.file,
        sha256=sha256,
        records=tuple(records),
        problems=tuple(sorted(table.problems, key=lambda p: p.line)),
        notes=(*table.notes, *_remarks(records)),
        refused=table.refused,
    )


def _remarks(records: Sequence[ImportRecord]) -> list[str]:
    unverified = [r.line for r in records if isinstance(r, CredentialRecord) and r.valid_until is None]
    homeless = [r.line for r in records if isinstance(r, StaffRecord) and r.home is None]
    remarks = []
    if unverified:
        remarks.append(f"no expires_on in {_lines(unverified)}: unverified, so it does not count yet")
    if homeless:
        remarks.append(f"no lat and lon in {_lines(homeless)}: the day begins and ends at the site or branch")
    return remarks


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(n) for n in numbers[:10])
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {shown}{more}"


def _strangers(source: Path) -> list[ImportBatch]:
    """A note for each CSV file with another name: it may be a slip."""
    strangers = []
    for path in sorted(source.glob("*.csv")):
        if path.name in FILES or not path.is_file():
            continue
        close = difflib.get_close_matches(path.name.casefold(), FILES, 1, 0.9)
        note = f"not read: did you mean {close[0]}?" if close else "not read: not a file of the import"
        strangers.append(ImportBatch(file=path.name, sha256="", notes=(note,)))
    return strangers
