"""What rules make of visits: their hours, their length, the way to them, their seats and their priority."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_

from suture.model.day import Day
from suture.model.ids import PlaceId, VisitId
from suture.model.instants import instant_of
from suture.model.travel import TravelTimes
from suture.model.visit import TimeWindow, Visit
from suture.rules.cel import Values
from suture.rules.effects import Plane
from suture.rules.families import Rule
from suture.rules.verdicts import DayRules, Shape

Shaping = tuple[Shape | None, Shape | None, Shape | None]
"""What a rule makes of a visit to which it does not apply, may apply, and applies."""


def shaping(rule: Rule) -> Shaping | None:
    """What the rule makes of visits; None where it changes none."""
    named = [shape and replace(shape, rule_ids=(rule.id,)) for shape in (rule.shape(sure=False), rule.shape(sure=True))]
    return (None, named[0], named[1]) if any(named) else None


def combined(rules: Sequence[Shaping], truths: Sequence[Plane]) -> list[Shape | None]:
    """The shape of each visit: `truths` has a row for each rule. What applies together is put together once."""
    made: dict[tuple[int, ...], Shape | None] = {}
    visits = list(zip(*(row.tolist() for row in truths), strict=True))
    for own in dict.fromkeys(visits):
        shapes = [shape for rule, truth in zip(rules, own, strict=True) if (shape := rule[truth])]
        made[own] = reduce(and_, shapes) if shapes else None
    return [made[own] for own in visits]


def fits(shape: Shape, values: Values) -> bool:
    """Whether anything is left of a visit's hours; what is not known does not shut it."""
    opens, closes, care = values.get("v.start"), values.get("v.end"), values.get("v.dur")
    if not (isinstance(opens, int) and isinstance(closes, int) and isinstance(care, int)):
        return True
    length, hours = shape.care.of(care), shape.hours
    first = max(opens, _or(hours.earliest_start, opens), _or(hours.earliest_end, opens + length) - length)
    last = min(closes - care, _or(hours.latest_start, closes), _or(hours.latest_end, closes + length) - length)
    return first <= last


def _or(bound: int | None, otherwise: int) -> int:
    return otherwise if bound is None else bound


def shaped(day: Day, rules: DayRules) -> Day:
    """The day with its visits and ways as the rules make them. Shaping a shaped day again changes nothing."""
    visits: dict[VisitId, Visit] = dict(day.visits)
    asked: dict[VisitId, Visit] = dict(day.asked)
    for visit_id, shape in rules.shapes.items():
        if visit_id in visits and not visits[visit_id].is_closed:
            original = day.as_asked(visit_id)
            asked[visit_id] = original
            visits[visit_id] = _visit(original, shape, day.places[original.place_id].tz, day.service_date)
    stretches = _by_place(visits.values(), rules.shapes) if not day.asked else {}
    travel = _stretched(day.travel, stretches) if stretches else day.travel
    return replace(day, visits=visits, asked=asked, travel=travel)


def _visit(visit: Visit, shape: Shape, tz: str, service_date: date) -> Visit:
    minutes = shape.care.of(visit.duration_minutes)
    length, own, hours = timedelta(minutes=minutes), visit.window, shape.hours

    def at(minute: int | None, otherwise: datetime) -> datetime:
        if minute is None:
            return otherwise
        local = datetime.combine(service_date, time()) + timedelta(minutes=minute)
        return instant_of(local.date(), local.time(), tz)

    end = max(own.latest_end, own.latest_start + length)
    latest_end = min(end, at(hours.latest_end, end))
    earliest = max(own.earliest_start, at(hours.earliest_start, own.earliest_start))
    if hours.earliest_end is not None:
        earliest = max(earliest, at(hours.earliest_end, end) - length)
    latest = min(own.latest_start, at(hours.latest_start, own.latest_start), latest_end - length)
    window = TimeWindow(earliest, latest, latest_end) if earliest <= latest <= latest_end else own
    return replace(
        visit,
        window=window,
        duration_minutes=minutes,
        positions=max(visit.positions, shape.seats),
        priority=max(visit.priority, shape.priority),
    )


def _by_place(visits: Iterable[Visit], shapes: Mapping[VisitId, Shape]) -> dict[PlaceId, tuple[int, int]]:
    """The largest stretch of the way to each place: thousandths, and minutes to add."""
    found: dict[PlaceId, tuple[int, int]] = {}
    for visit in visits:
        shape = shapes.get(visit.id)
        stretch = (shape.way.permille, shape.way.add_minutes) if shape else (1000, 0)
        if stretch != (1000, 0):
            found[visit.place_id] = max(stretch, found.get(visit.place_id, stretch))
    return found


def _stretched(travel: TravelTimes, by_place: Mapping[PlaceId, tuple[int, int]]) -> TravelTimes:
    stretch = {travel.index[place]: by for place, by in by_place.items() if place in travel.index}

    def way(seconds: int, a: int, b: int) -> int:
        if seconds == 0 or (a not in stretch and b not in stretch):
            return seconds
        return max(max(1, -(-seconds * by[0] // 1000) + 60 * by[1]) for by in (stretch.get(a), stretch.get(b)) if by)

    rows = tuple(
        tuple(way(seconds, a, b) for b, seconds in enumerate(row)) for a, row in enumerate(travel.matrix.seconds)
    )
    return TravelTimes(travel.index, replace(travel.matrix, seconds=rows))
