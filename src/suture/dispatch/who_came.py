"""Who came is where she is: a report of a visit says more of where a clinician is than the plan does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey
from suture.model.plan import Assignment, Source, told_window
from suture.model.visit import Visit, VisitStatus
from suture.words.reason import Reason, reason


def with_who_came(day: Day, visit: Visit, clinician_id: PartyId | None, since: datetime) -> Day:
    """The day in which the visit is with whoever came, and whoever was planned for that seat is free.

    Nothing changes where no clinician is named, or where she holds a seat of the visit already.
    """
    if clinician_id is None:
        return day
    seats = {key: day.plan.assignments.get(key) for key in visit.position_keys()}
    if any(stop is not None and stop.clinician_id == clinician_id for stop in seats.values()):
        return day
    key = _seat_taken(day, visit, since)
    stop = seats[key]
    if stop is None:
        tz = day.places[visit.place_id].tz
        ends = since + timedelta(minutes=visit.duration_minutes)
        taken = Assignment(key, clinician_id, 1, since, ends, told_window(visit, since, tz), source=Source.HUMAN)
    else:
        taken = replace(stop, clinician_id=clinician_id, pinned=False, source=Source.HUMAN)
    return replace(day, plan=replace(day.plan, assignments={**day.plan.assignments, key: taken}))


def _seat_taken(day: Day, visit: Visit, since: datetime) -> PositionKey:
    """Which of the seats: one without a clinician, else one whose carer is known to be elsewhere, else the first."""
    keys = visit.position_keys()
    for key in keys:
        if key not in day.plan.assignments:
            return key
    elsewhere = (k for k in keys if begun_by(day, day.plan.assignments[k].clinician_id, besides=visit))
    return next(elsewhere, keys[0])


def begun_by(day: Day, clinician_id: PartyId | None, *, besides: Visit) -> tuple[Visit, ...]:
    """The other visits that this clinician has begun and not ended, as far as reports tell."""
    stops = (a for a in day.plan.assignments.values() if a.clinician_id == clinician_id)
    visits = {a.key.visit_id: day.visits[a.key.visit_id] for a in stops}
    return tuple(v for v in visits.values() if v.status is VisitStatus.IN_PROGRESS and v.id != besides.id)


def names_of(day: Day, clinicians: Iterable[PartyId]) -> tuple[str | Reason, ...]:
    """The names, as values of a reason; whoever is no longer on the roster has no name here."""
    known = (day.clinicians.get(clinician_id) for clinician_id in clinicians)
    return tuple(clinician.name if clinician else reason("who.off_roster") for clinician in known)


def reporter(day: Day, clinician_id: PartyId | None) -> str | Reason:
    """Who reports, as a value of a reason."""
    return names_of(day, (clinician_id,))[0] if clinician_id is not None else reason("who.someone")


def planned_for(day: Day, visit: Visit) -> tuple[PartyId, ...]:
    """Who holds the visit's seats, in order."""
    stops = (day.plan.assignments.get(key) for key in visit.position_keys())
    return tuple(stop.clinician_id for stop in stops if stop is not None)
