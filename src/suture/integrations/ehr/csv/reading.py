"""From bytes to typed rows: decoding, header, cells. What is wrong becomes a problem line."""

from collections.abc import Iterable, Mapping, Sequence

from suture.integrations.ehr.csv.columns import FileSpec, Need, Unread
from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.header import read_header
from suture.integrations.ehr.csv.rows import Line, decoded, foreign_byte, rows_of
from suture.integrations.ehr.csv.tables import SAVE_AS, Row, Table, storable
from suture.model.import_lines import DUPLICATE, shown_id

__all__ = ["Row", "Table", "read_table"]

MAX_BYTES = 64 * 1024 * 1024
_QUOTES = 'write the whole cell in quotes and each quote inside it as "", or leave the quotes out'


def read_table(file: str, content: bytes, spec: FileSpec) -> Table:
    """Read one file."""
    table = Table(file)
    lines = _lines(table, content)
    header = read_header(table, spec, lines[0]) if lines else None
    if header is None:
        return table
    twice = _twice(spec, header, lines[1:])
    joined: list[int] = []
    for line in lines[1:]:
        key = _key(spec, header, line)
        if key is not None and key in twice:
            _hold(table, spec, line, key, twice[key])
            _keep_closed(table, spec, header, line)
        elif line.quoting:
            table.set_aside(line.number, line.raw, "", FieldError("quoting", line.quoting, _QUOTES), subject=_id(key))
            _keep_closed(table, spec, header, line)
        else:
            _read_row(table, spec, header, line, joined)
    if joined:
        table.notes.append(f"line breaks inside a cell became spaces: {in_lines(joined)}")
    return table


def in_lines(numbers: Sequence[int]) -> str:
    """ "lines 3, 7 and 12 more"."""
    shown = ", ".join(str(n) for n in numbers[:10])
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {shown}{more}"


def _lines(table: Table, content: bytes) -> list[Line]:
    if len(content) > MAX_BYTES:
        table.refuse(1, "too_large", f"the file is larger than {MAX_BYTES // 2**20} MiB", "split it by date")
        return []
    text = decoded(content)
    if not text.strip():
        table.refuse(1, "empty", "the file is empty", "the first line must be the header")
        return []
    lines = list(rows_of(text))
    if lines and (what := _not_text(lines[0].raw)):
        table.refuse(lines[0].number, "encoding", what, SAVE_AS)
        return []
    return lines


def _not_text(text: str) -> str | None:
    """What stands in a text that is none: bytes of another encoding, or zeros."""
    if text.isascii():
        return "a zero byte is not text" if "\0" in text else None
    foreign = foreign_byte(text)
    if foreign is not None:
        return f"byte 0x{foreign:02X} is not UTF-8"
    return "a zero byte is not text" if "\0" in text else None


def _key(spec: FileSpec, header: Sequence[str], line: Line) -> tuple[str, ...] | None:
    """What tells a row from the others, as it is written; None where its first part is missing."""
    places = (header.index(name) if name in header else -1 for name in spec.key)
    key = tuple(line.cells[n].strip() if 0 <= n < len(line.cells) else "" for n in places)
    return key if key[0] else None


def _id(key: tuple[str, ...] | None) -> str:
    return key[0] if key else ""


def _twice(spec: FileSpec, header: Sequence[str], lines: Iterable[Line]) -> Mapping[tuple[str, ...], list[int]]:
    """The keys that stand in several lines, with those lines."""
    found: dict[tuple[str, ...], list[int]] = {}
    for line in lines:
        if (key := _key(spec, header, line)) is not None:
            found.setdefault(key, []).append(line.number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}


def _hold(table: Table, spec: FileSpec, line: Line, key: tuple[str, ...], numbers: Sequence[int]) -> None:
    """Hold a row whose id stands twice: nobody knows which of them is meant."""
    who = shown_id(key[0]) or "the same id"
    what = f"{spec.row} of {who}" if len(spec.key) > 1 else who
    where = f"is on lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    error = FieldError(DUPLICATE, f"{what} {where}", "keep one of them: none of them was used")
    table.set_aside(line.number, line.raw, spec.key[0], error, subject=key[0])
    if len(spec.key) == 1:
        table.twice.add(key[0])


def _read_row(table: Table, spec: FileSpec, header: Sequence[str], line: Line, joined: list[int]) -> None:
    cells = [cell.strip() for cell in line.cells]
    if len(cells) < len(header) or any(cells[len(header) :]):
        hint = (
            "put a cell that holds a comma in quotes"
            if len(cells) > len(header)
            else "maybe a comma or line break is lost"
        )
        what = FieldError("cells", f"has {len(cells)} cells where the header has {len(header)}", hint)
        table.set_aside(line.number, line.raw, "", what, subject=_id(_key(spec, header, line)))
        _keep_closed(table, spec, header, line)
        return
    if '"' in line.raw and any(c in cell for cell in cells for c in "\r\n\t"):
        cells = [" ".join(cell.split()) if any(c in cell for c in "\r\n\t") else cell for cell in cells]
        joined.append(line.number)
    row, faults = _typed(spec, dict(zip(header, cells, strict=False)), line)
    subject = str(row.values[spec.key[0]] or "")
    lost = _has(spec, row, Unread.IDENTIFIES) or (spec.one_fact and _has(spec, row, Unread.LIMITS))
    is_used = not lost and not (spec.may_close and _has(spec, row, Unread.FAILS_CLOSED))
    for name, error in faults:
        table.set_aside(line.number, line.raw, name, error, subject=subject, left_out=is_used)
    if not lost:
        table.rows.append(row)


def _typed(spec: FileSpec, by_name: Mapping[str, str], line: Line) -> tuple[Row, list[tuple[str, FieldError]]]:
    """The cells as values, and what is wrong with each that cannot be read."""
    row = Row(line.number, storable(line.raw), {})
    is_text = _not_text(line.raw) is None
    faults = []
    for name, column in spec.columns.items():
        cell = by_name.get(name, "")
        try:
            if not is_text and (what := _not_text(cell)):
                raise FieldError("encoding", what, SAVE_AS)
            if cell:
                row.values[name] = column.parse(cell)
            elif column.need is Need.CELL:
                raise FieldError("missing", "is empty", "every row needs it")
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
    row, _ = _typed(spec, dict(zip(header, (c.strip() for c in line.cells), strict=False)), line)
    if spec.key[0] not in row.unreadable:
        row.lose(*(name for name, c in spec.columns.items() if c.unread is Unread.FAILS_CLOSED))
        table.rows.append(row)
