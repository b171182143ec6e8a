"""What one signal does to a day before anybody is re-planned: the common shape of every file in this room."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import ConfirmationState, Day, not_to_be_asked
from suture.model.decision import Absence, ConfirmationUpdate, VisitUpdate
from suture.model.ids import PositionKey, TouchId, VisitId
from suture.model.visit import Visit


@dataclass(frozen=True, slots=True)
class Effect:
    """The day after a signal, and what to record of it. `replans`: the plan must be looked at again."""

    day: Day
    because: str
    replans: bool = False
    freed: tuple[PositionKey, ...] = ()
    hit: tuple[PositionKey, ...] = ()
    updates: tuple[VisitUpdate, ...] = ()
    absences: tuple[Absence, ...] = ()
    confirmations: tuple[ConfirmationUpdate, ...] = ()
    answered_touches: tuple[TouchId, ...] = ()
    opened: tuple[CaseToOpen, ...] = ()
    closed: tuple[CaseToClose, ...] = ()
    tell_cancelled: tuple[VisitId, ...] = ()


def with_visit(day: Day, visit: Visit) -> Day:
    """The day with one visit replaced."""
    return replace(day, visits={**day.visits, visit.id: visit})


def with_answers(day: Day, answers: Iterable[ConfirmationUpdate]) -> Day:
    """The day with promises answered, and clinicians who declined a visit remembered."""
    by_promise = {a.promise_id: a for a in answers}
    promises = tuple(replace(p, answer=by_promise[p.id].state) if p.id in by_promise else p for p in day.promises)
    declined = frozenset(
        (a.party_id, a.visit_id)
        for a in by_promise.values()
        if a.state is ConfirmationState.DECLINED and a.party_id in day.clinicians
    )
    return replace(day, promises=promises, declined=day.declined | not_to_be_asked(declined, day.plan, day.visits))


def nothing(day: Day, because: str) -> Effect:
    """A signal that changes nothing any more, and why."""
    return Effect(day, because)


def doubtful(day: Day, visit: Visit, because: str, reason: str) -> Effect:
    """A report that contradicts what is known: nothing is changed by it, and a person looks."""
    return Effect(day, because, opened=(mismatch(visit, reason),))


def mismatch(visit: Visit, reason: str) -> CaseToOpen:
    """A case about a visit whose records do not agree."""
    return CaseToOpen(CaseKind.EVV_MISMATCH, CaseSubject("visit", visit.id), risk=3, reasons=(reason,))
