"""A visit waits: no one is sent, and whoever was told of it is called."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Effect, doubtful, nothing, status_words, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import VisitHeld
from suture.words.reason import reason


def visit_held(signal: VisitHeld, day: Day, now: datetime) -> Effect:
    """Put the visit on hold and give its clinician's time back; one under way goes on, and a person looks."""
    visit = day.visits[signal.visit_id]
    if visit.is_started:
        because = reason("signal.held_under_way", visit=visit.external_id)
        return doubtful(day, visit, because, reason("report.held_begun"))
    if visit.is_closed:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    return Effect(
        with_visit(day, replace(visit, held=True)),
        because=reason("signal.held", visit=visit.external_id),
        replans=True,
        frees=True,
        updates=(VisitUpdate(visit.id, held=True),),
    )
