"""Demand that arrives after the first pass: it is fitted into the day as it stands."""

from datetime import datetime

from suture.dispatch.effect import Effect, nothing, status_words
from suture.model.day import Day
from suture.model.signals import NewVisit
from suture.words.reason import reason


def new_visit(signal: NewVisit, day: Day, now: datetime) -> Effect:
    """Ask for a clinician for each of its positions."""
    visit = day.visits[signal.visit_id]
    if not visit.is_plannable:
        status = reason("status.held") if visit.held and not visit.is_closed else status_words(visit)
        return nothing(day, reason("signal.needs_none", visit=visit.external_id, status=status))
    keys = tuple(key for key in visit.position_keys() if key not in day.plan.assignments)
    return Effect(day, reason("signal.added", visit=visit.external_id), replans=True, freed=keys)
