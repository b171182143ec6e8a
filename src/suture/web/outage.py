"""While the database is away or too busy: say so, ask to come back, and keep the log to one line each."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from suture.web.render import page
from suture.web.words import say

RETRY_AFTER_S = 2
_TITLE, _WHY = "The database is starting again", "Reload in a moment."
_AWAY_STATES = ("08", "53", "57P")
"""How the SQLSTATE begins of a server that is gone, full, or stopping."""

_log = logging.getLogger(__name__)


def answer_outages(app: FastAPI) -> None:
    """Answer 503 to whatever needed a database that was not there; what else goes wrong in SQL stays an error."""

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(DBAPIError)
    def away(request: Request, error: PoolTimeout | DBAPIError) -> Response:
        if isinstance(error, DBAPIError) and not is_away(error):
            raise error
        _log.warning("the database is away: %s", type(getattr(error, "orig", None) or error).__name__)
        response = _answer(request.url.path)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response


def is_away(error: DBAPIError) -> bool:
    """Whether there was nobody to talk to: a connection that broke or never came, or a server that said it is going."""
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return str(state).startswith(_AWAY_STATES)


def _answer(path: str) -> Response:
    if path.startswith("/api/"):
        return JSONResponse({"error": "unavailable", "message": f"{_TITLE}. {_WHY}"}, 503)
    if path.startswith("/p/"):
        return page("away.html", status=503, say=say)
    return page("refused.html", status=503, title=_TITLE, why=_WHY)
