"""The way in: e-mail address and password, the demo's buttons, and the link that a new account begins with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from suture.model.accounts import LEAST_PASSWORD
from suture.model.actors import Role
from suture.service import welcome
from suture.service.accounts import BadAccount
from suture.service.caller import Caller
from suture.service.demo_roles import DEMO_ROLES, enter_demo
from suture.service.passwords import BadPassword, TooBusy
from suture.service.provider_sign_in import provider_name
from suture.service.request_types import Prose, WordIfAny
from suture.service.sign_in import NotSignedIn, sign_in
from suture.web.account.cookies import came_from, onward, own_page
from suture.web.account.words import role_words
from suture.web.callers import Callers
from suture.web.render import page
from suture.web.security import is_same_origin
from suture.words.catalog import _

Email = Annotated[WordIfAny, Form()]
Password = Annotated[Prose, Form(max_length=1000)]
Next = Annotated[WordIfAny, Form(alias="next", max_length=500)]


def entrance_router(callers: Callers, *, proxy: str, demo: bool) -> APIRouter:
    """Routes for whoever has not signed in yet."""
    Asking = Annotated[Caller, Depends(callers.entrance)]
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    def show(
        caller: Asking, after: Annotated[WordIfAny, Query(alias="next", max_length=500)] = "", said: WordIfAny = ""
    ) -> Response:
        note = _("You did not sign in there. Try again, or use your password.") if said == "cancelled" else ""
        return _form(caller, own_page(after), demo=demo, error=note)

    @router.post("/sign-in")
    def enter(
        caller: Asking,
        request: Request,
        email: Email = "",
        password: Password = "",
        after: Next = "",
        shared: Annotated[bool, Form()] = False,
    ) -> Response:
        to = own_page(after)
        if not is_same_origin(request):
            return _form(caller, to, demo=demo, status=403, email=email, error=_("Please sign in on this page."))
        try:
            place = came_from(request, proxy, is_shared=shared)
            return onward(sign_in(caller, email, password, place), to)
        except NotSignedIn as error:
            return _form(caller, to, demo=demo, status=422, email=email, error=str(error))
        except TooBusy as error:
            return _form(caller, to, demo=demo, status=503, email=email, error=str(error))

    if demo:

        @router.post("/sign-in/demo")
        def enter_as(
            caller: Asking, request: Request, role: Annotated[Role | None, Form()] = None, after: Next = ""
        ) -> Response:
            if role not in DEMO_ROLES or not is_same_origin(request):
                return _form(
                    caller, own_page(after), demo=True, status=403, error=_("Please choose one of the buttons here.")
                )
            return onward(enter_demo(caller, role, came_from(request, proxy)), own_page(after))

    _add_welcome(router, Asking, proxy)
    return router


def _add_welcome(router: APIRouter, Asking: object, proxy: str) -> None:
    """The link that a new account begins with."""

    @router.get("/welcome/{token}")
    def greet(caller: Asking, token: str) -> Response:  # type: ignore[valid-type]
        return _welcome(caller, token)

    @router.post("/welcome/{token}")
    def begin(
        caller: Asking,  # type: ignore[valid-type]
        request: Request,
        token: str,
        password: Password = "",
        again: Password = "",
        email: Email = "",
        name: Annotated[WordIfAny, Form()] = "",
        plans: Annotated[bool, Form()] = False,
    ) -> Response:
        if not is_same_origin(request):
            return _welcome(caller, token, status=403, error=_("Please use the form on this page."))
        if password != again:
            return _welcome(caller, token, 422, _("The two passwords are not the same."), email, name, plans=plans)
        place, more = came_from(request, proxy), {Role.COORDINATOR} if plans else set()
        try:
            _good, account = welcome.whose(caller, token)
            entered = (
                welcome.choose_password(caller, token, password, place)
                if account
                else welcome.become_first(caller, token, email, name, password, place, more)
            )
        except (BadPassword, BadAccount) as error:
            return _welcome(caller, token, 422, str(error), email, name, plans=plans)
        except TooBusy as error:
            return _welcome(caller, token, 503, str(error), email, name, plans=plans)
        return onward(entered, "/") if entered else _welcome(caller, token)


def _form(caller: Caller, after: str, *, demo: bool, status: int = 200, email: str = "", error: str = "") -> Response:
    roles = [(role, role_words(role)) for role in DEMO_ROLES] if demo else []
    shown = {
        "after": after,
        "email": email,
        "error": error,
        "roles": roles,
        "provider": provider_name(caller),
        "of": caller.tenant,
    }
    return page("account/entrance.html", status=status, **shown)


def _welcome(
    caller: Caller,
    token: str,
    status: int = 200,
    error: str = "",
    email: str = "",
    name: str = "",
    *,
    plans: bool = False,
) -> Response:
    good, account = welcome.whose(caller, token)
    if not good:
        why = _("It may have been used, or replaced by a newer one. Ask whoever manages people for a new one.")
        return page("refused.html", status=404, title=_("This link does not work anymore"), why=why)
    return page(
        "account/welcome.html",
        status=status,
        account=account,
        error=error,
        email=email,
        name=name,
        plans=plans,
        least=LEAST_PASSWORD,
    )
