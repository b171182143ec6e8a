"""The definition of what is legal and what it costs: slow and obvious. Every faster evaluation must agree with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

from suture.model.ids import PartyId, PositionKey
from suture.planner.day import limits
from suture.planner.day.problem import DayProblem
from suture.planner.day.solution import Solution

ROUNDS = 100
"""How often the starts of visits with two carers are pushed toward each other before they count as impossible."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an order is not legal: the first rule that fails, at which node (None: the way home), by how many seconds.

    Rules: `not_eligible`, `window`, `shift_end`, `rest:<id>`, `limit:<id>`, `together:<id>`, `same_clinician`,
    `same_start`. `excess` of a limit on a count, and of together, is items.
    """

    rule: str
    node: int | None
    excess: int


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The cost of a solution by cause, in seconds of driving; `pairs` may be negative (savings)."""

    travel: int
    pairs: int
    uncovered: int
    disruption_person: int
    disruption_window: int
    disruption_start: int
    over_limits: int
    out_of_line: int
    fairness: int

    @property
    def total(self) -> int:
        """The sum of all parts: what the search makes small."""
        return sum(self.as_dict().values())

    def as_dict(self) -> dict[str, int]:
        """Part name → seconds."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def row_starts(
    problem: DayProblem, r: int, order: Sequence[int], floors: Mapping[int, int] | None = None
) -> tuple[int, ...] | Failure:
    """Earliest starts of one row's stops in this order, or the first failing rule. `floors`: starts forced by partners.

    Limits over several rows of a clinician are not looked at here, see `evaluate`. What people fixed is not refused:
    a pinned stop after a frozen or pinned one is taken as it is, and so is a row of nothing else.
    """
    failure = _first_failure(problem, r, order, floors or {})
    rest = problem.rows[r].rest_before
    if isinstance(failure, tuple) or failure.rule != "window" or rest is None:
        return failure
    without_rest = replace(problem.rows[r], rest_before=None)
    relaxed = replace(problem, rows=(*problem.rows[:r], without_rest, *problem.rows[r + 1 :]))
    if isinstance(_first_failure(relaxed, r, order, floors or {}), tuple):
        return replace(failure, rule=f"rest:{rest.rule_id}")
    return failure


def _first_failure(
    problem: DayProblem, r: int, order: Sequence[int], floors: Mapping[int, int]
) -> tuple[int, ...] | Failure:
    starts: list[int] = []
    departure = 0
    for i, v in enumerate(order):
        node = problem.nodes[v]
        if problem.prices[r][v] is None:
            return Failure("not_eligible", v, 0)
        if i == 0:
            arrival = problem.first_arrival(r, v)
        else:
            arrival = departure + problem.travel(problem.nodes[order[i - 1]].place, node.place)
        start = max(arrival, node.open, floors.get(v, node.open))
        if start > node.close:
            fixed = problem.is_pinned(v) and (i == 0 or problem.is_pinned(order[i - 1]))
            if not fixed:
                return Failure("window", v, start - node.close)
            start = node.open
        starts.append(start)
        departure = start + node.busy
    return _way_home_failure(problem, r, order, departure) or tuple(starts)


def _way_home_failure(problem: DayProblem, r: int, order: Sequence[int], departure: int) -> Failure | None:
    if not order or all(problem.is_pinned(v) for v in order):
        return None
    row = problem.rows[r]
    excess = departure - problem.last_departure(r, order[-1])
    if excess <= 0:
        return None
    if row.rest_after is not None and row.rest_after.at < row.shift_end:
        return Failure(f"rest:{row.rest_after.rule_id}", None, excess)
    return Failure("shift_end", None, excess)


def evaluate(problem: DayProblem, routes: Sequence[Sequence[int]]) -> dict[int, int] | Failure:
    """Earliest starts of all nodes in these routes, partners at the same start, or the first failing rule."""
    floors: dict[int, int] = {}
    for _ in range(ROUNDS):
        starts: dict[int, int] = {}
        for r, order in enumerate(routes):
            timing = row_starts(problem, r, order, floors)
            if isinstance(timing, Failure):
                return timing
            starts.update(zip(order, timing, strict=True))
        late = {v: max(starts[p] for p in partners) for v, partners in _partners_in(problem, starts).items()}
        pushed = {v: at for v, at in late.items() if at > starts[v]}
        if not pushed:
            return _joint_failure(problem, routes, starts) or starts
        floors.update(pushed)
    return Failure("same_start", next(iter(pushed)), 0)


def _partners_in(problem: DayProblem, starts: Mapping[int, int]) -> dict[int, list[int]]:
    found = {v: [p for p in problem.nodes[v].partners if p in starts] for v in starts}
    return {v: partners for v, partners in found.items() if partners}


def _joint_failure(problem: DayProblem, routes: Sequence[Sequence[int]], starts: Mapping[int, int]) -> Failure | None:
    clinician = {v: problem.rows[r].clinician_id for r, order in enumerate(routes) for v in order}
    for v, partners in _partners_in(problem, starts).items():
        if any(clinician[p] == clinician[v] for p in partners):
            return Failure("same_clinician", v, 0)
    for clinician_id in problem.limits:
        for rule, excess in over_hard_limits(problem, routes, clinician_id):
            return Failure(rule, None, excess)
    for series in problem.series:
        odd = series.out_of_line([clinician[v] for v in series.nodes if v in clinician])
        if odd and series.weight is None:
            return Failure(f"together:{series.rule_id}", None, odd)
    return None


def over_hard_limits(
    problem: DayProblem, routes: Sequence[Sequence[int]], clinician_id: PartyId
) -> list[tuple[str, int]]:
    """Hard limits of a clinician that the routes break, with the excess in seconds or items."""
    broken = []
    for limit in problem.limits[clinician_id]:
        if limit.hard_maximum is None:
            continue
        used = sum(limits.usage(problem, r, routes[r], limit) for r in problem.rows_of[clinician_id])
        if limits.is_within(limit, used):
            continue
        ceiling = limits.ceiling(problem, clinician_id, limit)
        if ceiling is not None and used > ceiling:
            broken.append((f"limit:{limit.rule_id}", used - ceiling))
    return broken


def score(problem: DayProblem, solution: Solution) -> ScoreParts:
    """What a solution costs at its own starts, part by part."""
    people = {v: problem.rows[r].clinician_id for r, route in enumerate(solution.routes) for v in route}
    changes = [_disruption(problem, r, v, solution.starts[v]) for r, route in enumerate(solution.routes) for v in route]
    return ScoreParts(
        travel=sum(route_travel(problem, r, route) for r, route in enumerate(solution.routes)),
        pairs=sum(pair_seconds(problem, r, v) for r, route in enumerate(solution.routes) for v in route),
        uncovered=sum(problem.nodes[v].uncovered_price for v in solution.uncovered),
        disruption_person=sum(person for person, _, _ in changes),
        disruption_window=sum(window for _, window, _ in changes),
        disruption_start=sum(start for _, _, start in changes),
        over_limits=sum(_over_limits(problem, solution, clinician_id) for clinician_id in problem.limits),
        out_of_line=sum(
            60 * (series.weight or 0) * series.out_of_line([people[v] for v in series.nodes if v in people])
            for series in problem.series
        ),
        fairness=sum(limits.load_price(problem, rows, solution.routes) for rows in problem.rows_of.values()),
    )


def route_travel(problem: DayProblem, r: int, route: Sequence[int]) -> int:
    """Seconds of driving from where the row is, over its stops, to home."""
    row = problem.rows[r]
    places = [row.start_place, *(problem.nodes[v].place for v in route), row.home]
    return sum(problem.travel(a, b) for a, b in pairwise(places))


def pair_seconds(problem: DayProblem, r: int, v: int) -> int:
    """The pair's own price in seconds, negative for a saving."""
    return (problem.prices[r][v] or 0) + problem.nodes[v].shift_seconds


def _disruption(problem: DayProblem, r: int, v: int, start: int) -> tuple[int, int, int]:
    """Prices of another person, another told window and another start against the published plan.

    To message someone once more who was messaged today is charged once, with the person where both change.
    """
    published, weights = problem.nodes[v].published, problem.weights
    if published is None:
        return 0, 0, 0
    again = weights.messaged_today if published.messaged_today else 0
    person = window = 0
    if problem.rows[r].clinician_id != published.assignment.clinician_id:
        person = weights.person_changed + again
    if not published.told_open <= start <= published.told_close:
        window = weights.window_changed + (0 if person else again)
    minutes = min(abs(start - published.start) // 60, weights.start_cap_minutes)
    return person, window, minutes * weights.start_per_minute


def _over_limits(problem: DayProblem, solution: Solution, clinician_id: PartyId) -> int:
    return sum(
        limits.over_price(
            limit,
            sum(limits.usage(problem, r, solution.routes[r], limit) for r in problem.rows_of[clinician_id]),
        )
        for limit in problem.limits[clinician_id]
        if limit.over_minutes
    )


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of a hard rule or a time check. `excess`: seconds, or items of a count."""

    rule: str
    clinician_id: PartyId | None
    key: PositionKey | None
    excess: int = 0
