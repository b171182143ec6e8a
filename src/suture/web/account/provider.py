"""The way in by the agency's own sign-in: a page that leads to the provider, and the address that it leads back to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from suture.service.caller import Caller
from suture.service.provider_accounts import NotLetIn
from suture.service.provider_sign_in import Answer, BeginAgain, GaveUp, NotProven, ProviderAway, come_back, leave
from suture.service.request_types import WordIfAny
from suture.service.sign_in_settings import BACK
from suture.store.oidc_requests import WITHIN
from suture.web.account.cookies import came_from, onward, own_page
from suture.web.callers import Callers
from suture.web.render import page
from suture.web.security import is_same_origin
from suture.words.catalog import _

COOKIE = "__Host-suture_oidc"
GAVE_UP = "/sign-in?said=cancelled"
Given = Annotated[str, Query(max_length=4000)]
"""Of a provider, and shown to no one."""


def provider_router(callers: Callers, *, proxy: str) -> APIRouter:
    """Routes under /sign-in/provider, for whoever has not signed in yet."""
    Asking = Annotated[Caller, Depends(callers.entrance)]
    router = APIRouter(include_in_schema=False)

    @router.post("/sign-in/provider/begin")
    def go(
        caller: Asking,
        request: Request,
        after: Annotated[WordIfAny, Form(alias="next", max_length=500)] = "",
        shared: Annotated[bool, Form()] = False,
    ) -> Response:
        if not is_same_origin(request):
            return _refused(403, _("That did not come from this page"), _("Please sign in again."))
        try:
            leaving = leave(caller, own_page(after), is_shared=shared)
        except ProviderAway as error:
            return _refused(503, _("We cannot sign you in right now"), str(error))
        if leaving is None:
            return _refused(404, _("There is no such sign-in"), _("Please sign in with your password."))
        response = page("account/leaving.html", address=leaving.address, name=leaving.name)
        seconds = int(WITHIN.total_seconds())
        response.set_cookie(
            COOKIE, leaving.cookie, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax"
        )
        return response

    @router.get(BACK)
    def back(
        caller: Asking,
        request: Request,
        state: Given = "",
        code: Given = "",
        iss: Annotated[str | None, Query(max_length=1000)] = None,
        error: Given = "",
    ) -> Response:
        browser = SecretStr(request.cookies.get(COOKIE, ""))
        response = _back(caller, Answer(state, code, iss, error), browser, request, proxy)
        if browser:
            response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return response

    return router


def _back(caller: Caller, answer: Answer, browser: SecretStr, request: Request, proxy: str) -> Response:
    try:
        entered, after = come_back(caller, answer, browser, came_from(request, proxy))
        return onward(entered, after)
    except GaveUp:
        return RedirectResponse(GAVE_UP, 303)
    except BeginAgain as error:
        return _refused(400, _("Please sign in again"), str(error))
    except (NotProven, NotLetIn) as error:
        return _refused(403, _("You are not signed in"), str(error))
    except ProviderAway as error:
        return _refused(503, _("We cannot sign you in right now"), str(error))


def _refused(status: int, title: str, why: str) -> Response:
    return page("account/not_let_in.html", status=status, title=title, why=why)
