"""Instants and wall clocks, kept apart: an instant is in UTC, and what a clock on the wall shows has no zone.

Python adds to a zoned time, and subtracts two of one zone, by the clock on the wall, which is an hour off where clocks
change. So no zoned time leaves this file, and no other file knows zones. An instant and a wall time cannot be compared
or subtracted: Python refuses that by itself.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def is_zone(tz: str) -> bool:
    """Whether it is an IANA name such as America/New_York."""
    return tz in zones()


@cache
def zones() -> frozenset[str]:
    """Every IANA name."""
    return frozenset(available_timezones())


def instant_of(day: date, wall: time, tz: str, *, again: bool = False) -> datetime:
    """When clocks of a zone show `wall` on a day: the first time where they show it twice, or with `again` the second.

    A time that clocks skip is taken to be as long after the one before they skip: 02:30 becomes 03:30.
    """
    return datetime.combine(day, wall.replace(fold=again), ZoneInfo(tz)).astimezone(UTC)


def midnight(day: date, tz: str) -> datetime:
    """When a day begins in a zone."""
    return instant_of(day, time(), tz)


def day_span(day: date, tz: str) -> tuple[datetime, datetime]:
    """When a day begins and when it ends in a zone; 23 or 25 hours on clock changes."""
    return midnight(day, tz), midnight(day + timedelta(days=1), tz)


def wall_clock(instant: datetime, tz: str) -> datetime:
    """What clocks of a zone show then; naive, with `fold` = 1 the second time they show it."""
    return instant.astimezone(ZoneInfo(tz)).replace(tzinfo=None)


def local_date(instant: datetime, tz: str) -> date:
    """The date in a zone then."""
    return instant.astimezone(ZoneInfo(tz)).date()


def rfc3339(instant: datetime, tz: str) -> str:
    """The instant as text, with the offset of a zone then."""
    return instant.astimezone(ZoneInfo(tz)).isoformat()
