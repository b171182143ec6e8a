"""A clinician calls out: what they have not started yet needs somebody else."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect
from suture.model.day import Day
from suture.model.decision import Absence
from suture.model.instants import wall_clock
from suture.model.people import Availability, AvailabilityKind, shifts_of
from suture.model.signals import CallOut
from suture.words.reason import reason


def call_out(signal: CallOut, day: Day, now: datetime) -> Effect:
    """Take the clinician's hours away from `from_at` until `until` and free what they would have done then."""
    clinician_id, known = signal.clinician_id, day.clinicians.get(signal.clinician_id)
    absence = Availability(clinician_id, signal.from_at, signal.until, AvailabilityKind.UNAVAILABLE, called_out=True)
    availability = (*day.availability, absence)
    hit = tuple(
        a.key
        for a in day.plan.route(clinician_id)
        if day.visits[a.key.visit_id].is_plannable
        and not day.visits[a.key.visit_id].is_started
        and a.starts_at < signal.until
        and a.starts_at + day.visits[a.key.visit_id].busy > signal.from_at
    )
    local = wall_clock(signal.received_at, day.branch.tz)
    stops = day.plan.assignments
    unpinned = {key: replace(stops[key], pinned=False) for key in hit if stops[key].ends_at > signal.from_at}
    plan = replace(day.plan, assignments={**stops, **unpinned})
    return Effect(
        replace(day, plan=plan, availability=availability, shifts=shifts_of(availability)),
        because=reason("signal.call_out", who=known.name if known else reason("who.has_left"), at=local),
        replans=True,
        freed=hit,
        hit=hit,
        absences=(Absence(clinician_id, signal.from_at, signal.until, f"call_out:{signal.id}"),),
    )
