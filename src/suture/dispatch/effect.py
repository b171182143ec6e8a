"""What one signal does to a day before anyone is re-planned: the common shape of every file in this room."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.day import ConfirmationState, Day, not_to_be_asked
from suture.model.decision import Absence, ConfirmationUpdate, VisitUpdate
from suture.model.disruption import Disruption
from suture.model.ids import OfferId, PartyId, PositionKey, TouchId, VisitId
from suture.model.offers import OfferMode
from suture.model.signals import NewVisit, Signal, VisitChanged
from suture.model.visit import Visit
from suture.words.reason import Reason, reason


@dataclass(frozen=True, slots=True)
class Ask:
    """A position that people are to be asked to take, where it still has no clinician once the day is repaired.

    `follows`: a round before this one has ended.
    """

    key: PositionKey
    mode: OfferMode | None = None
    by_person: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """The day after a signal, and what to record of it. `replans`: the plan must be looked at again."""

    day: Day
    because: Reason
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
    no_old_times: tuple[PartyId, ...] = ()
    """Clinicians whose old starts may no longer be possible, so that they are not kept for being nearly right."""
    frees: bool = False
    """Whether a clinician has time now that was taken before: the waitlist is tried."""
    late: bool = False
    """Whether someone is late: a promise that breaks by it is at risk until its patient has heard."""
    disruptions: tuple[Disruption, ...] = ()
    asks: tuple[Ask, ...] = ()
    won: tuple[PositionKey, ...] = ()
    """Positions that someone took who was asked."""
    too_late: tuple[tuple[OfferId, PartyId], ...] = ()
    """Whose yes came too late, or no longer fits: they hear that it is covered, or gone."""
    heard_again: tuple[PartyId, ...] = ()
    """Clinicians to whom messages may go out again: they hear how their list differs from what they were last told."""


def with_visit(day: Day, visit: Visit) -> Day:
    """The day with one visit replaced."""
    return replace(day, visits={**day.visits, visit.id: visit})


def unpinned(day: Day, keys: Iterable[PositionKey]) -> Day:
    """The day with these positions free to move: what a person fixed can no longer be kept."""
    stops = day.plan.assignments
    free = {key: replace(stops[key], pinned=False) for key in keys if stops[key].pinned}
    return replace(day, plan=replace(day.plan, assignments={**stops, **free})) if free else day


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


def nothing(day: Day, because: Reason | None = None) -> Effect:
    """A signal that changes nothing, and why; that it does is all that is said where no reason is given."""
    return Effect(day, because or reason("signal.no_change"))


def is_about(signal: Signal, day: Day) -> bool:
    """Whether the visit of a signal, where it has one, is still on this day."""
    visit_id: VisitId | None = getattr(signal, "visit_id", None)
    return visit_id is None or visit_id in day.visits


def about_another_day(signal: Signal, day: Day) -> Effect:
    """A report about a visit that was moved to another day after it was sent: a person reads it, nothing is lost."""
    because = reason("signal.other_day")
    if isinstance(signal, VisitChanged | NewVisit):
        return nothing(day, because)
    why = reason("report.other_day", signal=signal.id)
    return Effect(
        day, because, opened=(CaseToOpen(CaseKind.LIMIT_REACHED, CaseSubject("signal", signal.id), 3, (why,)),)
    )


def doubtful(day: Day, visit: Visit, because: Reason, why: Reason) -> Effect:
    """A report that contradicts what is known: nothing is changed by it, and a person looks."""
    return Effect(day, because, opened=(mismatch(visit, why),))


def status_words(visit: Visit) -> Reason:
    """The visit's status, as part of a sentence."""
    return reason(f"status.{visit.status}")


def mismatch(visit: Visit, why: Reason) -> CaseToOpen:
    """A case about a visit whose records do not agree."""
    return CaseToOpen(CaseKind.EVV_MISMATCH, CaseSubject("visit", visit.id), risk=3, reasons=(why,))
