"""What was tried for a position without a clinician, step by step, and what only a person can still do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from suture.dispatch.effect import Ask
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.offers import Asked, AskedState, Offer, OfferState
from suture.model.plan import Assignment
from suture.model.visit import Priority, Visit, VisitKind
from suture.words.reason import Reason, reason

_SAID: Final = {
    AskedState.PENDING: "ladder.asked",
    AskedState.ACCEPTED: "ladder.took",
    AskedState.REJECTED: "ladder.said_no",
    AskedState.TIMEOUT: "ladder.silent",
    AskedState.CANCELED: "ladder.unfit",
    AskedState.RESCINDED: "ladder.covered",
}


def ladders(
    day: Day, before: Sequence[Offer], after: Mapping[PositionKey, Assignment], asks: Iterable[Ask]
) -> Mapping[PositionKey, tuple[Reason, ...]]:
    """The trace of each position that is still open, for which people were to be asked or something changed."""
    known = {o.id: o for o in before}
    keys = {ask.key for ask in asks} | {o.key for o in day.offers if known.get(o.id) != o}
    still = [key for key in day.open_positions() if key in keys and key not in after]
    return {key: trace(day, key) for key in still}


def trace(day: Day, key: PositionKey, *, may_ask: bool = False) -> tuple[Reason, ...]:
    """What was tried for one position, step by step, and what is left to do. `may_ask`: there are people to ask yet."""
    return tuple(_steps(day, key, may_ask=may_ask))


def _steps(day: Day, key: PositionKey, *, may_ask: bool) -> Iterator[Reason]:
    visit, rounds = day.visits[key.visit_id], [o for o in day.offers if o.key == key]
    yield reason("ladder.cover")
    for offer in rounds:
        for asked in offer.asked:
            yield _said_of(day, offer, asked)
    if not may_ask and not any(o.is_pending for o in rounds):
        yield reason("ladder.no_one_left")
        yield from _for_a_person(visit)


def _said_of(day: Day, offer: Offer, asked: Asked) -> Reason:
    clinician = day.clinicians.get(asked.clinician_id)
    who = clinician.name if clinician else reason("who.off_roster")
    at = asked.answered_at if asked.state is not AskedState.PENDING else None
    gone = offer.state is OfferState.CANCELED and asked.state is AskedState.CANCELED
    code = "ladder.withdrawn" if gone else _SAID[asked.state]
    return reason(code, who=who, at=wall_clock(at or offer.opened_at, day.branch.tz))


def _for_a_person(visit: Visit) -> Iterator[Reason]:
    """The rungs that need someone's word: another day, an exchange, one carer less, a call, a missed visit."""
    if visit.kind is VisitKind.OPEN_SHIFT:
        yield reason("ladder.shift")
        return
    yield reason("ladder.time_critical" if visit.priority is Priority.STAT else "ladder.other_day")
    if visit.positions > 1:
        yield reason("ladder.step_down")
    yield reason("ladder.missed")
