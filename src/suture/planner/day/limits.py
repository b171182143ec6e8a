"""What counts against a clinician's limits, and what going over one costs."""

from collections.abc import Sequence

from suture.model.ids import PartyId, VisitId
from suture.planner.day.problem import DayProblem
from suture.rules.verdicts import Limit, LimitMeasure


def used_before(limit: Limit) -> int:
    """What earlier days took, in the limit's inner unit: seconds for minutes, else items."""
    return limit.used * _unit(limit)


def usage(problem: DayProblem, r: int, order: Sequence[int], limit: Limit) -> int:
    """What row `r` with this order adds to a limit: items, or seconds of care, documentation and travel.

    Travel between clients counts with the stop it leads to; the ways from and to home are not work time.
    """
    if limit.measure is LimitMeasure.MINUTES:
        return _seconds_of_work(problem, r, order, limit.visits)
    frozen, nodes = problem.rows[r].frozen, problem.nodes
    if limit.visits is None:
        return len(frozen) + len(order)
    return sum(s.visit.id in limit.visits for s in frozen) + sum(nodes[v].visit.id in limit.visits for v in order)


def _seconds_of_work(problem: DayProblem, r: int, order: Sequence[int], only: frozenset[VisitId] | None) -> int:
    before, total = None, 0
    for stop in problem.rows[r].frozen:
        place = stop.visit.place_id
        if only is None or stop.visit.id in only:
            total += int((stop.left_at - stop.starts_at).total_seconds())
            total += 0 if before is None else problem.travel(before, place)
        before = place
    for v in order:
        node = problem.nodes[v]
        place = node.visit.place_id
        if only is None or node.visit.id in only:
            total += node.busy + (0 if before is None else problem.travel(before, place))
        before = place
    return total


def over_price(limit: Limit, used: int) -> int:
    """Price of this day's use above the maximum, in seconds of driving; what earlier days went over is not charged."""
    return _over(limit, used_before(limit) + used) - _over(limit, used_before(limit))


def is_within(limit: Limit, used: int) -> bool:
    """Whether this day's use leaves the hard maximum unbroken, whatever people fixed."""
    return limit.hard_maximum is None or used_before(limit) + used <= limit.hard_maximum * _unit(limit)


def ceiling(problem: DayProblem, clinician_id: PartyId, limit: Limit) -> int | None:
    """What this day may use at most. Never less than what people already did or fixed; None: no hard maximum."""
    if limit.hard_maximum is None:
        return None
    pinned_use = sum(usage(problem, r, problem.pinned[r], limit) for r in problem.rows_of[clinician_id])
    return max(limit.hard_maximum * _unit(limit) - used_before(limit), pinned_use)


def busy_seconds(problem: DayProblem, r: int, order: Sequence[int]) -> int:
    """Work time of a row: care, documentation and travel between clients; what the fair share of load looks at."""
    return _seconds_of_work(problem, r, order, None)


def load_price(problem: DayProblem, rows: Sequence[int], routes: Sequence[Sequence[int]]) -> int:
    """Price of one clinician's work time over her rows, see `load_price_of`."""
    return load_price_of(problem, sum(busy_seconds(problem, r, routes[r]) for r in rows))


def load_price_of(problem: DayProblem, busy: int) -> int:
    """Convex price of one clinician's work time: of two alike, one with everything and one with nothing cost more."""
    minutes = busy // 60
    return problem.weights.fairness * minutes * minutes // 3600


def _unit(limit: Limit) -> int:
    return 60 if limit.measure is LimitMeasure.MINUTES else 1


def _over(limit: Limit, used: int) -> int:
    """`over_minutes` of driving a minute (or an item) above the maximum."""
    price = limit.over_minutes if limit.measure is LimitMeasure.MINUTES else limit.over_minutes * 60
    return max(0, used - limit.maximum * _unit(limit)) * price
