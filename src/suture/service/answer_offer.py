"""Someone who was asked to take a visit answers, by text or by link: one signal an answer, bound to the offer.

The same answer again is the same signal; a change of mind is a new one, up to a number that shows.
"""

from datetime import datetime
from enum import StrEnum

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.ids import BranchDay, OfferId, PartyId
from suture.model.links import LinkResult
from suture.model.offers import OfferAnswer
from suture.service.answer_link import holder
from suture.service.caller import Caller
from suture.store import cases, events, inbox, link_views, offers, tokens, touches
from suture.store.tokens import Purpose
from suture.store.transaction import Tx
from suture.words.reason import reason

MOST_ANSWERS = 6
"""How often one person may answer one offer, their mind changed each time; after that a person calls them."""


class Stored(StrEnum):
    """What was done with an answer."""

    NEW = "new"
    AGAIN = "again"
    TOO_MANY = "too_many"


def store(
    tx: Tx,
    offer_id: OfferId,
    clinician_id: PartyId,
    day: BranchDay,
    answer: OfferAnswer,
    *,
    source: str,
    source_id: str,
    at: datetime,
) -> Stored:
    """Hand an answer to the live loop. `at`: when it was given."""
    known = offers.answers_of(tx, offer_id, clinician_id)
    if known.last is answer:
        return Stored.AGAIN
    if known.count >= MOST_ANSWERS:
        _too_many(tx, clinician_id, day)
        return Stored.TOO_MANY
    inbox.receive(
        tx,
        kind="offer_answered",
        branch_id=day.branch_id,
        service_date=day.service_date,
        source=source,
        source_id=source_id,
        body={"offer_id": offer_id, "clinician_id": clinician_id, "answer": answer},
        occurred_at=min(at, tx.now),
    )
    return Stored.NEW


def by_link(caller: Caller, token: str, answer: OfferAnswer, seen: str) -> LinkResult | None:
    """Store the answer of a link's page; what can no longer be answered is left as it is, and the page says what is so.

    `seen` as for `answer_link.answer`. None for a link that is unknown, expired, or to something else.
    """
    with caller.transaction() as opened:
        link = tokens.find(opened, token, {Purpose.OFFER})
        tx = opened.by(holder(link)) if link else opened
        view = link_views.offer_view(tx, link) if link else None
        if link is None or view is None:
            return None
        if not view.state.may_answer:
            return LinkResult.CLOSED
        if seen != view.seen:
            return LinkResult.MOVED_ON
        offer_id = OfferId(touches.find(tx, link.touch_id).subject_id)
        count = offers.answers_of(tx, offer_id, link.party_id).count
        stored = store(
            tx,
            offer_id,
            link.party_id,
            BranchDay(link.branch_id, link.service_date),
            answer,
            source="link",
            source_id=f"{link.token_hash[:16]}:{answer}:{count}",
            at=tx.now,
        )
        tokens.mark_used(tx, link.token_hash)
        return LinkResult.TOO_MANY if stored is Stored.TOO_MANY else LinkResult.RECORDED


def _too_many(tx: Tx, clinician_id: PartyId, day: BranchDay) -> None:
    """One case a person and day, however many more come."""
    subject = CaseSubject.of_clinician(clinician_id, day.service_date)
    case = CaseToOpen(CaseKind.LIMIT_REACHED, subject, 2, (reason("report.offer_answers", n=MOST_ANSWERS),))
    happened = cases.open_cases(tx, day.branch_id, day.service_date, [case])
    events.append(tx, branch_id=day.branch_id, service_date=day.service_date, events=happened)
