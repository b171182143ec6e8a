"""What of the published day has already become fact: the stops that can no longer be moved, at their true times."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suture.model.day import Day
from suture.model.ids import PartyId, PlaceId
from suture.model.people import Shift
from suture.model.plan import Assignment, Stage, told_window
from suture.model.visit import Visit, VisitStatus

_OVER = frozenset({VisitStatus.COMPLETED, VisitStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class FrozenStop:
    """One stop that stays as it is. `left_at`: care and documentation are done, the clinician may drive on."""

    assignment: Assignment
    visit: Visit
    starts_at: datetime
    left_at: datetime


def frozen_stops(day: Day, now: datetime) -> tuple[FrozenStop, ...]:
    """Every frozen stop of the day by clinician and true start: facts first, then what is presumed under way."""
    seats = ((a, day.visits.get(key.visit_id)) for key, a in sorted(day.plan.assignments.items()))
    planned = [(a, visit) for a, visit in seats if visit is not None]
    begun = [(a, visit) for a, visit in planned if visit.is_started or visit.status in _OVER]
    last: dict[PartyId, datetime] = {}
    for a, visit in begun:
        last[a.clinician_id] = max(_began(a, visit), last.get(a.clinician_id, _began(a, visit)))
    facts = [_fact(a, visit, last[a.clinician_id], now) for a, visit in begun]
    waiting = [
        (a, visit)
        for a, visit in planned
        if visit.is_plannable and not visit.is_started and (a.pinned or not _is_declined(day, a))
    ]
    busy = [_Busy(f.assignment.clinician_id, f.starts_at, f.left_at, f.visit.place_id) for f in facts]
    stops = [*facts, *_late_stops(day, waiting, busy)]
    known = {stop.assignment.key for stop in stops}
    rest = [(a, visit) for a, visit in waiting if a.key not in known]
    lates = [a for a, _ in waiting if a.key in known]
    stops += [
        _as_planned(a, visit)
        for a, visit in rest
        if _is_fixed_before(a, lates) or _is_presumed_under_way(day, a, visit, busy, now)
    ]
    return tuple(sorted(stops, key=lambda s: (s.assignment.clinician_id, s.starts_at, s.assignment.key)))


def _is_declined(day: Day, assignment: Assignment) -> bool:
    """Whether its clinician has said no to it: she is not on her way there."""
    return (assignment.clinician_id, assignment.key.visit_id) in day.declined


def shift_index(shifts: tuple[Shift, ...], assignment: Assignment) -> int | None:
    """The index of the shift of the assignment's clinician in which it starts; None where there is none left."""
    for r, shift in enumerate(shifts):
        if shift.clinician_id == assignment.clinician_id and shift.starts_at <= assignment.starts_at < shift.ends_at:
            return r
    return None


def is_on_duty(day: Day, assignment: Assignment) -> bool:
    """Whether the assignment's clinician still works while its care lasts; not so once she has called out."""
    r = shift_index(day.shifts, assignment)
    return r is not None and assignment.ends_at <= day.shifts[r].ends_at


def leaves_at(visit: Visit, start: datetime) -> datetime:
    """When a clinician who begins a visit at `start` may drive on, as far as was said: care and documentation."""
    least = start + timedelta(minutes=visit.duration_minutes)  # what was expected before it began late is no end
    return max(visit.expected_end or least, least) + timedelta(minutes=visit.documentation_minutes)


def _began(assignment: Assignment, visit: Visit) -> datetime:
    return visit.started_at or assignment.starts_at


def _fact(assignment: Assignment, visit: Visit, last: datetime, now: datetime) -> FrozenStop:
    """`last`: when its clinician began a visit last. Whoever began another one since has left, check-out or not: else
    one that was forgotten would hold up what comes next all day, longer with each decision."""
    start, documentation = _began(assignment, visit), timedelta(minutes=visit.documentation_minutes)
    if visit.ended_at is not None:
        return FrozenStop(assignment, visit, start, max(start, visit.ended_at) + documentation)
    left = leaves_at(visit, start)
    if visit.is_started and start >= last:
        left = max(left, now + documentation)  # no one has left yet, whatever was expected
    return FrozenStop(assignment, visit, start, left)


def _as_planned(assignment: Assignment, visit: Visit) -> FrozenStop:
    return FrozenStop(assignment, visit, assignment.starts_at, leaves_at(visit, assignment.starts_at))


