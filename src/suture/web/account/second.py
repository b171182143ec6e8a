"""The second factor: asked for, set up, and the recovery codes that are shown once. And the way out."""

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from suture.model.accounts import Stage
from suture.service.request_types import WordIfAny
from suture.service.second_factor import enter_code, finish_set_up, set_up_of
from suture.service.sessions import sign_out
from suture.service.sign_in import NotSignedIn
from suture.web.account.cookies import onward, own_page, put, take_out
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token, session_now, who_asks

CODE_FORM, SET_UP_FORM, OUT_FORM = "code", "set-up", "sign-out"
Code = Annotated[WordIfAny, Form(max_length=40)]
Next = Annotated[WordIfAny, Form(alias="next", max_length=500)]
Asked = Annotated[WordIfAny, Query(alias="next", max_length=500)]


def second_factor_router() -> APIRouter:
    """Routes for whoever is halfway in, or wants out."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("/sign-in/code")
    def ask(after: Asked = "") -> Response:
        return _ask(own_page(after))

    @router.post("/sign-in/code", dependencies=[Depends(own_form(CODE_FORM))])
    def check(caller: Reader, code: Code = "", after: Next = "") -> Response:
        if session_now().stage is not Stage.CODE:
            return RedirectResponse("/", 303)
        try:
            return onward(enter_code(caller, session_now(), code), own_page(after))
        except NotSignedIn as error:
            return _ask(own_page(after), status=422, error=str(error))

    @router.get("/sign-in/set-up")
    def offer(after: Asked = "") -> Response:
        return _offer(own_page(after))

    @router.post("/sign-in/set-up", dependencies=[Depends(own_form(SET_UP_FORM))])
    def take(caller: Reader, code: Code = "", before: Code = "", after: Next = "") -> Response:
        if not _may_set_up():
            return RedirectResponse("/", 303)
        try:
            given = set_up_of(session_now(), who_asks().cookie)
            entered, codes = finish_set_up(caller, session_now(), given.secret, code.replace(" ", ""), before)
        except NotSignedIn as error:
            return _offer(own_page(after), status=422, error=str(error))
        return put(page("account/codes.html", codes=codes, after=own_page(after)), entered)

    @router.post("/sign-out", dependencies=[Depends(own_form(OUT_FORM))])
    def out(caller: Reader) -> Response:
        sign_out(caller, session_now())
        return take_out(RedirectResponse("/sign-in", 303))

    return router


def _ask(after: str, *, status: int = 200, error: str = "") -> Response:
    if session_now().stage is not Stage.CODE:
        return RedirectResponse("/", 303)
    return page("account/code.html", status=status, error=error, after=after, csrf=form_token(CODE_FORM))


def _offer(after: str, *, status: int = 200, error: str = "") -> Response:
    if not _may_set_up():
        return RedirectResponse("/", 303)
    found = set_up_of(session_now(), who_asks().cookie)
    picture = segno.make(found.address, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    spaced = " ".join(found.secret[at : at + 4] for at in range(0, len(found.secret), 4))
    return page(
        "account/set_up.html",
        status=status,
        error=error,
        picture=picture,
        secret=spaced,
        after=after,
        is_new=not session_now().account.has_second_factor,
        csrf=form_token(SET_UP_FORM),
    )


def _may_set_up() -> bool:
    """Whoever has an app already shows first that they have it; a lost phone is a matter for a reset."""
    return session_now().stage is not Stage.CODE
