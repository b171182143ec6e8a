"""What became of an import: how much was loaded, and what was not, in lines that a person reads."""

from dataclasses import dataclass

from suture.model.import_lines import problem_lines
from suture.model.import_runs import ChangedDay, HeldImport
from suture.model.imports import FileReport, ImportProblem


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one export; of one that is held nothing is applied. `days`: published ones that it changed."""

    files: tuple[FileReport, ...]
    held: HeldImport | None = None
    days: tuple[ChangedDay, ...] = ()

    @property
    def loaded(self) -> int:
        """Rows now in the database."""
        return sum(f.loaded for f in self.files)

    @property
    def changed(self) -> int:
        """Rows that were new or different."""
        return sum(f.changed for f in self.files)

    @property
    def problems(self) -> tuple[ImportProblem, ...]:
        """Everything set aside, file by file."""
        return tuple(p for f in self.files for p in f.problems)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks, each beginning with its file."""
        return tuple(f"{f.file}: {note}" for f in self.files for note in f.notes)

    @property
    def set_aside(self) -> int:
        """Rows that were read and could not be used."""
        return sum(f.set_aside for f in self.files)

    @property
    def refused(self) -> tuple[str, ...]:
        """Files of which nothing was read."""
        return tuple(f.file for f in self.files if f.refused)

    @property
    def left_out(self) -> int:
        """Rows that are used without a cell that could not be read."""
        return sum(f.left_out for f in self.files)

    def lines(self) -> tuple[str, ...]:
        """Refused files first; then the problems file by file, and once for each row what waits for it."""
        return problem_lines(self.files)
