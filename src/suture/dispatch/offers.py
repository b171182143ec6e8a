"""What becomes of offers once the day is repaired: those of what changed end, new rounds begin, and who hears of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Ask, Effect
from suture.dispatch.fill import next_round
from suture.model.day import Day
from suture.model.decision import OfferNews
from suture.model.ids import PartyId, PositionKey
from suture.model.messages import Step
from suture.model.offers import Asked, AskedState, Offer, OfferState, PastAnswers, Terms
from suture.model.plan import Assignment
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate

Assignments = Mapping[PositionKey, Assignment]

_GONE = frozenset({AskedState.RESCINDED, AskedState.CANCELED})


def offers_after(
    day: Day, after: Assignments, effects: Sequence[Effect], rulebook: Rulebook, now: datetime
) -> tuple[Offer, ...]:
    """Every offer of the day as it is after the decision; new ones at the end, without an id."""
    offers = tuple(_unless_changed(day, after, offer, now) for offer in day.offers)
    changed = [new for old, new in zip(day.offers, offers, strict=True) if new.state is not old.state]
    again = (Ask(o.key, o.mode, o.by_person, follows=True) for o in changed)  # where the visit is only another one now
    asks = (*(ask for e in effects for ask in e.asks), *again)
    if not asks:
        return offers
    then = replace(day, plan=replace(day.plan, assignments=after), taken={}, offers=offers)
    return (*offers, *_new_rounds(then, asks, rulebook, now))


def _new_rounds(day: Day, asks: Iterable[Ask], rulebook: Rulebook, now: datetime) -> Iterator[Offer]:
    open_now = [key for key in day.open_positions() if key not in day.plan.assignments]
    pending = {o.key for o in day.offers if o.is_pending}
    rules = None
    for ask in dict.fromkeys(asks):
        if ask.key not in open_now or ask.key in pending:
            continue
        rules = rules or evaluate(rulebook, day)
        offer = next_round(day, rules, ask.key, now, mode=ask.mode, by_person=ask.by_person, follows=ask.follows)
        if offer is not None:
            pending.add(ask.key)
            day = _as_asked(day, offer)
            yield offer


def _as_asked(day: Day, offer: Offer) -> Day:
    """The day in which a round has begun: it counts for whom the next one asks."""
    past = {a.clinician_id: day.past_answers.get(a.clinician_id, PastAnswers()) for a in offer.asked}
    more = {c: replace(p, today=p.today + 1) for c, p in past.items()}
    return replace(day, offers=(*day.offers, offer), past_answers={**day.past_answers, **more})


def _unless_changed(day: Day, after: Assignments, offer: Offer, now: datetime) -> Offer:
    """The offer, canceled where the visit is no longer the one that was offered, or has someone else."""
    if not offer.is_pending or _stands(day, after, offer):
        return offer

    def became(asked: Asked) -> Asked:
        return replace(asked, state=AskedState.CANCELED) if asked.state is AskedState.PENDING else asked

    return replace(offer, state=OfferState.CANCELED, asked=tuple(map(became, offer.asked)), decided_at=now)


def _stands(day: Day, after: Assignments, offer: Offer) -> bool:
    visit = day.visits.get(offer.key.visit_id)
    if visit is None or not visit.is_plannable or visit.is_started or offer.key.position > visit.positions:
        return False
    return offer.key not in after and Terms.of(visit) == offer.terms and visit.service_date == day.service_date


def changed_offers(before: Sequence[Offer], after: Sequence[Offer]) -> tuple[Offer, ...]:
    """Those that are new, or not as they were."""
    known = {o.id: o for o in before}
    return tuple(o for o in after if known.get(o.id) != o)


def news_of(before: Sequence[Offer], after: Sequence[Offer], effects: Sequence[Effect]) -> tuple[OfferNews, ...]:
    """Who is asked, who has it, and who hears that it is gone; each person of an offer once."""
    was = {(o.id, a.clinician_id): a.state for o in before for a in o.asked}
    late = {pair for e in effects for pair in e.too_late}
    found: dict[tuple[PositionKey, int, PartyId], OfferNews] = {}
    for offer in after:
        for asked in offer.asked:
            old = was.get((offer.id, asked.clinician_id)) if offer.id else None
            step = _step(old, asked.state, is_late=(offer.id, asked.clinician_id) in late)
            if step is not None:
                found[offer.key, offer.round, asked.clinician_id] = OfferNews(step, offer, asked)
    return tuple(found.values())


def _step(old: AskedState | None, new: AskedState, *, is_late: bool) -> Step | None:
    if old is None:
        return Step.S_OFFER
    if new is AskedState.ACCEPTED and old is not new:
        return Step.S_OFFER_WON
    return Step.S_OFFER_GONE if is_late or (new in _GONE and old is not new) else None
