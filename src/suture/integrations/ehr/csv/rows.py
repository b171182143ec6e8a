"""From bytes to rows of cells. A fault of one row stays with that row: the next one that reads well continues."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from suture.words.reason import Reason, reason

_OPEN = reason("file.open_quote")
MOST_LINES = 50
"""How many lines of a file one row may take: line breaks in a few cells."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row and the line it begins in. `quoting`: why its cells cannot be separated; they are a guess then."""

    number: int
    raw: str = field(repr=False)
    cells: list[str] = field(repr=False)
    quoting: Reason | None = None


def decoded(content: bytes) -> str:
    """The text; a byte that is not UTF-8 is in it as a lone surrogate, so that its cell alone is at fault."""
    return content.decode("utf-8-sig", "surrogateescape")


def foreign_byte(text: str) -> int | None:
    """The first byte of a text that is not UTF-8."""
    return next((ord(c) - 0xDC00 for c in text if "\udc80" <= c <= "\udcff"), None)


def rows_of(text: str) -> Iterator[Line]:
    """Every row that holds anything, the header first; its number of cells tells where a row with a fault ends."""
    physical = list(io.StringIO(text, newline=""))
    width, at = 0, 0
    while at < len(physical):
        row, lines = _row(physical, at, width)
        if any(cell.strip() for cell in row.cells):
            width = width or len(row.cells)
            yield row
        at += lines


def _row(physical: Sequence[str], at: int, width: int) -> tuple[Line, int]:
    """The row that begins at a line, and how many lines it takes."""
    first = physical[at]
    if '"' not in first:
        bare = first.rstrip("\r\n")
        return Line(at + 1, bare, bare.split(",")), 1
    for lines in range(1, min(MOST_LINES, len(physical) - at) + 1):
        raw = "".join(physical[at : at + lines])
        cells = _strict(raw)
        if isinstance(cells, Reason):
            return _faulty(physical, at, width, cells if lines == 1 else _OPEN)
        if cells is not None:
            if lines > 1 and width and _holds_a_row(physical[at + 1 : at + lines], width):
                break
            return Line(at + 1, raw.rstrip("\r\n"), cells), lines
    return _faulty(physical, at, width, _OPEN)


def _strict(raw: str) -> list[str] | Reason | None:
    """The cells of whole lines, what is wrong with the quotes, or None while a quote is open."""
    before = csv.field_size_limit(len(raw) + 1)  # Python's own limit would give up on a long cell
    try:
        return next(csv.reader(io.StringIO(raw, newline=""), strict=True))
    except csv.Error as error:
        return None if re.search("unexpected end of data", str(error)) else reason("file.inner_quote")
    except StopIteration:
        return []
    finally:
        csv.field_size_limit(before)


def _holds_a_row(lines: Sequence[str], width: int) -> bool:
    """Whether a line that an open quote swallowed is a row of its own: then the quote was never closed."""
    return width > 2 and any(isinstance(c := _strict(line), list) and len(c) == width for line in lines)


def _faulty(physical: Sequence[str], at: int, width: int, why: Reason) -> tuple[Line, int]:
    """A row whose quotes are at fault: it ends where it has all its cells, or where the next row begins."""
    lines = 1
    guess = _loose(physical[at])
    while len(guess) < width and lines < MOST_LINES and at + lines < len(physical):
        following = _strict(physical[at + lines])
        if isinstance(following, list) and len(following) == width:
            break
        lines += 1
        guess = _loose("".join(physical[at : at + lines]))
    raw = "".join(physical[at : at + lines])
    return Line(at + 1, raw.rstrip("\r\n"), guess, why), lines


def _loose(raw: str) -> list[str]:
    return [cell.strip().strip('"') for cell in raw.rstrip("\r\n").split(",")]
