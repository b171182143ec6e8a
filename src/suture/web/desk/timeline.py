"""Lays a day out for the console: rows of bars on a scale of hours, each state as a word, an icon and a color.

Pure: a view and an instant in, things to draw out. Positions are hours and minutes, which the style sheet of
`minutes_css` turns into widths: the pages allow no inline style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from suture.model.day import ConfirmationState
from suture.model.instants import local_date, wall_clock
from suture.model.plan import ToldWindow
from suture.model.visit import VisitKind, VisitStatus
from suture.store.views import ClinicianView, DayView, SeatView, SpanView, StopView
from suture.web.render import clock, moment
from suture.words.catalog import _, marked

FIRST_HOUR, LAST_HOUR = 7, 17
LATE_AFTER = timedelta(minutes=15)
"""A visit without a check-in is late this long after its planned start, or once its told window has closed."""


class State(Enum):
    """What a bar says: the CSS class, the icon and the word. Exception wins over late, late over the rest."""

    EXCEPTION = ("exception", "✕", marked("no clinician yet"))
    LATE = ("late", "!", marked("late: no check-in yet"))
    CONFIRMED = ("confirmed", "✓", marked("confirmed"))
    UNCONFIRMED = ("unconfirmed", "?", marked("not confirmed yet"))
    KEPT_BACK = ("kept-back", "…", marked("not confirmed: not dispatched"))
    EN_ROUTE = ("en-route", "➜", marked("on the way"))
    IN_PROGRESS = ("in-progress", "●", marked("in progress"))
    DONE = ("done", "✓✓", marked("done"))
    CANCELLED = ("cancelled", "⊘", marked("cancelled"))
    MISSED = ("missed", "⊗", marked("not done"))

    def __init__(self, css: str, icon: str, word: str) -> None:
        self.css = css
        self.icon = icon
        self._word = word

    @property
    def word(self) -> str:
        """In the reader's language."""
        return _(self._word)


class Away(Enum):
    """What a row says of a clinician who is not there: the icon, none of a bar's, and the word."""

    CALLED_OUT = ("⊖", marked("called out"))
    AWAY = ("◌", marked("away"))

    def __init__(self, icon: str, word: str) -> None:
        self.icon = icon
        self._word = word

    @property
    def word(self) -> str:
        """In the reader's language."""
        return _(self._word)


