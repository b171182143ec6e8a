"""What windows, stretches and pairs make of a visit: its hours, its length, the way to it and its seats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from suture.model.day import Day
from suture.model.ids import PlaceId, VisitId
from suture.model.travel import TravelTimes
from suture.model.visit import TimeWindow, Visit
from suture.rules.cel import Values
from suture.rules.families import Rule
from suture.rules.kinds.pair import Pair
from suture.rules.kinds.stretch import Lengthening, Stretch, lengthened
from suture.rules.kinds.window import Window
from suture.rules.planes import YES
from suture.rules.verdicts import DayRules, Shape

_LATEST = ("latest_start", "latest_end")


def shape_of(rules: Sequence[tuple[Rule, int]], values: Values) -> Shape | None:
    """What the rules that speak of a visit (or may: their truth is 1) make of it; None where that is nothing."""
    bounds: dict[str, int] = {}
    durations: list[Lengthening] = []
    ways: list[Lengthening] = []
    seats: int | None = None
    names: list[str] = []
    for rule, truth in rules:
        if isinstance(rule, Window):
            for name, minute in rule.minutes.items():
                tighter = min if name in _LATEST else max
                bounds[name] = tighter(minute, bounds.get(name, minute))
        elif isinstance(rule, Stretch):
            known = True if truth == YES else None
            used = rule.stretches(rule.duration, known), rule.stretches(rule.travel, known)
            durations += [used[0]] if used[0] else []
            ways += [used[1]] if used[1] else []
            if used == (None, None):
                continue
        elif isinstance(rule, Pair):
            seats = 2
        else:
            continue
        names.append(rule.id)
    if not names:
        return None
    care = values.get("v.dur")
    factor = Fraction(1)
    for way in ways:
        factor *= way.exact
    return Shape(
        **bounds,
        duration_minutes=lengthened(care, durations) if durations and isinstance(care, int) else None,
        travel_permille=-(-1000 * factor.numerator // factor.denominator),
        travel_add_minutes=sum(way.add_min for way in ways),
        seats=seats,
        rule_ids=tuple(names),
    )


def fits(shape: Shape, values: Values) -> bool:
    """Whether anything is left of a visit's hours; what is not known does not shut it."""
    opens, closes, care = values.get("v.start"), values.get("v.end"), values.get("v.dur")
    if not (isinstance(opens, int) and isinstance(closes, int) and isinstance(care, int)):
        return True
    length = care if shape.duration_minutes is None else shape.duration_minutes
    first = max(opens, _or(shape.earliest_start, opens), _or(shape.earliest_end, opens + length) - length)
    last = min(closes - care, _or(shape.latest_start, closes), _or(shape.latest_end, closes + length) - length)
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
    minutes = visit.duration_minutes if shape.duration_minutes is None else shape.duration_minutes
    length, own = timedelta(minutes=minutes), visit.window

    def at(minute: int | None, otherwise: datetime) -> datetime:
        if minute is None:
            return otherwise
        local = datetime.combine(service_date, time()) + timedelta(minutes=minute)
        return local.replace(tzinfo=ZoneInfo(tz)).astimezone(otherwise.tzinfo)

    end = max(own.latest_end, own.latest_start + length)
    latest_end = min(end, at(shape.latest_end, end))
    earliest = max(own.earliest_start, at(shape.earliest_start, own.earliest_start))
    if shape.earliest_end is not None:
        earliest = max(earliest, at(shape.earliest_end, end) - length)
    latest = min(own.latest_start, at(shape.latest_start, own.latest_start), latest_end - length)
    window = TimeWindow(earliest, latest, latest_end) if earliest <= latest <= latest_end else own
    positions = max(visit.positions, shape.seats or 1)
    return replace(visit, window=window, duration_minutes=minutes, positions=positions)


def _by_place(visits: Iterable[Visit], shapes: Mapping[VisitId, Shape]) -> dict[PlaceId, tuple[int, int]]:
    """The largest stretch of the way to each place: thousandths, and minutes to add."""
    found: dict[PlaceId, tuple[int, int]] = {}
    for visit in visits:
        shape = shapes.get(visit.id)
        if shape and (shape.travel_permille, shape.travel_add_minutes) != (1000, 0):
            stretch = shape.travel_permille, shape.travel_add_minutes
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
