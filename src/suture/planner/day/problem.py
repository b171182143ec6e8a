"""The planning problem of one branch-day, made once from the day and what the rulebook says of it.

The search reads nothing else: no rule file, no clock, no model object it would have to interpret.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from suture.model.day import ConfirmationState, Day
from suture.model.ids import PartyId, PlaceId, PositionKey, VisitId
from suture.model.instants import local_date, midnight
from suture.model.people import Shift
from suture.model.plan import Assignment, Stage
from suture.model.visit import GateState, Visit
from suture.planner.day.live import FrozenStop, frozen_stops, is_on_duty, shift_index
from suture.planner.day.rows import DayPrices, Node, Published, RestBound, Row, Series
from suture.rules.evaluate import PairVerdicts
from suture.rules.verdicts import DayRules, Limit, Rest, Verdict

__all__ = ["DayPrices", "DayProblem", "Node", "Row", "Series", "build"]

Minutes = dict[tuple[PartyId, VisitId], int | None]
"""What a pair costs in minutes of driving; None where a rule forbids it."""

Called = Mapping[int, frozenset[PositionKey]]
"""By tier, the positions that those on call may be called for."""


@dataclass(frozen=True, slots=True)
class DayProblem:
    """A whole day, ready to be planned. `prices[row][node]`: pair price ≥ 0 in seconds, None where not eligible."""

    day: Day
    origin: datetime
    now: datetime
    weights: DayPrices
    nodes: tuple[Node, ...]
    rows: tuple[Row, ...]
    prices: tuple[tuple[int | None, ...], ...]
    limits: Mapping[PartyId, tuple[Limit, ...]]
    rows_of: Mapping[PartyId, tuple[int, ...]]
    node_of: Mapping[PositionKey, int]
    frozen: tuple[FrozenStop, ...]
    pinned: tuple[tuple[int, ...], ...]
    """The nodes a person pinned to each row, by start."""
    series: tuple[Series, ...] = ()
    crowded: frozenset[int] = frozenset()
    """Nodes with less room, or none, since their patient has other visits (`one_at_a_time`)."""
    called: Called = field(default_factory=dict)
    """What clinicians on call may be called for."""

    def seconds(self, instant: datetime) -> int:
        """Whole seconds since the origin."""
        return _seconds(instant, self.origin)

    def instant(self, seconds: int) -> datetime:
        """The instant this many seconds after the origin."""
        return self.origin + timedelta(seconds=seconds)

    def travel(self, origin: PlaceId, destination: PlaceId) -> int:
        """Driving seconds; inside one place none."""
        if origin == destination:
            return 0
        times = self.day.travel  # read here, not asked: a decision needs six hundred trips
        return times.matrix.seconds[times.index[origin]][times.index[destination]]

    def first_arrival(self, r: int, v: int) -> int:
        """When row `r` can be at node `v` as its next stop."""
        row, node = self.rows[r], self.nodes[v]
        way = self.travel(row.start_place, node.place)
        if row.frozen:
            arrival = row.ready + way
        elif node.is_open_shift:
            arrival = max(row.leave_from, row.ready + way)
        else:
            arrival = max(row.leave_from, row.ready) + way
        return min(arrival, row.on_way_at) if v == row.on_way else arrival

    def last_departure(self, r: int, v: int) -> int:
        """When row `r` must leave node `v`, its last stop, to be back by the end of its duty."""
        row, node = self.rows[r], self.nodes[v]
        return row.return_by - (0 if node.is_open_shift else self.travel(node.place, row.home))

    def meets_window(self, r: int, v: int) -> bool:
        """Whether the shift of row `r` leaves time for node `v` in its window, and is not on call for others alone."""
        row, node = self.rows[r], self.nodes[v]
        in_time = row.shift_start <= node.close and node.open + node.busy <= row.shift_end
        return in_time and self.admits(r, v)

    def admits(self, r: int, v: int) -> bool:
        """Whether node `v` may be in row `r`, as far as on-call hours go."""
        row = self.rows[r]
        return not row.tier or _admits(self.day, row, r, self.nodes[v], self.called)

    def is_pinned(self, v: int) -> bool:
        """Whether a person fixed the node's clinician and start."""
        return self.nodes[v].pinned_row is not None


