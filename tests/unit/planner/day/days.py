"""Small days for the planner's tests: places a minute of driving apart on a line, and rules as plain verdicts."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import permutations, product
from typing import Any

from tests.builders import SERVICE_DATE, a_clinician, a_day, a_place, a_visit, at

from suture.model.day import Day
from suture.model.ids import BranchId, PlaceId, PositionKey, VisitId
from suture.model.people import Clinician
from suture.model.plan import Assignment, Plan, Stage
from suture.model.travel import Quality, TravelMatrix, TravelTimes
from suture.model.visit import Visit
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.solution import Solution
from suture.rules.verdicts import DayRules, Limit, LimitMeasure, Rest, Series, Term, Verdict

ELIGIBLE = Verdict()
LATE_EVENING = at("20:00", days=-1)
"""A moment before the day, when nothing of it has happened."""


def mile(number: int) -> PlaceId:
    """The place so many minutes of driving from the start of the line."""
    return PlaceId(number)


def line(length: int = 61) -> TravelTimes:
    """Places 0, 1, 2 … along a road; from one to the next is a minute."""
    index = {mile(n): n for n in range(length)}
    seconds = tuple(tuple(abs(a - b) * 60 for b in range(length)) for a in range(length))
    return TravelTimes(index, TravelMatrix(seconds, Quality.ESTIMATE, "a straight road"))


def clinician(number: int = 1, *, home: int = 0) -> Clinician:
    """A clinician who lives at a mile of the road."""
    return a_clinician(number, home_place_id=mile(home))


def visit(number: int = 1, *, mile_no: int = 10, **changes: Any) -> Visit:
    """A visit at a mile of the road: 30 minutes of care, 5 of documentation, between 08:00 and 12:00."""
    return a_visit(number, place_id=mile(mile_no), **changes)


def day(visits: Iterable[Visit], clinicians: Iterable[Clinician], **changes: Any) -> Day:
    """A day on the road; everyone works 07:00–13:00 unless told."""
    places = [a_place(n) for n in range(61)]
    return a_day(visits=visits, clinicians=clinicians, places=places, travel=line(), **changes)


def rules(
    of: Day,
    *,
    minutes: Mapping[tuple[int, int], int] | None = None,
    barred: Iterable[tuple[int, int]] = (),
    limits: Iterable[Limit] = (),
    rests: Iterable[Rest] = (),
    series: Iterable[Series] = (),
) -> DayRules:
    """Verdicts for every pair; `minutes` and `barred` are keyed by clinician and visit number (E-01, V-01 → (1, 1))."""
    out = set(barred)
    pairs = {}
    for c, v in product(of.clinicians, of.visits):
        pair = (c - 100, int(v))
        terms = (Term("wish", minutes[pair]),) if minutes and pair in minutes else ()
        pairs[c, v] = Verdict(failed=("barred",)) if pair in out else Verdict(terms=terms)
    titles = {"barred": "Never together", "wish": "A known face"}
    return DayRules("test", pairs, tuple(limits), tuple(rests), titles, series=tuple(series))


def a_limit(of: Clinician, maximum: int, **changes: Any) -> Limit:
    """At most so many minutes, hard, nothing used before."""
    limit = Limit("day-hours", of.id, LimitMeasure.MINUTES, 0, maximum, 0, maximum)
    return replace(limit, **changes)


def published(of: Day, assignments: Mapping[PositionKey, Assignment], *, stage: Stage = Stage.PUBLISHED) -> Day:
    """The same day with this plan."""
    return replace(of, plan=Plan(BranchId(1), SERVICE_DATE, 1, stage, dict(assignments)))


def without(of: Day, absent: Clinician) -> Day:
    """The same day after this clinician called out."""
    return replace(of, shifts=tuple(s for s in of.shifts if s.clinician_id != absent.id))


def changed(of: Day, number: int, **changes: Any) -> Day:
    """The same day with one visit changed."""
    visit_id = VisitId(number)
    return replace(of, visits={**of.visits, visit_id: replace(of.visits[visit_id], **changes)})


def key(number: int, position: int = 1) -> PositionKey:
    """The position of a visit by its number."""
    return PositionKey(VisitId(number), position)


def start_of(problem: DayProblem, solution: Solution, number: int, position: int = 1) -> datetime:
    """When a position starts."""
    return problem.instant(solution.starts[problem.node_of[key(number, position)]])


def doer_of(problem: DayProblem, solution: Solution, number: int, position: int = 1) -> int | None:
    """The number of the clinician who has a position; None where nobody has."""
    r = solution.row_of(problem.node_of[key(number, position)])
    return None if r is None else problem.rows[r].clinician_id - 100


def cheapest_of_all(problem: DayProblem) -> int:
    """The least total over every way there is to plan a tiny problem, priced by the reference."""
    nodes = range(len(problem.nodes))
    best: int | None = None
    for rows in product(range(-1, len(problem.rows)), repeat=len(nodes)):
        sets = [[v for v in nodes if rows[v] == r] for r in range(len(problem.rows))]
        if any(problem.prices[r][v] is None for r, members in enumerate(sets) for v in members):
            continue
        uncovered = tuple(v for v in nodes if rows[v] < 0)
        for routes in product(*(permutations(members) for members in sets)):
            starts = evaluate(problem, routes)
            if not isinstance(starts, Failure):
                total = score(problem, Solution(tuple(routes), starts, uncovered)).total
                best = total if best is None else min(best, total)
    assert best is not None, "nothing at all is always a way to plan a day"
    return best
