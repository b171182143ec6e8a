"""Someone who was asked to take a position answers: the first yes that still fits wins it, and a round ends when
everyone has answered."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.effect import Ask, Effect, nothing
from suture.dispatch.take import take
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.day import Day
from suture.model.offers import Asked, AskedState, Offer, OfferAnswer, OfferMode, OfferState, Terms
from suture.model.signals import OfferAnswered
from suture.rules.book import Rulebook
from suture.words.reason import Reason, reason


def offer_answered(signal: OfferAnswered, day: Day, rulebook: Rulebook, now: datetime) -> Effect:
    """Take the yes where it may be taken; whoever is too late, or can no longer, hears so."""
    offer = next((o for o in day.offers if o.id == signal.offer_id), None)
    asked = offer.of(signal.clinician_id) if offer else None
    if offer is None or asked is None:
        return nothing(day, reason("signal.offer_other"))
    if signal.answer is OfferAnswer.PASS:
        return _passed(day, offer, asked, signal, rulebook, now)
    if asked.state is AskedState.ACCEPTED or (asked.is_willing and offer.is_pending):
        return nothing(day, reason("signal.offer_again"))
    if not _is_open(day, offer, asked) or signal.occurred_at >= offer.expires_at:
        return _too_late(day, offer, asked, signal, reason("signal.offer_late", who=_name(day, asked)))
    if offer.mode is OfferMode.BEST_OF_WINDOW and offer.is_pending:
        willing = replace(asked, state=AskedState.PENDING, answered_at=signal.occurred_at)
        said = reason("signal.offer_willing", who=_name(day, asked))
        return _unless_all_answered(with_asked(day, offer, willing), offer, rulebook, now, said)
    found = take(day, offer, asked, rulebook, now)
    if isinstance(found, Effect):
        return found
    if not offer.is_pending:
        return _too_late(day, offer, asked, signal, reason("signal.offer_unfit", who=_name(day, asked), why=found))
    gone = replace(asked, state=AskedState.CANCELED, answered_at=signal.occurred_at)
    said = reason("signal.offer_unfit", who=_name(day, asked), why=found)
    effect = _unless_all_answered(with_asked(day, offer, gone), offer, rulebook, now, said)
    return replace(effect, too_late=((offer.id, asked.clinician_id),))


def _is_open(day: Day, offer: Offer, asked: Asked) -> bool:
    """Whether it is still what was offered. Whoever said no may change their mind until the time is up, also where the
    round ended because all had answered."""
    visit = day.visits.get(offer.key.visit_id)
    if visit is None or not visit.is_plannable or Terms.of(visit) != offer.terms:
        return False
    if offer.is_pending:
        return asked.state in (AskedState.PENDING, AskedState.REJECTED)
    covered = offer.key in day.with_taken().plan.assignments or any(
        o.key == offer.key and o.is_pending for o in day.offers
    )
    return offer.state is OfferState.TIMEOUT and asked.state is AskedState.REJECTED and not covered


def _passed(day: Day, offer: Offer, asked: Asked, signal: OfferAnswered, rulebook: Rulebook, now: datetime) -> Effect:
    said = reason("signal.offer_passed", who=_name(day, asked))
    if asked.state is AskedState.ACCEPTED:
        return _given_back(day, offer, asked)
    if not offer.is_pending or asked.state is not AskedState.PENDING:
        return nothing(day, said)
    no = replace(asked, state=AskedState.REJECTED, answered_at=signal.occurred_at)
    return _unless_all_answered(with_asked(day, offer, no), offer, rulebook, now, said)


def _given_back(day: Day, offer: Offer, asked: Asked) -> Effect:
    """A no after the yes: a person decides, since the visit is theirs by now."""
    visit, stop = day.visits.get(offer.key.visit_id), day.with_taken().plan.assignments.get(offer.key)
    if visit is None or stop is None or stop.clinician_id != asked.clinician_id or visit.is_started or visit.is_closed:
        return nothing(day, reason("signal.offer_again"))
    case = CaseToOpen(
        CaseKind.CLINICIAN_DECLINED,
        CaseSubject.of_clinician(asked.clinician_id, day.service_date),
        3,
        (reason("report.offer_given_back", who=_name(day, asked), visit=visit.external_id),),
        last_useful_minute(stop.starts_at),
    )
    return Effect(
        day, reason("signal.offer_given_back", who=_name(day, asked), visit=visit.external_id), opened=(case,)
    )


def _too_late(day: Day, offer: Offer, asked: Asked, signal: OfferAnswered, because: Reason) -> Effect:
    """They hear so; that they said yes is remembered."""
    said_yes = replace(asked, answered_at=asked.answered_at or signal.occurred_at)
    if asked.state in (AskedState.RESCINDED, AskedState.CANCELED):
        day = with_asked(day, offer, said_yes)
    return Effect(day, because, too_late=((offer.id, asked.clinician_id),))


def _unless_all_answered(day: Day, offer: Offer, rulebook: Rulebook, now: datetime, said: Reason) -> Effect:
    """What was said; a round of which no one more can answer ends with it."""
    offer = next(o for o in day.offers if o.id == offer.id)
    if any(a.state is AskedState.PENDING and a.answered_at is None for a in offer.asked):
        return Effect(day, said)
    return end_of_round(day, offer, rulebook, now, said)


def end_of_round(day: Day, offer: Offer, rulebook: Rulebook, now: datetime, said: Reason) -> Effect:
    """The best of those who are willing has it, where it still fits; else the next are asked."""
    unfit: list[Asked] = []
    for asked in (a for a in offer.asked if a.is_willing):
        found = take(day, offer, asked, rulebook, now)
        if isinstance(found, Effect):
            return replace(found, too_late=tuple((offer.id, a.clinician_id) for a in unfit))
        unfit.append(asked)
    out = {a.clinician_id for a in unfit}
    asked_now = tuple(
        replace(a, state=AskedState.CANCELED if a.clinician_id in out else AskedState.TIMEOUT)
        if a.state is AskedState.PENDING
        else a
        for a in offer.asked
    )
    over = replace(offer, state=OfferState.TIMEOUT, asked=asked_now, decided_at=now)
    return Effect(
        with_offer(day, over),
        said,
        asks=(Ask(offer.key, offer.mode, offer.by_person, follows=True),),
        too_late=tuple((offer.id, a.clinician_id) for a in unfit),
    )


def with_asked(day: Day, offer: Offer, asked: Asked) -> Day:
    """The day with what became of one person who was asked."""
    return with_offer(
        day,
        replace(offer, asked=tuple(asked if a.clinician_id == asked.clinician_id else a for a in offer.asked)),
    )


def with_offer(day: Day, offer: Offer) -> Day:
    """The day with one offer replaced."""
    return replace(day, offers=tuple(offer if o.id == offer.id else o for o in day.offers))


def _name(day: Day, asked: Asked) -> str | Reason:
    clinician = day.clinicians.get(asked.clinician_id)
    return clinician.name if clinician else reason("who.off_roster")
