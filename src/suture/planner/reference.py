"""The definition of what is legal and what it costs: slow, obvious, plain Python. Every search must agree with it."""

from collections import Counter as Bag
from collections.abc import Sequence
from dataclasses import dataclass, fields

from suture.planner.plan import Plan, Route, left_out
from suture.planner.problem import FORBIDDEN, FOREVER, Counter, Hold, Measure, Problem, Who

ROUNDS = 1000
"""How often linked starts are pushed toward each other before they count as impossible."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The cost of a plan by cause, in cost units."""

    travel: int = 0
    pairs: int = 0
    uncovered: int = 0
    missed_breaks: int = 0
    lateness: int = 0
    latest: int = 0
    waiting: int = 0
    idle: int = 0
    overtime: int = 0
    told_window: int = 0
    told_start: int = 0
    counters: int = 0

    @property
    def total(self) -> int:
        """What the searches make small."""
        return sum(self.as_dict().values())

    def as_dict(self) -> dict[str, int]:
        """Part name -> cost."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken hard rule: at which node, in which row, by how many time units or items.

    Rules: twice, lost, unknown_node, forbidden, required, window, travel, hard_end, capacity, counter:<name>, held,
    link_gap, link_clinician, link_half, break, rest.
    """

    rule: str
    node: int | None = None
    row: int | None = None
    excess: int = 0


# -- times -----------------------------------------------------------------------------------------------------------


def busy_of(p: Problem, v: int) -> int:
    """How long a stop holds its clinician; v may be a break."""
    if v < p.n:
        return int(p.nodes.busy[v])
    pause = p.rows.breaks[v - p.n]
    return pause.length if pause else 0


def windows_of(p: Problem, v: int) -> tuple[tuple[int, int], ...]:
    """(open, close) pairs of the start of a stop; v may be a break."""
    if v < p.n:
        return p.nodes.windows[v]
    pause = p.rows.breaks[v - p.n]
    return ((pause.earliest, pause.latest),) if pause else ()


def late_limit_of(p: Problem, v: int) -> int:
    """How long after its close a stop may start."""
    return int(p.nodes.late_limit[v]) if v < p.n else 0


def window_at(p: Problem, v: int, start: int) -> tuple[int, int]:
    """The last window that has opened by `start` (the first one if none has)."""
    windows = windows_of(p, v)
    opened = [w for w in windows if w[0] <= start]
    return opened[-1] if opened else windows[0]


def earliest_start(p: Problem, v: int, arrival: int) -> int | None:
    """The first start at or after `arrival` that is legal; lateness within its limit is. None = there is none."""
    for opens, closes in windows_of(p, v):
        if arrival <= closes + late_limit_of(p, v):
            return max(arrival, opens)
    return None


def legs(p: Problem, r: int, route: Route) -> list[int]:
    """Travel into each stop, then home; a break takes the place of the stop before it."""
    n, place, travel = p.n, p.nodes.place, p.travel
    here, found = int(p.rows.start_place[r]), []
    for v in route:
        there = int(place[v]) if v < n else here
        found.append(int(travel[here, there]) if there != here else 0)
        here = there
    end = int(p.rows.end_place[r])
    home = int(p.travel[here, end]) if route or p.rows.begun[r] else 0
    return [*found, home]


def row_starts(p: Problem, r: int, route: Route, floors: dict[int, int]) -> list[int] | Breach:
    """Earliest starts of one row in this order, or where it fails. `floors`: starts forced by links."""
    starts: list[int] = []
    clock, ways = int(p.rows.leave[r]), legs(p, r, route)
    for v, leg in zip(route, ways, strict=False):
        arrival = clock + leg
        start = earliest_start(p, v, max(arrival, floors.get(v, arrival)))
        if start is None:
            closes = windows_of(p, v)[-1][1] + late_limit_of(p, v)
            return Breach("window", v, r, max(arrival, floors.get(v, arrival)) - closes)
        starts.append(start)
        clock = start + busy_of(p, v)
    if route:
        over = clock + ways[-1] - int(p.rows.hard_end[r])
        if over > 0:
            return Breach("hard_end", route[-1], r, over)
    return starts


def timed(p: Problem, routes: Sequence[Sequence[int]]) -> Plan | Breach:
    """A plan with the earliest starts that rows and links allow together, or the first breach of time."""
    orders = tuple(tuple(route) for route in routes)
    floors: dict[int, int] = {}
    for _ in range(ROUNDS):
        found: list[list[int]] = []
        for r, route in enumerate(orders):
            starts = row_starts(p, r, route, floors)
            if isinstance(starts, Breach):
                return starts
            found.append(starts)
        at = {v: s for route, starts in zip(orders, found, strict=True) for v, s in zip(route, starts, strict=True)}
        pushed = _pushed(p, at) | _rested(p, orders, found)
        if not pushed:
            return Plan(orders, tuple(tuple(s) for s in found), left_out(p.n, orders))
        floors |= pushed
    return Breach("link_gap", next(iter(pushed)))


