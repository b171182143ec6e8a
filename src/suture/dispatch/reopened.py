"""A visit was cancelled by mistake: it takes place after all, and whoever was told otherwise hears of it."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.disrupted import is_shut
from suture.dispatch.effect import Effect, nothing, status_words, with_visit
from suture.model.day import Day
from suture.model.decision import VisitUpdate
from suture.model.signals import Reopened
from suture.model.visit import VisitStatus
from suture.words.reason import reason


def reopened(signal: Reopened, day: Day, now: datetime) -> Effect:
    """Open a cancelled visit again; one that a closure leaves no time waits.

    Any other visit is left alone, and so is one whose time is over.
    """
    visit = day.visits[signal.visit_id]
    if visit.status is not VisitStatus.CANCELLED:
        return nothing(day, reason("signal.not_cancelled", visit=visit.external_id, status=status_words(visit)))
    if visit.window.latest_start < now:
        return nothing(day, reason("signal.reopened_late", visit=visit.external_id))
    held = True if is_shut(visit, day) else None
    return Effect(
        with_visit(day, replace(visit, status=VisitStatus.REQUESTED, held=visit.held or bool(held))),
        because=reason("signal.reopened", visit=visit.external_id),
        replans=True,
        freed=visit.position_keys(),
        updates=(VisitUpdate(visit.id, VisitStatus.REQUESTED, held=held, tell=True),),
    )
