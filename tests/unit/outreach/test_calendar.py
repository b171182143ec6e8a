"""Entries for calendars: what they say, that they keep their ids, and that their times mean what they should."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from io import StringIO

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]
from icalendar import Calendar

from suture.model.instants import instant_of
from suture.model.messages import CalendarMethod
from suture.model.plan import ToldWindow
from suture.outreach.calendar import APPOINTMENT, AT_HOME, Entry, Letter, calendar_file, uid_of

NEW_YORK = "America/New_York"
OPENS = datetime(2026, 3, 24, 13, tzinfo=UTC)
LETTER = Letter(
    agency="Riverbend Home Care",
    phone="614-555-0100",
    lang="en",
    mailbox="visits@care.example",
    to="p-01@example.org",
    at=datetime(2026, 3, 23, 19, tzinfo=UTC),
)
VISIT = Entry(
    uid=uid_of("visit", 1, 7, host="care.example"),
    revision=3,
    title=AT_HOME,
    window=ToldWindow(OPENS, OPENS + timedelta(hours=1)),
    tz=NEW_YORK,
)


def text_of(*entries: Entry, letter: Letter = LETTER, cancels: bool = False) -> str:
    content = calendar_file(entries, letter, cancels=cancels).content.decode()
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))
    return content.replace("\r\n ", "")


def test_the_same_entry_is_the_same_file_and_says_no_more_than_whose_and_when() -> None:
    said = text_of(VISIT)
    assert said == text_of(VISIT)
    assert said[said.index("BEGIN:VEVENT") :].splitlines() == [
        "BEGIN:VEVENT",
        "SUMMARY:Home visit – Riverbend Home Care",
        "DTSTART;TZID=America/New_York:20260324T090000",
        "DTEND;TZID=America/New_York:20260324T100000",
        "DTSTAMP:20260323T190000Z",
        f"UID:{VISIT.uid}",
        "SEQUENCE:3",
        "ATTENDEE;RSVP=FALSE:mailto:p-01@example.org",
        "CLASS:PRIVATE",
        "DESCRIPTION:Answers in a calendar do not reach us. Questions? Call 614-555-0100.",
        'ORGANIZER;CN="Riverbend Home Care":mailto:visits@care.example',
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_an_id_is_stable_and_tells_nothing() -> None:
    assert VISIT.uid == uid_of("visit", 1, 7, host="care.example")
    assert re.fullmatch(r"visit-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@care\.example", VISIT.uid)
    others = {uid_of("visit", 1, 8, host="h"), uid_of("visit", 2, 7, host="h"), uid_of("day", 1, 7, host="h")}
    assert len(others) == 3


def test_it_is_in_the_readers_language() -> None:
    spanish = replace(LETTER, lang="es")
    assert "SUMMARY:Visita a domicilio – Riverbend Home Care" in text_of(VISIT, letter=spanish)
    assert "SUMMARY:Cita – Riverbend Home Care" in text_of(replace(VISIT, title=APPOINTMENT), letter=spanish)


@pytest.mark.parametrize(
    ("entries", "cancels", "method"),
    [
        ([VISIT], False, CalendarMethod.REQUEST),
        ([VISIT], True, CalendarMethod.CANCEL),
        ([VISIT, replace(VISIT, uid="another")], False, CalendarMethod.PUBLISH),
    ],
)
def test_what_a_calendar_is_asked_to_do(entries: list[Entry], cancels: bool, method: CalendarMethod) -> None:
    file = calendar_file(entries, LETTER, cancels=cancels)
    assert file.method is method
    assert f"\r\nMETHOD:{method}\r\n" in file.content.decode()


def test_an_exact_time_has_no_end_and_an_entry_without_a_time_needs_no_clock() -> None:
    assert "DTEND" not in text_of(replace(VISIT, window=ToldWindow(OPENS, OPENS)))
    without = text_of(replace(VISIT, window=None), cancels=True)
    assert "DTSTART" not in without and "VTIMEZONE" not in without


@pytest.mark.parametrize("agency", ['Evil"\r\nATTENDEE:mailto:x@y;,\\', "Ñandú & Söhne: Care, Inc.", "a" * 300])
def test_no_name_writes_a_line_of_its_own(agency: str) -> None:
    said = text_of(VISIT, letter=replace(LETTER, agency=agency))
    assert said.count("\r\nATTENDEE") == 1
    [event] = Calendar.from_ical(said).walk("VEVENT")
    assert event["SUMMARY"] == f"Home visit – {agency}".replace("\r\n", "\n")


@pytest.mark.parametrize("tz", [NEW_YORK, "America/Phoenix", "America/Los_Angeles"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 1, 1), date(2026, 12, 31)])
def test_its_own_clock_says_every_time_of_a_day_on_which_clocks_change(tz: str, day: date) -> None:
    """Read by another library, by the zone in the file and not by the one it knows."""
    midnight = instant_of(day, time(), tz)
    for quarter in range(0, 23 * 4):
        opens = midnight + timedelta(minutes=15 * quarter)
        said = text_of(replace(VISIT, window=ToldWindow(opens, opens + timedelta(minutes=30)), tz=tz))
        for name, instant in (("DTSTART", opens), ("DTEND", opens + timedelta(minutes=30))):
            assert _read(said, name, tz) == instant, (name, opens)


def _read(said: str, name: str, tz: str) -> datetime:
    event = said[said.index("BEGIN:VEVENT") :]
    [(zone, wall, utc)] = re.findall(rf"^{name}(?:;TZID=([\w/]+))?:(\w{{15}})(Z?)", event, re.MULTILINE)
    found: datetime = datetime.strptime(wall, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone follows
    if utc:
        return found.replace(tzinfo=UTC)
    assert zone == tz
    own: tzinfo = tzical(StringIO(said)).get(tz)
    return found.replace(tzinfo=own).astimezone(UTC)
