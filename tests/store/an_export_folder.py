"""A folder to import from, with its files editable, and the rows that came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.import_reports import ImportReport
from suture.service.caller import Caller
from suture.service.import_files import import_folder
from suture.store.transaction import Tx

ROOT = Path(__file__).parents[2]
RIVERBEND = ROOT / "examples" / "riverbend"
WHOLE = ROOT / "src/suture/integrations/ehr/csv/testdata/whole"
CANONICAL = (
    *(
        "agency",
        "branch",
        "place",
        "party",
        "patient",
        "clinician",
        "credential",
        "availability",
        "pair_rule",
        "service",
    ),
    *("visit_order", "visit", "address", "consent", "event", "inbox", "quarantine"),
)


@dataclass
class Agency:
    """A database of its own and a folder to import from, with its files editable."""

    caller: Caller
    folder: Path

    def load(self) -> ImportReport:
        return import_folder(self.caller, CsvFolder(), self.folder)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {file}"
        path.write_text(content.replace(old, new), encoding="utf-8")

    def append(self, file: str, *lines: str) -> None:
        with (self.folder / file).open("a", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in lines)

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def run(self, sql: str, **params: Any) -> None:
        with self.caller.transaction() as tx:
            tx.run(sql, **params)

    def row(self, sql: str, **params: Any) -> dict[str, Any]:
        (only,) = self.rows(sql, **params)
        return only

    def visit(self, external_id: str) -> dict[str, Any]:
        return self.row("SELECT * FROM visit WHERE external_id = :id", id=external_id)

    def everything(self) -> dict[str, list[str]]:
        with self.caller.transaction() as tx:
            return {table: _dump(tx, table) for table in CANONICAL}


def _dump(tx: Tx, table: str) -> list[str]:
    return sorted(str(dict(r)) for r in tx.rows(f"SELECT *, xmin::text AS written_by FROM {table}"))
