"""Demand that arrives after the first pass: it is fitted into the day as it stands."""

from datetime import datetime

from suture.dispatch.effect import Effect, nothing
from suture.model.day import Day
from suture.model.signals import NewVisit


def new_visit(signal: NewVisit, day: Day, now: datetime) -> Effect:
    """Ask for a clinician for each of its positions."""
    visit = day.visits[signal.visit_id]
    if not visit.is_plannable:
        why = "on hold" if visit.held and not visit.is_closed else visit.status.replace("_", " ")
        return nothing(day, f"visit {visit.external_id} is {why} and needs no clinician")
    keys = tuple(key for key in visit.position_keys() if key not in day.plan.assignments)
    return Effect(day, f"visit {visit.external_id} was added", replans=True, freed=keys)
