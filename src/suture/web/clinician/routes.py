"""A clinician's own day: behind the link of a message and her PIN, or mounted where she has signed in.

Looking changes nothing. What she presses is a POST that leads back to her day; a form counts only from her own page.
"""

from collections.abc import Callable
from datetime import time
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Form, Header, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field, SecretStr

from suture.service import pins
from suture.service.caller import Caller
from suture.service.clinician_day import Act, Acted, Said, act
from suture.service.pins import DAY_COOKIE
from suture.service.request_types import Prose, StoredId, WordIfAny
from suture.web.callers import Callers
from suture.web.clinician.page import Look, Whose, day_page, decline_page, out_page, query
from suture.web.clinician.pin import pin_page
from suture.web.clinician.words import chosen_language
from suture.web.security import comes_from_own_page

LARGEST_NUMBER = 100_000
_ACTS = {str(a): a for a in Act}

Word = Annotated[WordIfAny, Query(max_length=20)]
Visit = Annotated[StoredId | None, Query()]
Agent = Annotated[str, Header(alias="user-agent")]
Pass = Annotated[str, Cookie(alias=DAY_COOKIE)]


class Pressed:
    """The form of her page, as it came."""

    def __init__(
        self,
        act: Annotated[list[Annotated[WordIfAny, Field(max_length=20)]] | None, Form()] = None,
        number: Annotated[int, Form(ge=0, le=LARGEST_NUMBER)] = 0,
        visit: Annotated[StoredId | None, Form()] = None,
        seen: Annotated[Prose, Form(max_length=4000)] = "",
        note: Annotated[Prose, Form(max_length=2000)] = "",
        minutes: Annotated[Annotated[WordIfAny, Field(max_length=10)], Form()] = "",
        span: Annotated[Annotated[WordIfAny, Field(max_length=10)], Form()] = "",
        starts: Annotated[Annotated[WordIfAny, Field(max_length=10)], Form()] = "",
        ends: Annotated[Annotated[WordIfAny, Field(max_length=10)], Form()] = "",
        csrf: Annotated[WordIfAny, Form()] = "",
        lang: Annotated[Annotated[WordIfAny, Field(max_length=20)], Form()] = "",
    ) -> None:
        self.act = _ACTS.get(act[0]) if act and len(act) == 1 else None  # of two buttons none is meant
        self.number, self.visit, self.seen, self.csrf, self.lang = number, visit, seen, csrf, lang
        self.note = " ".join(note.split())[:200]
        self.minutes = int(minutes) if minutes.isascii() and minutes.isdigit() else 0
        self.is_some = span == "some" or bool(starts or ends)  # whoever fills in a time means it
        self.starts, self.ends = _clock(starts), _clock(ends)

    def said(self) -> Said | None:
        """What she says; None where no button, or half of a time, was given."""
        if self.act is None:
            return None
        hours = (self.starts, self.ends) if self.act is Act.OUT else (None, None)
        if self.act is Act.OUT and self.is_some and None in hours:
            return None
        return Said(self.act, self.number, self.visit or 0, self.seen, self.note, self.minutes, *hours)


def _clock(given: str) -> time | None:
    try:
        return time.fromisoformat(given).replace(tzinfo=None) if given else None
    except ValueError:
        return None


