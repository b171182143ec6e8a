"""Field types of what callers send: text that can be stored and shown, numbers, and times that calendars can reach.

Nothing is guessed: `true` is not a 1, `"30"` is not a number, and 1774310400 is not a date.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from suture.model.calendar import BETWEEN_THE_YEARS, FIRST_DAY, LAST_DAY, is_service_date
from suture.words.catalog import _
from suture.words.expected import WRITTEN_OTHERWISE

EARLIEST = datetime.combine(FIRST_DAY, time(), UTC)
LATEST = datetime.combine(LAST_DAY + timedelta(days=1), time(), UTC)
UNUSABLE = "unusable"
"""The type of a validation error whose message is ours, and may be shown: it never repeats what was sent."""

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LARGEST_ID = 2**63 - 1


def _unusable(words: str) -> PydanticCustomError:
    return PydanticCustomError(UNUSABLE, words)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise _unusable(_("must not hold control characters or halves of characters"))
    return text


def _storable(text: str) -> str:
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise _unusable(_("must not hold zero bytes or halves of characters"))
    return text


def _iso_date(given: object) -> object:
    is_written = isinstance(given, str) and _ISO_DATE.fullmatch(given)
    if not is_written and type(given) is not date:
        raise PydanticCustomError(WRITTEN_OTHERWISE, _("a date, such as 2026-03-24"))
    return given


def _iso_instant(given: object) -> object:
    is_written = isinstance(given, str) and _ISO_DATE.match(given)
    if not is_written and not isinstance(given, datetime):
        said = _("a datetime with its offset from UTC, such as 2026-03-24T07:40:00-04:00")
        raise PydanticCustomError(WRITTEN_OTHERWISE, said)
    return given


def _on_a_service_date(day: date) -> date:
    if not is_service_date(day):
        raise _unusable(_(BETWEEN_THE_YEARS))
    return day


def _within_reach(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise _unusable(_(BETWEEN_THE_YEARS))
    return instant


Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
"""An id, a code: one to 200 printable characters."""

WordIfAny = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
"""An id or a code that may be left empty."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_printable)]
"""A short name, such as of the system that speaks."""

Note = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
"""Free text that may be empty."""

Prose = Annotated[str, AfterValidator(_storable)]
"""Text of several lines, of a form."""

Whole = Annotated[int, Strict()]
"""A whole number, and neither `true` nor 1.0 nor "1"."""

StoredId = Annotated[int, Field(ge=1, le=_LARGEST_ID)]
"""A number that the database gave something, in an address."""

ServiceDate = Annotated[date, BeforeValidator(_iso_date), AfterValidator(_on_a_service_date)]
"""A day of the calendar, written as 2026-03-24."""

Instant = Annotated[AwareDatetime, BeforeValidator(_iso_instant), AfterValidator(_within_reach)]
"""A moment with its UTC offset."""
