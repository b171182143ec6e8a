"""Reads one cell: text in, a typed value out, or a FieldError that says what to write instead.

A message repeats a cell only when it plainly is a date, a time, a small number or a code, never free text.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from suture.model.addresses import is_mailbox
from suture.model.calendar import FIRST_DAY, LAST_DAY, is_service_date
from suture.model.instants import zones
from suture.words.reason import Reason, reason

T = TypeVar("T")
Parse = Callable[[str], T]

MIDNIGHT_AFTER = 24 * 60
"""24:00 in minutes: the end of a day."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/\-]{0,63}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_\-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_TIME_LIKE = re.compile(r"[0-9]{1,2}[:.h]?[0-9]{0,2}( ?[ap]m)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_LIKE = re.compile(r"([0-9]{1,4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{2,4})")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_NUMBER_LIKE = re.compile(r"[+-]?[0-9.]{1,5}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_ABBREVIATIONS = {
    "America/New_York": ("eastern", "est", "edt", "et", "us/eastern", "est5edt"),
    "America/Chicago": ("central", "cst", "cdt", "ct", "us/central", "cst6cdt"),
    "America/Denver": ("mountain", "mst", "mdt", "mt", "us/mountain", "mst7mdt"),
    "America/Los_Angeles": ("pacific", "pst", "pdt", "pt", "us/pacific", "pst8pdt"),
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class FieldError(Exception):
    """A cell that cannot be accepted: a stable code, the reason and the hint."""

    code: str
    reason: Reason
    hint: Reason


def text(limit: int = 200) -> Parse[str]:
    """Free text on one line."""

    def parse(cell: str) -> str:
        if any(ord(c) < 32 or ord(c) == 127 for c in cell):
            raise FieldError("text", reason("file.control_character"), reason("file.hint.one_line"))
        if len(cell) > limit:
            raise FieldError("text", reason("file.too_long", limit=limit), reason("file.hint.shorten"))
        return cell

    return parse


def external_id(cell: str) -> str:
    """An id of the export."""
    if not _ID.fullmatch(cell):
        raise FieldError("id", reason("file.not_an_id"), reason("file.hint.id"))
    return cell


def code(cell: str) -> str:
    """A service, visit type or skill code."""
    if not _CODE.fullmatch(cell):
        raise FieldError("code", reason("file.not_a_code"), reason("file.hint.code"))
    return cell


def credential_code(cell: str) -> str:
    """A role or a skill: `RN_LICENSE` is not what services and visits ask for."""
    if match := re.fullmatch(r"([A-Z]{2,4})[_\- ]?LICEN[SC]E", cell.upper()):
        raise FieldError("code", reason("file.license_is_role"), reason("file.hint.write_role", role=match[1]))
    return code(cell)


def choice(options: Mapping[str, T], *, or_empty: bool = False) -> Parse[T]:
    """One of a few words; capitals do not matter. `or_empty`: the hint offers an empty cell, too."""
    folded = {word.casefold(): (word, value) for word, value in options.items()}

    def parse(cell: str) -> T:
        if found := folded.get(cell.casefold()):
            return found[1]
        if close := difflib.get_close_matches(cell.casefold(), folded, 1, 0.7):
            meant = reason("file.hint.did_you_mean", word=folded[close[0]][0])
            raise FieldError("unknown_code", reason("file.word_not_known", word=cell), meant)
        hint = reason("file.hint.one_of_or_empty" if or_empty else "file.hint.one_of", words=", ".join(options))
        raise FieldError("unknown_code", reason("file.value_not_known"), hint)

    return parse


def one_of(*words: str) -> Parse[str]:
    """One of a few words, kept as spelled here."""
    return choice({word: word for word in words})


def many(parse_one: Parse[T]) -> Parse[tuple[T, ...]]:
    """A list separated by `;`, without repetitions, in its order."""

    def parse(cell: str) -> tuple[T, ...]:
        parts = [part.strip() for part in cell.split(";")]
        if len(parts) == 1 and "," in cell:
            raise FieldError("list", reason("file.commas"), reason("file.hint.semicolons"))
        return tuple(dict.fromkeys(parse_one(part) for part in parts if part))

    return parse


def whole_number(low: int, high: int, *, minutes: bool = False) -> Parse[int]:
    """A whole number within bounds, of minutes where it says so."""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,6}", cell):
            is_like = _NUMBER_LIKE.fullmatch(cell)
            what = reason("file.cell_not_whole", cell=cell) if is_like else reason("file.not_whole")
            code = "file.hint.whole_minutes" if minutes else "file.hint.whole_number"
            raise FieldError("number", what, reason(code, example=min(max(low, 30), high)))
        if not low <= int(cell) <= high:
            hint = reason("file.hint.range_of_minutes" if minutes else "file.hint.range", low=low, high=high)
            raise FieldError("range", reason("file.out_of_range", number=int(cell)), hint)
        return int(cell)

    return parse


