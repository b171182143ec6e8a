"""Demand that arrives after the first pass: it is fitted into the day as it stands."""

from datetime import datetime

from suture.dispatch.disrupted import shut_out
from suture.dispatch.effect import Effect, nothing, status_words
from suture.model.day import Day
from suture.model.signals import NewVisit
from suture.words.reason import reason


def new_visit(signal: NewVisit, day: Day, now: datetime) -> Effect:
    """Ask for a clinician for each of its positions; one that waits is looked at by a person, where it should be."""
    visit = day.visits[signal.visit_id]
    if not visit.is_plannable:
        status = reason("status.held") if visit.held and not visit.is_closed else status_words(visit)
        because = reason("signal.needs_none", visit=visit.external_id, status=status)
        waits = Effect(day, because, replans=True, updates=shut_out(visit, day))
        return nothing(day, because) if visit.is_closed else waits
    keys = tuple(key for key in visit.position_keys() if key not in day.plan.assignments)
    return Effect(day, reason("signal.added", visit=visit.external_id), replans=True, freed=keys)