def _pushed(p: Problem, at: dict[int, int]) -> dict[int, int]:
    """Starts that a link moves later."""
    pushed: dict[int, int] = {}
    for link in p.links:
        if link.gap is None or link.first not in at or link.second not in at:
            continue
        low, high = link.gap
        if at[link.second] < at[link.first] + low:
            pushed[link.second] = at[link.first] + low
        if at[link.first] < at[link.second] - high:
            pushed[link.first] = at[link.second] - high
    return pushed


def home_at(p: Problem, r: int, route: Route, starts: Sequence[int]) -> int:
    """When a row that is used comes home."""
    return starts[-1] + busy_of(p, route[-1]) + legs(p, r, route)[-1]


def _rested(p: Problem, orders: Sequence[Route], found: Sequence[Sequence[int]]) -> dict[int, int]:
    """First starts of rows that rest moves later."""
    rested: dict[int, int] = {}
    for x in p.rests:
        before, after = orders[x.first], orders[x.second]
        if before and after:
            ready = home_at(p, x.first, before, found[x.first]) + x.least + legs(p, x.second, after)[0]
            if found[x.second][0] < ready:
                rested[after[0]] = ready
    return rested


# -- legality ----------------------------------------------------------------------------------------------------------


def breaches(p: Problem, plan: Plan) -> list[Breach]:
    """Every broken hard rule of a plan at its own starts; empty for a legal one."""
    found = _counted_once(p, plan)
    if any(b.rule == "unknown_node" for b in found):
        return found
    for r, route in enumerate(plan.routes):
        found += _row_breaches(p, r, route, plan.starts[r])
    found += _link_breaches(p, plan)
    rested = _rested(p, plan.routes, plan.starts)
    found += [Breach("rest", v, plan.row_of(v), ready - (plan.start_of(v) or 0)) for v, ready in rested.items()]
    for counter in p.counters:
        if counter.hard >= FOREVER:
            continue
        used = sum(usage(p, counter, r, plan.routes[r]) for r in counter.rows)
        if counter.used + used > counter.hard and used > 0:
            found.append(Breach(f"counter:{counter.name}", None, counter.rows[0], counter.used + used - counter.hard))
    return found


def _counted_once(p: Problem, plan: Plan) -> list[Breach]:
    seen = Bag([v for route in plan.routes for v in route])
    out = set(plan.uncovered)
    found = [Breach("unknown_node", v) for v in seen if not 0 <= v < p.n + p.r]
    found += [Breach("twice", v, None, k - 1) for v, k in seen.items() if k > 1 or (v in out)]
    found += [Breach("lost", v) for v in range(p.n) if v not in seen and v not in out]
    return found + [Breach("required", v) for v in range(p.n) if v not in seen and p.nodes.required[v]]


def _row_breaches(p: Problem, r: int, route: Route, starts: Sequence[int]) -> list[Breach]:
    found: list[Breach] = []
    ways = legs(p, r, route)
    clock = int(p.rows.leave[r])
    for v, start, leg in zip(route, starts, ways, strict=False):
        if v >= p.n and (v != p.n + r or p.rows.breaks[r] is None):
            found.append(Breach("break", v, r))
            continue
        if v < p.n and p.pair_cost[v, r] >= FORBIDDEN:
            found.append(Breach("forbidden", v, r))
        if start < clock + leg:
            found.append(Breach("travel", v, r, clock + leg - start))
        opens, closes = window_at(p, v, start)
        if start < opens or start > closes + late_limit_of(p, v):
            found.append(Breach("window", v, r, max(opens - start, start - closes - late_limit_of(p, v))))
        clock = start + busy_of(p, v)
    if route and clock + ways[-1] > p.rows.hard_end[r]:
        found.append(Breach("hard_end", route[-1], r, clock + ways[-1] - int(p.rows.hard_end[r])))
    load = sum(int(p.nodes.demand[v]) for v in route if v < p.n)
    if load > p.rows.capacity[r]:
        found.append(Breach("capacity", None, r, load - int(p.rows.capacity[r])))
    frozen = [i for i, v in enumerate(route) if v < p.n and p.nodes.hold[v] == Hold.FROZEN]
    return found + [Breach("held", route[i], r) for i in frozen if i >= len(frozen)]


