"""Working periods come from what a clinician offers, minus absences; a credential counts up to its last day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import SERVICE_DATE, a_clinician, a_credential, at

from suture.model.people import Availability, AvailabilityKind, Shift, initial, shifts_of

NURSE, AIDE = a_clinician(1), a_clinician(2)
OFFERED, ABSENT, ON_CALL = AvailabilityKind.AVAILABLE, AvailabilityKind.UNAVAILABLE, AvailabilityKind.ON_CALL
DAY_BEFORE, DAY_AFTER = SERVICE_DATE - timedelta(days=1), SERVICE_DATE + timedelta(days=1)


def stretch(starts: str, ends: str, kind: AvailabilityKind = OFFERED, of=NURSE) -> Availability:
    return Availability(of.id, at(starts), at(ends), kind)


def shifts(*availability: Availability) -> list[tuple[str, str]]:
    made = shifts_of(availability)
    return [(f"{s.starts_at:%H:%M}", f"{s.ends_at:%H:%M}") for s in made]


def utc(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    return [(f"{at(a):%H:%M}", f"{at(b):%H:%M}") for a, b in pairs]


@pytest.mark.parametrize(
    ("availability", "expected"),
    [
        ([], []),
        ([stretch("07:00", "13:00")], [("07:00", "13:00")]),
        ([stretch("13:00", "17:00"), stretch("07:00", "13:00")], [("07:00", "17:00")]),
        ([stretch("07:00", "12:00"), stretch("08:00", "09:00")], [("07:00", "12:00")]),
        ([stretch("07:00", "11:00"), stretch("12:00", "17:00")], [("07:00", "11:00"), ("12:00", "17:00")]),
        ([stretch("07:00", "13:00"), stretch("09:00", "10:00", ABSENT)], [("07:00", "09:00"), ("10:00", "13:00")]),
        ([stretch("07:00", "13:00"), stretch("06:00", "08:00", ABSENT)], [("08:00", "13:00")]),
        ([stretch("07:00", "13:00"), stretch("12:00", "14:00", ABSENT)], [("07:00", "12:00")]),
        ([stretch("07:00", "13:00"), stretch("13:00", "14:00", ABSENT)], [("07:00", "13:00")]),
        ([stretch("07:00", "13:00"), stretch("00:00", "23:59", ABSENT)], []),
        ([stretch("08:00", "09:00", ABSENT), stretch("09:00", "10:00", ABSENT)], []),
    ],
    ids=[
        "nothing offered", "one", "touching are one", "one inside another", "a gap stays", "an absence in the middle",
        "at the beginning", "at the end", "just after", "the whole day", "absences alone",
    ],
)  # fmt: skip
def test_shifts_are_what_is_offered_joined_where_it_touches_minus_absences(availability, expected):
    assert shifts(*availability) == utc(*expected)


def test_hours_that_are_preferred_count_and_join():
    assert shifts(stretch("07:00", "08:00"), stretch("08:00", "09:00", AvailabilityKind.PREFERRED)) == utc(
        ("07:00", "09:00")
    )


def on_call(starts: str, ends: str, tier: int = 1) -> Availability:
    return replace(stretch(starts, ends, ON_CALL), tier=tier)


def test_hours_on_call_are_shifts_of_their_own_without_what_is_ordinary_hours_or_time_off():
    made = shifts_of((on_call("06:00", "20:00", 2), stretch("08:00", "16:00"), stretch("19:00", "21:00", ABSENT)))
    assert [(s.starts_at, s.ends_at, s.tier, s.is_on_call) for s in made] == [
        (at("06:00"), at("08:00"), 2, True),
        (at("08:00"), at("16:00"), 0, False),
        (at("16:00"), at("19:00"), 2, True),
    ]


def test_who_is_on_call_in_two_tiers_at_once_is_called_in_the_earlier_one():
    made = shifts_of((on_call("06:00", "09:00", 3), on_call("08:00", "12:00", 1)))
    assert [(s.starts_at, s.ends_at, s.tier) for s in made] == [
        (at("06:00"), at("08:00"), 3),
        (at("08:00"), at("12:00"), 1),
    ]


def test_an_absence_is_its_own_clinicians():
    made = shifts_of((stretch("07:00", "13:00", of=AIDE), stretch("07:00", "13:00", ABSENT), stretch("06:00", "14:00")))
    assert made == (
        Shift(NURSE.id, at("06:00"), at("07:00")),
        Shift(NURSE.id, at("13:00"), at("14:00")),
        Shift(AIDE.id, at("07:00"), at("13:00")),
    )


HOURS = st.tuples(st.integers(0, 20), st.integers(1, 3), st.sampled_from([*AvailabilityKind]))


@given(st.lists(HOURS, max_size=8))
def test_an_hour_is_worked_if_and_only_if_it_is_offered_and_no_absence_takes_it(written):
    availability = tuple(stretch(f"{a:02}:00", f"{a + n:02}:00", kind) for a, n, kind in written)
    made = shifts_of(availability)
    for hour in range(23):
        half_past = at(f"{hour:02}:30")
        over = {a.kind for a in availability if a.starts_at <= half_past < a.ends_at}
        worked = [s for s in made if s.starts_at <= half_past < s.ends_at]
        assert len(worked) == (bool(over) and ABSENT not in over)
        assert all(s.is_on_call == (over == {ON_CALL}) for s in worked)
    ordinary = [s for s in made if not s.is_on_call]
    assert all(a.ends_at < b.starts_at or ABSENT in {x.kind for x in availability} for a, b in pairwise(ordinary))


@pytest.mark.parametrize(
    ("until", "holds"),
    [(SERVICE_DATE, True), (DAY_AFTER, True), (DAY_BEFORE, False), (None, None)],
    ids=["on its last day", "before it", "the day after", "unverified"],
)
def test_a_credential_counts_up_to_and_on_its_last_day(until: date | None, holds: bool | None):
    assert a_credential("RN", until=until).holds_on(SERVICE_DATE) is holds


@pytest.mark.parametrize(
    ("starts", "holds"), [(SERVICE_DATE, True), (DAY_AFTER, False), (None, True)], ids=["that day", "later", "ever"]
)
def test_a_credential_counts_from_its_first_day(starts: date | None, holds: bool):
    assert a_credential("RN", valid_from=starts).holds_on(SERVICE_DATE) is holds


@pytest.mark.parametrize("until", [DAY_AFTER, None])
def test_a_credential_that_is_not_active_never_counts_verified_or_not(until):
    assert replace(a_credential("RN", until=until), status="revoked").holds_on(SERVICE_DATE) is False


def test_an_unverified_credential_that_has_not_begun_does_not_count():
    assert a_credential("RN", until=None, valid_from=DAY_AFTER).holds_on(SERVICE_DATE) is False


@pytest.mark.parametrize(
    ("name", "letter"),
    [("Whitfield", "W"), ("<b>Tag", "B"), ("<", ""), ("", ""), (None, ""), ("łoś", "Ł"), ("’t Hooft", "T")],
)
def test_an_initial_is_a_letter(name, letter):
    assert initial(name) == letter
