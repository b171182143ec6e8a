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
from suture.words.reason import Reason, reason

_AWAY = frozenset({"unclear", "leave", "terminated", "elsewhere"})
"""How someone may be away whose status is known."""


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
    return CaseToClose(CaseKind.MESSAGE_UNDELIVERABLE, subject, reason("closed.status_known"))


def _because(signal: RosterChange, lost: Collection[PositionKey], day: Day) -> Reason:
    """What changed, by name; an absence that takes visits away is called time off."""
    clinician = day.clinicians.get(signal.clinician_id)
    if clinician is None:
        away = day.away.get(signal.clinician_id)
        known = away is not None and away.status in _AWAY
        return reason(f"signal.away_{away.status}", who=away.name) if away and known else reason("signal.gone")
    stops = [day.plan.assignments[key] for key in lost]
    absences = [
        a
        for a in day.availability
        if a.clinician_id == clinician.id and a.kind is AvailabilityKind.UNAVAILABLE and not a.called_out
    ]
    if signal.changed is RosterField.HOURS and any(
        a.starts_at < stop.ends_at and a.ends_at > stop.starts_at for a in absences for stop in stops
    ):
        return reason("signal.time_off", who=clinician.name)
    return reason(f"signal.roster_{signal.changed}", who=clinician.name)


def _is_to_come(visit: Visit) -> bool:
    return visit.is_plannable and not visit.is_started


def _is_lost(stop: Assignment, day: Day) -> bool:
    return stop.clinician_id not in day.clinicians or not is_on_duty(day, stop)
