"""A visit will not take place: its clinician is free, its patient is told."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, nothing, status_words, with_visit
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import Cancellation
from suture.model.visit import VisitStatus
from suture.words.reason import reason


def cancellation(signal: Cancellation, day: Day, now: datetime) -> Effect:
    """Close the visit and release its positions; a visit already under way or closed is left alone."""
    visit = day.visits[signal.visit_id]
    if visit.is_started:
        because = reason("signal.cancelled_under_way", visit=visit.external_id)
        return doubtful(day, visit, because, reason("report.cancelled_begun"))
    if visit.is_closed:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    update = VisitUpdate(
        visit.id, VisitStatus.CANCELLED, cancelled_by=signal.by, cancel_reason=signal.reason or None, tell=True
    )
    subject = CaseSubject("visit", visit.id)
    return Effect(
        with_visit(day, replace(visit, status=VisitStatus.CANCELLED)),
        because=reason(f"signal.cancelled_by_{signal.by}", visit=visit.external_id),
        replans=True,
        frees=True,
        updates=(update,),
        closed=tuple(
            CaseToClose(kind, subject, reason("closed.cancelled"))
            for kind in (CaseKind.PATIENT_DECLINED, CaseKind.PATIENT_SILENT)
        ),
        tell_cancelled=(visit.id,) if visit.patient_id else (),
    )
