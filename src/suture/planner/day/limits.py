"""What counts against a clinician's limits, and what going over one costs."""

from collections.abc import Sequence

from suture.model.ids import PartyId
from suture.planner.day.problem import DayProblem
from suture.rules.verdicts import Limit, LimitMeasure


def used_before(limit: Limit) -> int:
    """What earlier days took, in the limit's inner unit: seconds for minutes, else items."""
    return limit.used * _unit(limit)


def usage(problem: DayProblem, r: int, order: Sequence[int], limit: Limit) -> int:
    """What row `r` with this order adds to a limit: items, or seconds of care, documentation and travel.

    Travel between clients counts with the stop it leads to; the ways from and to home are nobody's work time.
    """
    frozen, counted = problem.rows[r].frozen, limit.visits
    if limit.measure is LimitMeasure.COUNT:
        visits = [*(s.visit.id for s in frozen), *(problem.nodes[v].visit.id for v in order)]
        return len(visits) if counted is None else sum(visit in counted for visit in visits)
    total, before = 0, None
    stops = [(s.visit, s.visit.place_id, int((s.left_at - s.starts_at).total_seconds())) for s in frozen]
    for visit, place, busy in (*stops, *((n.visit, n.place, n.busy) for n in map(problem.nodes.__getitem__, order))):
        if counted is None or visit.id in counted:
            total += busy + (problem.travel(before, place) if before is not None else 0)
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
    settled = sum(usage(problem, r, problem.pinned[r], limit) for r in problem.rows_of[clinician_id])
    return max(limit.hard_maximum * _unit(limit) - used_before(limit), settled)


def busy_seconds(problem: DayProblem, r: int, order: Sequence[int]) -> int:
    """Work time of a row: care, documentation and travel between clients; what the fair share of load looks at."""
    everything = Limit("", problem.rows[r].clinician_id, LimitMeasure.MINUTES, 0, 0, 0, None)
    return usage(problem, r, order, everything)


def load_price(problem: DayProblem, busy: int) -> int:
    """Convex price of a row's work time, so that of two equal ways the more even one wins."""
    minutes = busy // 60
    return problem.weights.fairness * minutes * minutes // 3600


def _unit(limit: Limit) -> int:
    return 60 if limit.measure is LimitMeasure.MINUTES else 1


def _over(limit: Limit, used: int) -> int:
    """`over_minutes` of driving a minute (or an item) above the maximum."""
    price = limit.over_minutes if limit.measure is LimitMeasure.MINUTES else limit.over_minutes * 60
    return max(0, used - limit.maximum * _unit(limit)) * price
