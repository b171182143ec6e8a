"""While the database is away or too busy: say so, ask to come back, and keep the log to one line each."""

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from suture.store.away import is_away
from suture.web.render import page
from suture.web.words import say

RETRY_AFTER_S = 2
_TITLE, _WHY = "The database is starting again", "Reload in a moment."

_log = logging.getLogger(__name__)


def answer_outages(app: FastAPI) -> None:
    """Answer 503 to whatever needed a database that was not there; what else goes wrong in SQL stays an error."""

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(DBAPIError)
    def away(request: Request, error: PoolTimeout | DBAPIError) -> Response:
        if not is_away(error):
            raise error
        _log.warning("the database is away: %s", type(getattr(error, "orig", None) or error).__name__)
        response = _answer(request.url.path)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response


def _answer(path: str) -> Response:
    if path.startswith("/api/"):
        return JSONResponse({"error": "unavailable", "message": f"{_TITLE}. {_WHY}"}, 503)
    if path.startswith("/p/"):
        return page("away.html", status=503, say=say)
    return page("refused.html", status=503, title=_TITLE, why=_WHY)
