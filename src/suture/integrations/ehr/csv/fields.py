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
from suture.model.calendar import BETWEEN_THE_YEARS, is_service_date
from suture.model.instants import zones

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
    reason: str
    hint: str


def text(limit: int = 200) -> Parse[str]:
    """Free text on one line."""

    def parse(cell: str) -> str:
        if any(ord(c) < 32 or ord(c) == 127 for c in cell):
            raise FieldError("text", "has a line break or control character", "keep it on one line")
        if len(cell) > limit:
            raise FieldError("text", f"is longer than {limit} characters", "shorten it")
        return cell

    return parse


def external_id(cell: str) -> str:
    """An id of the export."""
    if not _ID.fullmatch(cell):
        raise FieldError(
            "id",
            "is not an id",
            "use 1 to 64 letters, digits, '-', '_', '.', ':' or '/', without spaces, such as V-1001",
        )
    return cell


def code(cell: str) -> str:
    """A service, visit type or skill code."""
    if not _CODE.fullmatch(cell):
        raise FieldError("code", "is not a code", "use letters, digits, '_' or '-', without spaces, such as wound_care")
    return cell


def credential_code(cell: str) -> str:
    """A role or a skill: `RN_LICENSE` is not what services and visits ask for."""
    if match := re.fullmatch(r"([A-Z]{2,4})[_\- ]?LICEN[SC]E", cell.upper()):
        raise FieldError("code", "a license is written as its role", f"write {match[1]}")
    return code(cell)


def choice(options: Mapping[str, T], or_else: str = "") -> Parse[T]:
    """One of a few words; capitals do not matter. `or_else`: what else the hint offers."""
    folded = {word.casefold(): (word, value) for word, value in options.items()}

    def parse(cell: str) -> T:
        if found := folded.get(cell.casefold()):
            return found[1]
        if close := difflib.get_close_matches(cell.casefold(), folded, 1, 0.7):
            raise FieldError("unknown_code", f"{cell} is not known", f"did you mean {folded[close[0]][0]}?")
        raise FieldError("unknown_code", "the value is not known", f"use one of {', '.join(options)}{or_else}")

    return parse


def one_of(*words: str) -> Parse[str]:
    """One of a few words, kept as spelled here."""
    return choice({word: word for word in words})


def many(parse_one: Parse[T]) -> Parse[tuple[T, ...]]:
    """A list separated by `;`, without repetitions, in its order."""

    def parse(cell: str) -> tuple[T, ...]:
        parts = [part.strip() for part in cell.split(";")]
        if len(parts) == 1 and "," in cell:
            raise FieldError("list", "has commas between the entries", "put ';' between them")
        return tuple(dict.fromkeys(parse_one(part) for part in parts if part))

    return parse


def whole_number(low: int, high: int, unit: str = "") -> Parse[int]:
    """A whole number within bounds."""
    of = f" {unit}" if unit else ""

    def parse(cell: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,6}", cell):
            shown = f"{cell} is" if _NUMBER_LIKE.fullmatch(cell) else "is"
            raise FieldError(
                "number",
                f"{shown} not a whole number",
                f"write whole{of or ' numbers'}, such as {min(max(low, 30), high)}",
            )
        if not low <= int(cell) <= high:
            raise FieldError("range", f"{int(cell)} is out of range", f"write {low} to {high}{of}")
        return int(cell)

    return parse


def degrees(limit: int) -> Parse[float]:
    """A latitude (limit 90) or longitude (limit 180) in decimal degrees."""

    def parse(cell: str) -> float:
        if not _DEGREES.fullmatch(cell):
            raise FieldError(
                "degrees", "is not a number of degrees", "write decimal degrees with a point, such as 39.9937"
            )
        if abs(float(cell)) > limit:
            hint = "maybe lat and lon are swapped" if limit == 90 and abs(float(cell)) <= 180 else "check the column"
            raise FieldError("range", f"must be between -{limit} and {limit}", hint)
        return float(cell)

    return parse


