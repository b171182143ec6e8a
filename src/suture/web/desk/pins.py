"""The page on which a coordinator makes a clinician's PIN, to give in person or by phone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import Response

from suture.service.pins import NoSuchClinician, clinician_named, set_pin
from suture.service.request_types import WordIfAny
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token

PIN_FORM = "pin"


def pins_router() -> APIRouter:
    """Routes under /pins."""
    router = APIRouter(prefix="/pins", include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("")
    def ask(clinician: Annotated[WordIfAny, Query()] = "") -> Response:
        return _page(clinician)

    @router.post("", dependencies=[Depends(own_form(PIN_FORM))])
    def make(caller: Reader, clinician: Annotated[WordIfAny, Form()] = "") -> Response:
        try:
            pin = set_pin(caller, clinician_named(caller, clinician.strip()))
        except NoSuchClinician as error:
            return _page(clinician, status=422, error=str(error))
        return _page(clinician, pin=pin.get_secret_value())

    return router


def _page(clinician: str, *, status: int = 200, pin: str = "", error: str = "") -> Response:
    return page("desk/pins.html", status=status, clinician=clinician, pin=pin, error=error, csrf=form_token(PIN_FORM))
