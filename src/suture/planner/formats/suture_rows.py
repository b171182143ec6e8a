"""Rows of `suture-problem/1`: shifts without their absences; what has begun stays; no one drives off before `now`.

What makes one way special (a clinician is on her way already, a visit under way does not quite fit, she leaves for an
absence from her last stop) is a changed entry of the travel table at a place of its own, as in `day/to_problem.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from suture.planner.formats.suture_models import BreakJson, ProblemJson, ShiftJson, VisitJson
from suture.planner.problem import Break, Int32

STARTED = "started"
"""The reason of a pin that is a fact: someone is there, or was."""
Span = tuple[datetime, datetime]
Told = Mapping[int, tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class RowJson:
    """One row: a shift, or what its absences leave of it. It keeps the id of the shift."""

    shift: ShiftJson
    back: bool = False
    """It begins where an absence ends."""
    leaves: bool = False
    """It ends where an absence begins."""


def has_begun(visit: VisitJson) -> bool:
    """Whether the visit is under way or done."""
    return visit.pin is not None and visit.pin.reason == STARTED and visit.pin.start is not None


def begun_nodes(visits: Iterable[tuple[VisitJson, int]], told: Told) -> dict[int, str]:
    """Who is at each node that has begun: by the pin, else (two carers) by the published plan."""
    found: dict[int, str] = {}
    for i, (visit, _) in enumerate(visits):
        if visit.pin is not None and has_begun(visit):
            who = visit.pin.clinician_id or (told[i][0] if i in told else None)
            if who is not None:
                found[i] = who
    return found


# -- shifts without their absences -----------------------------------------------------------------------------------


def rows_of(doc: ProblemJson, visits: tuple[tuple[VisitJson, int], ...], begun: Mapping[int, str]) -> list[RowJson]:
    """Every row, shift by shift. What has begun is no absence, whatever was said before."""
    busy: dict[str, list[Span]] = {}
    for i, who in begun.items():
        visit = visits[i][0]
        if visit.pin is not None and visit.pin.start is not None:
            busy.setdefault(who, []).append((visit.pin.start, visit.pin.start + held_for(visit)))
    shifts = _one_place_at_a_time(doc.shifts)
    return [row for shift in shifts for row in _parts(shift, busy.get(shift.clinician_id, []))]


def _one_place_at_a_time(shifts: Sequence[ShiftJson]) -> Iterator[ShiftJson]:
    """The shifts, none of them with overtime beyond the start of its clinician's next one."""
    starts: dict[str, list[datetime]] = {}
    for shift in shifts:
        starts.setdefault(shift.clinician_id, []).append(shift.start)
    for shift in shifts:
        following = min((x for x in starts[shift.clinician_id] if x > shift.start), default=None)
        last = shift.hard_end or shift.end
        cut = following is not None and shift.end <= following < last
        yield shift.model_copy(update={"hard_end": following}) if cut else shift


def held_for(visit: VisitJson) -> timedelta:
    """How long a visit holds its clinician."""
    return timedelta(minutes=visit.service_minutes + visit.documentation_minutes)


def _parts(shift: ShiftJson, busy: list[Span]) -> list[RowJson]:
    if not shift.absences:
        return [RowJson(shift)]
    last = shift.hard_end or shift.end
    gone = [(x.since, max(x.since, x.until or last)) for x in shift.absences]
    for span in busy:
        gone = _without(gone, span)
    free = [(shift.start, last)]
    for span in gone:
        free = _without(free, span)
    live, pauses = shift.live, [x for x in shift.breaks if not _is_taken_away(x, gone)]
    found: list[RowJson] = []
    for since, until in free:
        if since >= shift.end or (live is not None and until <= live.ready_at):
            continue
        pause = _clipped(pauses, since, until)
        if pause:
            pauses = []
        part = {"start": since, "end": min(until, shift.end), "hard_end": until, "absences": [], "breaks": pause}
        back = since > shift.start and live is None
        found.append(RowJson(shift.model_copy(update=part | {"live": live}), back, until < last))
        live = None
    return found


def _without(spans: list[Span], hole: Span) -> list[Span]:
    cut = [x for a, b in spans for x in ((a, min(b, hole[0])), (max(a, hole[1]), b))]
    return sorted({(a, b) for a, b in cut if a < b})


def _is_taken_away(pause: BreakJson, gone: list[Span]) -> bool:
    """Whether its clinician is away for as long as the break, when it might be: then that was the break."""
    length = timedelta(minutes=pause.duration_minutes)
    return any(min(b, pause.latest_start + length) - max(a, pause.earliest_start) >= length for a, b in gone)


def _clipped(pauses: list[BreakJson], since: datetime, until: datetime) -> list[BreakJson]:
    """The break where a part has room for it."""
    for pause in pauses:
        first = max(pause.earliest_start, since)
        latest = min(pause.latest_start, until - timedelta(minutes=pause.duration_minutes))
        if first <= latest:
            return [pause.model_copy(update={"earliest_start": first, "latest_start": latest})]
    return []