def clinician_router(callers: Callers) -> APIRouter:
    """Routes under /p/ that a PIN opens."""
    Asking = Annotated[Caller, Depends(callers.link)]
    router = APIRouter(include_in_schema=False)

    @router.get("/p/{token}/pin")
    def ask(caller: Asking, token: str, lang: Word = "") -> Response:
        return pin_page(caller, token, lang) or _to_link(token, lang)

    @router.post("/p/{token}/pin")
    def enter(
        caller: Asking, token: str, pin: Annotated[WordIfAny, Form(max_length=40)] = "", lang: Word = ""
    ) -> Response:
        entered = pins.enter(caller, token, pin)
        if entered is None:
            return _to_link(token, lang)
        if entered.cookie is None:
            return pin_page(caller, token, lang, entered) or _to_link(token, lang)
        response = RedirectResponse("day" + (query(lang) if lang else ""), 303)
        response.set_cookie(
            DAY_COOKIE, entered.cookie.get_secret_value(), path="/", secure=True, httponly=True, samesite="lax"
        )
        return response

    @router.get("/p/{token}/day")
    def show(
        caller: Asking,
        token: str,
        lang: Word = "",
        step: Word = "",
        visit: Visit = None,
        did: Word = "",
        agent: Agent = "",
        cookie: Pass = "",
    ) -> Response:
        whose = _behind(caller, token, cookie)
        return shown(whose, Look(lang, agent, did), step, visit) if whose else _to_link(token, lang)

    @router.post("/p/{token}/day")
    def press(
        request: Request,
        caller: Asking,
        token: str,
        pressed: Annotated[Pressed, Depends()],
        agent: Agent = "",
        cookie: Pass = "",
    ) -> Response:
        whose = _behind(caller, token, cookie)
        return done(request, whose, pressed, agent) if whose else _to_link(token, pressed.lang)

    return router


def add_my_day(router: APIRouter, path: str, who: Callable[..., Any]) -> None:
    """Her day at `path`, of the `Whose` that the dependency `who` gives: she has signed in."""

    def show(
        whose: Annotated[Whose, Depends(who)],
        lang: Word = "",
        step: Word = "",
        visit: Visit = None,
        did: Word = "",
        agent: Agent = "",
    ) -> Response:
        return shown(whose, Look(lang, agent, did), step, visit)

    def press(
        request: Request,
        whose: Annotated[Whose, Depends(who)],
        pressed: Annotated[Pressed, Depends()],
        agent: Agent = "",
    ) -> Response:
        return done(request, whose, pressed, agent)

    router.add_api_route(path, show, methods=["GET"], include_in_schema=False, response_model=None)
    router.add_api_route(path, press, methods=["POST"], include_in_schema=False, response_model=None)


def shown(whose: Whose, look: Look, step: str, visit: int | None) -> Response:
    """Her day, or a step before something is taken from her."""
    if step == "decline" and visit is not None:
        return decline_page(whose, look, visit)
    return out_page(whose, look) if step == "out" else day_page(whose, look)


def done(request: Request, whose: Whose, pressed: Pressed, agent: str) -> Response:
    """Record what she pressed; her day then says so. What could not be recorded is explained on it."""
    if not comes_from_own_page(request, pressed.csrf, whose.csrf):
        return day_page(whose, Look(pressed.lang, agent, error="foreign", status=403))
    said = pressed.said()
    if said is None:
        return _refused(whose, pressed, agent, "bad_time" if pressed.act is Act.OUT else "choose")
    acted = act(whose.caller, whose.clinician_id, whose.service_date, said)
    if acted is not Acted.RECORDED:
        return _refused(whose, pressed, agent, acted)
    return RedirectResponse(query(chosen_language(pressed.lang, pressed.lang), did=said.act), 303)


def _refused(whose: Whose, pressed: Pressed, agent: str, error: str) -> Response:
    """The page with what was wrong: the one that asks for hours, where it was about them."""
    look = Look(pressed.lang, agent, error=error, status=422)
    return out_page(whose, look) if pressed.act is Act.OUT else day_page(whose, look)


def _behind(caller: Caller, token: str, cookie: str) -> Whose | None:
    herself = pins.by_pass(caller, token, cookie)
    if herself is None:
        return None
    return Whose(herself.caller, herself.clinician_id, herself.service_date, SecretStr(cookie))


def _to_link(token: str, lang: str) -> Response:
    """To the page that whoever has only the link sees; a link that opens nothing says so there."""
    return RedirectResponse(f"/p/{token}" + (query(lang) if lang else ""), 303)
