"""Asks whatever comes to the API for its key, before anything else is looked at: no key, no answer but 401."""

from collections.abc import Callable

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from suture.service.caller import Caller
from suture.web.api.refusals import refused
from suture.web.outage import answer_outage
from suture.words.catalog import _

API, METRICS = "/api/", "/metrics"


class KeyGuard:
    """Looks a key up at each request, so that one that is revoked or expires opens nothing from then on.

    `by_key`: whose a key is, None for one that is unknown, revoked or expired. Routes find the caller in the request's
    state, under `caller`.
    """

    def __init__(self, app: ASGIApp, *, by_key: Callable[[str], Caller | None]) -> None:
        self._app = app
        self._by_key = by_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the caller."""
        if scope["type"] == "http" and (scope["path"].startswith(API) or scope["path"].rstrip("/") == METRICS):
            found = await self._caller(scope["path"], key_of(Headers(scope=scope)))
            if isinstance(found, Response):
                await found(scope, receive, send)
                return
            scope = {**scope, "state": {**scope.get("state", {}), "caller": found}}
        await self._app(scope, receive, send)

    async def _caller(self, path: str, key: str) -> Caller | Response:
        try:
            caller = await run_in_threadpool(self._by_key, key) if key else None
        except (PoolTimeout, DBAPIError) as error:
            return answer_outage(path, error)
        return caller or _unauthorized()


def key_of(headers: Headers) -> str:
    """The key that a request comes with; empty where it comes with none."""
    scheme, _space, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _unauthorized() -> Response:
    response = refused(
        401, "unauthorized", _("Send the header Authorization: Bearer <key>, with a key that is in use.")
    )
    response.headers["WWW-Authenticate"] = "Bearer"
    return response
