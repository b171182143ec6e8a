"""Who is asked to take what has no clinician, and what they say."""

from typing import Literal, assert_never

from pydantic import Field

from suture.model.offers import OfferAnswer, OfferMode
from suture.service.errors import BadSignal
from suture.service.request_types import StoredId, Whole, Word
from suture.service.signal_requests.fields import Placed, Request, clinician_of, of_visit, wanted_visit_of
from suture.store import offers, outreach
from suture.store.transaction import Tx
from suture.words.catalog import _, marked

_ANSWERED = {
    OfferAnswer.TAKE: marked("clinician {clinician} takes it"),
    OfferAnswer.PASS: marked("clinician {clinician} passes"),
}


class AskToFillRequest(Request):
    """Ask people to take a visit that has no clinician, whoever fits best first.

    Suture does that by itself after some minutes; this does it now.
    """

    kind: Literal["ask_to_fill"]
    visit: Word
    position: Whole = Field(default=1, ge=1, le=9, description="Which of the people a visit needs.")
    mode: OfferMode | None = Field(default=None, description="How to ask, if not as usual.")

    def in_words(self) -> str:
        return _("people are asked to take visit {visit}", visit=self.visit)


class OfferAnsweredRequest(Request):
    """Someone who was asked to take a visit answers by phone."""

    kind: Literal["offer_answered"]
    offer: StoredId
    clinician: Word
    answer: OfferAnswer

    def in_words(self) -> str:
        return _(_ANSWERED[self.answer], clinician=self.clinician)


class OfferExpiredRequest(Request):
    """The time to answer an offer is over.

    Suture notices that by itself; before that time it changes nothing.
    """

    kind: Literal["offer_expired"]
    offer: StoredId

    def in_words(self) -> str:
        return _("the time to answer offer {offer} is over", offer=self.offer)


OfOfferRequest = AskToFillRequest | OfferAnsweredRequest | OfferExpiredRequest


def place(tx: Tx, request: OfOfferRequest) -> Placed:
    """The branch-day of an offer, and what is stored of it. Raises BadSignal."""
    match request:
        case AskToFillRequest():
            found = wanted_visit_of(tx, request.visit)
            if outreach.state(tx).on_hold:
                raise BadSignal("visit", _("messages are on hold: no one can be asked until they are released"))
            if request.position > found.positions:
                said = _("visit {visit} needs fewer people: {n}", visit=request.visit, n=found.positions)
                raise BadSignal("position", said)
            if offers.is_covered(tx, found.id, request.position):
                raise BadSignal("visit", _("visit {visit} has a clinician already", visit=request.visit))
            return of_visit(found, position=request.position, mode=request.mode, by_person=True)
        case OfferAnsweredRequest():
            who = clinician_of(tx, request.clinician)
            return _of_offer(tx, request.offer, clinician_id=who.id, answer=request.answer)
        case OfferExpiredRequest():
            return _of_offer(tx, request.offer)
        case _:
            assert_never(request)


def _of_offer(tx: Tx, number: int, **body: object) -> Placed:
    found = offers.find(tx, number)
    if found is None:
        raise BadSignal("offer", _("there is no offer {n}", n=number))
    offer, branch_id, service_date = found
    clinician = body.get("clinician_id")
    if clinician is not None and not any(a.clinician_id == clinician for a in offer.asked):
        raise BadSignal("clinician", _("offer {n} was not made to this clinician", n=number))
    return Placed(branch_id, service_date, {"offer_id": number, **body})
