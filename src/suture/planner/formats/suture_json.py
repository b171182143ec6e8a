"""`suture-problem/1` JSON -> problem, with the way back to ids and instants that a plan needs."""

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from suture.model.instants import is_zone, local_date, midnight, rfc3339
from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.suture_checks import check
from suture.planner.formats.suture_models import (
    ClinicianJson,
    LimitJson,
    LinkJson,
    ProblemJson,
    ShiftJson,
    VisitJson,
    parse_problem,
)
from suture.planner.formats.suture_rows import (
    RowJson,
    RowNumbers,
    Stops,
    Ways,
    begun_nodes,
    fit_row,
    has_begun,
    rows_of,
)
from suture.planner.problem import (
    FORBIDDEN,
    FOREVER,
    UNREACHABLE,
    Break,
    Counter,
    Hold,
    Int32,
    Link,
    Measure,
    Nodes,
    Problem,
    Rows,
    Weights,
    Who,
    Windows,
    int32,
    make_nodes,
    make_rows,
)
from suture.words.catalog import _

UNCOVERED_SECONDS = 7200
"""Price of leaving a position of priority 1 out, where the file names none."""
_EARTH_M = 6_371_000
_CROWFLY_DETOUR, _CROWFLY_M_PER_SECOND = 1.35, 11.0


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A problem with its names. `node_of[visit id, position]`; `origin` is time 0, in UTC."""

    json: ProblemJson
    sha256: str
    problem: Problem
    origin: datetime
    visits: tuple[tuple[VisitJson, int], ...]
    node_of: dict[tuple[str, int], int]
    shifts: tuple[ShiftJson, ...]
    """One for each row; the parts that absences leave of a shift have its id."""
    rows: dict[str, list[int]]
    """The rows of each shift, by start; none where nothing is left of it."""
    begun: tuple[tuple[int, ...], ...]
    """The nodes that have begun in each row, in that order."""
    held: dict[int, int]
    """The nodes that have begun and have a row; how long each was stretched until `now`."""

    def row_of(self, shift_id: str, start: int = 0) -> int | None:
        """The row of a shift that has begun by `start`, else its first one; None where there is no such row."""
        rows = self.rows.get(shift_id, [])
        begun = [r for r in rows if self.problem.rows.shift_start[r] <= start]
        return max(begun) if begun else min(rows, default=None)

    def with_holds(self) -> Problem:
        """The problem of a repair: what has begun stays in its row, and nothing comes before it."""
        hold = self.problem.nodes.hold.copy()
        hold[list(self.held)] = Hold.FROZEN
        return replace(self.problem, nodes=replace(self.problem.nodes, hold=hold))

    def seconds(self, instant: datetime) -> int:
        """Whole seconds since the origin."""
        return int((instant - self.origin).total_seconds())

    def instant(self, seconds: int) -> str:
        """RFC 3339 in the problem's time zone."""
        return rfc3339(self.origin + timedelta(seconds=seconds), self.json.time_zone)

    def on(self, shift: ShiftJson) -> date:
        """The date a shift begins on, in the problem's time zone."""
        return local_date(shift.start, self.json.time_zone)


def read(data: bytes) -> Document:
    """Bytes -> document. Raises Unreadable naming every fault with its path."""
    return from_json(parse_problem(data), hashlib.sha256(data).hexdigest())