def build(
    day: Day,
    rules: DayRules,
    *,
    now: datetime,
    weights: DayPrices | None = None,
    called: Called | None = None,
) -> DayProblem:
    """Make the problem of one branch-day as it stands at `now`.

    On-call hours are rows only where the plan uses them, for what is published or pinned there, and where their tier
    is among `called`; the rows of these come last, by tier, so that one more tier leaves the others where they are.
    """
    weights, called = weights or DayPrices(), called or {}
    day, others = _at_work(day), sorted((s for s in day.shifts if s.tier in called), key=lambda s: s.tier)
    origin = midnight(day.service_date, day.branch.tz)
    frozen = frozen_stops(day, now)
    keys = _want_planning(day, frozen)
    node_of = {key: v for v, key in enumerate(keys)}
    minutes = _pair_minutes(rules)
    least = _least_minutes(minutes)
    messaged = _messaged_today(day)
    together = {s.visit.id: s.starts_at for s in frozen if s.visit.late_by == s.assignment.clinician_id}
    held = [_held_row(day, key) for key in keys]
    if others := [shift for shift in others if shift not in day.shifts]:  # what has become fact does not depend on them
        day = replace(day, shifts=(*day.shifts, *others))
    nodes = tuple(
        _node(day, weights, key, row, node_of, least, messaged, together, origin)
        for key, row in zip(keys, held, strict=True)
    )
    rows = tuple(_row(day, rules.rests, r, frozen, origin, now) for r in range(len(day.shifts)))
    rows_of: dict[PartyId, tuple[int, ...]] = {}
    for r, row in enumerate(rows):
        rows_of[row.clinician_id] = (*rows_of.get(row.clinician_id, ()), r)
    limits: dict[PartyId, list[Limit]] = defaultdict(list)
    for limit in rules.limits:
        limits[limit.clinician_id].append(limit)
    return DayProblem(
        day=day,
        origin=origin,
        now=now,
        weights=weights,
        nodes=nodes,
        rows=tuple(_with_way(day, row, r, nodes, held, origin) for r, row in enumerate(rows)),
        prices=tuple(
            tuple(
                _price(day, rules, minutes, row, r, node)
                if not row.tier or _admits(day, row, r, node, called)
                else None
                for node in nodes
            )
            for r, row in enumerate(rows)
        ),
        limits={c: tuple(limits[c]) for c in rows_of},
        rows_of=rows_of,
        node_of=node_of,
        frozen=frozen,
        pinned=tuple(_pinned(nodes, r) for r in range(len(rows))),
        series=tuple(_series(rules, nodes, rows, frozen)),
        called=called,
    )


def called_for(day: Day, keys: Iterable[PositionKey]) -> Called:
    """These positions, for everyone on call."""
    wanted = frozenset(keys)
    return {shift.tier: wanted for shift in day.shifts if shift.is_on_call}


def _at_work(day: Day) -> Day:
    """The day without the on-call hours that its plan does not use."""
    if not any(shift.is_on_call for shift in day.shifts):
        return day
    used = {shift_index(day.shifts, a) for a in day.plan.assignments.values()}
    return replace(day, shifts=tuple(s for r, s in enumerate(day.shifts) if not s.is_on_call or r in used))


def _admits(day: Day, row: Row, r: int, node: Node, called: Called) -> bool:
    """Whether it may be in these on-call hours: the published plan or a person put it there, or it is `called` for."""
    if node.pinned_row == r or node.key in called.get(row.tier, ()):
        return True
    return node.published is not None and shift_index(day.shifts, node.published.assignment) == r