def day(cell: str) -> date:
    """A date, YYYY-MM-DD and nothing else: other orders are ambiguous."""
    if _DATE.fullmatch(cell):
        try:
            found = date.fromisoformat(cell)
        except ValueError:
            raise FieldError("date", f"{cell} does not exist in the calendar", "correct the day or the month") from None
        if not 1900 <= found.year <= 2200:
            raise FieldError("date", f"{cell} is not a plausible date", "check the year")
        return found
    if like := _DATE_LIKE.fullmatch(cell):
        raise FieldError("date", f"{cell} is not written YYYY-MM-DD", _date_hint(*like.groups()))
    raise FieldError("date", "is not a date", "write it as 2026-03-24")


def service_day(cell: str) -> date:
    """A day on which somebody is visited: such days have a board, addresses and a calendar."""
    found = day(cell)
    if not is_service_date(found):
        raise FieldError("date", f"{cell} {BETWEEN_THE_YEARS}", "check the year")
    return found


def _date_hint(a: str, b: str, c: str) -> str:
    parts = (a, b, c) if len(a) == 4 else (c, a, b) if len(c) == 4 else None
    if parts is None:
        return "write it as 2026-03-24, with the year in full"
    year, one, two = (int(p) for p in parts)
    readings: list[str] = []
    for month, day_of_month in ((one, two),) if len(a) == 4 else ((one, two), (two, one)):
        try:
            readings.append(date(year, month, day_of_month).isoformat())
        except ValueError:
            continue
    readings = list(dict.fromkeys(readings))
    return (
        f"write it as {' or '.join(readings)}" + (", whichever is meant" if len(readings) > 1 else "")
        if readings
        else ("write it as 2026-03-24")
    )


def minutes_of_day(cell: str) -> int:
    """A time of day, HH:MM up to 24:00, as minutes since midnight."""
    match = _TIME.fullmatch(cell)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minutes > MIDNIGHT_AFTER:
        shown = f"{cell} is" if _TIME_LIKE.fullmatch(cell) else "is"
        raise FieldError("time", f"{shown} not a time", "write HH:MM, up to 24:00")
    return minutes


def instant(cell: str) -> datetime:
    """An ISO-8601 instant with its offset, as aware UTC."""
    match = _INSTANT.fullmatch(cell)
    if match is None:
        raise FieldError("instant", "is not a date with a time", "write it as 2026-03-23T12:00:00-04:00")
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        raise FieldError("instant", f"{cell} does not exist", "correct the date, the time or the offset") from None
    if found.tzinfo is None:
        raise FieldError("instant", f"{cell} has no offset", f"add the offset from UTC, such as {cell}-04:00")
    if not 1900 <= found.year <= 2200:
        raise FieldError("instant", f"{cell} is not a plausible time", "check the year")
    return found.astimezone(UTC)


def zone(cell: str) -> str:
    """An IANA time zone by place; abbreviations know no daylight saving."""
    if cell == "UTC" or ("/" in cell and cell in zones() and cell.split("/")[0] not in ("Etc", "US", "posix", "right")):
        return cell
    for name, words in _ABBREVIATIONS.items():
        if cell.casefold() in words:
            raise FieldError("timezone", f"{cell} is not a known time zone", f"did you mean {name}?")
    if close := difflib.get_close_matches(cell, zones(), 1, 0.8):
        raise FieldError("timezone", f"{cell} is not a known time zone", f"did you mean {close[0]}?")
    raise FieldError("timezone", "is not a known time zone", "write it as America/New_York")


def email(cell: str) -> str:
    """An e-mail address. Never repeated in a message."""
    if not is_mailbox(cell) or "." not in cell.rpartition("@")[2]:
        raise FieldError("email", "is not an e-mail address", "write it as name@example.org, or leave it empty")
    return cell


def language(cell: str) -> str:
    """A language tag."""
    if not _LANGUAGE.fullmatch(cell):
        raise FieldError("language", "is not a language code", "use a code such as en or es")
    return cell


weekday: Parse[int] = choice({name: number for number, name in enumerate(_WEEKDAYS, 1)})
"""A day of the week by its English name: 1 = Monday … 7 = Sunday."""

yes_no: Parse[bool] = choice({"true": True, "false": False})
