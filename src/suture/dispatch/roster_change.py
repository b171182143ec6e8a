"""A clinician's hours, credentials or status are not what the day's plan assumed."""

from collections.abc import Collection
from datetime import datetime

from suture.dispatch.effect import Effect, unpinned
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey
from suture.model.people import AvailabilityKind
from suture.model.plan import Assignment
from suture.model.signals import RosterChange, RosterField
from suture.model.visit import Visit
from suture.planner.day.live import is_on_duty

_WORDS = {
    RosterField.STATUS: "{} can be planned again",
    RosterField.HOURS: "{}’s hours changed",
    RosterField.CREDENTIALS: "{}’s credentials changed",
    RosterField.PROFILE: "{}’s profile changed",
}
_AWAY = {
    "unclear": "the import could not read the status of {}",
    "leave": "{} is on leave",
    "terminated": "{} has left",
    "elsewhere": "{} works for another branch now",
}
GONE = "a clinician is no longer at work"
"""Who is no longer among the day's clinicians, and of whom no more is known."""


def roster_change(signal: RosterChange, day: Day, now: datetime) -> Effect:
    """Free what the clinician can no longer be there for; the repair finds what rules now forbid."""
    stops = [a for a in day.plan.route(signal.clinician_id) if _is_to_come(day.visits[a.key.visit_id])]
    lost = tuple(a.key for a in stops if _is_lost(a, day))
    again = _is_known_again(signal, day)
    return Effect(
        unpinned(day, lost),
        because=_because(signal, lost, day),
        replans=True,
        freed=lost,
        hit=lost,
        no_old_times=(signal.clinician_id,),
        heard_again=(signal.clinician_id,) if again else (),
        closed=(_reachable(signal.clinician_id, day),) if again else (),
    )


def _is_known_again(signal: RosterChange, day: Day) -> bool:
    """Whose status is known may be written to: what could not reach them is told now, where it still is news."""
    away = day.away.get(signal.clinician_id)
    is_known = not away.is_unclear if away else signal.clinician_id in day.clinicians
    return signal.changed is RosterField.STATUS and is_known


def _reachable(clinician_id: PartyId, day: Day) -> CaseToClose:
    subject = CaseSubject.of_clinician(clinician_id, day.service_date)
    return CaseToClose(CaseKind.MESSAGE_UNDELIVERABLE, subject, "the clinician's status is known again")


def _because(signal: RosterChange, lost: Collection[PositionKey], day: Day) -> str:
    """What changed, by name; an absence that takes visits away is called time off."""
    clinician = day.clinicians.get(signal.clinician_id)
    if clinician is None:
        away = day.away.get(signal.clinician_id)
        return _AWAY.get(away.status, GONE).format(away.name) if away else GONE
    stops = [day.plan.assignments[key] for key in lost]
    absences = [
        a
        for a in day.availability
        if a.clinician_id == clinician.id and a.kind is AvailabilityKind.UNAVAILABLE and not a.called_out
    ]
    if signal.changed is RosterField.HOURS and any(
        a.starts_at < stop.ends_at and a.ends_at > stop.starts_at for a in absences for stop in stops
    ):
        return f"{clinician.name} has time off"
    return _WORDS[signal.changed].format(clinician.name)


def _is_to_come(visit: Visit) -> bool:
    return visit.is_plannable and not visit.is_started


def _is_lost(stop: Assignment, day: Day) -> bool:
    return stop.clinician_id not in day.clinicians or not is_on_duty(day, stop)
