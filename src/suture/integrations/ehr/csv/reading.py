"""From bytes to typed rows: decoding, quoting, header, cells. What is wrong becomes a problem line."""

import csv
import difflib
import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from suture.integrations.ehr.csv.columns import FileSpec, Need
from suture.integrations.ehr.csv.fields import FieldError
from suture.model.imports import ImportProblem

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_RAW = 2000
MAX_CELL = 10_000
"""Characters; no column takes so many, and what reads a cell may be slow with more."""
MAX_COLUMNS = 500
LONGEST_NAME = 60
MOST_NAMES = 20
"""How much of a header is looked at closely, and repeated."""
NEAREST = 0.6
"""How alike two names of columns must be for one to be taken for a slip of the other, of 1."""
_SAVE_AS = "save it as CSV UTF-8 (comma separated)"


@dataclass(frozen=True, slots=True)
class Row:
    """One accepted row: an entry for every known column, read or its empty value."""

    line: int
    raw: str = field(repr=False)
    values: dict[str, Any] = field(repr=False)


@dataclass(slots=True)
class Table:
    """One file as read so far; `refused` with exactly one problem when nothing of it can be used."""

    file: str
    rows: list[Row] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: bool = False

    def refuse(self, line: int, code: str, reason: str, hint: str, column: str = "") -> None:
        """Give up on the whole file."""
        self.refused, self.rows, self.notes = True, [], []
        self.problems = [ImportProblem(self.file, line, column, code, reason, hint)]

    def set_aside(self, line: int, raw: str, column: str, error: FieldError) -> None:
        """Give up on one row."""
        self.problems.append(ImportProblem(self.file, line, column, error.code, error.reason, error.hint, raw))


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands in one row; `raw` is cut at MAX_RAW."""

    number: int
    raw: str
    cells: list[str]


def read_table(file: str, content: bytes, spec: FileSpec) -> Table:
    """Read one file, row by row: what is wrong with a row is said of that row, and the others are read."""
    table = Table(file)
    text = _decode(table, content)
    if text is None:
        return table
    try:
        with closing(_lines(text)) as lines:
            header = _header(table, spec, next(lines, None))
            if header is not None:
                _read_rows(table, spec, header, lines)
    except _BadQuoting as error:
        table.refuse(error.line, "quoting", "a quote is not closed", 'close it, and write a quote inside a cell as ""')
    return table


def _read_rows(table: Table, spec: FileSpec, header: Sequence[str], lines: Iterator[_Line]) -> None:
    seen: dict[tuple[Any, ...], int] = {}
    for count, line in enumerate(lines, 1):
        if count > MAX_ROWS:
            table.refuse(line.number, "too_large", f"the file has more than {MAX_ROWS} rows", "split it by date")
            return
        values = _values(table, spec, header, line)
        if values is None:
            continue
        key = tuple(values[name] for name in spec.key)
        if key in seen:
            what = FieldError("duplicate", f"is already in line {seen[key]}", "keep one of the two lines")
            table.set_aside(line.number, line.raw, spec.key[0], what)
            continue
        seen[key] = line.number
        table.rows.append(Row(line.number, line.raw, values))


def _decode(table: Table, content: bytes) -> str | None:
    if len(content) > MAX_BYTES:
        table.refuse(1, "too_large", f"the file is larger than {MAX_BYTES // 2**20} MiB", "split it by date")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        table.refuse(line, "encoding", f"byte 0x{content[error.start]:02X} is not UTF-8", _SAVE_AS)
        return None
    if (at := text.find("\0")) >= 0:
        table.refuse(text.count("\n", 0, at) + 1, "encoding", "a zero byte is not text", _SAVE_AS)
        return None
    return text


class _BadQuoting(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


class _Physical:
    """The lines of a file as an editor shows them; keeps those of the row that is being read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._of_this_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._of_this_row.append(line)
            yield line

    def take_row(self) -> str:
        """What was read since the last call."""
        raw = "".join(self._of_this_row).rstrip("\r\n")
        self._of_this_row.clear()
        return raw[:MAX_RAW]