# -- rows as numbers ---------------------------------------------------------------------------------------------------


class Ways:
    """A travel table that grows by copies of places, whose ways may be shorter."""

    def __init__(self, travel: Int32) -> None:
        self._travel = travel
        self._source = list(range(len(travel)))
        self._shorter: list[tuple[int, int, int]] = []

    def own(self, place: int) -> int:
        """A new place that is where another is."""
        self._source.append(self._source[place])
        return len(self._source) - 1

    def between(self, origin: int, destination: int) -> int:
        """Seconds on the road, as the file says."""
        a, b = self._source[origin], self._source[destination]
        return 0 if a == b else int(self._travel[a, b])

    def at_most(self, origin: int, destination: int, seconds: int) -> None:
        """From here to there in no more than this many seconds."""
        self._shorter.append((origin, destination, max(0, seconds)))

    def table(self) -> Int32:
        """[P + copies, P + copies]."""
        if len(self._source) == len(self._travel):
            return self._travel
        index = np.array(self._source, dtype=np.int64)
        table = np.ascontiguousarray(self._travel[np.ix_(index, index)])
        table[index[:, None] == index[None, :]] = 0
        for a, b, seconds in self._shorter:
            table[a, b] = min(int(table[a, b]), seconds)
        return table


@dataclass(frozen=True, slots=True)
class Stops:
    """The nodes while rows are made: place and busy time of each may change."""

    place: list[int]
    busy: list[int]
    begun: dict[int, int]
    """Start of each node that has begun."""
    told: dict[str, list[tuple[int, int]]]
    """(start, node) of what each clinician is still to do by the published plan."""


@dataclass(slots=True)
class RowNumbers:
    """One row in seconds."""

    clinician: str
    start_place: int
    end_place: int
    leave: int
    shift_start: int
    shift_end: int
    hard_end: int
    back: bool
    leaves: bool
    pause: Break | None
    past_break_end: int | None = None
    """When a break of the published plan that began before `now` ends."""
    held: list[int] = field(default_factory=list)
    waited: int = 0
    """How long the last held stop was stretched until `now`; not work."""


def fit_row(row: RowNumbers, stops: Stops, ways: Ways, now: int | None) -> None:
    """Make room for what has begun, let no one drive off before `now`, and keep what was published in reach."""
    free, here = row.leave, row.start_place
    if row.held:
        free, here = _held(row, stops, ways)
    if row.past_break_end is not None:
        row.pause = None
        free = max(free, row.past_break_end)
    ready = free if now is None else max(free, now)
    due = [x for x in stops.told.get(row.clinician, []) if row.shift_start <= x[0] < row.hard_end]
    ahead = min((x for x in due if x[0] >= ready), default=None)
    if ahead is not None:
        start, v = ahead
        way = ways.between(here, stops.place[v])
        if ready + way > start and (row.back or free + way <= start):
            if not row.held:
                here = row.start_place = ways.own(row.start_place)
            ways.at_most(here, stops.place[v], start - ready)
    if row.held:
        _stretch(row, stops, ways, ready)
    else:
        row.leave = ready
    if row.leaves and (due or row.held):
        row.end_place = ways.own(row.end_place)
        lasts = [max(due)] if due else []
        for start, v in [*lasts, *((stops.begun[u], u) for u in row.held[-1:])]:
            ways.at_most(stops.place[v], row.end_place, row.hard_end - start - stops.busy[v])


def _stretch(row: RowNumbers, stops: Stops, ways: Ways, ready: int) -> None:
    """The last stop that has begun holds its clinician until `ready`; nothing follows it earlier."""
    last = row.held[-1]
    row.waited = ready - stops.begun[last] - stops.busy[last]
    stops.busy[last] += row.waited
    if row.waited > 0:
        row.shift_end = max(row.shift_end, ready)  # to wait is no overtime
    if ready + ways.between(stops.place[last], row.end_place) > row.hard_end:
        row.hard_end = max(row.hard_end, ready)
        row.end_place = ways.own(row.end_place)
        ways.at_most(stops.place[last], row.end_place, row.hard_end - ready)


def _held(row: RowNumbers, stops: Stops, ways: Ways) -> tuple[int, int]:
    """(when, where) the last stop that has begun lets its clinician go; facts fit, whatever the table says."""
    for v in row.held:
        stops.place[v] = ways.own(stops.place[v])
    first, last = row.held[0], row.held[-1]
    row.leave = min(row.leave, stops.begun[first])
    row.start_place = ways.own(row.start_place)
    ways.at_most(row.start_place, stops.place[first], stops.begun[first] - row.leave)
    for a, b in pairwise(row.held):
        gap = stops.begun[b] - stops.begun[a]
        stops.busy[a] = min(stops.busy[a], gap)
        ways.at_most(stops.place[a], stops.place[b], gap - stops.busy[a])
    return stops.begun[last] + stops.busy[last], stops.place[last]
