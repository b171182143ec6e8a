"""People are to be asked to take a position that has no clinician."""

from datetime import datetime

from suture.dispatch.effect import Ask, Effect, nothing, status_words
from suture.dispatch.fill import waits_for_patient
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.plan import Stage
from suture.model.signals import AskToFill
from suture.words.reason import reason


def ask_to_fill(signal: AskToFill, day: Day, now: datetime) -> Effect:
    """Ask the next people, where no one is asked yet. Whether any can be found shows once the day is repaired."""
    visit, key = day.visits[signal.visit_id], PositionKey(signal.visit_id, signal.position)
    if visit.is_closed or visit.is_started:
        return nothing(day, reason("signal.already", visit=visit.external_id, status=status_words(visit)))
    if day.plan.stage is not Stage.PUBLISHED:
        return nothing(day, reason("signal.offer_unpublished"))
    if key not in day.open_positions() or key in day.with_taken().plan.assignments:
        return nothing(day, reason("signal.offer_covered", visit=visit.external_id))
    if any(o.key == key and o.is_pending for o in day.offers):
        return nothing(day, reason("signal.offer_pending", visit=visit.external_id))
    if waits_for_patient(visit, by_person=signal.by_person):
        return nothing(day, reason("signal.offer_unconfirmed", visit=visit.external_id))
    because = reason("signal.asking", visit=visit.external_id)
    return Effect(day, because, asks=(Ask(key, signal.mode, signal.by_person),))
