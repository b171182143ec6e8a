"""The page about one visit without a clinician: who could take it, who cannot and why, and asking them."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from suture.model.offers import OfferMode
from suture.service.errors import BadSignal
from suture.service.fill import NothingToFill, fill_list
from suture.service.request_types import WordIfAny
from suture.service.signal_requests import receive_signal
from suture.service.signal_requests.of_offers import AskToFillRequest
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token
from suture.words.catalog import _, marked
from suture.words.dates import long_date

FILL_FORM = "fill"
DESK_SOURCE = "desk"
MODES = {
    OfferMode.BROADCAST: marked("All at once, first yes wins"),
    OfferMode.SEQUENTIAL: marked("One after the other"),
    OfferMode.BEST_OF_WINDOW: marked("All at once, best yes wins when the time is up"),
}


def fill_pages() -> APIRouter:
    """The page, and its one button."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("/fill")
    def show(
        caller: Reader,
        visit: Annotated[WordIfAny, Query()] = "",
        position: Annotated[int, Query(ge=1, le=9)] = 1,
    ) -> Response:
        try:
            found = fill_list(caller, visit, position)
        except NothingToFill as nothing:
            return page("refused.html", status=404, title=_("No one needs to be asked"), why=str(nothing))
        return page(
            "desk/fill.html",
            found=found,
            day_words=long_date(found.service_date),
            pending=next((o for o in found.offers if o.is_pending), None),
            can_ask=not found.on_hold and any(c.not_now is None for c in found.could),
            modes=[(mode, _(words)) for mode, words in MODES.items()],
            csrf=form_token(FILL_FORM),
        )

    @router.post("/fill", dependencies=[Depends(own_form(FILL_FORM))])
    def ask(
        caller: Reader,
        visit: Annotated[WordIfAny, Form()] = "",
        position: Annotated[int, Form(ge=1, le=9)] = 1,
        mode: Annotated[OfferMode | None, Form()] = None,
    ) -> Response:
        try:
            found = fill_list(caller, visit, position)
            asked = AskToFillRequest(kind="ask_to_fill", source=DESK_SOURCE, visit=visit, position=position, mode=mode)
            receive_signal(caller, asked)
        except (NothingToFill, BadSignal) as refused:
            return page("refused.html", status=409, title=_("No one was asked"), why=str(refused))
        return RedirectResponse(f"/?branch={quote(found.branch.external_id, safe='')}&date={found.service_date}", 303)

    return router
