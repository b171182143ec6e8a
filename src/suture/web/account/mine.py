"""One's own account: what it may do, the password, the second factor, and where it is signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from suture.model.accounts import LEAST_PASSWORD
from suture.model.ids import SessionId
from suture.service.caller import Caller
from suture.service.passwords import BadPassword, TooBusy
from suture.service.pins import set_pin
from suture.service.request_types import Prose, StoredId, WordIfAny
from suture.service.second_factor import new_recovery_codes
from suture.service.sessions import end_other, sessions_of
from suture.service.sign_in import NotSignedIn, change_password
from suture.web.account.words import agent_words, purpose_words, role_words
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token, session_now
from suture.words.catalog import _

OWN_FORM = "account"
Password = Annotated[Prose, Form(max_length=1000)]


def account_router() -> APIRouter:
    """Routes under /account."""
    router = APIRouter(prefix="/account", include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("")
    def show(caller: Reader, request: Request) -> Response:
        return _page(caller, said="password" if "password" in request.query_params else "")

    @router.post("/password", dependencies=[Depends(own_form(OWN_FORM))])
    def other_password(caller: Reader, old: Password = "", new: Password = "", again: Password = "") -> Response:
        if new != again:
            return _page(caller, status=422, error=_("The two new passwords are not the same."))
        try:
            change_password(caller, session_now(), old, new)
        except (NotSignedIn, BadPassword) as error:
            return _page(caller, status=422, error=str(error))
        except TooBusy as error:
            return _page(caller, status=503, error=str(error))
        return RedirectResponse("/account?password=1", 303)

    @router.post("/sessions", dependencies=[Depends(own_form(OWN_FORM))])
    def end(caller: Reader, which: Annotated[StoredId | None, Form()] = None) -> Response:
        if which is not None:
            end_other(caller, session_now(), SessionId(which))
        return RedirectResponse("/account#sessions", 303)

    _add_codes(router)
    _add_pin(router)
    return router


def _add_codes(router: APIRouter) -> None:
    """Recovery codes."""

    @router.post("/codes", dependencies=[Depends(own_form(OWN_FORM))])
    def other_codes(caller: Reader, code: Annotated[WordIfAny, Form(max_length=40)] = "") -> Response:
        if not session_now().account.has_second_factor:
            return RedirectResponse("/account", 303)
        try:
            return page("account/codes.html", codes=new_recovery_codes(caller, session_now(), code), after="/account")
        except NotSignedIn as error:
            return _page(caller, status=422, error=str(error))


def _add_pin(router: APIRouter) -> None:
    """A clinician's own PIN."""

    @router.post("/pin", dependencies=[Depends(own_form(OWN_FORM))])
    def other_pin(caller: Reader) -> Response:
        if caller.scope.own is None:
            raise HTTPException(404)
        return page("account/pin.html", pin=set_pin(caller, caller.scope.own).get_secret_value())


def _page(caller: Caller, *, status: int = 200, error: str = "", said: str = "") -> Response:
    account = session_now().account
    return page(
        "account/mine.html",
        status=status,
        error=error,
        said=said,
        account=account,
        roles=[(role_words(role), purpose_words(role)) for role in sorted(account.roles)],
        sessions=_sessions(caller),
        least=LEAST_PASSWORD,
        csrf=form_token(OWN_FORM),
    )


def _sessions(caller: Caller) -> list[dict[str, object]]:
    here = session_now()
    found = sessions_of(caller, here)
    return [
        {
            "id": s.id,
            "where": agent_words(s.agent),
            "began": s.made_at,
            "seen": s.seen_at,
            "here": s.id == here.id,
        }
        for s in found
    ]
