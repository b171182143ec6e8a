"""From bytes to typed rows: decoding, header, cells. What is wrong becomes a problem line.

A file is gone through several times and never held as rows: a hundred thousand of them fit into little memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from suture.integrations.ehr.csv.columns import FileSpec, Need, Unread
from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.header import read_header
from suture.integrations.ehr.csv.rows import Line, decoded, foreign_byte, rows_of
from suture.integrations.ehr.csv.tables import SAVE_AS, Row, Table, storable
from suture.model.import_lines import DUPLICATE, in_lines, shown_id
from suture.words.reason import Reason, reason

MAX_BYTES = 64 * 1024 * 1024
MAX_CELL = 10_000
"""Characters; no column takes more, and what reads a cell may be slow with them."""
_QUOTES = reason("file.hint.quotes")


@dataclass(slots=True)
class Opened:
    """A file of which the header was read, and which ids are in it twice; its rows are read one at a time."""

    table: Table
    spec: FileSpec
    content: bytes = field(repr=False)
    header: Sequence[str] | None = None
    twice: Mapping[tuple[str, ...], list[int]] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Each row that can be used, once; the table has a line for every other when they are through."""
        if self.header is None:
            return
        joined: list[int] = []
        for line in self._lines():
            self._read(self.header, line, joined)
            yield from self.table.rows
            self.table.rows.clear()
        if joined:
            self.table.notes.append(reason("import.line_breaks", lines=in_lines(joined)))

    def _read(self, header: Sequence[str], line: Line, joined: list[int]) -> None:
        table, spec = self.table, self.spec
        key = _key(_places(spec, header), line) if self.twice or line.quoting else None
        if key is not None and key in self.twice:
            _hold(table, spec, line, key, self.twice[key])
            _keep_closed(table, spec, header, line)
        elif line.quoting:
            table.set_aside(line.number, line.raw, "", FieldError("quoting", line.quoting, _QUOTES), subject=_id(key))
            _keep_closed(table, spec, header, line)
        else:
            _read_row(table, spec, header, line, joined)

    def values_of(self, name: str) -> frozenset[Any]:
        """What a column says anywhere, as far as it can be read."""
        if self.header is None or name not in self.header:
            return frozenset()
        at, found = self.header.index(name), set()
        for cell in {line.cells[at].strip() for line in self._lines() if len(line.cells) > at} - {""}:
            with suppress(FieldError):
                found.add(self.spec.columns[name].parse(cell))
        return frozenset(found)

    def _lines(self) -> Iterator[Line]:
        """The lines below the header."""
        return islice(rows_of(decoded(self.content)), 1, None)


def open_table(file: str, content: bytes, spec: FileSpec) -> Opened:
    """Read the header of a file and look for ids that are in it twice."""
    opened = Opened(Table(file), spec, content)
    first = _first_line(opened.table, content)
    opened.header = read_header(opened.table, spec, first) if first else None
    if opened.header is not None:
        opened.twice = _twice(_places(spec, opened.header), opened._lines)
        if len(spec.key) == 1:
            opened.table.twice.update(key[0] for key in opened.twice)
    return opened


