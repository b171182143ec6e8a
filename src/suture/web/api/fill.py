"""GET /api/v1/visits/…/fill: who could take a position that has no clinician, best first, and who was asked."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from suture.model.offers import AskedState, Offer, OfferMode, OfferState
from suture.service.fill import fill_list
from suture.service.request_types import Word
from suture.web.api.scopes import Asking


class CouldTake(BaseModel):
    """One person who could take it, from `starts_at` on. `not_now`: why they are not asked now, or empty."""

    clinician: str
    name: str
    starts_at: datetime
    why: str
    not_now: str


class CannotTake(BaseModel):
    """One person who cannot, and the cheapest thing that is in the way."""

    clinician: str
    name: str
    why: str


class AskedOne(BaseModel):
    """One person who was asked, and what they said."""

    clinician: str
    state: AskedState
    answered_at: datetime | None


class OfferRound(BaseModel):
    """One round of asking. Its `id` is what `offer_answered` names."""

    id: int
    round: int
    mode: OfferMode
    state: OfferState
    opened_at: datetime
    expires_at: datetime
    asked: list[AskedOne]


class VisitFill(BaseModel):
    """Everyone about one position of a visit."""

    visit: str
    position: int
    date: date
    could: list[CouldTake]
    cannot: list[CannotTake]
    offers: list[OfferRound]


def fill_router() -> APIRouter:
    """The one route."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/visits/{visit}/fill", summary="Who could take a visit that has no clinician")
    def get_fill(caller: Asking, visit: Word, position: Annotated[int, Query(ge=1, le=9)] = 1) -> VisitFill:
        found = fill_list(caller, visit, position)
        return VisitFill(
            visit=found.visit,
            position=found.position,
            date=found.service_date,
            could=[
                CouldTake(
                    clinician=c.clinician,
                    name=c.name,
                    starts_at=c.starts_at,
                    why=str(c.why),
                    not_now=str(c.not_now or ""),
                )
                for c in found.could
            ],
            cannot=[CannotTake(clinician=c.clinician, name=c.name, why=str(c.why)) for c in found.cannot],
            offers=[_round(offer, found.ids) for offer in found.offers],
        )

    return router


def _round(offer: Offer, ids: dict[int, str]) -> OfferRound:
    return OfferRound(
        id=offer.id,
        round=offer.round,
        mode=offer.mode,
        state=offer.state,
        opened_at=offer.opened_at,
        expires_at=offer.expires_at,
        asked=[
            AskedOne(clinician=ids.get(a.clinician_id, ""), state=a.state, answered_at=a.answered_at)
            for a in offer.asked
        ],
    )
