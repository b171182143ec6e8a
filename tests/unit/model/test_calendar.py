"""Days as a coordinator reads them."""

from datetime import UTC, date, datetime

import pytest

from suture.model.calendar import full_date, full_moment, short_date


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


def test_a_moment_has_its_clock() -> None:
    assert full_moment(datetime(2026, 11, 30, 7, 5, tzinfo=UTC)) == "Nov 30, 2026, 07:05"