def degrees(limit: int) -> Parse[float]:
    """A latitude (limit 90) or longitude (limit 180) in decimal degrees."""

    def parse(cell: str) -> float:
        if not _DEGREES.fullmatch(cell):
            raise FieldError("degrees", reason("file.not_degrees"), reason("file.hint.degrees"))
        if abs(float(cell)) > limit:
            is_swapped = limit == 90 and abs(float(cell)) <= 180
            hint = reason("file.hint.maybe_swapped" if is_swapped else "file.hint.check_column")
            raise FieldError("range", reason("file.degrees_out_of_range", limit=limit), hint)
        return float(cell)

    return parse


def day(cell: str) -> date:
    """A date, YYYY-MM-DD and nothing else: other orders are ambiguous."""
    if _DATE.fullmatch(cell):
        try:
            found = date.fromisoformat(cell)
        except ValueError:
            hint = reason("file.hint.correct_day_or_month")
            raise FieldError("date", reason("file.no_such_date", date=cell), hint) from None
        if not 1900 <= found.year <= 2200:
            raise FieldError("date", reason("file.implausible_date", date=cell), reason("file.hint.check_year"))
        return found
    if like := _DATE_LIKE.fullmatch(cell):
        raise FieldError("date", reason("file.date_order", date=cell), _date_hint(*like.groups()))
    raise FieldError("date", reason("file.not_a_date"), reason("file.hint.date"))


def service_day(cell: str) -> date:
    """A day on which someone is visited: such days have a board, addresses and a calendar."""
    found = day(cell)
    if not is_service_date(found):
        what = reason("file.not_a_service_date", date=cell, first=FIRST_DAY.year, last=LAST_DAY.year)
        raise FieldError("date", what, reason("file.hint.check_year"))
    return found


def _date_hint(a: str, b: str, c: str) -> Reason:
    parts = (a, b, c) if len(a) == 4 else (c, a, b) if len(c) == 4 else None
    if parts is None:
        return reason("file.hint.date_in_full")
    year, one, two = (int(p) for p in parts)
    readings: list[str] = []
    for month, day_of_month in ((one, two),) if len(a) == 4 else ((one, two), (two, one)):
        try:
            readings.append(date(year, month, day_of_month).isoformat())
        except ValueError:
            continue
    readings = list(dict.fromkeys(readings))
    if len(readings) > 1:
        return reason("file.hint.date_read_as_two", date=readings[0], other=readings[1])
    return reason("file.hint.date_read", date=readings[0]) if readings else reason("file.hint.date")


def minutes_of_day(cell: str) -> int:
    """A time of day, HH:MM up to 24:00, as minutes since midnight."""
    match = _TIME.fullmatch(cell)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minutes > MIDNIGHT_AFTER:
        is_like = _TIME_LIKE.fullmatch(cell)
        what = reason("file.cell_not_a_time", cell=cell) if is_like else reason("file.not_a_time")
        raise FieldError("time", what, reason("file.hint.time"))
    return minutes


def instant(cell: str) -> datetime:
    """An ISO-8601 instant with its offset, as aware UTC."""
    match = _INSTANT.fullmatch(cell)
    if match is None:
        raise FieldError("instant", reason("file.not_an_instant"), reason("file.hint.instant"))
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        hint = reason("file.hint.correct_instant")
        raise FieldError("instant", reason("file.no_such_instant", at=cell), hint) from None
    if found.tzinfo is None:
        raise FieldError("instant", reason("file.no_offset", at=cell), reason("file.hint.add_offset", at=cell))
    if not 1900 <= found.year <= 2200:
        raise FieldError("instant", reason("file.implausible_instant", at=cell), reason("file.hint.check_year"))
    return found.astimezone(UTC)


def zone(cell: str) -> str:
    """An IANA time zone by place; abbreviations know no daylight saving."""
    if cell == "UTC" or ("/" in cell and cell in zones() and cell.split("/")[0] not in ("Etc", "US", "posix", "right")):
        return cell
    meant = next((name for name, words in _ABBREVIATIONS.items() if cell.casefold() in words), None)
    meant = meant or next(iter(difflib.get_close_matches(cell, zones(), 1, 0.8)), None)
    if meant:
        hint = reason("file.hint.did_you_mean", word=meant)
        raise FieldError("timezone", reason("file.zone_not_known", zone=cell), hint)
    raise FieldError("timezone", reason("file.not_a_zone"), reason("file.hint.zone"))


def email(cell: str) -> str:
    """An e-mail address. Never repeated in a message."""
    if not is_mailbox(cell) or "." not in cell.rpartition("@")[2]:
        raise FieldError("email", reason("file.not_an_email"), reason("file.hint.email"))
    return cell


def language(cell: str) -> str:
    """A language tag."""
    if not _LANGUAGE.fullmatch(cell):
        raise FieldError("language", reason("file.not_a_language"), reason("file.hint.language"))
    return cell


weekday: Parse[int] = choice({name: number for number, name in enumerate(_WEEKDAYS, 1)})
"""A day of the week by its English name: 1 = Monday … 7 = Sunday."""

yes_no: Parse[bool] = choice({"true": True, "false": False})