def _series(
    rules: DayRules, nodes: tuple[Node, ...], rows: tuple[Row, ...], frozen: tuple[FrozenStop, ...]
) -> Iterator[Series]:
    """The series the search has to keep; of a visit with two carers, the first one is meant."""
    for series in rules.series:
        own = [v for v, node in enumerate(nodes) if node.visit.id in series.visits and node.key.position == 1]
        free = tuple(v for v in own if nodes[v].pinned_row is None)
        fixed = [rows[r].clinician_id for v in own if (r := nodes[v].pinned_row) is not None]
        done = [s.assignment for s in frozen if s.visit.id in series.visits and s.assignment.key.position == 1]
        if free and len(own) + len(done) > 1:
            yield Series(series.rule_id, free, (*fixed, *(a.clinician_id for a in done)), series.weight)


def _want_planning(day: Day, frozen: tuple[FrozenStop, ...]) -> list[PositionKey]:
    """Positions that the search may decide. Carers begin together: once one has, no other is sent after them."""
    frozen_keys, begun = {s.assignment.key for s in frozen}, {s.visit.id for s in frozen}

    def needs(key: PositionKey) -> bool:
        visit = day.visits[key.visit_id]
        if visit.is_started or key in frozen_keys or not visit.is_clear:
            return False
        if not day.has_place(visit):
            return False
        held = day.plan.assignments.get(key)
        return key.visit_id not in begun or (held is not None and is_on_duty(day, held))

    return [key for key in day.open_positions() if needs(key)]


def _pinned(nodes: tuple[Node, ...], r: int) -> tuple[int, ...]:
    pinned = [v for v, node in enumerate(nodes) if node.pinned_row == r]
    return tuple(sorted(pinned, key=lambda v: (nodes[v].open, v)))


def _seconds(instant: datetime, origin: datetime) -> int:
    since = instant - origin
    return since.days * 86_400 + since.seconds


def _travel(day: Day, origin: PlaceId, destination: PlaceId) -> int:
    return 0 if origin == destination else day.travel.seconds(origin, destination)


def _pair_minutes(rules: DayRules) -> Minutes:
    """What each pair costs, None where she may not: read off the compiled arrays at once, not verdict by verdict."""
    if not isinstance(rules.pairs, PairVerdicts):
        return {pair: _cost(verdict) for pair, verdict in rules.pairs.items()}
    compiled = rules.pairs.compiled
    may, costs = compiled.eligible.tolist(), compiled.cost.tolist()
    found: Minutes = {
        (c, v): costs[i][j] if may[i][j] else None
        for c, i in compiled.row_of.items()
        for v, j in compiled.column_of.items()
    }
    return found | {pair: _cost(rules.pairs[pair]) for pair in rules.pairs.findings}


def _cost(verdict: Verdict) -> int | None:
    return verdict.cost_minutes if verdict.eligible else None


def _least_minutes(minutes: Minutes) -> dict[VisitId, int]:
    least: dict[VisitId, int] = {}
    for (_, visit_id), cost in minutes.items():
        if cost is not None and cost <= least.get(visit_id, cost):
            least[visit_id] = cost
    return least


def _held_row(day: Day, key: PositionKey) -> int | None:
    """The row in which the plan has a position."""
    assignment = day.plan.assignments.get(key)
    return shift_index(day.shifts, assignment) if assignment else None


def _node(
    day: Day,
    weights: DayPrices,
    key: PositionKey,
    held_row: int | None,
    node_of: Mapping[PositionKey, int],
    least: Mapping[VisitId, int],
    messaged: frozenset[VisitId],
    together: Mapping[VisitId, datetime],
    origin: datetime,
) -> Node:
    visit = day.visits[key.visit_id]
    care = visit.duration_minutes * 60
    opens = _seconds(visit.window.earliest_start, origin)
    if visit.id in day.tried:
        opens = max(opens, _seconds(day.tried[visit.id], origin))
    closes = min(_seconds(visit.window.latest_start, origin), _seconds(visit.window.latest_end, origin) - care)
    assignment = day.plan.assignments.get(key)
    published = _published(day, assignment, messaged, origin) if assignment else None
    told_open = published.told_open if published else _told_by_another_seat(day, visit, origin)
    if told_open is not None and told_open <= closes:
        opens = max(opens, told_open)  # no patient is asked to be ready earlier than told
    pinned_row = held_row if assignment and assignment.pinned else None
    if assignment and pinned_row is not None:
        opens = closes = _seconds(assignment.starts_at, origin)
    elif visit.id in together:
        opens = closes = _seconds(together[visit.id], origin)
    return Node(
        key=key,
        visit=visit,
        open=opens,
        close=closes,
        care=care,
        busy=care + visit.documentation_minutes * 60,
        uncovered_price=weights.uncovered * int(visit.priority)
        + (weights.standing if published and held_row is not None else 0),
        shift_seconds=60 * least.get(visit.id, 0),
        published=published,
        pinned_row=pinned_row,
        partners=tuple(node_of[k] for k in visit.position_keys() if k != key and k in node_of)
        if visit.positions > 1
        else (),
    )


