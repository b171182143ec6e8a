"""What a message about an offer says, and whether that is still so when it leaves."""

from typing import Any

from suture.model.messages import Step
from suture.model.offers import AskedState, OfferState
from suture.model.plan import ToldWindow
from suture.outreach.templates import Gone
from suture.outreach.words import window_words
from suture.store.offers import OfferNow


def is_offer_so(step: Step, now: OfferNow) -> bool:
    """Whether they are still asked, have it, or cannot have it any more."""
    match step:
        case Step.S_OFFER:
            return now.offer.is_pending and now.asked.state is AskedState.PENDING and now.asked.answered_at is None
        case Step.S_OFFER_WON:
            return now.asked.state is AskedState.ACCEPTED
        case _:
            return not (now.asked.state is AskedState.ACCEPTED or now.asked.is_willing)


def offer_values(now: OfferNow, tz: str) -> dict[str, Any]:
    """What its texts fill in besides the day and the window."""
    by = now.offer.expires_at
    return {
        "area": now.area,
        "by": window_words(ToldWindow(by, by), tz),
        "service": now.discipline,
        "minutes": now.offer.terms.minutes,
        "gone": _gone(now),
    }


def _gone(now: OfferNow) -> Gone:
    if now.offer.state is OfferState.ACCEPTED:
        return Gone.COVERED
    return (
        Gone.UNFIT
        if now.asked.state is AskedState.CANCELED and now.offer.state is not OfferState.CANCELED
        else Gone.OVER
    )
