"""The day on paper: one page for the office, then one for each clinician with visits. Pure: a view in, a page out.

The page is one file without scripts that asks for nothing from anywhere, since it is read when nothing else works.
The office's page has clocks as the board has them ("09:30"), a clinician's those of her messages ("9:30 am").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suture.model.addresses import spoken_phone
from suture.model.cases import UNCOVERED
from suture.model.day import ConfirmationState
from suture.model.ids import PartyId, VisitId
from suture.model.instants import wall_clock
from suture.model.plan import Stage
from suture.model.visit import Priority, VisitKind, VisitStatus
from suture.store.sheet_view import DaySheet, SheetClinician, SheetStop
from suture.store.views import CaseView, SpanView, StopView
from suture.web.desk.words import band_words, board_span, heading
from suture.web.render import capital, clock, html
from suture.web.spoken_times import short_clock, short_span
from suture.words.catalog import _, marked, plural
from suture.words.dates import long_full_date, short_date

NO_ONE = marked("no clinician yet")
KEPT_BACK = marked("Not confirmed: do not set out yet")
STATES = {
    VisitStatus.EN_ROUTE: marked("On the way"),
    VisitStatus.IN_PROGRESS: marked("In progress"),
    VisitStatus.COMPLETED: marked("Done"),
    VisitStatus.CANCELLED: marked("Cancelled"),
    VisitStatus.NO_SHOW: marked("No one was home"),
    VisitStatus.MISSED: marked("Not done"),
}
"""What paper says of a stop that is more than planned."""
PRIORITIES = {Priority.ROUTINE: "", Priority.URGENT: marked("Urgent"), Priority.STAT: marked("STAT")}


@dataclass(frozen=True, slots=True)
class Clocks:
    """How one reader's page writes a time and a span, in a zone."""

    clock: Callable[[datetime, str], str]
    span: Callable[[datetime, datetime, str], str]