def _told_by_another_seat(day: Day, visit: Visit, origin: datetime) -> int | None:
    """From when on the patient expects someone whose visit has another carer by the published plan."""
    if visit.positions == 1 or day.plan.stage is not Stage.PUBLISHED:
        return None
    seats = (day.plan.assignments.get(key) for key in visit.position_keys())
    first = next((seat for seat in seats if seat), None)
    return _seconds(first.told.open, origin) if first else None


def _published(day: Day, assignment: Assignment, messaged: frozenset[VisitId], origin: datetime) -> Published | None:
    if day.plan.stage is not Stage.PUBLISHED:
        return None
    return Published(
        assignment=assignment,
        start=_seconds(assignment.starts_at, origin),
        told_open=_seconds(assignment.told.open, origin),
        told_close=_seconds(assignment.told.close, origin),
        messaged_today=assignment.key.visit_id in messaged,
    )


def _messaged_today(day: Day) -> frozenset[VisitId]:
    """Visits whose people were told of a time on the service date, or who have confirmed it: more expensive to move."""
    tz, yes = day.branch.tz, ConfirmationState.ACCEPTED
    return frozenset(
        p.visit_id
        for p in day.promises
        if local_date(p.told_at, tz) == day.service_date or (p.answer is yes and p.party_id in day.patients)
    )


def _row(
    day: Day, rests: tuple[Rest, ...], r: int, frozen: tuple[FrozenStop, ...], origin: datetime, now: datetime
) -> Row:
    """A row as it is: behind its own frozen stops, or at home, and never driving off before `now`."""
    shift = day.shifts[r]
    home = day.clinicians[shift.clinician_id].home_place_id
    stops = [s for s in frozen if s.assignment.clinician_id == shift.clinician_id]
    own = tuple(s for s in stops if _row_of_frozen(day.shifts, s) == r)
    place, ready = home, now
    for stop in stops:
        if stop in own or stop.starts_at < shift.starts_at:
            place = stop.visit.place_id
            ready = max(ready, stop.left_at)
    if own:  # what was done before an absence does not begin the hours after it
        ready = max(ready, shift.starts_at)
    if late := _not_before(day, shift, frozen):
        ready = max(ready, late)
    if not own and place != home:
        ready, place = ready + timedelta(seconds=_travel(day, place, home)), home
    before, after = _rest_bounds(day, rests, shift, origin)
    return Row(
        clinician_id=shift.clinician_id,
        shift_start=_seconds(shift.starts_at, origin),
        shift_end=_seconds(shift.ends_at, origin),
        home=home,
        start_place=place,
        ready=_seconds(ready, origin),
        frozen=own,
        rest_before=before,
        rest_after=after,
        tier=shift.tier,
    )


def _not_before(day: Day, shift: Shift, frozen: tuple[FrozenStop, ...]) -> datetime | None:
    """When a clinician who is late can begin at all, where the visit they are late for cannot wait so long."""
    keys = {stop.assignment.key for stop in frozen}
    ahead = [
        (a.starts_at, a.key)
        for a in day.plan.assignments.values()
        if a.clinician_id == shift.clinician_id and a.key not in keys and _is_waiting(day, a.key)
    ]
    if not ahead:
        return None
    _, key = min(ahead)
    visit = day.visits[key.visit_id]
    return visit.expected_start if visit.late_by == shift.clinician_id else None


