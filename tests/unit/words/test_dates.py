"""Days as pages and output write them, in either language."""

from datetime import UTC, date, datetime

import pytest

from suture.model.calendar import BETWEEN_THE_YEARS, FIRST_DAY, LAST_DAY
from suture.words.catalog import speaking
from suture.words.dates import full_date, full_moment, long_date, long_full_date, short_date


@pytest.mark.parametrize(
    ("day", "short", "full"),
    [
        (date(2026, 11, 30), "Mon, Nov 30", "Nov 30, 2026"),
        (date(2028, 2, 29), "Tue, Feb 29", "Feb 29, 2028"),
        (date(2027, 1, 3), "Sun, Jan 3", "Jan 3, 2027"),
    ],
)
def test_a_day_is_said_without_and_with_its_year(day: date, short: str, full: str) -> None:
    assert (short_date(day), full_date(day)) == (short, full)


def test_a_page_is_about_a_day_in_full_words() -> None:
    day = date(2026, 3, 24)
    assert (long_date(day), long_full_date(day)) == ("Tuesday, March 24", "Tuesday, March 24, 2026")


def test_a_moment_has_its_clock() -> None:
    assert full_moment(datetime(2026, 11, 30, 7, 5, tzinfo=UTC)) == "Nov 30, 2026, 07:05"


def test_days_are_said_in_the_readers_language() -> None:
    day = date(2026, 3, 24)
    with speaking("es"):
        assert (short_date(day), full_date(day)) == ("mar, 24 mar", "24 mar 2026")
        assert (long_date(day), long_full_date(day)) == ("martes, 24 de marzo", "martes, 24 de marzo de 2026")
        assert full_moment(datetime(2026, 11, 30, 7, 5, tzinfo=UTC)) == "30 nov 2026, 07:05"


def test_the_years_that_are_named_are_those_of_the_calendar() -> None:
    assert f"{FIRST_DAY.year} and {LAST_DAY.year}" in BETWEEN_THE_YEARS
