"""Instants are in UTC, wall times have no zone, and the two do not mix."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from suture.model.instants import instant_of, is_zone, local_date, midnight, rfc3339, wall_clock

NEW_YORK = "America/New_York"
AUTUMN, SPRING = date(2026, 11, 1), date(2026, 3, 8)
"""The days on which clocks change there, at two in the morning."""


def naive(shown: str) -> datetime:
    return datetime.fromisoformat(shown)


def test_an_instant_is_in_utc_so_hours_added_are_hours():
    began = instant_of(AUTUMN, time(0, 30), NEW_YORK)
    assert began == datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    assert began.tzinfo is UTC
    assert wall_clock(began + timedelta(hours=2), NEW_YORK) == naive("2026-11-01 01:30")


@pytest.mark.parametrize(("again", "utc_hour"), [(False, 5), (True, 6)])
def test_a_time_that_clocks_show_twice_is_the_first_unless_asked(again: bool, utc_hour: int):
    assert instant_of(AUTUMN, time(1, 30), NEW_YORK, again=again).hour == utc_hour


def test_a_time_that_clocks_skip_is_as_long_after_the_one_before():
    assert wall_clock(instant_of(SPRING, time(2, 30), NEW_YORK), NEW_YORK) == naive("2026-03-08 03:30")


@pytest.mark.parametrize(("day", "hours"), [(AUTUMN, 25), (SPRING, 23), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_it_is(day: date, hours: int):
    assert midnight(day + timedelta(days=1), NEW_YORK) - midnight(day, NEW_YORK) == timedelta(hours=hours)


def test_a_date_is_that_of_the_zone():
    late = datetime(2026, 3, 25, 3, 30, tzinfo=UTC)
    assert local_date(late, NEW_YORK) == date(2026, 3, 24)
    assert local_date(late, "Asia/Kolkata") == date(2026, 3, 25)
    assert rfc3339(late, NEW_YORK) == "2026-03-24T23:30:00-04:00"


def test_an_instant_and_a_wall_time_cannot_be_mixed():
    instant = midnight(AUTUMN, NEW_YORK)
    with pytest.raises(TypeError):
        _ = wall_clock(instant, NEW_YORK) - instant
    with pytest.raises(TypeError):
        _ = wall_clock(instant, NEW_YORK) < instant


@pytest.mark.parametrize(("tz", "known"), [(NEW_YORK, True), ("UTC", True), ("Mars/Base", False), ("", False)])
def test_a_zone_is_known_by_its_name(tz: str, known: bool):
    assert is_zone(tz) == known
