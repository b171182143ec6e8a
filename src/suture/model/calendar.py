"""The days that Suture keeps a calendar for: whatever is outside them is a typo, or an attack."""

from datetime import date

from suture.words.catalog import marked

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BETWEEN_THE_YEARS = marked("must be between the years 2000 and 2099")


def is_service_date(day: date) -> bool:
    """Whether work can be planned on that day."""
    return FIRST_DAY <= day <= LAST_DAY
