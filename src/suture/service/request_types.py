"""Field types of what callers send: text that can be stored and shown, and instants that calendars can reach."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold control characters or halves of characters")
    return text


def _within_reach(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise ValueError("must lie between the years 2000 and 2099")
    return instant


Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
"""An id, a code: one to 200 printable characters."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(_printable)]
"""A short name, such as of the system that speaks."""

Note = Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)]
"""Free text that may be empty."""

Instant = Annotated[AwareDatetime, AfterValidator(_within_reach)]
"""A moment with its UTC offset."""
