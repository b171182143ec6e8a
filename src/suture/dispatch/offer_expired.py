"""The time to answer an offer is over: who said yes has it, else the next are asked."""

from datetime import datetime

from suture.dispatch.effect import Effect, nothing
from suture.dispatch.offer_answered import end_of_round
from suture.model.day import Day
from suture.model.signals import OfferExpired
from suture.rules.book import Rulebook
from suture.words.reason import reason


def offer_expired(signal: OfferExpired, day: Day, rulebook: Rulebook, now: datetime) -> Effect:
    """End the round, unless it has ended already. It is said once, so that a clock that was set back since is no
    matter."""
    offer = next((o for o in day.offers if o.id == signal.offer_id), None)
    if offer is None or not offer.is_pending or max(now, signal.received_at) < offer.expires_at:
        return nothing(day)
    visit = day.visits.get(offer.key.visit_id)
    said = reason("signal.offer_expired", visit=visit.external_id if visit else "")
    return end_of_round(day, offer, rulebook, now, said) if visit else nothing(day)
