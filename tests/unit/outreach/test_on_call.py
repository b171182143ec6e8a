"""The on-call list: what its file may say, who is on call when, and where its faults are."""

from datetime import date, datetime, time, timedelta

import pytest
from tests.unit.outreach.a_morning import NEW_YORK, at

from suture.outreach.on_call import OnCallList, Turn, gaps
from suture.rules.errors import SettingsRefused
from suture.rules.settings_file import load_settings

MONDAY = date(2026, 3, 23)
TUESDAY = MONDAY + timedelta(days=1)


def wall(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour))


def read(text: str) -> OnCallList:
    return load_settings(text, "on-call.yaml", OnCallList)


def turn(**said: object) -> Turn:
    return Turn.model_validate({"who": "dana", **said})


def test_an_empty_list_has_no_one_on_call_and_ten_minutes():
    listed = read("# no one yet")
    assert (listed.after_minutes, listed.turns("COLUMBUS")) == (10, ())
    assert listed.on_now("COLUMBUS", at("12:00"), NEW_YORK) == ()
    assert listed.next_turn("COLUMBUS", at("12:00"), NEW_YORK) is None


def test_the_first_of_the_file_that_is_on_is_called_first_and_no_one_twice():
    listed = read(
        """
        contacts: {dana: {name: Dana Park, sms: 614-555-0155}}
        branches:
          COLUMBUS:
            - {who: E-07, days: [sat, sun]}
            - {who: dana, hours: "17:00-08:00"}
            - {who: E-01}
            - {who: dana, days: [tue]}
          DUBLIN: [{who: E-02}]
        """
    )
    whos = [t.who for t in listed.on_now("COLUMBUS", at("06:00"), NEW_YORK)]
    assert whos == ["dana", "E-01"]
    assert [t.who for t in listed.on_now("COLUMBUS", at("12:00"), NEW_YORK)] == ["E-01", "dana"]
    assert [t.who for t in listed.on_now("DUBLIN", at("06:00"), NEW_YORK)] == ["E-02"]


@pytest.mark.parametrize(
    ("clock", "day", "is_on"),
    [
        ("17:00", MONDAY, True),
        ("16:59", MONDAY, False),
        ("07:59", TUESDAY, True),
        ("08:00", TUESDAY, False),
        ("07:00", MONDAY, False),
        ("17:00", TUESDAY, False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(clock, day, is_on):
    assert turn(days=("mon",), hours="17:00-08:00").is_on(at(clock, day), NEW_YORK) is is_on


def test_both_dates_of_a_turn_are_included():
    week = turn(**{"from": MONDAY, "until": TUESDAY})
    days = [MONDAY - timedelta(days=1), MONDAY, TUESDAY, TUESDAY + timedelta(days=1)]
    assert [week.begins_on(day) for day in days] == [False, True, True, False]


def test_a_day_of_24_hours_ends_at_midnight():
    for hours in ("00:00-24:00", "00:00-00:00"):
        day = turn(days=("mon",), hours=hours)
        assert day.is_on(at("00:00", MONDAY), NEW_YORK) and day.is_on(at("23:59", MONDAY), NEW_YORK)
        assert not day.is_on(at("00:00", TUESDAY), NEW_YORK)


def test_hours_are_the_branchs_whatever_its_clocks_do():
    """On March 8 they skip 02:00 to 03:00; on November 1 they show 01:00 to 02:00 twice."""
    night = turn(hours="22:00-06:00")
    spring = datetime.fromisoformat("2026-03-08T06:59:00+00:00")  # 01:59, a minute before 03:00
    assert night.is_on(spring, NEW_YORK) and night.is_on(spring + timedelta(minutes=1), NEW_YORK)
    assert night.is_on(spring + timedelta(hours=3), NEW_YORK) and not night.is_on(
        spring + timedelta(hours=3, minutes=1), NEW_YORK
    )
    one = turn(hours="01:00-02:00")
    autumn = datetime.fromisoformat("2026-11-01T05:30:00+00:00")
    assert one.is_on(autumn, NEW_YORK) and one.is_on(autumn + timedelta(hours=1), NEW_YORK)


def test_who_comes_on_call_next_is_found_within_a_week():
    listed = read(
        """
        branches:
          COLUMBUS:
            - {who: E-01, days: [fri]}
            - {who: E-02, days: [mon], hours: "17:00-08:00"}
            - {who: E-03, from: 2027-01-01}
        """
    )
    found = listed.next_turn("COLUMBUS", at("17:00", MONDAY), NEW_YORK)
    assert found is not None
    assert (found[0], found[1].who) == (at("00:00", MONDAY + timedelta(days=4)), "E-01")


def test_the_hours_without_anyone_are_told_stretch_by_stretch():
    turns = (turn(days=("mon", "tue"), hours="17:00-08:00"), turn(days=("tue",), hours="07:00-12:00"))
    assert gaps(turns, MONDAY, 2) == (
        (wall(MONDAY), wall(MONDAY, 17)),
        (wall(TUESDAY, 12), wall(TUESDAY, 17)),
    )
    assert gaps((turn(),), MONDAY, 7) == ()
    assert gaps((), MONDAY, 1) == ((wall(MONDAY), wall(TUESDAY)),)
    from_sunday = (turn(days=("sun",), hours="20:00-09:00"),)
    assert gaps(from_sunday, MONDAY, 1) == ((wall(MONDAY, 9), wall(TUESDAY)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("after_minutes: 0", "on-call.yaml:1:16: after_minutes must be 1 or more"),
        (
            "contacts:\n  dana: {name: Dana Park}",
            "on-call.yaml:2:9: contacts.dana: needs a number for sms, or an email address",
        ),
        ("contacts:\n  dana: {name: D, sms: ask Lee}", "2:24: contacts.dana.sms: this is not a phone number;"),
        ("contacts:\n  dana: {name: D, email: lee}", "2:26: contacts.dana.email: this is not an e-mail address"),
        ("branches:\n  C: [{who: 17}]", "2:13: branches.C.0.who must be text"),
        ("branches:\n  C: [{who: E-1, days: [tues]}]", "branches.C.0.days.0 must be 'mon', 'tue'"),
        ("branches:\n  C: [{who: E-1, days: []}]", "2:24: branches.C.0.days: name at least one, or leave it out"),
        ("branches:\n  C: [{who: E-1, channels: [pigeon]}]", "channels.0 must be 'sms' or 'email'"),
        ("branches:\n  C: [{who: E-1, hours: 17-8}]", "2:25: branches.C.0.hours: these are not hours;"),
        ("branches:\n  C: [{who: E-1, hours: '25:00-08:00'}]", "branches.C.0.hours: these are not hours;"),
        ("branches:\n  C: [{who: E-1, from: soon}]", "branches.C.0.from must be a date"),
        (
            "branches:\n  C: [{who: E-1, from: 2026-12-02, until: 2026-12-01}]",
            "2:7: branches.C.0: this turn is over before it begins",
        ),
        ("branches:\n  C: {who: E-1}", "2:6: branches.C must be a list"),
        ("brunches: {}", "on-call.yaml:1:1: brunches: unknown key 'brunches' – did you mean branches?"),
    ],
)
def test_a_fault_is_said_with_its_line(text, says):
    with pytest.raises(SettingsRefused) as refused:
        read(text)
    assert says in str(refused.value)
