"""Days as pages and output write them, in the language spoken now. Patients read theirs in `outreach/words.py`."""

from datetime import date, datetime

from babel.dates import format_date, format_skeleton

from suture.words.catalog import spoken


def short_date(day: date) -> str:
    """ "Mon, Nov 30" or "lun, 30 nov": a day whose year goes without saying."""
    return format_skeleton("MMMEd", day, locale=spoken())


def full_date(day: date) -> str:
    """ "Nov 30, 2026" or "30 nov 2026": a date on its own."""
    return format_skeleton("yMMMd", day, locale=spoken())


def spelled_date(day: date) -> str:
    """ "November 30, 2026" or "30 de noviembre de 2026": a date on its own, nothing abbreviated."""
    return format_skeleton("yMMMMd", day, locale=spoken())


def full_moment(local: datetime) -> str:
    """ "Nov 30, 2026, 07:40", on the clock that is handed in."""
    return f"{full_date(local.date())}, {local:%H:%M}"


def long_date(day: date) -> str:
    """ "Monday, November 30" or "lunes, 30 de noviembre": the day a page is about."""
    return f"{format_date(day, 'EEEE', locale=spoken())}, {format_skeleton('MMMMd', day, locale=spoken())}"


def long_full_date(day: date) -> str:
    """ "Monday, November 30, 2026" or "lunes, 30 de noviembre de 2026": the same on paper, which is kept."""
    return format_date(day, "full", locale=spoken())
