"""A clinician says they are late, or their route says so: only promises that break are repaired or told."""

from datetime import datetime, timedelta

from suture.dispatch.effect import Effect, nothing
from suture.dispatch.late import begun_since, later, next_stop, planned_start
from suture.model.day import Day
from suture.model.instants import wall_clock
from suture.model.plan import Stage
from suture.model.signals import RunningLate
from suture.words.reason import reason


def running_late(signal: RunningLate, day: Day, now: datetime) -> Effect:
    """Move the next stop of the clinician's route by as many minutes, counted from its planned start.

    Said twice is said once, and of two the last one counts; said of a visit that has begun since it is about nothing
    any longer.
    """
    clinician = day.clinicians.get(signal.clinician_id)
    stop = next_stop(day, signal.clinician_id)
    if clinician is None or stop is None or day.plan.stage is Stage.DRAFT:  # of a draft no one is on the way
        return nothing(day, reason("signal.late_nowhere"))
    visit = day.visits[stop.key.visit_id]
    if begun_since(day, signal.clinician_id, signal.occurred_at):
        return nothing(day, reason("signal.late_begun", who=clinician.name))
    expected = planned_start(stop, visit) + timedelta(minutes=signal.minutes)
    if expected == visit.expected_start:
        return nothing(day, reason("signal.late_known", who=clinician.name, visit=visit.external_id))
    at = wall_clock(expected, day.branch.tz)
    because = reason("signal.late", who=clinician.name, visit=visit.external_id, at=at)
    return later(day, visit, stop, expected, because)
