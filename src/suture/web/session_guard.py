"""Asks whoever comes to the pages for their session, before anything else is looked at: without one, to /sign-in."""

from collections.abc import Callable
from urllib.parse import parse_qs, quote

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from suture.web.outage import answer_outage
from suture.web.signed_in import COOKIE, HALFWAY, SIGN_IN, SIGN_OUT, SignedIn, answering

FOR_ANYONE = frozenset({"/healthz", "/readyz", "/metrics", SIGN_IN, f"{SIGN_IN}/demo"})
"""Addresses that need no session; /metrics asks for a key."""
FOR_ANYONE_BELOW = ("/api/", "/static/", "/p/", "/u/", "/welcome/", f"{SIGN_IN}/provider/")
"""How addresses begin that need no session: the API asks for a key, and links are secrets of their own."""
LONGEST_NEXT = 500
BY_ITSELF = "auto"
"""A parameter of addresses that a page opens by itself: looking at a page that reloads is no sign of life."""


class SessionGuard:
    """Looks the session up at each request, so that one that is ended, or whose account changes, acts at once.

    `by_cookie`: whose a cookie is, None for one that opens nothing; `by_gesture` says whether a person asks.
    """

    def __init__(self, app: ASGIApp, *, by_cookie: Callable[[str, bool], SignedIn | None]) -> None:
        self._app = app
        self._by_cookie = by_cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send to the sign-in, or pass on with whoever has signed in."""
        if scope["type"] != "http" or is_for_anyone(scope["path"]):
            await self._app(scope, receive, send)
            return
        found = await self._found(HTTPConnection(scope), scope["path"])
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope = {**scope, "state": {**scope.get("state", {}), "caller": found.caller}}
        with answering(found):
            await self._app(scope, receive, send)

    async def _found(self, connection: HTTPConnection, path: str) -> SignedIn | Response:
        cookie = connection.cookies.get(COOKIE, "")
        by_gesture = BY_ITSELF not in parse_qs(connection.url.query, max_num_fields=100)
        try:
            found = await run_in_threadpool(self._by_cookie, cookie, by_gesture) if cookie else None
        except (PoolTimeout, DBAPIError) as error:
            return answer_outage(path, error)
        if found is None:
            return RedirectResponse(_sign_in_and_back(connection), 303)
        halfway = HALFWAY.get(found.session.stage)
        if halfway and path not in (halfway, SIGN_OUT):
            return RedirectResponse(halfway, 303)
        return found


def is_for_anyone(path: str) -> bool:
    """Whether an address needs no session."""
    return path in FOR_ANYONE or path.startswith(FOR_ANYONE_BELOW)


def _sign_in_and_back(connection: HTTPConnection) -> str:
    """The sign-in, which leads back to what was asked for; a form that was sent is not sent again."""
    here = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
    is_page = connection.scope["method"] in ("GET", "HEAD") and here != "/" and len(here) <= LONGEST_NEXT
    return f"{SIGN_IN}?next={quote(here, safe='')}" if is_page else SIGN_IN
