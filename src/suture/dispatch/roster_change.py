"""A clinician's hours, credentials or status are other than the plan of the day counted with."""

from datetime import datetime

from suture.dispatch.effect import Effect, unpinned
from suture.model.day import Day
from suture.model.plan import Assignment
from suture.model.signals import RosterChange, RosterField
from suture.model.visit import Visit
from suture.planner.day.live import is_on_duty

_WORDS = {
    RosterField.STATUS: "{} is at work again",
    RosterField.HOURS: "the hours of {} changed",
    RosterField.CREDENTIALS: "the credentials of {} changed",
    RosterField.PROFILE: "what is known of {} changed",
}
GONE = "a clinician is no longer at work"
"""Who has left, or is on leave, is no longer among the day's clinicians."""


def roster_change(signal: RosterChange, day: Day, now: datetime) -> Effect:
    """Free what the clinician can no longer be there for; the repair finds what rules now stand against."""
    clinician = day.clinicians.get(signal.clinician_id)
    stops = [a for a in day.plan.route(signal.clinician_id) if _is_to_come(day.visits[a.key.visit_id])]
    lost = tuple(a.key for a in stops if _is_lost(a, day))
    return Effect(
        unpinned(day, lost),
        because=_WORDS[signal.changed].format(clinician.name) if clinician else GONE,
        replans=True,
        freed=lost,
        hit=lost,
        no_old_times=(signal.clinician_id,),
    )


def _is_to_come(visit: Visit) -> bool:
    return visit.is_plannable and not visit.is_started


def _is_lost(stop: Assignment, day: Day) -> bool:
    return stop.clinician_id not in day.clinicians or not is_on_duty(day, stop)
