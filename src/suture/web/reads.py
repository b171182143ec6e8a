"""Stores whom a request shows before its answer leaves: one row, or no answer."""

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suture.store.reads import Reads
from suture.web.outage import answer_outage

SHOWS_NO_ONE = frozenset({301, 302, 303, 307, 308, 401, 403})
"""Answers that lead elsewhere or refuse: whatever was read for them stays here."""


class ReadsStored:
    """Gives each request its `Reads`, under `reads` in its state. The innermost, where the router says the route."""

    def __init__(self, app: ASGIApp, *, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold each message back until what was noted so far is stored; once that fails, no other one leaves."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reads = Reads()
        scope = {**scope, "state": {**scope.get("state", {}), "reads": reads}}
        failures: list[DBAPIError | PoolTimeout] = []
        has_begun = False

        async def stored_first(message: Message) -> None:
            nonlocal has_begun
            shows_no_one = message["type"] == "http.response.start" and message["status"] in SHOWS_NO_ONE
            if not (reads.is_empty or shows_no_one or failures):
                reads.route = f"{scope['method']} {scope['route'].path}"
                try:
                    await run_in_threadpool(reads.save, self._engine)
                except (DBAPIError, PoolTimeout) as error:
                    failures.append(error)
            if not failures:
                has_begun = True
                await send(message)
                if shows_no_one:
                    reads.forget()

        await self._app(scope, receive, stored_first)
        if failures and has_begun:
            raise failures[0]
        if failures:
            await answer_outage(scope["path"], failures[0])(scope, receive, send)
