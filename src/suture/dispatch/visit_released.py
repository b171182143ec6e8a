"""A visit that was on hold may take place: it needs a clinician again."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.disrupted import is_shut
from suture.dispatch.effect import Effect, nothing, status_words, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import VisitReleased
from suture.words.reason import reason


def visit_released(signal: VisitReleased, day: Day, now: datetime) -> Effect:
    """Take the visit off hold and ask for a clinician for each of its positions.

    One of a patient who is not cared for now goes on waiting, and so does one that a closure leaves no time; one that
    was moved is another day's.
    """
    visit = day.visits[signal.visit_id]
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    if not visit.held:
        return nothing(day, reason("signal.not_held", visit=visit.external_id))
    if is_shut(visit, day):
        return nothing(day, reason("signal.released_waits", visit=visit.external_id))
    patient = day.patients.get(visit.patient_id) if visit.patient_id else None
    update = VisitUpdate(visit.id, held=False)
    if visit.service_date != day.service_date or (patient is not None and not patient.is_active):
        return Effect(day, reason("signal.released_waits", visit=visit.external_id), updates=(update,))
    return Effect(
        with_visit(day, replace(visit, held=False)),
        because=reason("signal.released", visit=visit.external_id),
        replans=True,
        freed=visit.position_keys(),
        updates=(update,),
    )