def _lines(text: str) -> Generator[_Line, None, None]:
    """Rows that hold anything, with the line they begin in."""
    physical = _Physical(text)
    reader = csv.reader(physical, strict=True)
    begins = 1
    try:
        with _cells_of_any_length():
            for cells in reader:
                raw = physical.take_row()
                if any(cell and not cell.isspace() for cell in cells):
                    yield _Line(begins, raw, cells)
                begins = reader.line_num + 1
    except csv.Error:
        raise _BadQuoting(begins) from None


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    """Python's own limit gives up on the whole file; a cell that is too long is a fault of its row."""
    before = csv.field_size_limit(MAX_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _header(table: Table, spec: FileSpec, line: _Line | None) -> list[str] | None:
    if line is None:
        table.refuse(1, "empty", "the file is empty", "the first line must be the header")
        return None
    names = [cell.strip().casefold() for cell in line.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        hint = "the first line must be the header; maybe the line breaks are lost"
        table.refuse(line.number, "header", f"the first line has {len(names)} cells", hint)
        return None
    missing = [name for name in spec.required if name not in names]
    if missing:
        table.refuse(
            line.number,
            "missing_column",
            *_missing_words(missing, [n for n in names if n not in spec.columns]),
            column=", ".join(missing),
        )
        return None
    twice = sorted({name for name in names if name in spec.columns and names.count(name) > 1})
    if twice:
        table.refuse(line.number, "header", "the column is there twice", "keep one of them", column=twice[0])
        return None
    extra = [name for name in names if name not in spec.columns and name not in spec.unread]
    if extra:
        absent = [name for name in spec.columns if name not in names]
        words = ", ".join(_extra_words(name, absent) for name in extra[:MOST_NAMES])
        more = f" and {len(extra) - MOST_NAMES} more" if len(extra) > MOST_NAMES else ""
        table.notes.append(f"not read: {'column' if len(extra) == 1 else 'columns'} {words}{more}")
    return names


def _extra_words(name: str, absent: Sequence[str]) -> str:
    """An unknown column, and the optional one it may have been meant for."""
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"(a name of {len(name)} characters)"
    close = difflib.get_close_matches(name, absent, 1, 0.75)
    return f"{name} (did you mean {close[0]}?)" if close else name or "(no name)"


def _missing_words(missing: Sequence[str], unknown: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a header that lacks columns, and what of its unknown ones may be meant for them."""
    reason = "the column is missing" if len(missing) == 1 else "the columns are missing"
    if len(unknown) == 1 and (part := next((p for p in (";", "\t", "|") if p in unknown[0]), None)):
        shown = {"\t": "tabs"}.get(part, f"'{part}'")
        return reason, f"the cells are parted by {shown}: {_SAVE_AS}"
    unknown = [name for name in unknown if len(name) <= LONGEST_NAME and name.isprintable()]
    near = [
        f"{close[0]} must be renamed to {name}"
        for name in missing
        if (close := difflib.get_close_matches(name, [n for n in unknown if n], 1, NEAREST))
    ]
    if near:
        return reason, f"maybe {' and '.join(near)}"
    if len(missing) == len(unknown) == 1 and unknown[0]:
        return reason, f"maybe {unknown[0]} must be renamed to {missing[0]}"
    return reason, "the first line must be the header and name it"


def _values(table: Table, spec: FileSpec, header: Sequence[str], line: _Line) -> dict[str, Any] | None:
    cells = [cell.strip() for cell in line.cells]
    if len(cells) < len(header) or any(cells[len(header) :]):
        hint = (
            "put a cell that holds a comma in quotes"
            if len(cells) > len(header)
            else "maybe a comma or line break is lost"
        )
        what = FieldError("cells", f"has {len(cells)} cells where the header has {len(header)}", hint)
        table.set_aside(line.number, line.raw, "", what)
        return None
    by_name = dict(zip(header, cells, strict=False))
    values: dict[str, Any] = {}
    for name, column in spec.columns.items():
        cell = by_name.get(name, "")
        try:
            if len(cell) > MAX_CELL:
                raise FieldError(
                    "text", f"is longer than {MAX_CELL} characters", "shorten it, or look for a lost quote"
                )
            if cell:
                values[name] = column.parse(cell)
            elif column.need is Need.CELL:
                raise FieldError("missing", "is empty", "every row needs it")
            else:
                values[name] = column.empty
        except FieldError as error:
            table.set_aside(line.number, line.raw, name, error)
    return values if len(values) == len(spec.columns) else None
