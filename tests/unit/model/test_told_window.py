"""What a patient is told for a planned start: half-hour steps, an hour long, never outside the visit's own window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import TZ, a_visit, a_window, an_open_shift, at

from suture.model.plan import ToldWindow, told_window
from suture.model.visit import TimeWindow, VisitKind

ANY_TIME = TimeWindow(
    datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("start", "opens", "closes"),
    [
        ("09:00", "08:30", "09:30"),
        ("09:14", "08:30", "09:30"),
        ("09:15", "09:00", "10:00"),
        ("09:44", "09:00", "10:00"),
        ("09:45", "09:30", "10:30"),
        ("09:59", "09:30", "10:30"),
    ],
)
def test_it_opens_at_the_half_hour_at_least_15_minutes_before_the_start_and_lasts_an_hour(start, opens, closes):
    assert told_window(a_visit(), at(start), TZ) == ToldWindow(at(opens), at(closes))


@pytest.mark.parametrize(
    ("window", "start", "opens", "closes"),
    [
        (("08:50", "12:00"), "09:00", "08:50", "09:30"),
        (("08:00", "09:20"), "09:00", "08:30", "09:20"),
        (("09:00", "09:30"), "09:00", "09:00", "09:30"),
    ],
    ids=["its beginning", "its end", "both"],
)
def test_it_is_cut_to_the_visits_own_window(window, start, opens, closes):
    visit = a_visit(window=a_window(*window))
    assert told_window(visit, at(start), TZ) == ToldWindow(at(opens), at(closes))


def test_a_start_after_the_windows_end_is_told_all_the_same():
    visit = a_visit(window=a_window("08:00", "09:00"))
    assert told_window(visit, at("09:20"), TZ).contains(at("09:20"))


@pytest.mark.parametrize("kind", [VisitKind.APPOINTMENT, VisitKind.OPEN_SHIFT])
def test_what_has_an_exact_time_is_told_exactly(kind):
    assert told_window(an_open_shift(kind=kind), at("13:10"), TZ) == ToldWindow(at("13:10"), at("13:10"))


def local(zone: str, written: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "start", "opens"),
    [
        ("Asia/Kolkata", "2026-03-24T09:20", "2026-03-24T09:00"),
        ("Asia/Kathmandu", "2026-03-24T09:20", "2026-03-24T09:00"),
        ("Australia/Adelaide", "2026-03-24T09:00", "2026-03-24T08:30"),
    ],
)
def test_steps_are_those_of_the_clock_on_the_patients_wall(zone, start, opens):
    told = told_window(a_visit(window=ANY_TIME), local(zone, start), zone)
    assert told == ToldWindow(local(zone, opens), local(zone, opens) + timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "opens"),
    [
        (local(TZ, "2026-03-08T09:20"), local(TZ, "2026-03-08T09:00")),
        (local(TZ, "2026-03-08T03:05"), local(TZ, "2026-03-08T01:30")),
        (local(TZ, "2026-11-01T01:20"), local(TZ, "2026-11-01T01:00")),
        (local(TZ, "2026-11-01T01:20", fold=1), local(TZ, "2026-11-01T01:00", fold=1)),
        (local(TZ, "2026-11-01T01:05", fold=1), local(TZ, "2026-11-01T01:30")),
    ],
    ids=["spring morning", "across the lost hour", "first 01:20", "second 01:20", "across the gained hour"],
)
def test_on_days_when_the_clocks_change_it_is_still_an_hour_long(start, opens):
    told = told_window(a_visit(window=ANY_TIME), start, TZ)
    assert told == ToldWindow(opens, opens + timedelta(hours=1))


ZONES = st.sampled_from([TZ, "America/Phoenix", "Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe"])


MINUTES_OF_A_YEAR = st.integers(60 * 24 * 30, 60 * 24 * 330)


@given(MINUTES_OF_A_YEAR, ZONES)
def test_it_always_holds_the_start_and_a_quarter_of_an_hour_on_each_side(minute, zone):
    start = ANY_TIME.earliest_start + timedelta(minutes=minute)
    told = told_window(a_visit(window=ANY_TIME), start, zone)
    assert told.open <= start - timedelta(minutes=15)
    assert start + timedelta(minutes=15) < told.close
    assert told.close - told.open == timedelta(hours=1)


def test_arriving_at_either_edge_keeps_the_promise():
    told = ToldWindow(at("09:00"), at("10:00"))
    assert told.contains(at("09:00"))
    assert told.contains(at("10:00"))
    assert not told.contains(at("08:59"))
    assert not told.contains(at("10:01"))


@pytest.mark.parametrize("start", ["05:00", "06:25", "07:30"])
def test_begun_before_its_own_window_it_still_holds_its_start(start: str) -> None:
    window = told_window(a_visit(), at(start), TZ)
    assert window.contains(at(start)) and window.open <= window.close
