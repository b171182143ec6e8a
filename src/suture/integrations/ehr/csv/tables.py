"""One file as read so far: its rows, what could not be read of it, and what a person should know."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from suture.integrations.ehr.csv.fields import FieldError
from suture.model.imports import ImportProblem
from suture.words.reason import Reason, reason

MAX_RAW = 2000
MOST_REMEMBERED = 1000
"""How many cells of a column are remembered: more differ where it holds ids, names or places."""
SAVE_AS = reason("file.hint.save_as_csv")


def storable(raw: str) -> str:
    """A row as the database takes it: bytes that are no text become the sign for that."""
    if raw.isascii() and "\0" not in raw:
        return raw
    return raw.replace("\0", "\ufffd").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: an entry for every known column, read or its empty value; `unreadable` columns are not what they say."""

    line: int
    raw: str = field(repr=False)
    values: dict[str, Any] = field(repr=False)
    unreadable: dict[str, FieldError | None] = field(default_factory=dict)
    """With the error of a column that was readable by itself and does not fit the others."""

    def leave_out(self, column: str, error: FieldError, *others: str) -> None:
        """Take nothing from a cell, nor from `others` that mean nothing without it; the row stays."""
        self.unreadable[column] = error
        self.lose(*others)

    def lose(self, *columns: str) -> None:
        """Take nothing from these cells, for a reason that has been told."""
        for column in columns:
            self.unreadable.setdefault(column)

    def without_raw(self) -> "Row":
        """The same row, to make a record of: a good one needs its text no more."""
        return replace(self, raw="")


@dataclass(slots=True)
class Table:
    """One file as read so far; `refused` with exactly one problem when nothing of it can be used."""

    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    refused: bool = False
    twice: set[str] = field(default_factory=set)
    """Ids of the first column that are on several lines: it is unclear which one is meant."""
    values: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """What cells of a column were read as: most columns say the same few things over and over."""

    def value_of(self, column: str, cell: str, parse: Callable[[str], Any]) -> Any:
        """What a cell means, read once and kept once. Raises FieldError."""
        known = self.values.setdefault(column, {})
        if cell in known:
            return known[cell]
        value = parse(cell)
        if len(known) < MOST_REMEMBERED:
            known[cell] = value
        return value

    def refuse(self, line: int, code: str, what: Reason, hint: Reason, column: str = "") -> None:
        """Give up on the whole file."""
        self.refused, self.rows, self.notes = True, [], []
        self.problems = [ImportProblem(self.file, line, column, code, what, hint)]

    def set_aside(
        self, line: int, raw: str, column: str, error: FieldError, *, subject: str = "", left_out: bool = False
    ) -> None:
        """Give up on one row or, `left_out`, on one cell of it."""
        self.problems.append(
            ImportProblem(
                self.file,
                line,
                column,
                error.code,
                error.reason,
                error.hint,
                storable(raw[:MAX_RAW]),
                subject=subject,
                left_out=left_out,
            )
        )