@dataclass(frozen=True, slots=True)
class _Busy:
    """A stop of which more is known than the plan says, from when it was to begin until its clinician has left."""

    clinician_id: PartyId
    since: datetime
    left_at: datetime
    place_id: PlaceId


def _late_stops(day: Day, waiting: Sequence[tuple[Assignment, Visit]], busy: list[_Busy]) -> Iterator[FrozenStop]:
    """What its clinician is known to be late for and can begin in time, one after the other; put to `busy`, too.

    Two carers of a visit begin together, so that the other one waits.
    """
    if day.plan.stage is not Stage.PUBLISHED:
        return
    firsts: dict[PartyId, datetime] = {}
    for a, _ in waiting:
        firsts[a.clinician_id] = min(a.starts_at, firsts.get(a.clinician_id, a.starts_at))
    late = [(a, visit) for a, visit in waiting if _is_still_late(a, visit, firsts[a.clinician_id])]
    for a, visit in sorted(late, key=lambda w: (w[0].starts_at, w[0].key)):
        start = max(_may_begin(day, seat, visit, busy) for seat, of in waiting if of.id == visit.id)
        stop = _late(day, a, visit, start)
        if start <= visit.window.latest_start and is_on_duty(day, stop.assignment):
            busy.append(_Busy(a.clinician_id, a.starts_at, stop.left_at, visit.place_id))
            yield stop


def _is_still_late(assignment: Assignment, visit: Visit, first: datetime) -> bool:
    """Whether its clinician is the one who is late for it, at its hours as they are now.

    One that has moved to later than she is late is kept while nothing comes before it, from `first` on.
    """
    expected = visit.expected_start if visit.late_by == assignment.clinician_id else None
    if expected is None or assignment.starts_at < visit.window.earliest_start:
        return False
    return expected >= assignment.starts_at or assignment.starts_at == first


def _may_begin(day: Day, assignment: Assignment, visit: Visit, busy: Sequence[_Busy]) -> datetime:
    """When its clinician is expected there, after what she is known to be at before, and not before it is planned."""
    own = (b for b in busy if b.clinician_id == assignment.clinician_id and b.since <= assignment.starts_at)
    arrivals = (b.left_at + timedelta(seconds=_way(day, b.place_id, visit.place_id)) for b in own)
    return max((assignment.starts_at, visit.expected_start or assignment.starts_at, *arrivals))


def _way(day: Day, origin: PlaceId, destination: PlaceId) -> int:
    return 0 if origin == destination else day.travel.seconds(origin, destination)


def _late(day: Day, assignment: Assignment, visit: Visit, start: datetime) -> FrozenStop:
    """The stop when it begins as far as is known, and what its patient is told of that."""
    told = (
        assignment.told if assignment.told.contains(start) else told_window(visit, start, day.places[visit.place_id].tz)
    )
    end = start + timedelta(minutes=visit.duration_minutes)
    return FrozenStop(
        replace(assignment, starts_at=start, ends_at=end, told=told),
        visit,
        start,
        max(end, visit.expected_end or end) + timedelta(minutes=visit.documentation_minutes),
    )


def _is_fixed_before(assignment: Assignment, lates: Iterable[Assignment]) -> bool:
    """Whether a person fixed a stop before one that its clinician is late for: it stays there."""
    own = (late for late in lates if late.clinician_id == assignment.clinician_id)
    return assignment.pinned and any(assignment.starts_at < late.starts_at for late in own)


def _is_presumed_under_way(
    day: Day,
    assignment: Assignment,
    visit: Visit,
    busy: Sequence[_Busy],
    now: datetime,
) -> bool:
    """Whether a stop without check-in must be taken as begun.

    Check-ins arrive late or never (no signal in the basement, hands full), but the clinician knows the published
    plan. Past its planned start it is far more likely that she is there than not, and moving the visit to someone
    else would send two people. Not so when her shift is gone or ends before the care does (she called out), or when
    we know her to be still at an earlier stop, or late for it.
    """
    if day.plan.stage is not Stage.PUBLISHED or assignment.starts_at > now or visit.expected_start is not None:
        return False
    if not visit.gate.is_dispatched and visit.expected_end is None:  # no one has set out
        return False
    if not is_on_duty(day, assignment):
        return False
    own = (b for b in busy if b.clinician_id == assignment.clinician_id)
    return not any(b.since <= assignment.starts_at < b.left_at for b in own)