def _first_line(table: Table, content: bytes) -> Line | None:
    if len(content) > MAX_BYTES:
        table.refuse(1, "too_large", reason("file.too_large", mib=MAX_BYTES // 2**20), reason("file.hint.split"))
        return None
    first = next(rows_of(decoded(content)), None)
    if first is None:
        table.refuse(1, "empty", reason("file.no_lines"), reason("file.hint.header"))
        return None
    if what := _not_text(first.raw):
        table.refuse(first.number, "encoding", what, SAVE_AS)
        return None
    return first


def _not_text(text: str) -> Reason | None:
    """What is in a text that is not one: bytes of another encoding, or zeros."""
    foreign = None if text.isascii() else foreign_byte(text)
    if foreign is not None:
        return reason("file.foreign_byte", byte=f"{foreign:02X}")
    return reason("file.zero_byte") if "\0" in text else None


def _places(spec: FileSpec, header: Sequence[str]) -> tuple[int | None, ...]:
    """Where the columns are that tell one row from another."""
    return tuple(header.index(name) if name in header else None for name in spec.key)


def _key(places: Sequence[int | None], line: Line) -> tuple[str, ...] | None:
    """What tells a row from the others, as it is written; None where its first part is missing."""
    cells = line.cells
    key = tuple(cells[at].strip() if at is not None and at < len(cells) else "" for at in places)
    return key if key[0] else None


def _id(key: tuple[str, ...] | None) -> str:
    return key[0] if key else ""


def _twice(places: Sequence[int | None], lines: Callable[[], Iterator[Line]]) -> Mapping[tuple[str, ...], list[int]]:
    """The keys that are on several lines, with those lines."""
    seen: set[tuple[str, ...] | None] = set()
    doubled: dict[tuple[str, ...], list[int]] = {}
    for line in lines():
        key = _key(places, line)
        if key is not None and key in seen:
            doubled[key] = []
        seen.add(key)
    if doubled:
        for line in lines():
            if (key := _key(places, line)) is not None and key in doubled:
                doubled[key].append(line.number)
    return doubled


def _hold(table: Table, spec: FileSpec, line: Line, key: tuple[str, ...], numbers: Sequence[int]) -> None:
    """Hold a row whose id is listed twice: it is unclear which one is meant."""
    who = shown_id(key[0]) or reason("file.same_id")
    what = reason(f"file.twice.{spec.row}", who=who, lines=tuple(numbers))
    error = FieldError(DUPLICATE, what, reason("file.hint.keep_none_used"))
    table.set_aside(line.number, line.raw, spec.key[0], error, subject=key[0])


def _read_row(table: Table, spec: FileSpec, header: Sequence[str], line: Line, joined: list[int]) -> None:
    cells = [cell.strip() for cell in line.cells]
    if len(cells) < len(header) or any(cells[len(header) :]):
        hint = reason("file.hint.cells" if len(cells) > len(header) else "file.hint.lost_comma")
        what = FieldError("cells", reason("file.cells", cells=len(cells), header=len(header)), hint)
        table.set_aside(line.number, line.raw, "", what, subject=_id(_key(_places(spec, header), line)))
        _keep_closed(table, spec, header, line)
        return
    if '"' in line.raw and any(c in cell for cell in cells for c in "\r\n\t"):
        cells = [" ".join(cell.split()) if any(c in cell for c in "\r\n\t") else cell for cell in cells]
        joined.append(line.number)
    row, faults = _typed(table, spec, dict(zip(header, cells, strict=False)), line)
    subject = str(row.values[spec.key[0]] or "")
    lost = _has(spec, row, Unread.IDENTIFIES)
    in_doubt = spec.one_fact and _has(spec, row, Unread.LIMITS)
    is_used = not lost and not in_doubt and not (spec.may_close and _has(spec, row, Unread.FAILS_CLOSED))
    for name, error in faults:
        table.set_aside(line.number, line.raw, name, error, subject=subject, left_out=is_used)
    if not lost:
        table.rows.append(row)


def _typed(
    table: Table, spec: FileSpec, by_name: Mapping[str, str], line: Line
) -> tuple[Row, list[tuple[str, FieldError]]]:
    """The cells as values, and what is wrong with each that cannot be read."""
    row = Row(line.number, storable(line.raw), {})
    is_text = _not_text(line.raw) is None
    faults = []
    for name, column in spec.columns.items():
        cell = by_name.get(name, "")
        try:
            if len(cell) > MAX_CELL:
                raise FieldError("text", reason("file.too_long", limit=MAX_CELL), reason("file.hint.lost_quote"))
            if not is_text and (what := _not_text(cell)):
                raise FieldError("encoding", what, SAVE_AS)
            if cell:
                row.values[name] = table.value_of(name, cell, column.parse)
            elif column.need is Need.CELL:
                is_id = column.unread is Unread.IDENTIFIES
                hint = reason("file.hint.every_row" if is_id else "file.hint.fill_in")
                raise FieldError("missing", reason("file.empty_cell"), hint)
            else:
                row.values[name] = column.empty
        except FieldError as error:
            row.values[name] = column.empty
            row.lose(name)
            faults.append((name, error))
    return row, faults


def _has(spec: FileSpec, row: Row, what: Unread) -> bool:
    return any(spec.columns[name].unread is what for name in row.unreadable)


def _keep_closed(table: Table, spec: FileSpec, header: Sequence[str], line: Line) -> None:
    """A row that cannot be used may still have said no: where that is so, its person is known by it."""
    if not spec.may_close:
        return
    row, _ = _typed(table, spec, dict(zip(header, (c.strip() for c in line.cells), strict=False)), line)
    if spec.key[0] not in row.unreadable:
        row.lose(*(name for name, c in spec.columns.items() if c.unread is Unread.FAILS_CLOSED))
        table.rows.append(row)
