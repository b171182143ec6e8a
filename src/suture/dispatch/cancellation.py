"""A visit will not take place: its clinician is free, its patient is told."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, nothing, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import Cancellation
from suture.model.visit import VisitStatus


def cancellation(signal: Cancellation, day: Day, now: datetime) -> Effect:
    """Close the visit and release its positions; a visit already under way or closed is left alone."""
    visit = day.visits[signal.visit_id]
    if visit.is_started:
        because = f"visit {visit.external_id} was cancelled while it was under way"
        return doubtful(day, visit, because, "It was cancelled after it had begun. Ask the clinician what happened.")
    if visit.is_closed:
        return nothing(day, f"visit {visit.external_id} was already {visit.status}")
    update = VisitUpdate(
        visit.id, VisitStatus.CANCELLED, cancelled_by=signal.by, cancel_reason=signal.reason or None, tell=True
    )
    subject = CaseSubject("visit", visit.id)
    return Effect(
        with_visit(day, replace(visit, status=VisitStatus.CANCELLED)),
        because=f"visit {visit.external_id} was cancelled by the {signal.by}",
        replans=True,
        updates=(update,),
        closed=(CaseToClose(CaseKind.PATIENT_DECLINED, subject, "the visit was cancelled"),),
        tell_cancelled=(visit.id,) if visit.patient_id else (),
    )
