"""What a message about an offer says, and whether that is still so when it leaves."""

from typing import Any

from suture.model.messages import Step
from suture.model.offers import AskedState, OfferState
from suture.model.plan import ToldWindow
from suture.outreach.templates import Gone
from suture.outreach.words import window_words
from suture.store.offers import OfferNow


def is_offer_so(step: Step, it: OfferNow) -> bool:
    """Whether they are still asked, have it, or can no longer have it."""
    match step:
        case Step.S_OFFER:
            asks = it.asked.state is AskedState.PENDING and it.asked.answered_at is None
            return asks and it.offer.is_pending and it.is_as_offered
        case Step.S_OFFER_WON:
            return it.asked.state is AskedState.ACCEPTED and it.theirs is not None
        case _:
            return not (it.asked.state is AskedState.ACCEPTED or it.asked.is_willing)


def offer_values(it: OfferNow, tz: str) -> dict[str, Any]:
    """What its texts fill in besides the day and the window."""
    by = it.offer.expires_at
    return {
        "area": it.area,
        "by": window_words(ToldWindow(by, by), tz),
        "gone": _gone(it),
    }


def _gone(it: OfferNow) -> Gone:
    if it.offer.state is OfferState.ACCEPTED:
        return Gone.COVERED
    return (
        Gone.UNFIT if it.asked.state is AskedState.CANCELED and it.offer.state is not OfferState.CANCELED else Gone.OVER
    )
