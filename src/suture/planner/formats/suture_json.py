"""`suture-problem/1` JSON -> problem, with the way back to ids and instants that a plan needs."""

import hashlib
import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from suture.planner.formats.errors import Unreadable
from suture.planner.formats.suture_models import (
    BreakJson,
    ClinicianJson,
    LimitJson,
    LinkJson,
    ProblemJson,
    ShiftJson,
    VisitJson,
    parse_problem,
)
from suture.planner.problem import (
    FORBIDDEN,
    FOREVER,
    UNREACHABLE,
    Break,
    Counter,
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

UNCOVERED_SECONDS = 7200
"""Price of leaving a position of priority 1 out, where the file names none."""
_EARTH_M = 6_371_000
_CROWFLY_DETOUR, _CROWFLY_M_PER_SECOND = 1.35, 11.0


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A problem with its names. `node_of[visit id, position]`, `row_of[shift id]`; `origin` is time 0."""

    json: ProblemJson
    sha256: str
    problem: Problem
    origin: datetime
    visits: tuple[tuple[VisitJson, int], ...]
    node_of: dict[tuple[str, int], int]
    row_of: dict[str, int]

    def seconds(self, instant: datetime) -> int:
        """Whole seconds since the origin."""
        return int((instant - self.origin).total_seconds())

    def instant(self, seconds: int) -> str:
        """RFC 3339 in the problem's time zone."""
        return (self.origin + timedelta(seconds=seconds)).astimezone(ZoneInfo(self.json.time_zone)).isoformat()


def read(data: bytes) -> Document:
    """Bytes -> document. Raises Unreadable naming every fault with its path."""
    return from_json(parse_problem(data), hashlib.sha256(data).hexdigest())


def from_json(doc: ProblemJson, sha256: str = "") -> Document:
    """The checked document as a problem. Raises Unreadable for ids that do not fit together."""
    _check_ids(doc)
    try:
        zone = ZoneInfo(doc.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unreadable(f"time_zone: {doc.time_zone!r}; expected an IANA name such as America/New_York") from None
    origin = datetime.combine(doc.horizon.first_service_date, time(), zone)
    visits = tuple((v, k) for v in doc.visits for k in range(1, v.positions + 1))
    node_of = {(v.id, k): i for i, (v, k) in enumerate(visits)}
    place_of = {place.id: i for i, place in enumerate(doc.places)}
    told = _told(doc, node_of)
    problem = Problem(
        _travel(doc, place_of),
        _nodes(doc, visits, place_of, origin, told),
        _rows(doc, place_of, origin),
        _pair_costs(doc, visits, told),
        _links(doc, node_of),
        _counters(doc, visits),
        Weights(
            travel=doc.weights.travel_per_second,
            waiting=doc.weights.waiting_per_second,
            idle_max=-(-doc.weights.max_idle_per_minute // 60),
            start_per_minute=doc.weights.disruption.start_per_minute,
            start_cap_minutes=doc.weights.disruption.start_cap_minutes,
        ),
    )
    return Document(doc, sha256, problem, origin, visits, node_of, {s.id: r for r, s in enumerate(doc.shifts)})


def _check_ids(doc: ProblemJson) -> None:
    faults: list[str] = []
    known = {
        "places": [x.id for x in doc.places],
        "clinicians": [x.id for x in doc.clinicians],
        "shifts": [x.id for x in doc.shifts],
        "visits": [x.id for x in doc.visits],
    }
    for name, ids in known.items():
        faults += [f"{name}: {x!r} twice; expected each id once" for x in sorted({x for x in ids if ids.count(x) > 1})]

    def expect(path: str, value: str | None, kind: str) -> None:
        if value is not None and value not in known[kind]:
            faults.append(f"{path}: {value!r}; expected the id of one of {kind}")

    for i, shift in enumerate(doc.shifts):
        expect(f"shifts.{i}.clinician_id", shift.clinician_id, "clinicians")
        expect(f"shifts.{i}.start_place_id", shift.start_place_id, "places")
        expect(f"shifts.{i}.end_place_id", shift.end_place_id, "places")
        if shift.end <= shift.start:
            faults.append(f"shifts.{i}.end: {shift.end.isoformat()}; expected an instant after start")
    for i, visit in enumerate(doc.visits):
        expect(f"visits.{i}.place_id", visit.place_id, "places")
        faults += _visit_faults(f"visits.{i}", visit)
    for i, link in enumerate(doc.links):
        for k, visit_id in enumerate(link.visit_ids):
            expect(f"links.{i}.visit_ids.{k}", visit_id, "visits")
    if faults:
        raise Unreadable(*faults)


def _visit_faults(path: str, visit: VisitJson) -> list[str]:
    faults = []
    if visit.soft_window and len(visit.time_windows) > 1:
        faults.append(f"{path}.soft_window: given; expected only where there is one time window")
    for k, w in enumerate(visit.time_windows):
        if w.latest_start < w.earliest_start:
            late = w.latest_start.isoformat()
            faults.append(f"{path}.time_windows.{k}.latest_start: {late}; expected no earlier than earliest_start")
    return faults


def _travel(doc: ProblemJson, place_of: dict[str, int]) -> Int32:
    n = len(doc.places)
    if doc.travel is None:
        return _crowfly(doc)
    size = len(doc.travel.place_ids)
    if len(doc.travel.seconds) != size or any(len(row) != size for row in doc.travel.seconds):
        raise Unreadable(f"travel.seconds: not {size} x {size}; expected one row and column for each of place_ids")
    lost = sorted(set(place_of) - set(doc.travel.place_ids))
    if lost:
        raise Unreadable(*(f"travel.place_ids: {x!r} is missing; expected every place" for x in lost))
    index = [doc.travel.place_ids.index(place.id) for place in doc.places]
    table = np.minimum(np.array(doc.travel.seconds, dtype=np.int64).reshape(size, size), UNREACHABLE)
    return np.ascontiguousarray(table[np.ix_(index, index)].reshape(n, n), dtype=np.int32)


def _crowfly(doc: ProblemJson) -> Int32:
    """Great-circle metres x 1.35 at 40 km/h, rounded up."""
    if any(p.lat is None or p.lon is None for p in doc.places):
        raise Unreadable("travel: absent; expected a table, or lat and lon of every place")
    at = np.radians(np.array([[p.lat, p.lon] for p in doc.places], dtype=np.float64).reshape(-1, 2))
    d = at[:, None, :] - at[None, :, :]
    h = np.sin(d[..., 0] / 2) ** 2 + np.cos(at[:, None, 0]) * np.cos(at[None, :, 0]) * np.sin(d[..., 1] / 2) ** 2
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


def _windows(visit: VisitJson, origin: datetime) -> tuple[Windows, int, int]:
    """(windows of the start, price per minute late, how late it may be)."""
    found = []
    for w in visit.time_windows:
        close = (w.latest_start - origin).total_seconds()
        if w.latest_end is not None:
            close = min(close, (w.latest_end - origin).total_seconds() - 60 * visit.service_minutes)
        found.append((math.ceil((w.earliest_start - origin).total_seconds()), math.floor(close)))
    if visit.pin is not None and visit.pin.start is not None and visit.pin.scope != "person":
        start = int((visit.pin.start - origin).total_seconds())
        return ((start, start),), 0, 0
    soft = visit.soft_window
    if soft is None:
        return tuple(sorted(found)), 0, 0
    (opens, closes), soft_close = found[0], int((soft.close - origin).total_seconds())
    return ((opens, min(closes, soft_close)),), soft.late_cost_per_minute, max(0, closes - soft_close)


def _nodes(
    doc: ProblemJson,
    visits: tuple[tuple[VisitJson, int], ...],
    place_of: dict[str, int],
    origin: datetime,
    told: dict[int, tuple[str, datetime]],
) -> Nodes:
    timing = [_windows(v, origin) for v, _ in visits]
    return make_nodes(
        tuple(f"{v.id}/{k}" for v, k in visits),
        [place_of[v.place_id] for v, _ in visits],
        tuple(t[0] for t in timing),
        [60 * (v.service_minutes + v.documentation_minutes) for v, _ in visits],
        [
            UNCOVERED_SECONDS * v.priority if v.uncovered_cost_seconds is None else v.uncovered_cost_seconds
            for v, _ in visits
        ],
        service=[60 * v.service_minutes for v, _ in visits],
        required=[v.required or (v.pin is not None and v.pin.scope == "both") for v, _ in visits],
        late_cost=[t[1] for t in timing],
        late_limit=[t[2] for t in timing],
        told_start=[int((told[i][1] - origin).total_seconds()) if i in told else -1 for i in range(len(visits))],
    )


def _rows(doc: ProblemJson, place_of: dict[str, int], origin: datetime) -> Rows:
    def at(instant: datetime) -> int:
        return int((instant - origin).total_seconds())

    people = {c.id: i for i, c in enumerate(doc.clinicians)}
    shifts = doc.shifts
    return make_rows(
        tuple(s.id for s in shifts),
        [place_of[s.live.place_id if s.live else s.start_place_id] for s in shifts],
        [place_of[s.end_place_id or s.start_place_id] for s in shifts],
        clinician=[people[s.clinician_id] for s in shifts],
        leave=[max(at(s.start), at(s.live.ready_at)) if s.live else at(s.start) for s in shifts],
        shift_start=[at(s.start) for s in shifts],
        shift_end=[at(s.end) for s in shifts],
        hard_end=[at(s.hard_end or s.end) for s in shifts],
        overtime_cost=[s.overtime_cost_per_minute for s in shifts],
        begun=[s.live is not None for s in shifts],
        breaks=tuple(_break(s, at(b.earliest_start), at(b.latest_start)) if (b := _first(s)) else None for s in shifts),
    )


def _first(shift: ShiftJson) -> BreakJson | None:
    return shift.breaks[0] if shift.breaks else None


def _break(shift: ShiftJson, earliest: int, latest: int) -> Break:
    return Break(earliest, latest, 60 * shift.breaks[0].duration_minutes, shift.breaks[0].missed_cost_seconds)


def why_forbidden(visit: VisitJson, clinician: ClinicianJson, on: date) -> tuple[str, ...]:
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
    }
    return tuple(name for name, fails in tests.items() if fails)


def _pair_costs(
    doc: ProblemJson, visits: tuple[tuple[VisitJson, int], ...], told: dict[int, tuple[str, datetime]]
) -> Int32:
    """[N, R]: savings become costs of the others, so that no price is below 0."""
    clinicians = {c.id: c for c in doc.clinicians}
    cost = np.full((len(visits), len(doc.shifts)), FORBIDDEN, dtype=np.int32)
    for i, (visit, _) in enumerate(visits):
        saving = {x.clinician_id: x.saving_seconds for x in visit.preferred}
        most = max(saving.values(), default=0)
        for r, shift in enumerate(doc.shifts):
            who = shift.clinician_id
            if why_forbidden(visit, clinicians[who], shift.start.date()):
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
            continue  # at a fixed start nobody can be there twice anyway
        if visit.positions > 2:
            raise Unreadable(f"visits.{i}.positions: {visit.positions}; expected 1 or 2 where the start is open")
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


def _counters(doc: ProblemJson, visits: tuple[tuple[VisitJson, int], ...]) -> tuple[Counter, ...]:
    found = [_counter(doc, limit, clinician, visits) for limit in doc.limits for clinician in limit.clinician_ids]
    if doc.weights.fairness:
        found += [
            Counter(f"load:{s.id}", (r,), Measure.TIME, square=doc.weights.fairness) for r, s in enumerate(doc.shifts)
        ]
    return tuple(c for c in found if c.rows)


def _counter(doc: ProblemJson, limit: LimitJson, clinician: str, visits: tuple[tuple[VisitJson, int], ...]) -> Counter:
    rows = tuple(
        r
        for r, s in enumerate(doc.shifts)
        if s.clinician_id == clinician
        and (limit.first_date is None or s.start.date() >= limit.first_date)
        and (limit.last_date is None or s.start.date() <= limit.last_date)
    )
    counts = None
    if limit.visit_ids is not None:
        counts = np.array([v.id in limit.visit_ids for v, _ in visits], dtype=np.bool_)
    timed = limit.kind == "minutes"
    unit = 60 if timed else 1
    most = limit.max_minutes if timed else limit.max
    hard = limit.hard_max_minutes if timed else limit.hard_max
    return Counter(
        limit.id,
        rows,
        Measure.TIME if timed else Measure.ITEMS,
        used=unit * (limit.used_minutes if timed else limit.used),
        soft=FOREVER if most is None else unit * most,
        hard=FOREVER if hard is None else unit * hard,
        over_cost=limit.over_cost_per_minute if timed else limit.over_cost,
        counts=counts,
    )
