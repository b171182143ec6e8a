"""The files of the demo agency in a folder of a test's own, to be changed row by row and imported again."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import RIVERBEND
from tests.store.a_riverbend import Riverbend

from suture.bootstrap import SOURCES
from suture.model.import_reports import ImportReport
from suture.model.import_runs import HeldImport, ImportMode
from suture.service import held_imports
from suture.service.import_files import import_folder
from suture.words.reason import from_json

NEWER = "2026-03-23T18:00:00-04:00"
Row = dict[str, str]


class AnExport:
    """An export folder beside the agency whose published day it is about."""

    def __init__(self, agency: Riverbend, folder: Path) -> None:
        self.agency, self.folder = agency, folder
        shutil.copytree(RIVERBEND, folder, ignore=shutil.ignore_patterns("streets.csv", "*.yaml"))

    def rows(self, file: str) -> list[Row]:
        """The rows of a file."""
        with (self.folder / file).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def write(self, file: str, rows: list[Row], header: list[str] | None = None) -> None:
        """Put other rows in a file."""
        with (self.folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, header or list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def change(self, file: str, change: Callable[[Row], Row | None], which: Callable[[Row], bool]) -> int:
        """Change rows of a file, marked as newer, or leave them out where None; how many they were."""
        before, count = self.rows(file), 0
        after: list[Row] = []
        for row in before:
            if not which(row):
                after.append(row)
                continue
            count += 1
            changed = change(row)
            if changed is not None:
                after.append({**changed, "updated_at": NEWER} if "updated_at" in changed else changed)
        self.write(file, after, list(before[0]))
        return count

    def put(self, file: str, which: Callable[[Row], bool] = lambda row: True, **cells: str) -> int:
        """Write the same cells into the rows that are meant."""
        return self.change(file, lambda row: {**row, **cells}, which)

    def drop(self, file: str, which: Callable[[Row], bool]) -> int:
        """Leave rows out."""
        return self.change(file, lambda row: None, which)

    def only(self, *files: str) -> None:
        """Leave all other files out."""
        for path in self.folder.iterdir():
            if path.name not in files:
                path.unlink()

    def load(self, mode: ImportMode = ImportMode.DELTA, *, accept_fewer: bool = False) -> ImportReport:
        """Import the folder."""
        caller = self.agency.caller
        return import_folder(caller, SOURCES["csv"], self.folder, mode=mode, accept_fewer=accept_fewer)

    def held(self) -> HeldImport:
        """Import the folder, which is held."""
        report = self.load()
        assert report.held is not None and report.files == ()
        return report.held

    def release(self, held: HeldImport) -> ImportReport:
        """Let a held import be applied."""
        return held_imports.release(self.agency.caller, SOURCES, held.id, "Dana Park", "checked")

    def discard(self, held: HeldImport) -> None:
        """Throw a held import away."""
        held_imports.discard(self.agency.caller, held.id, "Dana Park", "a slip")

    def cases(self, kind: str) -> list[tuple[str, list[str]]]:
        """The open cases of a kind: subject, reasons in English."""
        return [
            (f"{r['subject_kind']}:{r['subject_id']}", [str(from_json(why)) for why in r["reasons"]])
            for r in self.agency.rows(
                "SELECT * FROM exception_case WHERE kind = :kind AND state = 'open' ORDER BY id", kind=kind
            )
        ]