def _link_breaches(p: Problem, plan: Plan) -> list[Breach]:
    found: list[Breach] = []
    for link in p.links:
        rows = [plan.row_of(v) for v in (link.first, link.second)]
        if rows == [None, None]:
            continue
        if rows[0] is None or rows[1] is None:
            if link.whole:
                found.append(Breach("link_half", link.first if rows[1] is None else link.second))
            continue
        same = p.rows.clinician[rows[0]] == p.rows.clinician[rows[1]]
        if (link.who is Who.DIFFERENT and same) or (link.who is Who.SAME and not same):
            found.append(Breach("link_clinician", link.second, rows[1]))
        first, second = plan.start_of(link.first), plan.start_of(link.second)
        if link.gap is not None and first is not None and second is not None:
            off = max(link.gap[0] - (second - first), second - first - link.gap[1])
            if off > 0:
                found.append(Breach("link_gap", link.second, rows[1], off))
    return found


# -- prices ------------------------------------------------------------------------------------------------------------


def usage(p: Problem, counter: Counter, r: int, route: Route) -> int:
    """What a row uses of a counter: items, or busy time and travel between clients with the stop it leads to."""
    total, away = 0, bool(p.rows.begun[r])
    for v, leg in zip(route, legs(p, r, route), strict=False):
        if v >= p.n:
            continue
        if counter.counts is None or counter.counts[v]:
            total += 1 if counter.measure is Measure.ITEMS else int(p.nodes.busy[v]) + (leg if away else 0)
        away = True
    return total


def counter_price(p: Problem, counter: Counter, used: int) -> int:
    """What the use of this plan costs; what went over before it is not charged again."""
    over = max(0, counter.used + used - counter.soft) - max(0, counter.used - counter.soft)
    price = p.per_minute(over, counter.over_cost) if counter.measure is Measure.TIME else over * counter.over_cost
    if counter.square:
        minutes, was = (counter.used + used) // p.minute, counter.used // p.minute
        price += counter.square * (minutes * minutes - was * was) // 3600
    return price


def price(p: Problem, plan: Plan) -> Parts:
    """What a plan costs at its own starts, part by part. Legality is `breaches`' question."""
    sums = dict.fromkeys(("travel", "pairs", "lateness", "waiting", "overtime", "told_window", "told_start"), 0)
    latest = longest_idle = missed = 0
    for r, route in enumerate(plan.routes):
        ways, starts = legs(p, r, route), plan.starts[r]
        wait, lunched = _waiting(p, r, route, starts, ways)
        sums["travel"] += p.weights.travel * sum(ways)
        sums["waiting"] += p.weights.waiting * wait
        extra = 0
        if route:
            extra = max(0, home_at(p, r, route, starts) - int(p.rows.shift_end[r]))
        sums["overtime"] += p.per_minute(extra, int(p.rows.overtime_cost[r]))
        work = sum(ways) + sum(busy_of(p, v) for v in route)
        longest_idle = max(longest_idle, int(p.rows.shift_end[r]) - int(p.rows.shift_start[r]) + extra - work)
        pause = p.rows.breaks[r]
        missed += pause.missed_cost if pause and not lunched else 0
        for v, start in zip(route, starts, strict=True):
            if v < p.n:
                latest = max(latest, _add_stop(p, r, v, start, sums))
    return Parts(
        **sums,
        uncovered=sum(int(p.nodes.uncovered[v]) for v in plan.uncovered),
        missed_breaks=missed,
        latest=p.weights.late_max * latest,
        idle=p.weights.idle_max * longest_idle,
        counters=sum(counter_price(p, c, sum(usage(p, c, r, plan.routes[r]) for r in c.rows)) for c in p.counters),
    )


def _waiting(p: Problem, r: int, route: Route, starts: Sequence[int], ways: Sequence[int]) -> tuple[int, bool]:
    """(waiting between stops, whether the break is taken). The way out is just in time: no wait before the first stop,
    nor right after a break that opens the row."""
    total, lunched, clock = 0, False, 0
    for i, (v, start, leg) in enumerate(zip(route, starts, ways, strict=False)):
        opened = i == 0 or (i == 1 and route[0] >= p.n)
        total += 0 if opened else start - clock - leg
        lunched = lunched or v >= p.n
        clock = start + busy_of(p, v)
    return total, lunched


def _add_stop(p: Problem, r: int, v: int, start: int, sums: dict[str, int]) -> int:
    """Add what one stop costs; returns its lateness."""
    nodes = p.nodes
    sums["pairs"] += int(p.pair_cost[v, r])
    late = max(0, start - window_at(p, v, start)[1])
    sums["lateness"] += p.per_minute(late, int(nodes.late_cost[v]))
    if nodes.told_cost[v] and not nodes.told_open[v] <= start <= nodes.told_close[v]:
        sums["told_window"] += int(nodes.told_cost[v])
    if nodes.told_start[v] >= 0:
        moved = min(abs(start - int(nodes.told_start[v])), p.weights.start_cap_minutes * p.minute)
        sums["told_start"] += p.per_minute(moved, p.weights.start_per_minute)
    return late
