"""The page behind the link that ends e-mail. Mail programs POST to it by themselves, without a cookie or our form.

Looking changes nothing, since mail scanners look, too. The answer to a POST is a page and no redirect (RFC 8058, 3.1).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from suture.model.links import UnsubscribeLink
from suture.service import unsubscribe
from suture.service.caller import Caller
from suture.service.request_types import WordIfAny
from suture.web.callers import Callers
from suture.web.patient.frame import At, link_page
from suture.web.patient.pages import gone
from suture.web.patient.words import chosen_language, say

Word = Annotated[WordIfAny, Query(max_length=20)]


def add_unsubscribe(router: APIRouter, callers: Callers) -> None:
    """Routes under /u/."""
    Asking = Annotated[Caller, Depends(callers.link)]

    @router.get("/u/")
    def cut_short(caller: Asking) -> Response:
        return gone(caller)

    @router.get("/u/{token}")
    def show(caller: Asking, token: str, lang: Word = "") -> Response:
        return _shown(caller, unsubscribe.look_up(caller, token), lang)

    @router.post("/u/{token}")
    def act(caller: Asking, token: str, lang: Word = "") -> Response:
        return _shown(caller, unsubscribe.unsubscribe(caller, token), lang)


def _shown(caller: Caller, view: UnsubscribeLink | None, lang: str) -> Response:
    if view is None:
        return gone(caller)
    at = At(chosen_language(lang, view.lang))
    if view.is_done:
        return link_page("said.html", view, at, say("mail.none", at.lang), what_next=say("mail.next", at.lang), back="")
    return link_page("unsubscribe.html", view, at, say("mail.ask", at.lang))