OFFICE, CLINICIAN = Clocks(clock, board_span), Clocks(short_clock, short_span)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When the plan of a page was made, and when the page was printed, in words."""

    made_at: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Line:
    """One stop in words. `number` is what the agency calls the visit, `when` the planned time or the allowed window."""

    number: str
    when: str
    until: str
    who: str
    has_patient: bool
    where: tuple[str, ...]
    phone: str
    service: str
    told: str
    not_told: str
    answer: str
    others: tuple[str, ...]
    notes: tuple[str, ...]
    state: str
    priority: str


@dataclass(frozen=True, slots=True)
class Person:
    """One clinician in words; `away` says when they are off, empty where they are not."""

    id: str
    name: str
    role: str
    phone: str
    hours: str
    on_call: str
    away: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """An open exception in words. `default`: what happens if no one acts."""

    band: str
    title: str
    quote: str
    reasons: tuple[str, ...]
    default: str
    phone: str
    call: str
    deadline: str


def sheet_page(sheet: DaySheet) -> str:
    """The whole day as one HTML file."""
    office, hers = _Words(sheet, OFFICE), _Words(sheet, CLINICIAN)
    people = [hers.person(c) for c in sheet.clinicians]
    staff = [office.person(c) for c in sheet.clinicians]
    problems = [office.problem(case) for case in office.other_cases()]
    return html(
        "desk/sheet.html",
        branch=sheet.branch,
        date_words=capital(long_full_date(sheet.service_date)),
        version=sheet.head.version,
        is_draft=sheet.head.stage == Stage.DRAFT,
        office=office.stamp(),
        hers=hers.stamp(),
        summary=_summary(people, len(sheet.uncovered), len(problems)),
        people=people,
        staff=staff,
        off=[p for p in staff if p.away],
        uncovered=[office.line(one) for one in sheet.uncovered],
        left_out=[office.line(one) for one in sheet.left_out],
        problems=problems,
    )


class _Words:
    """Says the parts of one day."""

    def __init__(self, sheet: DaySheet, clocks: Clocks) -> None:
        self._sheet = sheet
        self._clocks = clocks
        self._tz = sheet.branch.tz
        self._routes = sheet.routes()
        self._people = {c.who.id: c for c in sheet.clinicians}
        self._seats: dict[VisitId, list[StopView]] = {}
        for one in sheet.stops:
            self._seats.setdefault(one.stop.visit_id, []).append(one.stop)

    def _clock(self, instant: datetime) -> str:
        return self._clocks.clock(instant, self._tz)

    def _span(self, starts: datetime, ends: datetime) -> str:
        return self._clocks.span(starts, ends, self._tz)

    def moment(self, instant: datetime) -> str:
        """ "Mon, Mar 23, 15:00"."""
        local = wall_clock(instant, self._tz)
        return f"{short_date(local.date())}, {self._clock(instant)}"

    def stamp(self) -> Stamp:
        """When the plan was made, and when this was read of it."""
        return Stamp(self.moment(self._sheet.head.made_at), self.moment(self._sheet.read_at))

    def person(self, clinician: SheetClinician) -> Person:
        """One clinician with the stops of the day."""
        who = clinician.who
        hours = ", ".join(self._span(h.starts_at, h.ends_at) for h in who.hours)
        on_call = ", ".join(self._away(span) for span in who.on_call)
        away = ", ".join(self._away(span) for span in who.absences)
        return Person(
            id=who.external_id,
            name=who.name,
            role=who.role,
            phone=clinician.phone,
            hours=hours,
            on_call=_("on call {hours}", hours=on_call) if on_call else "",
            away=_("away {when}", when=away) if away else ("" if hours or on_call else _("no working hours")),
            lines=tuple(self.line(one) for one in self._routes.get(who.id, ())),
        )

    def _away(self, span: SpanView) -> str:
        """A stretch of the day; one that reaches its first or last minute is not told by midnight."""
        starts, ends = wall_clock(span.starts_at, self._tz), wall_clock(span.ends_at, self._tz)
        from_midnight = (starts.hour, starts.minute) == (0, 0)
        to_midnight = ends.date() > self._sheet.service_date
        if from_midnight and to_midnight:
            return _("all day")
        if to_midnight:
            return _("from {time}", time=self._clock(span.starts_at))
        if from_midnight:
            return _("until {time}", time=self._clock(span.ends_at))
        return self._span(span.starts_at, span.ends_at)

    def line(self, one: SheetStop) -> Line:
        """One stop."""
        stop, seat = one.stop, one.stop.seat
        told, not_told = self._told(stop)
        return Line(
            number=f"{stop.external_id}/{stop.position}" if stop.position > 1 else stop.external_id,
            when=self._clock(seat.starts_at) if seat else self._window(stop),
            until=_("to {time}", time=self._clock(seat.ends_at)) if seat else "",
            who=one.patient or (_("Open shift") if stop.kind is VisitKind.OPEN_SHIFT else _("No patient named")),
            has_patient=bool(one.patient),
            where=_where(one),
            phone=one.phone,
            service=f"{stop.discipline} · {_plain(one.visit_type)}, {stop.duration_minutes} min",
            told=told,
            not_told=not_told,
            answer=_answer(stop),
            others=self._others(stop),
            notes=_notes(one),
            state=self._state(stop),
            priority=_(PRIORITIES[one.priority]),
        )

    def _state(self, stop: StopView) -> str:
        """What is so of a stop that is not simply planned. No one waits for a yes that no patient was asked for."""
        if stop.is_kept_back and not self._sheet.on_hold:
            return _(KEPT_BACK)
        return _("On hold") if stop.held else _(STATES.get(stop.status, ""))

    def _window(self, stop: StopView) -> str:
        """When an open position may take place."""
        return self._span(stop.earliest_start, stop.latest_end)

    def _told(self, stop: StopView) -> tuple[str, str]:
        """What the patient was told last, and the window of the plan where they have not heard it."""
        window, seat = stop.patient_told, stop.seat
        told = self._span(window.open, window.close) if window else ""
        waits = self._span(seat.told_open, seat.told_close) if seat and stop.waits_to_be_told else ""
        return told, waits

    def _others(self, stop: StopView) -> tuple[str, ...]:
        """Who else goes to the same visit."""
        others = [s for s in self._seats[stop.visit_id] if s.position != stop.position]
        return tuple(
            self._name(s.seat.clinician_id) if s.seat else _(NO_ONE) for s in others if s.seat or s.wants_cover
        )

    def _name(self, clinician_id: PartyId) -> str:
        other = self._people[clinician_id]
        return f"{other.who.name}, {spoken_phone(other.phone)}" if other.phone else other.who.name

    def other_cases(self) -> Sequence[CaseView]:
        """Open exceptions, except for those that the list of open positions tells already."""
        listed = {one.stop.external_id for one in self._sheet.uncovered}
        return [c for c in self._sheet.cases if not (c.kind in UNCOVERED and c.visit in listed)]

    def problem(self, case: CaseView) -> Problem:
        """One open exception."""
        return Problem(
            band=band_words(case.band)[1],
            title=heading(case, self._tz, self._clocks.span),
            quote=case.text.body if case.text else "",
            reasons=tuple(map(str, (*case.short[:2], *case.prepared))),
            default=str(case.default),
            phone=case.phone,
            call=case.call,
            deadline=self.moment(case.deadline_at) if case.deadline_at else "",
        )


def _summary(people: Sequence[Person], uncovered: int, problems: int) -> str:
    routes = [p.lines for p in people if p.lines]
    with_stops = _(
        "{clinicians} with {stops}.",
        clinicians=plural("{n} clinician", "{n} clinicians", len(routes)),
        stops=plural("{n} stop", "{n} stops", sum(map(len, routes))),
    )
    not_covered = plural("{n} position not covered.", "{n} positions not covered.", uncovered)
    others = plural("{n} other exception open.", "{n} other exceptions open.", problems)
    return f"{with_stops} {not_covered} {others}"


def counted(number: int, noun: str) -> str:
    """ "1 stop", "2 stops"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _where(one: SheetStop) -> tuple[str, ...]:
    """The lines of an address, with a point of the map where no street is known."""
    lines = (one.site, *one.address) if one.site else one.address
    if one.site or len(one.address) > 1:
        return lines
    if one.point is None:
        return lines
    latitude, longitude = (f"{degrees:.5f}" for degrees in one.point)
    return (*lines, _("Map: {latitude}, {longitude}", latitude=latitude, longitude=longitude))


def _answer(stop: StopView) -> str:
    """Whether the patient has confirmed; empty for one who has not been told anything."""
    if stop.patient_told is None:
        return ""
    match stop.patient_answer:
        case ConfirmationState.ACCEPTED:
            return _("confirmed that time only") if stop.waits_to_be_told else _("confirmed")
        case ConfirmationState.DECLINED:
            return _("said no")
        case ConfirmationState.NEEDS_ACTION:
            return _("not confirmed")
        case None:
            return _("not asked to confirm")


def _notes(one: SheetStop) -> tuple[str, ...]:
    notes = [_("Animals: {animals}", animals=", ".join(one.pets))] if one.pets else []
    notes += [_("Marked: {marks}", marks=", ".join(one.tags))] if one.tags else []
    return tuple(notes)


def _plain(code: str) -> str:
    """ "Wound care" for `wound_care`."""
    return capital(code.replace("_", " ").strip())
