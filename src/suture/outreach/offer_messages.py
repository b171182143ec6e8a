"""What people hear of offers: that they are asked, that the visit is theirs, or that it is gone. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from suture.model.contacts import Contacts
from suture.model.decision import OfferNews
from suture.model.messages import Step, SubjectKind, Touch
from suture.outreach.compose import CHANNELS, PRIORITIES
from suture.words.reason import reason

STILL_OF_USE = timedelta(hours=2)
"""How long at least someone who answered hears what came of it."""
_BECAUSE = {
    Step.S_OFFER: reason("told.offer"),
    Step.S_OFFER_WON: reason("told.offer_won"),
    Step.S_OFFER_GONE: reason("told.offer_gone"),
}


def offer_messages(news: Sequence[OfferNews], contacts: Contacts, now: datetime) -> tuple[Touch, ...]:
    """A message for each, at once, on the first channel that reaches them: whoever is asked was looked at already."""
    found = ((n, contacts.parties.get(n.asked.clinician_id)) for n in news)
    reached = (
        (n, next((c for c in CHANNELS[n.step] if c in contact.channels), None)) for n, contact in found if contact
    )
    return tuple(
        Touch(
            subject=SubjectKind.OFFER,
            subject_id=n.offer.id,
            subject_rev=n.offer.round,
            party_id=n.asked.clinician_id,
            step=n.step,
            channel=channel,
            priority=PRIORITIES[n.step],
            due_at=now,
            not_after=n.offer.expires_at if n.step is Step.S_OFFER else max(now + STILL_OF_USE, n.asked.starts_at),
            because=_BECAUSE[n.step],
        )
        for n, channel in reached
        if channel is not None
    )
