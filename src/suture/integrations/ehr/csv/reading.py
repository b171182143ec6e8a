"""From bytes to typed rows: decoding, quoting, header, cells. What is wrong becomes a problem line."""

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from suture.integrations.ehr.csv.columns import FileSpec, Need
from suture.integrations.ehr.csv.fields import FieldError
from suture.model.imports import ImportProblem

MAX_BYTES = 64 * 1024 * 1024
MAX_RAW = 2000
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
        self.problems.append(
            ImportProblem(self.file, line, column, error.code, error.reason, error.hint, raw[:MAX_RAW])
        )


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    raw: str
    cells: list[str]


def read_table(file: str, content: bytes, spec: FileSpec) -> Table:
    """Read one file."""
    table = Table(file)
    text = _decode(table, content)
    if text is None:
        return table
    lines: list[_Line] = []
    try:
        lines.extend(_lines(text))
    except _BadQuoting as error:
        table.refuse(error.line, "quoting", "a quote is not closed", 'close it, and write a quote inside a cell as ""')
        return table
    header = _header(table, spec, lines)
    if header is None:
        return table
    seen: dict[tuple[Any, ...], int] = {}
    for line in lines[1:]:
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
    return table


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
    if not text.strip():
        table.refuse(1, "empty", "the file is empty", "the first line must be the header")
        return None
    return text


class _BadQuoting(Exception):
    def __init__(self, line: int) -> None:
        self.line = line


def _lines(text: str) -> Iterator[_Line]:
    """Rows that hold anything, with the line they begin in."""
    physical = list(io.StringIO(text, newline=""))
    reader = csv.reader(physical, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Line(begins, "".join(physical[begins - 1 : reader.line_num]).rstrip("\r\n"), cells)
            begins = reader.line_num + 1
    except csv.Error:
        raise _BadQuoting(begins) from None


def _header(table: Table, spec: FileSpec, lines: Sequence[_Line]) -> list[str] | None:
    line = lines[0]
    names = [cell.strip().casefold() for cell in line.cells]
    while names and not names[-1]:
        names.pop()
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
        words = ", ".join(_extra_words(name, absent) for name in extra)
        table.notes.append(f"not read: {'column' if len(extra) == 1 else 'columns'} {words}")
    return names


def _extra_words(name: str, absent: Sequence[str]) -> str:
    """An unknown column, and the optional one it may have been meant for."""
    close = difflib.get_close_matches(name, absent, 1, 0.75)
    return f"{name} (did you mean {close[0]}?)" if close else name or "(no name)"


def _missing_words(missing: Sequence[str], unknown: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a header that lacks columns, and what of its unknown ones may be meant for them."""
    reason = "the column is missing" if len(missing) == 1 else "the columns are missing"
    if len(unknown) == 1 and (part := next((p for p in (";", "\t", "|") if p in unknown[0]), None)):
        shown = {"\t": "tabs"}.get(part, f"'{part}'")
        return reason, f"the cells are parted by {shown}: {_SAVE_AS}"
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
            if cell:
                values[name] = column.parse(cell)
            elif column.need is Need.CELL:
                raise FieldError("missing", "is empty", "every row needs it")
            else:
                values[name] = column.empty
        except FieldError as error:
            table.set_aside(line.number, line.raw, name, error)
    return values if len(values) == len(spec.columns) else None