def from_json(doc: ProblemJson, sha256: str = "") -> Document:
    """The checked document as a problem. Raises Unreadable for ids that do not fit together."""
    check(doc)
    if not is_zone(doc.time_zone):
        said = _("{value}; expected an IANA name such as America/New_York", value=repr(doc.time_zone))
        raise Unreadable(at("time_zone", said))
    origin = midnight(doc.horizon.first_service_date, doc.time_zone)
    visits = tuple((v, k) for v in doc.visits for k in range(1, v.positions + 1))
    node_of = {(v.id, k): i for i, (v, k) in enumerate(visits)}
    place_of = {place.id: i for i, place in enumerate(doc.places)}
    told = _told(doc, node_of)
    begun = begun_nodes(visits, told)
    parts = rows_of(doc, visits, begun)
    shifts = tuple(x.shift for x in parts)
    ways = Ways(_travel(doc, place_of))
    stops = _stops(visits, place_of, origin, told, begun)
    rows = [_row(part, place_of, origin) for part in parts]
    row_of = _rows_of_begun(rows, begun, stops)
    _note_past_breaks(doc, rows, shifts, origin)
    for row in rows:
        fit_row(row, stops, ways, None if doc.now is None else _seconds(doc.now, origin))
    problem = Problem(
        ways.table(),
        _nodes(doc, visits, stops, origin, told, row_of),
        _make_rows(doc, rows, shifts),
        _pair_costs(doc, visits, shifts, told, row_of),
        _links(doc, node_of),
        _counters(doc, visits, shifts, rows),
        Weights(
            travel=doc.weights.travel_per_second,
            waiting=doc.weights.waiting_per_second,
            idle_max=-(-doc.weights.max_idle_per_minute // 60),
            start_per_minute=doc.weights.disruption.start_per_minute,
            start_cap_minutes=doc.weights.disruption.start_cap_minutes,
        ),
    )
    held = {v: rows[r].waited if v == rows[r].held[-1] else 0 for v, r in row_of.items()}
    by_shift: dict[str, list[int]] = {s.id: [] for s in doc.shifts}
    for r, shift in enumerate(shifts):
        by_shift[shift.id].append(r)
    return Document(
        doc, sha256, problem, origin, visits, node_of, shifts, by_shift, tuple(tuple(row.held) for row in rows), held
    )


def _seconds(instant: datetime, origin: datetime) -> int:
    return int((instant - origin).total_seconds())


def _travel(doc: ProblemJson, place_of: dict[str, int]) -> Int32:
    n = len(doc.places)
    if doc.travel is None:
        return _crowfly(doc)
    size = len(doc.travel.place_ids)
    if len(doc.travel.seconds) != size or any(len(row) != size for row in doc.travel.seconds):
        said = _("not {size} x {size}; expected one row and column for each of place_ids", size=size)
        raise Unreadable(at("travel.seconds", said))
    lost = sorted(set(place_of) - set(doc.travel.place_ids))
    if lost:
        raise Unreadable(
            *(at("travel.place_ids", _("{place} is missing; expected every place", place=repr(x))) for x in lost)
        )
    column = {place_id: i for i, place_id in enumerate(doc.travel.place_ids)}
    index = [column[place.id] for place in doc.places]
    given = np.array(doc.travel.seconds, dtype=np.float64).reshape(size, size)  # null: not a number: no way
    table = np.minimum(np.nan_to_num(given, nan=UNREACHABLE), UNREACHABLE)
    return np.ascontiguousarray(table[np.ix_(index, index)].reshape(n, n), dtype=np.int32)


def _crowfly(doc: ProblemJson) -> Int32:
    """Great-circle metres x 1.35 at 40 km/h, rounded up."""
    if any(p.lat is None or p.lon is None for p in doc.places):
        raise Unreadable(at("travel", _("absent; expected a table, or lat and lon of every place")))
    angles = np.radians(np.array([[p.lat, p.lon] for p in doc.places], dtype=np.float64).reshape(-1, 2))
    d = angles[:, None, :] - angles[None, :, :]
    across = np.cos(angles[:, None, 0]) * np.cos(angles[None, :, 0])
    h = np.sin(d[..., 0] / 2) ** 2 + across * np.sin(d[..., 1] / 2) ** 2
    metres = 2 * _EARTH_M * np.arcsin(np.sqrt(h))
    return int32(np.ceil(metres * _CROWFLY_DETOUR / _CROWFLY_M_PER_SECOND))


def _told(doc: ProblemJson, node_of: dict[tuple[str, int], int]) -> dict[int, tuple[str, datetime]]:
    """(clinician, start) of each node in the published plan."""
    if doc.published_plan is None:
        return {}
    return {
        node_of[stop.visit_id, stop.position]: (route.clinician_id, stop.start)
        for route in doc.published_plan.routes
        for stop in route.stops
        if stop.visit_id is not None and (stop.visit_id, stop.position) in node_of
    }


def _stops(
    visits: tuple[tuple[VisitJson, int], ...],
    place_of: dict[str, int],
    origin: datetime,
    told: dict[int, tuple[str, datetime]],
    begun: dict[int, str],
) -> Stops:
    told_of: dict[str, list[tuple[int, int]]] = {}
    for i, (who, start) in told.items():
        if i not in begun:
            told_of.setdefault(who, []).append((_seconds(start, origin), i))
    starts = {i: pin.start for i in begun if (pin := visits[i][0].pin) is not None and pin.start is not None}
    return Stops(
        [place_of[v.place_id] for v, _ in visits],
        [60 * (v.service_minutes + v.documentation_minutes) for v, _ in visits],
        {i: _seconds(start, origin) for i, start in starts.items()},
        told_of,
    )


def _rows_of_begun(rows: list[RowNumbers], begun: dict[int, str], stops: Stops) -> dict[int, int]:
    """The row of each node that has begun: the last of its clinician by then, else the first; in order of start."""
    row_of: dict[int, int] = {}
    for v in sorted(begun, key=lambda v: (stops.begun[v], v)):
        own = [r for r, row in enumerate(rows) if row.clinician == begun[v]]
        by_then = [r for r in own if rows[r].shift_start <= stops.begun[v]]
        if own:
            row_of[v] = max(by_then, key=lambda r: rows[r].shift_start) if by_then else own[0]
            rows[row_of[v]].held.append(v)
    return row_of


def _note_past_breaks(
    doc: ProblemJson, rows: list[RowNumbers], shifts: tuple[ShiftJson, ...], origin: datetime
) -> None:
    """A break of the published plan that has begun by now is taken."""
    if doc.published_plan is None or doc.now is None:
        return
    for route in doc.published_plan.routes:
        for stop in route.stops:
            if stop.break_id is None or stop.start > doc.now:
                continue
            for row, shift in zip(rows, shifts, strict=True):
                if shift.id == route.shift_id and row.pause is not None:
                    row.past_break_end = _seconds(stop.start, origin) + row.pause.length


def _windows(visit: VisitJson, origin: datetime, now: datetime | None) -> tuple[Windows, int, int]:
    """(windows of the start, price per minute late, how late it may be). None opens before `now`."""
    if visit.pin is not None and visit.pin.start is not None and visit.pin.scope != "person":
        start = _seconds(visit.pin.start, origin)
        return ((start, start),), 0, 0
    found = []
    for w in visit.time_windows:
        close = (w.latest_start - origin).total_seconds()
        if w.latest_end is not None:
            close = min(close, (w.latest_end - origin).total_seconds() - 60 * visit.service_minutes)
        found.append((math.ceil((w.earliest_start - origin).total_seconds()), math.floor(close)))
    late = 0
    if visit.soft_window is not None:
        (opens, closes), soft_close = found[0], _seconds(visit.soft_window.close, origin)
        late = max(0, closes - soft_close)
        found = [(opens, min(closes, soft_close))]
    if now is not None:
        past = _seconds(now, origin)
        ahead = [(min(max(a, past), b), b) for a, b in found if b + late >= past]
        found = ahead or found  # what is over can no longer be served: see why_forbidden
    return tuple(sorted(found)), 0 if visit.soft_window is None else visit.soft_window.late_cost_per_minute, late


def _is_over(visit: VisitJson, now: datetime | None) -> bool:
    """Whether the last legal start is past."""
    if now is None or has_begun(visit):
        return False
    if visit.pin is not None and visit.pin.start is not None and visit.pin.scope != "person":
        return visit.pin.start < now
    service = timedelta(minutes=visit.service_minutes)
    ends = [
        w.latest_start if w.latest_end is None else min(w.latest_start, w.latest_end - service)
        for w in visit.time_windows
    ]
    return max(ends) < now


def _nodes(
    doc: ProblemJson,
    visits: tuple[tuple[VisitJson, int], ...],
    stops: Stops,
    origin: datetime,
    told: dict[int, tuple[str, datetime]],
    row_of: dict[int, int],
) -> Nodes:
    timing = [_windows(v, origin, doc.now) for v, _ in visits]
    return make_nodes(
        tuple(f"{v.id}/{k}" for v, k in visits),
        stops.place,
        tuple(t[0] for t in timing),
        stops.busy,
        [
            UNCOVERED_SECONDS * v.priority if v.uncovered_cost_seconds is None else v.uncovered_cost_seconds
            for v, _ in visits
        ],
        service=[60 * v.service_minutes for v, _ in visits],
        required=[
            v.required or (v.pin is not None and v.pin.scope == "both") if not has_begun(v) else i in row_of
            for i, (v, _) in enumerate(visits)
        ],
        late_cost=[t[1] for t in timing],
        late_limit=[t[2] for t in timing],
        told_start=[_seconds(told[i][1], origin) if i in told else -1 for i in range(len(visits))],
    )


def _row(part: RowJson, place_of: dict[str, int], origin: datetime) -> RowNumbers:
    s = part.shift
    start = _seconds(s.start, origin)
    pause = s.breaks[0] if s.breaks else None
    return RowNumbers(
        clinician=s.clinician_id,
        start_place=place_of[s.live.place_id if s.live else s.start_place_id],
        end_place=place_of[s.end_place_id or s.start_place_id],
        leave=max(start, _seconds(s.live.ready_at, origin)) if s.live else start,
        shift_start=start,
        shift_end=_seconds(s.end, origin),
        hard_end=_seconds(s.hard_end or s.end, origin),
        back=part.back,
        leaves=part.leaves,
        pause=None
        if pause is None
        else Break(
            _seconds(pause.earliest_start, origin),
            _seconds(pause.latest_start, origin),
            60 * pause.duration_minutes,
            pause.missed_cost_seconds,
        ),
    )


def _make_rows(doc: ProblemJson, rows: list[RowNumbers], shifts: tuple[ShiftJson, ...]) -> Rows:
    people = {c.id: i for i, c in enumerate(doc.clinicians)}
    return make_rows(
        tuple(s.id for s in shifts),
        [row.start_place for row in rows],
        [row.end_place for row in rows],
        clinician=[people[row.clinician] for row in rows],
        leave=[row.leave for row in rows],
        shift_start=[row.shift_start for row in rows],
        shift_end=[row.shift_end for row in rows],
        hard_end=[row.hard_end for row in rows],
        overtime_cost=[s.overtime_cost_per_minute for s in shifts],
        begun=[s.live is not None for s in shifts],
        breaks=tuple(row.pause for row in rows),
    )


def why_forbidden(visit: VisitJson, clinician: ClinicianJson, on: date, now: datetime | None = None) -> tuple[str, ...]:
    """The rules of the file by which a clinician may not do a visit."""
    valid = {c.code for c in clinician.credentials if c.valid_until is None or c.valid_until >= on}
    pin = visit.pin
    held = pin is not None and pin.scope != "time" and pin.clinician_id not in (None, clinician.id)
    tests = {
        "discipline": visit.discipline is not None and visit.discipline not in clinician.disciplines,
        "credential": not set(visit.needs) <= valid,
        "forbidden_pair": clinician.id in visit.forbidden_clinician_ids,
        "only_clinicians": bool(visit.only_clinician_ids) and clinician.id not in visit.only_clinician_ids,
        "pin": held,
        "window": _is_over(visit, now),
        "started": has_begun(visit) and not held,  # carers begin together: no other is sent after them
    }
    return tuple(name for name, fails in tests.items() if fails)


def _pair_costs(
    doc: ProblemJson,
    visits: tuple[tuple[VisitJson, int], ...],
    shifts: tuple[ShiftJson, ...],
    told: dict[int, tuple[str, datetime]],
    row_of: dict[int, int],
) -> Int32:
    """[N, R]: savings become costs of the others, so that no price is below 0. What has begun is where it is."""
    clinicians = {c.id: c for c in doc.clinicians}
    dates = [local_date(shift.start, doc.time_zone) for shift in shifts]
    cost = np.full((len(visits), len(shifts)), FORBIDDEN, dtype=np.int32)
    for i, (visit, _position) in enumerate(visits):
        saving = {x.clinician_id: x.saving_seconds for x in visit.preferred}
        most = max(saving.values(), default=0)
        for r, shift in enumerate(shifts):
            who = shift.clinician_id
            may_not = row_of[i] != r if i in row_of else why_forbidden(visit, clinicians[who], dates[r], doc.now)
            if may_not:
                continue
            price = most - saving.get(who, 0) + (0 if who in saving else visit.unusual_cost_seconds)
            if i in told and told[i][0] != who:
                price += doc.weights.disruption.person
            cost[i, r] = price
    return cost


def _links(doc: ProblemJson, node_of: dict[tuple[str, int], int]) -> tuple[Link, ...]:
    found = []
    for i, visit in enumerate(doc.visits):
        if visit.positions == 1 or all(w.earliest_start == w.latest_start for w in visit.time_windows):
            continue  # at a fixed start no one can be there twice anyway
        if visit.positions > 2:
            said = _("{value}; expected 1 or 2 where the start is open", value=visit.positions)
            raise Unreadable(at(f"visits.{i}.positions", said))
        found.append(Link(node_of[visit.id, 1], node_of[visit.id, 2], (0, 0), Who.DIFFERENT))
    by_id = {v.id: v for v in doc.visits}
    return (*found, *(_link(x, by_id, node_of) for x in doc.links))


def _link(link: LinkJson, visits: dict[str, VisitJson], node_of: dict[tuple[str, int], int]) -> Link:
    first, second = link.visit_ids
    who = {"same": Who.SAME, "different": Who.DIFFERENT, "any": Who.ANY}[link.clinicians]
    if link.kind == "simultaneous":
        return Link(node_of[first, 1], node_of[second, 1], (0, 0), Who.DIFFERENT if who is Who.ANY else who)
    shift = 60 * visits[first].service_minutes if link.gap_from == "end" else 0
    gap = (60 * link.min_gap_minutes + shift, 60 * link.max_gap_minutes + shift)
    return Link(node_of[first, 1], node_of[second, 1], gap, who)


def _counters(
    doc: ProblemJson,
    visits: tuple[tuple[VisitJson, int], ...],
    shifts: tuple[ShiftJson, ...],
    rows: list[RowNumbers],
) -> tuple[Counter, ...]:
    dates = [local_date(s.start, doc.time_zone) for s in shifts]
    found = [
        _counter(limit, clinician, visits, dates, rows) for limit in doc.limits for clinician in limit.clinician_ids
    ]
    if doc.weights.fairness:
        loads: dict[tuple[str, date], list[int]] = {}
        for r, (s, on) in enumerate(zip(shifts, dates, strict=True)):
            loads.setdefault((s.clinician_id, on), []).append(r)
        found += [
            Counter(f"load:{who}:{on}", tuple(own), Measure.TIME, square=doc.weights.fairness)
            for (who, on), own in loads.items()
        ]
    return tuple(c for c in found if c.rows)


def _counter(
    limit: LimitJson,
    clinician: str,
    visits: tuple[tuple[VisitJson, int], ...],
    dates: list[date],
    rows: list[RowNumbers],
) -> Counter:
    own = tuple(
        r
        for r, (row, on) in enumerate(zip(rows, dates, strict=True))
        if row.clinician == clinician
        and (limit.first_date is None or on >= limit.first_date)
        and (limit.last_date is None or on <= limit.last_date)
    )
    counts = None
    if limit.visit_ids is not None:
        counts = np.array([v.id in limit.visit_ids for v, _ in visits], dtype=np.bool_)
    timed = limit.kind == "minutes"
    unit = 60 if timed else 1
    most = limit.max_minutes if timed else limit.max
    hard = limit.hard_max_minutes if timed else limit.hard_max
    waited = sum(rows[r].waited for r in own if rows[r].held and (counts is None or counts[rows[r].held[-1]]))
    return Counter(
        limit.id,
        own,
        Measure.TIME if timed else Measure.ITEMS,
        used=unit * limit.used_minutes - waited if timed else limit.used,
        soft=FOREVER if most is None else unit * most,
        hard=FOREVER if hard is None else unit * hard,
        over_cost=limit.over_cost_per_minute if timed else limit.over_cost,
        counts=counts,
    )
