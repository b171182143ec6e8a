"""A clinician has time: more hours than planned, or back after calling out. What is uncovered is tried at once."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, nothing
from suture.model.day import Day
from suture.model.decision import Absence
from suture.model.instants import wall_clock
from suture.model.people import Availability, AvailabilityKind, shifts_of
from suture.model.signals import ClinicianFree
from suture.words.reason import reason


def clinician_free(signal: ClinicianFree, day: Day, now: datetime) -> Effect:
    """Add the hours; what a call-out took away of them is theirs again."""
    clinician = day.clinicians.get(signal.clinician_id)
    if clinician is None:
        return nothing(day, reason("signal.gone"))
    free = Availability(signal.clinician_id, signal.from_at, signal.until, AvailabilityKind.AVAILABLE)
    kept = [part for a in day.availability for part in without_hours(a, free)]
    availability = (*kept, free)
    local = wall_clock(signal.from_at, day.branch.tz)
    hours = Absence(signal.clinician_id, signal.from_at, signal.until, f"free:{signal.id}", AvailabilityKind.AVAILABLE)
    return Effect(
        replace(day, availability=availability, shifts=shifts_of(availability)),
        because=reason("signal.free", who=clinician.name, at=local),
        replans=True,
        frees=True,
        absences=(hours,),
    )


def without_hours(one: Availability, free: Availability) -> tuple[Availability, ...]:
    """What is left of a call-out around the hours in which its clinician is back; other stretches stay whole."""
    if not one.called_out or one.clinician_id != free.clinician_id:
        return (one,)
    before = replace(one, ends_at=min(one.ends_at, free.starts_at))
    after = replace(one, starts_at=max(one.starts_at, free.ends_at))
    return tuple(part for part in (before, after) if part.starts_at < part.ends_at)
