"""The days that Suture keeps a calendar for, and how a coordinator reads them.

Whatever is outside them is a typo, or an attack. Patients read their days in `outreach/words.py`.
"""

from datetime import date, datetime

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BETWEEN_THE_YEARS = f"must be between the years {FIRST_DAY.year} and {LAST_DAY.year}"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_service_date(day: date) -> bool:
    """Whether work can be planned on that day."""
    return FIRST_DAY <= day <= LAST_DAY


def full_date(day: date) -> str:
    """ "Nov 30, 2026": a date on its own."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def full_moment(local: datetime) -> str:
    """ "Nov 30, 2026, 07:40", on the clock that is handed in."""
    return f"{full_date(local.date())}, {local:%H:%M}"


def short_date(day: date) -> str:
    """ "Mon, Nov 30": a day whose year goes without saying."""
    return f"{_WEEKDAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}"
