"""Who could take a position that the plan leaves open if they were asked: priced like a plan, but beyond their hours.

No visit is taken away from anyone, no promise is broken, and no hard rule is passed: what is asked of a person is time.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suture.model.day import Day, PastVisit
from suture.model.ids import PartyId, PlaceId, PositionKey
from suture.model.people import Availability, AvailabilityKind, Shift, shifts_of
from suture.model.visit import VisitKind
from suture.planner.day.explain import ClinicianReason, ReasonKind, reason_against, why_not_then
from suture.planner.day.limits import usage, used_before
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.reference import Failure, over_hard_limits, route_travel, row_starts
from suture.planner.day.rows import IN_A_REPAIR
from suture.planner.day.solution import Solution, from_assignments
from suture.rules.verdicts import DayRules, LimitMeasure


@dataclass(frozen=True, slots=True)
class Could:
    """One person who could take it, and what it would take.

    `hours`: from leaving to being back, where that is beyond the hours they have; `extra`: by how much. `drive`: more
    driving. `pushed`: the most that another visit of theirs begins later, inside what its patient was told.
    `overtime`: minutes above a weekly or daily limit that is not hard. `rest`: until their next work, where that is
    known. `visits`: how often they were with the patient before. `price_seconds`: as the planner weighs it.
    """

    clinician_id: PartyId
    starts_at: datetime
    hours: tuple[datetime, datetime]
    extra: timedelta
    drive: timedelta
    pushed: timedelta
    overtime: timedelta
    rest: timedelta | None
    visits: int
    tier: int
    price_seconds: int


@dataclass(frozen=True, slots=True)
class WhoCould:
    """Everyone of a day about one position: those who could, cheapest first, and what keeps each of the others away,
    those who come nearest first."""

    could: tuple[Could, ...]
    cannot: tuple[ClinicianReason, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """The position at one place of one row."""

    row: int
    order: tuple[int, ...]
    starts: tuple[int, ...]
    price: int


def who_could(
    day: Day,
    rules: DayRules,
    key: PositionKey,
    now: datetime,
    *,
    among: Collection[PartyId] | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> WhoCould:
    """Ask it of everyone of the day, or `among` some; `between`: only if they begin then. Nothing where the position
    is not open."""
    wider = _with_asked_hours(_with_window(day, key, between), key, among)
    problem = build(wider, rules, now=now, weights=IN_A_REPAIR)
    v = problem.node_of.get(key)
    if v is None or key in day.plan.assignments:
        return WhoCould((), ())
    solution = from_assignments(problem, wider.plan)
    could: list[Could] = []
    cannot: list[ClinicianReason] = []
    for clinician_id in sorted(day.clinicians if among is None else among & day.clinicians.keys()):
        found = _ask(problem, rules, solution, v, clinician_id)
        if isinstance(found, _Place):
            could.append(_could(day, problem, solution, v, found))
        else:
            cannot.append(found)
    return WhoCould(
        tuple(sorted(could, key=lambda c: (c.price_seconds, c.clinician_id))),
        tuple(sorted(cannot, key=lambda r: (_RANKS.get(r.kind, 9), r.excess_minutes, r.clinician_id))),
    )


_RANKS = {ReasonKind.TIME: 0, ReasonKind.NO_SHIFT: 1, ReasonKind.UNKNOWN: 2, ReasonKind.DECLINED: 3}


def _with_window(day: Day, key: PositionKey, between: tuple[datetime, datetime] | None) -> Day:
    """The day in which the visit begins between two instants, inside its own window."""
    if between is None or key.visit_id not in day.visits:
        return day
    visit = day.visits[key.visit_id]
    opens, closes = max(between[0], visit.window.earliest_start), min(between[1], visit.window.latest_start)
    if opens > closes:
        return day
    window = replace(visit.window, earliest_start=opens, latest_start=closes)
    return replace(day, visits={**day.visits, visit.id: replace(visit, window=window)})


def _with_asked_hours(day: Day, key: PositionKey, among: Collection[PartyId] | None) -> Day:
    """The day in which everyone has the hours that the position would take of them, except where they are away."""
    visit = day.visits.get(key.visit_id)
    if visit is None:
        return day
    asked = []
    for clinician in day.clinicians.values():
        if among is not None and clinician.id not in among:
            continue
        there = back = 0
        if visit.kind is not VisitKind.OPEN_SHIFT:
            there = _way(day, clinician.home_place_id, visit.place_id)
            back = _way(day, visit.place_id, clinician.home_place_id)
        leaves = visit.window.earliest_start - timedelta(seconds=there)
        returns = visit.window.latest_start + visit.busy + timedelta(seconds=back)
        asked.append(Availability(clinician.id, leaves, returns, AvailabilityKind.AVAILABLE))
    availability = (*day.availability, *asked)
    return replace(day, availability=availability, shifts=shifts_of(availability))


def _way(day: Day, origin: PlaceId, destination: PlaceId) -> int:
    return 0 if origin == destination else day.travel.seconds(origin, destination)


def _ask(
    problem: DayProblem, rules: DayRules, solution: Solution, v: int, clinician_id: PartyId
) -> _Place | ClinicianReason:
    if against := reason_against(problem, rules, solution, v, clinician_id):
        return against
    found = [_best_in_row(problem, rules, solution, r, v) for r in problem.rows_of[clinician_id]]
    places = [x for x in found if isinstance(x, _Place)]
    if places:
        return min(places, key=lambda x: (x.price, x.row))
    nearest = min((x for x in found if isinstance(x, Failure)), key=lambda x: x.excess)
    minutes = -(-nearest.excess // 60)
    said = why_not_then(rules, nearest, minutes, own=nearest.node == v)
    return ClinicianReason(clinician_id, ReasonKind.TIME, said, (nearest.rule,), excess_minutes=minutes)


def _best_in_row(problem: DayProblem, rules: DayRules, solution: Solution, r: int, v: int) -> _Place | Failure:
    """The cheapest place that keeps every promise, or what fails at the one that comes nearest."""
    route = solution.routes[r]
    best: _Place | None = None
    nearest: Failure | None = None
    for i in range(len(route) + 1):
        order = (*route[:i], v, *route[i:])
        starts = _starts(problem, solution, r, order, v)
        if isinstance(starts, Failure):
            nearest = starts if nearest is None or starts.excess < nearest.excess else nearest
            continue
        place = _Place(r, order, starts, _price(problem, solution, r, order, starts, v))
        if short := _too_little_rest(problem, rules, place):
            nearest = short if nearest is None or short.excess < nearest.excess else nearest
        elif best is None or place.price < best.price:
            best = place
    return best or nearest or Failure("window", v, 0)


def _starts(
    problem: DayProblem, solution: Solution, r: int, order: tuple[int, ...], v: int
) -> tuple[int, ...] | Failure:
    """The starts of the row with the node, or the first thing against it."""
    beside = [solution.starts[u] for u in problem.nodes[v].partners if u in solution.starts]
    starts = row_starts(problem, r, order, {v: max(beside)} if beside else None)
    if isinstance(starts, Failure):
        return starts
    at = dict(zip(order, starts, strict=True))
    if beside and at[v] > max(beside):
        return Failure("same_start", v, at[v] - max(beside))
    for u in order:
        told = problem.nodes[u].published
        if u != v and told is not None and at[u] > max(told.told_close, solution.starts[u]):
            return Failure("window", u, at[u] - told.told_close)
    return _over_limits(problem, solution, r, order, v) or starts


def _over_limits(problem: DayProblem, solution: Solution, r: int, order: tuple[int, ...], v: int) -> Failure | None:
    clinician_id = problem.rows[r].clinician_id
    routes = (*solution.routes[:r], order, *solution.routes[r + 1 :])
    for rule, excess in over_hard_limits(problem, routes, clinician_id):
        return Failure(rule, None, excess)
    for series in problem.series:
        if series.weight is None and v in series.nodes:
            people = [
                problem.rows[q].clinician_id for q, route in enumerate(routes) for u in route if u in series.nodes
            ]
            if odd := series.out_of_line(people):
                return Failure(f"together:{series.rule_id}", None, odd)
    return None


def _price(
    problem: DayProblem, solution: Solution, r: int, order: tuple[int, ...], starts: tuple[int, ...], v: int
) -> int:
    """More driving, the pair's own price, and what begins later, a minute of it like the planner's."""
    drive = route_travel(problem, r, order) - route_travel(problem, r, solution.routes[r])
    later = sum(max(0, at - solution.starts[u]) for u, at in zip(order, starts, strict=True) if u != v)
    return drive + (problem.prices[r][v] or 0) + problem.weights.start_per_minute * later // 60


def _could(day: Day, problem: DayProblem, solution: Solution, v: int, place: _Place) -> Could:
    row, r = problem.rows[place.row], place.row
    at = dict(zip(place.order, place.starts, strict=True))
    clinician_id, visit = row.clinician_id, problem.nodes[v].visit
    hours = _hours(problem, place)
    later = max((max(0, at[u] - solution.starts[u]) for u in place.order if u != v), default=0)
    following = min((p.starts_at for p in _duties(day, clinician_id) if p.starts_at >= hours[1]), default=None)
    return Could(
        clinician_id=clinician_id,
        starts_at=problem.instant(at[v]),
        hours=hours,
        extra=hours[1] - hours[0] - _within(day.shifts, clinician_id, hours),
        drive=timedelta(seconds=route_travel(problem, r, place.order) - route_travel(problem, r, solution.routes[r])),
        pushed=timedelta(seconds=later),
        overtime=_overtime(problem, solution, place),
        rest=following - hours[1] if following else None,
        visits=sum(
            visit.patient_id is not None and p.patient_id == visit.patient_id for p in _duties(day, clinician_id)
        ),
        tier=_tier(day, clinician_id, hours),
        price_seconds=place.price,
    )


def _hours(problem: DayProblem, place: _Place) -> tuple[datetime, datetime]:
    """From leaving home, or the first stop that is fact, to being back. The way to a shift is their own time."""
    row = problem.rows[place.row]
    first, last = problem.nodes[place.order[0]], problem.nodes[place.order[-1]]
    there = 0 if first.is_open_shift else problem.travel(row.start_place, first.place)
    back = 0 if last.is_open_shift else problem.travel(last.place, row.home)
    leaves = problem.instant(place.starts[0] - there)
    if row.frozen:
        leaves = min(leaves, row.frozen[0].starts_at)
    return leaves, problem.instant(place.starts[-1] + last.busy + back)


def _too_little_rest(problem: DayProblem, rules: DayRules, place: _Place) -> Failure | None:
    """Work of another day that these hours meet, or come too near to."""
    clinician_id, (leaves, returns) = problem.rows[place.row].clinician_id, _hours(problem, place)
    rest = max((x for x in rules.rests if x.clinician_id == clinician_id), key=lambda x: x.minutes, default=None)
    length = timedelta(minutes=rest.minutes) if rest else timedelta()
    for duty in _duties(problem.day, clinician_id):
        short = min(duty.ends_at + length - leaves, returns + length - duty.starts_at)
        if short > timedelta():
            return Failure(f"rest:{rest.rule_id}" if rest else "window", None, int(short.total_seconds()))
    return None


def _duties(day: Day, clinician_id: PartyId) -> list[PastVisit]:
    return [p for p in day.past if p.clinician_id == clinician_id]


def _within(shifts: Iterable[Shift], clinician_id: PartyId, hours: tuple[datetime, datetime]) -> timedelta:
    """How much of these hours someone works anyway."""
    own = [(max(s.starts_at, hours[0]), min(s.ends_at, hours[1])) for s in shifts if s.clinician_id == clinician_id]
    return sum((end - start for start, end in own if start < end), timedelta())


def _overtime(problem: DayProblem, solution: Solution, place: _Place) -> timedelta:
    """What it adds above limits of working time that are not hard; of several the most."""
    clinician_id = problem.rows[place.row].clinician_id
    most = 0
    for limit in problem.limits[clinician_id]:
        if limit.measure is LimitMeasure.MINUTES and limit.visits is None:
            before = [usage(problem, r, solution.routes[r], limit) for r in problem.rows_of[clinician_id]]
            with_it = [
                usage(problem, r, place.order if r == place.row else solution.routes[r], limit)
                for r in problem.rows_of[clinician_id]
            ]
            free = limit.maximum * 60 - used_before(limit)
            most = max(most, max(0, sum(with_it) - free) - max(0, sum(before) - free))
    return timedelta(seconds=most)


def _tier(day: Day, clinician_id: PartyId, hours: tuple[datetime, datetime]) -> int:
    """The tier of the on-call hours that these are in; 0 where they are in none."""
    own = (s for s in day.shifts if s.clinician_id == clinician_id and s.is_on_call)
    return min((s.tier for s in own if s.starts_at < hours[1] and s.ends_at > hours[0]), default=0)
