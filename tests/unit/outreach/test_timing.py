"""Quiet hours hold in the recipient's zone on every day of the year, the two odd ones included."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.outreach.a_morning import NEW_YORK

from suture.outreach.policy import OpenHours, OutreachPolicy
from suture.outreach.timing import change_due, confirm_due, early_hours, hours_for, is_open, next_opening

POLICY = OutreachPolicy()
ZONES = st.sampled_from([NEW_YORK, "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "Europe/Berlin"])
_CLOCK_CHANGES = [
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2028, 2, 29, tzinfo=UTC),
]
_THE_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.one_of(
    st.integers(0, 3 * 366 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.builds(
        lambda day, minutes: day + timedelta(minutes=minutes),
        st.sampled_from(_CLOCK_CHANGES),
        st.integers(-24 * 60, 48 * 60),
    ),
)


@given(INSTANTS, ZONES)
def test_the_next_opening_is_open_and_nothing_before_it_is(instant, tz):
    opening = next_opening(instant, tz, POLICY.patient_hours)
    assert instant <= opening < instant + timedelta(hours=13)
    assert is_open(opening, tz, POLICY.patient_hours)
    if opening > instant:
        assert not is_open(opening - timedelta(seconds=1), tz, POLICY.patient_hours)
        assert opening.astimezone(ZoneInfo(tz)).time() == time(8)


@given(INSTANTS, ZONES, st.integers(1, 24 * 60))
def test_a_change_is_due_in_open_hours_or_in_the_early_ones_of_the_urgent_class(now, tz, minutes_ahead):
    starts_at = now + timedelta(minutes=minutes_ahead)
    due = change_due(starts_at, tz, POLICY, now)
    assert due.at >= now
    assert is_open(due.at, tz, early_hours(POLICY) if due.urgent else POLICY.patient_hours)
    if due.urgent:
        assert starts_at - due.at <= timedelta(hours=4)
        assert not is_open(due.at, tz, POLICY.patient_hours), "urgent is said only where it was needed"


@given(INSTANTS, ZONES, st.integers(-60, 5 * 24 * 60))
def test_a_question_is_due_in_open_hours_and_never_before_it_may_leave(now, tz, minutes_ahead):
    due = confirm_due(now + timedelta(minutes=minutes_ahead), tz, POLICY, now)
    assert due.at >= now
    assert is_open(due.at, tz, POLICY.patient_hours)


@pytest.mark.parametrize(
    ("instant", "opens"),
    [
        ("2026-03-08T01:30:00-05:00", "2026-03-08T08:00:00-04:00"),
        ("2026-10-31T22:00:00-04:00", "2026-11-01T08:00:00-05:00"),
    ],
    ids=["spring: the night is an hour shorter", "autumn: an hour longer"],
)
def test_eight_is_eight_on_the_clock_also_when_the_clock_changes(instant, opens):
    opening = next_opening(datetime.fromisoformat(instant), NEW_YORK, POLICY.patient_hours)
    assert opening == datetime.fromisoformat(opens)


def test_an_opening_inside_the_hour_that_comes_twice_is_never_in_the_past():
    hours = OpenHours(opens=time(1, 30), closes=time(21))
    second_ten_past_one = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert next_opening(second_ten_past_one, NEW_YORK, hours) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_an_opening_inside_the_hour_that_does_not_exist_comes_right_after_it():
    hours = OpenHours(opens=time(2, 30), closes=time(21))
    midnight = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)
    opening = next_opening(midnight, NEW_YORK, hours)
    assert is_open(opening, NEW_YORK, hours)


def test_closing_time_is_already_quiet():
    nine_pm = datetime(2026, 3, 24, 21, 0, tzinfo=ZoneInfo(NEW_YORK))
    assert not is_open(nine_pm, NEW_YORK, POLICY.patient_hours)
    assert is_open(nine_pm - timedelta(seconds=1), NEW_YORK, POLICY.patient_hours)


def test_urgency_opens_no_hour_for_staff_and_none_in_the_evening():
    assert hours_for(staff=True, urgent=True, policy=POLICY) == POLICY.staff_hours
    assert hours_for(staff=False, urgent=True, policy=POLICY) == OpenHours(opens=time(6, 30), closes=time(21))