def _is_waiting(day: Day, key: PositionKey) -> bool:
    """Whether its clinician is to go there: not where a gate keeps her back."""
    visit = day.visits.get(key.visit_id)
    kept_back = visit is not None and visit.gate in (GateState.HELD, GateState.WAITLIST)
    return visit is not None and visit.is_plannable and not visit.is_started and not kept_back


def _row_of_frozen(shifts: tuple[Shift, ...], stop: FrozenStop) -> int | None:
    """The row a frozen stop belongs to: the last shift of its clinician begun by then, else the first one.

    What began early, on call, and lasts into ordinary hours is a stop of these.
    """
    own = [r for r, s in enumerate(shifts) if s.clinician_id == stop.assignment.clinician_id]
    begun = [r for r in own if shifts[r].starts_at <= stop.starts_at]
    last = max(begun, key=lambda r: shifts[r].starts_at) if begun else min(own, default=None)
    if last is None or not shifts[last].is_on_call:
        return last
    ordinary = (r for r in own if not shifts[r].is_on_call and stop.starts_at < shifts[r].starts_at < stop.left_at)
    return next(ordinary, last)


def _rest_bounds(
    day: Day, rests: tuple[Rest, ...], shift: Shift, origin: datetime
) -> tuple[RestBound | None, RestBound | None]:
    """How rest after the last duty before the shift, and before the next one after it, bounds the row."""
    rest = max((x for x in rests if x.clinician_id == shift.clinician_id), key=lambda x: x.minutes, default=None)
    if rest is None:
        return None, None
    length = timedelta(minutes=rest.minutes)
    duties = [p for p in day.past if p.clinician_id == shift.clinician_id]
    ends = [p.ends_at for p in duties if p.ends_at <= shift.starts_at]
    starts = [p.starts_at for p in duties if p.starts_at >= shift.ends_at]
    before = RestBound(rest.rule_id, _seconds(max(ends) + length, origin)) if ends else None
    after = RestBound(rest.rule_id, _seconds(min(starts) - length, origin)) if starts else None
    return before, after


def _with_way(day: Day, row: Row, r: int, nodes: tuple[Node, ...], held: Sequence[int | None], origin: datetime) -> Row:
    """Add the stop the clinician is taken to be driving to.

    The published plan says when to leave; that moment may have passed. Without this, a repair at 07:50 would have a
    clinician still at home who is due at a door at 08:00, and would move visits that are perfectly fine.
    """
    due = [
        (node.published.start, v)
        for v, node in enumerate(nodes)
        if held[v] == r and node.published and node.visit.gate.is_dispatched
    ]
    if not due:
        return row
    start, v = min(due)
    if nodes[v].visit.expected_start is not None:  # known to be late
        return row
    free = max((_seconds(s.left_at, origin) for s in row.frozen), default=row.leave_from)
    commute = nodes[v].is_open_shift and not row.frozen
    on_time = free + (0 if commute else _travel(day, row.start_place, nodes[v].place)) <= start
    return replace(row, on_way=v, on_way_at=start) if on_time else row


def _price(day: Day, rules: DayRules, minutes: Minutes, row: Row, r: int, node: Node) -> int | None:
    """The pair's price in seconds: 0 for the visit's cheapest clinician; None where she may not, or said she cannot."""
    pair = row.clinician_id, node.key.visit_id
    if node.pinned_row is not None:  # a person chose the pair, whatever the rules say of it
        if node.pinned_row != r:
            return None
        verdict = rules.pairs.get(pair)
        return max(0, 60 * verdict.cost_minutes - node.shift_seconds) if verdict else 0
    cost = minutes.get(pair)
    if cost is None or pair in day.declined:
        return None
    if rules.refused_seat(*pair, node.key.position):
        return None
    if row.frozen and any(stop.visit.id == node.visit.id for stop in row.frozen):  # there already, in another seat
        return None
    return 60 * cost - node.shift_seconds
