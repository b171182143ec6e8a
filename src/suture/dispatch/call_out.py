"""A clinician calls out, for hours or for days: what they have not started yet needs someone else."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect
from suture.model.day import Day
from suture.model.decision import CALLED_OUT, Absence
from suture.model.ids import PartyId
from suture.model.instants import wall_clock
from suture.model.people import ELSEWHERE, Availability, shifts_of
from suture.model.signals import CallOut
from suture.words.reason import Reason, reason


def call_out(signal: CallOut, day: Day, now: datetime) -> Effect:
    """Take away the clinician's hours of this day from `from_at` until `until`, and free what they would have done
    then."""
    clinician_id = signal.clinician_id
    absences = _absences(signal, day)
    gone = (Availability(clinician_id, a.starts_at, a.ends_at, a.kind, called_out=True) for a in absences)
    availability = (*day.availability, *gone)
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
        because=reason("signal.call_out", who=_name(clinician_id, day), at=local),
        replans=True,
        freed=hit,
        hit=hit,
        absences=absences,
    )


def _absences(signal: CallOut, day: Day) -> tuple[Absence, ...]:
    """The part of the absence that is on this day; none where she works for another branch, whose days record it."""
    away = day.away.get(signal.clinician_id)
    starts, ends = max(signal.from_at, day.span[0]), min(signal.until, day.span[1])
    if starts >= ends or (away is not None and away.status == ELSEWHERE):
        return ()
    return (Absence(signal.clinician_id, starts, ends, f"{CALLED_OUT}{signal.id}"),)


def _name(clinician_id: PartyId, day: Day) -> str | Reason:
    known = day.clinicians.get(clinician_id) or day.away.get(clinician_id)
    return known.name if known else reason("who.has_left")
