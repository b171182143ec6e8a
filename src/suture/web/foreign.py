"""Forms that did not come from a page of the session that they are sent in are refused, before a route runs."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import Response

from suture.service.request_types import WordIfAny
from suture.web.render import page
from suture.web.signed_in import is_own_form
from suture.words.catalog import _


class ForeignForm(Exception):
    """A form from elsewhere, or of an earlier session."""


def own_form(form: str) -> Callable[..., Awaitable[None]]:
    """A dependency of routes: raises ForeignForm unless the form of that name came from our own page."""

    async def check(request: Request, csrf: Annotated[WordIfAny, Form()] = "") -> None:
        if not is_own_form(request, csrf, form):
            raise ForeignForm

    return check


def answer_foreign_forms(app: FastAPI) -> None:
    """Answer 403, and what to do."""

    @app.exception_handler(ForeignForm)
    def foreign(request: Request, error: ForeignForm) -> Response:
        return page("refused.html", status=403, title=_("That did not come from this page"), why=_("Open it again."))
