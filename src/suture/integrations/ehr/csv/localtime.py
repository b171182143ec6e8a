"""Local date and time to UTC, careful about the two days a year when clocks change."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from suture.integrations.ehr.csv.fields import MIDNIGHT_AFTER, FieldError
from suture.model.instants import instant_of, wall_clock
from suture.words.reason import reason


@lru_cache(maxsize=4096)
def to_utc(day: date, minutes: int, tz: str, *, shift_gap: bool = False) -> datetime:
    """The instant of a local time; one that occurs twice is the first.

    A time that clocks skip is refused, or, with `shift_gap`, moved by as much as they skip.
    """
    if minutes == MIDNIGHT_AFTER:
        day, minutes, shift_gap = day + timedelta(days=1), 0, True
    wall = time(minutes // 60, minutes % 60)
    instant = instant_of(day, wall, tz)
    back = wall_clock(instant, tz)
    if back != datetime.combine(day, wall) and not shift_gap:
        raise FieldError(
            "dst_gap",
            reason("file.clocks_go_forward", time=f"{wall:%H:%M}", date=str(day), zone=tz),
            reason("file.hint.another_time", time=f"{back:%H:%M}"),
        )
    return instant


def whole_day(day: date, tz: str) -> tuple[datetime, datetime]:
    """From midnight to midnight: 23, 24 or 25 hours."""
    return to_utc(day, 0, tz, shift_gap=True), to_utc(day, MIDNIGHT_AFTER, tz)
