"""The calendar that goes with an e-mail: an entry a visit, with who comes and when; not for whom, why or where. Pure.

An entry keeps its id over all messages about its visit, so that a calendar changes or removes what it has. A request or
a cancellation is about one entry; several are published (RFC 5546, 3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from icalendar import CLASS, STATUS, Calendar, Event, Timezone, TimezoneDaylight, vCalAddress

from suture.model.instants import wall_clock
from suture.model.messages import CalendarFile, CalendarMethod
from suture.model.plan import ToldWindow
from suture.words.catalog import _, marked, speaking

PRODUCT = "-//Suture//Suture//EN"
AT_HOME = marked("Home visit – {agency}")
APPOINTMENT = marked("Appointment – {agency}")
WORK_DAY = marked("Work day – {agency}")
_OURS = UUID("6b1d1f0e-0f0f-4f0a-9a57-3c1f2a0c5d5e")


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit, or a clinician's day. `title`: a text of the catalog. `tz`: of the place. `revision` only grows.

    An exact time has no end: how long it takes is not told. No `window`: an entry that goes without saying when it was.
    """

    uid: str
    revision: int
    title: str
    window: ToldWindow | None
    tz: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The e-mail that carries it. `mailbox` and `to` are bare addresses."""

    agency: str
    phone: str
    lang: str
    mailbox: str
    to: str
    at: datetime


def uid_of(what: str, *parts: object, host: str) -> str:
    """The id of an entry, such as "visit-…@host": always the same for the same thing, and says nothing about it."""
    return f"{what}-{uuid5(_OURS, '/'.join([what, *map(str, parts)]))}@{host}"


def calendar_file(entries: Sequence[Entry], letter: Letter, *, cancels: bool = False) -> CalendarFile:
    """The entries as a file (RFC 5545), in the language of the letter."""
    several = CalendarMethod.PUBLISH if len(entries) > 1 else CalendarMethod.REQUEST
    method = CalendarMethod.CANCEL if cancels else several
    with speaking(letter.lang):
        events = [_event(entry, letter, method) for entry in entries]
    calendar = Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODUCT), ("method", method.value)):
        calendar.add(name, value)
    years = {(entry.tz, wall_clock(entry.window.open, entry.tz).year) for entry in entries if entry.window}
    for component in (*(_zone(tz, year) for tz, year in sorted(years)), *events):
        calendar.add_component(component)
    return CalendarFile(method, calendar.to_ical())


def _zone(tz: str, year: int) -> Timezone:
    """The clock of one year. The library writes down when summer time begins by the new clock; RFC 5545 wants the old
    one."""
    zone = Timezone.from_tzid(tz, first_date=date(year, 1, 1), last_date=date(year + 1, 1, 1))
    for observance in zone.walk():
        if isinstance(observance, TimezoneDaylight):
            observance.DTSTART -= observance.TZOFFSETTO - observance.TZOFFSETFROM
    return zone


def _event(entry: Entry, letter: Letter, method: CalendarMethod) -> Event:
    event = Event.new(
        uid=entry.uid,
        sequence=entry.revision,
        stamp=letter.at,
        summary=_(entry.title, agency=letter.agency),
        description=_("Answers in a calendar do not reach us. Questions? Call {phone}.", phone=letter.phone),
        organizer=_party(letter.mailbox, CN=letter.agency),
        attendees=None if method is CalendarMethod.PUBLISH else [_party(letter.to, RSVP="FALSE")],
        classification=CLASS.PRIVATE,
        status=STATUS.CANCELLED if method is CalendarMethod.CANCEL else STATUS.CONFIRMED,
    )
    if entry.window:
        _set_times(event, entry.window, entry.tz)
    return event


def _set_times(event: Event, window: ToldWindow, tz: str) -> None:
    """By the clock of the place; in UTC where that clock shows a time twice, which means the first time here."""
    instants = {"dtstart": window.open} | ({"dtend": window.close} if window.close > window.open else {})
    walls = {name: wall_clock(instant, tz) for name, instant in instants.items()}
    if any(wall.fold for wall in walls.values()):
        for name, instant in instants.items():
            event.add(name, instant.astimezone(UTC))
        return
    for name, wall in walls.items():
        event.add(name, wall, parameters={"TZID": tz})


def _party(address: str, **params: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{address}")
    party.params.update(params)
    return party