_BY_STATUS = {
    VisitStatus.COMPLETED: State.DONE,
    VisitStatus.CANCELLED: State.CANCELLED,
    VisitStatus.NO_SHOW: State.MISSED,
    VisitStatus.MISSED: State.MISSED,
    VisitStatus.IN_PROGRESS: State.IN_PROGRESS,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is on the scale: `css` are the classes of its left edge and its width."""

    css: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One visit of one row. `sentence` says everything the bar shows; `flagged`: an exception about it is open."""

    place: Place
    state: State
    starts: str
    label: str
    sentence: str
    pinned: bool
    flagged: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One clinician. `off`: outside working hours; `absent`: called out; `leave`: away by the roster; `drives`: the
    ways between stops; `lanes`: the bars, in more than one where some would cover others."""

    name: str
    role: str
    visits: int
    hours: str
    away: Away | None
    away_when: str
    off: tuple[Place, ...]
    absent: tuple[Place, ...]
    leave: tuple[Place, ...]
    drives: tuple[Place, ...]
    lanes: tuple[tuple[Bar, ...], ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Every bar, lane by lane."""
        return tuple(bar for lane in self.lanes for bar in lane)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole picture. `holding` are lanes of what is not covered, `now` is None outside the scale."""

    hours: tuple[int, ...]
    now: Place | None
    holding: tuple[tuple[Bar, ...], ...]
    rows: tuple[Row, ...]


def lay_out(day: DayView, now: datetime) -> Timeline:
    """The day as rows: first what is not covered, then every clinician who works, has worked or is on call that day."""
    scale = _Scale(day)
    open_stops = [s for s in day.stops if s.wants_cover]
    shown = [c for c in day.clinicians if c.hours or c.on_call or day.route(c.id)]
    return Timeline(
        hours=tuple(range(scale.first, scale.last + 1)),
        now=scale.point(now),
        holding=_lanes([(s, s.earliest_start) for s in open_stops], now, scale),
        rows=tuple(_row(c, day.route(c.id), now, scale) for c in shown),
    )


def state_of(stop: StopView, now: datetime) -> State:
    """The one state a bar shows."""
    if stop.wants_cover:
        return State.EXCEPTION
    if stop.status in _BY_STATUS:
        return _BY_STATUS[stop.status]
    if stop.is_kept_back:
        return State.KEPT_BACK
    if stop.seat and _is_late(stop.seat, now):
        return State.LATE
    if stop.set_out or stop.status is VisitStatus.EN_ROUTE:
        return State.EN_ROUTE
    return State.CONFIRMED if stop.status is VisitStatus.CONFIRMED else State.UNCONFIRMED


def _is_late(seat: SeatView, now: datetime) -> bool:
    """Told windows are kept by arriving inside them; exact times leave a quarter of an hour."""
    return now > max(seat.told_close, seat.starts_at + LATE_AFTER)


class _Scale:
    """The hours of the service date that are drawn, in the branch's zone, and what an exception is open about."""

    def __init__(self, day: DayView) -> None:
        self.tz = day.branch.tz
        self.date = day.service_date
        self._flagged = {c.visit for c in day.cases if c.visit}
        instants = [s.seat.starts_at for s in day.stops if s.seat] + [s.seat.ends_at for s in day.stops if s.seat]
        minutes = [m for t in instants if (m := self._minute(t)) is not None]
        self.first = min([FIRST_HOUR, *(m // 60 for m in minutes)])
        self.last = max([LAST_HOUR, *(-(-m // 60) for m in minutes)])

    def clock(self, instant: datetime) -> str:
        """ "07:40"."""
        return f"{wall_clock(instant, self.tz):%H:%M}"

    def is_flagged(self, stop: StopView) -> bool:
        """Whether an open exception is about this visit, other than that it is not covered."""
        return stop.seat is not None and stop.external_id in self._flagged

    def stretch(self, starts: datetime, ends: datetime) -> Place | None:
        """From one instant to another, cut to the scale; None where none of it is inside."""
        left, right = self._cut(starts), self._cut(ends)
        if left >= right:
            return None
        return Place(f"{_edge(left - self.first * 60)} {_width(right - left)}", right - left)

    def stretches(self, spans: Iterable[SpanView]) -> tuple[Place, ...]:
        """Those of them that are inside."""
        return tuple(place for s in spans if (place := self.stretch(s.starts_at, s.ends_at)))

    def when(self, span: SpanView) -> str:
        """ "12:00–13:00", or "all day"."""
        starts, ends = self.clock(span.starts_at), self.clock(span.ends_at)
        return _("all day") if starts == ends else f"{starts}–{'24:00' if ends == '00:00' else ends}"

    def point(self, instant: datetime) -> Place | None:
        """One instant; None off the scale."""
        minute = self._minute(instant)
        if minute is None or not self.first * 60 <= minute <= self.last * 60:
            return None
        return Place(_edge(minute - self.first * 60), 0)

    def outside(self, hours: Iterable[SpanView]) -> tuple[Place, ...]:
        """What the stretches leave of the scale."""
        edge, gaps = self.first * 60, []
        for left, right in sorted((self._cut(h.starts_at), self._cut(h.ends_at)) for h in hours):
            if left > edge:
                gaps.append((edge, left))
            edge = max(edge, right)
        if edge < self.last * 60:
            gaps.append((edge, self.last * 60))
        return tuple(Place(f"{_edge(a - self.first * 60)} {_width(b - a)}", b - a) for a, b in gaps)

    def _minute(self, instant: datetime) -> int | None:
        local = wall_clock(instant, self.tz)
        return local.hour * 60 + local.minute if local.date() == self.date else None

    def _cut(self, instant: datetime) -> int:
        """Minutes of the local day, no earlier and no later than what is drawn."""
        minute = self._minute(instant)
        if minute is None:
            minute = 0 if local_date(instant, self.tz) < self.date else 24 * 60
        return min(max(minute, self.first * 60), self.last * 60)


def _row(clinician: ClinicianView, route: Sequence[StopView], now: datetime, scale: _Scale) -> Row:
    lanes = _lanes([(stop, stop.seat.starts_at) for stop in route if stop.seat], now, scale)
    away = None
    if clinician.absences:
        away = Away.CALLED_OUT if clinician.called_out else Away.AWAY
    hours = [f"{scale.clock(h.starts_at)}–{scale.clock(h.ends_at)}" for h in clinician.hours]
    hours += [_("on call {hours}", hours=scale.when(h)) for h in clinician.on_call]
    return Row(
        name=clinician.name,
        role=clinician.role,
        visits=sum(map(len, lanes)),
        hours=", ".join(hours),
        away=away,
        away_when=", ".join(map(scale.when, clinician.absences)) if away is Away.AWAY else "",
        off=scale.outside(clinician.hours),
        absent=scale.stretches(clinician.called_out),
        leave=scale.stretches(() if clinician.called_out else clinician.absences),
        drives=_drives(route, scale),
        lanes=lanes,
    )


def _drives(route: Sequence[StopView], scale: _Scale) -> tuple[Place, ...]:
    """From the end of one stop, documentation included, to the start of the next."""
    seats = [(s.seat.starts_at, _leaves(s)) for s in route if s.seat]
    ways = pairwise(seats)
    return tuple(place for (_start, left), (arrived, _end) in ways if (place := scale.stretch(left, arrived)))


def _leaves(stop: StopView) -> datetime:
    ends = stop.seat.ends_at if stop.seat else stop.latest_end
    return ends + timedelta(minutes=stop.documentation_minutes)


def _bar(stop: StopView, starts_at: datetime, now: datetime, scale: _Scale) -> Bar | None:
    busy = timedelta(minutes=stop.duration_minutes + stop.documentation_minutes)
    place = scale.stretch(starts_at, _leaves(stop) if stop.seat else starts_at + busy)
    if place is None:
        return None
    state = state_of(stop, now)
    return Bar(
        place=place,
        state=state,
        starts=scale.clock(starts_at),
        label=label_of(stop),
        sentence=_sentence(stop, starts_at, state, scale),
        pinned=bool(stop.seat and stop.seat.pinned),
        flagged=scale.is_flagged(stop),
    )


def label_of(stop: StopView) -> str:
    """Whom or what a stop is for: "Ivy W.", or "Open shift"."""
    return stop.who or (_("Open shift") if stop.kind is VisitKind.OPEN_SHIFT else _("Visit"))


def _sentence(stop: StopView, starts_at: datetime, state: State, scale: _Scale) -> str:
    words = [f"{scale.clock(starts_at)} {label_of(stop)}: {state.word}"]
    if told := told_of(stop, scale.tz, scale.date):
        words.append(told)
    if stop.seat is None:
        earliest, latest = scale.clock(stop.earliest_start), scale.clock(stop.latest_start)
        words.append(_("may start {earliest}–{latest}", earliest=earliest, latest=latest))
    words += _answers(stop)
    words += [_("has an open exception")] if scale.is_flagged(stop) else []
    return ", ".join(words)


def told_of(stop: StopView, tz: str, on: date) -> str:
    """What the patient really was told, with its day where that is another one, and the time that waits to be told.

    Empty for one who is told nothing.
    """
    if not stop.who or (stop.patient_told is None and stop.seat is None):
        return ""
    words = [_("told {window}", window=_window(stop.patient_told, tz, on))] if stop.patient_told else []
    if stop.seat and stop.waits_to_be_told:
        waits = _window(ToldWindow(stop.seat.told_open, stop.seat.told_close), tz, on)
        words.append(_("{window} not told yet", window=waits))
    return ", ".join(words)


def _window(window: ToldWindow, tz: str, on: date) -> str:
    opens, closes = moment(window.open, tz, on), clock(window.close, tz)
    return opens if window.open == window.close else f"{opens}–{closes}"


class _Answer(NamedTuple):
    """What someone said to what they were last told: in a column of their own, and among other words."""

    alone: str
    patient: str
    clinician: str


_ANSWERS = {
    ConfirmationState.NEEDS_ACTION: _Answer(
        marked("has not answered"), marked("patient has not answered"), marked("clinician has not answered")
    ),
    ConfirmationState.ACCEPTED: _Answer(marked("said yes"), marked("patient said yes"), marked("clinician said yes")),
    ConfirmationState.DECLINED: _Answer(marked("said no"), marked("patient said no"), marked("clinician said no")),
}
_TO_THE_TIME_TOLD = {
    ConfirmationState.ACCEPTED: (marked("said yes to the time told"), marked("patient said yes to the time told")),
    ConfirmationState.DECLINED: (marked("said no to the time told"), marked("patient said no to the time told")),
}
"""Of a patient for whom the plan has another time by now."""


def answers_of(stop: StopView) -> dict[str, str]:
    """What the patient and the clinician have said to what they were last told; a dash where nothing was asked."""
    patient, _among_others = _of_patient(stop)
    staff = _ANSWERS[stop.staff_answer].alone if stop.staff_answer else ""
    return {"patient": _(patient) or "–", "clinician": _(staff) or "–"}


def _answers(stop: StopView) -> list[str]:
    """The same as items of a list; none where nothing was asked."""
    patient = _of_patient(stop)[1]
    staff = _ANSWERS[stop.staff_answer].clinician if stop.staff_answer else ""
    return [_(words) for words in (patient, staff) if words]


def _of_patient(stop: StopView) -> tuple[str, str]:
    """The texts of a patient's answer, alone and among other words; empty where nothing was asked."""
    answer = stop.patient_answer
    if answer is None:
        return "", ""
    if answer in _TO_THE_TIME_TOLD and stop.waits_to_be_told:
        return _TO_THE_TIME_TOLD[answer]
    return _ANSWERS[answer].alone, _ANSWERS[answer].patient


def _lanes(stops: Iterable[tuple[StopView, datetime]], now: datetime, scale: _Scale) -> tuple[tuple[Bar, ...], ...]:
    """Stops at the start given with each, side by side where they would overlap."""
    lanes: list[tuple[list[Bar], datetime]] = []
    for stop, starts_at in stops:
        bar = _bar(stop, starts_at, now, scale)
        if bar is None:
            continue
        ends = starts_at + timedelta(minutes=max(bar.place.minutes, 1))
        free = next((i for i, (_bars, until) in enumerate(lanes) if until <= starts_at), None)
        if free is None:
            lanes.append(([bar], ends))
        else:
            lanes[free] = ([*lanes[free][0], bar], ends)
    return tuple(tuple(bars) for bars, _until in lanes)


def _edge(minutes: int) -> str:
    return f"h{minutes // 60} m{minutes % 60}"


def _width(minutes: int) -> str:
    return " ".join((f"wh{minutes // 60}", f"wm{minutes % 60}"))


def minutes_css() -> str:
    """Classes for every hour and minute of a day: `h2 m15` begins 2 h 15 after the scale does, `wh0 wm25` lasts 25 min.

    The custom properties are added up in console.css.
    """
    hours = [f".h{n}{{--h:{n}}}.wh{n}{{--wh:{n}}}.span{n}{{--span:{n}}}" for n in range(25)]
    minutes = [f".m{n}{{--m:{n}}}.wm{n}{{--wm:{n}}}" for n in range(60)]
    return "\n".join(hours + minutes) + "\n"
