"""The days that Suture keeps a calendar for: whatever lies outside them is a slip of the keyboard, or an attack."""

from datetime import date

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BETWEEN_THE_YEARS = f"must lie between the years {FIRST_DAY.year} and {LAST_DAY.year}"


def is_service_date(day: date) -> bool:
    """Whether work can be planned on that day."""
    return FIRST_DAY <= day <= LAST_DAY
