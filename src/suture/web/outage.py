"""While the database is away, takes no changes or is too busy: say so, ask to come back, and log one line each."""

import logging
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from suture.store.sql_errors import is_away, is_read_only
from suture.web.api.refusals import refused
from suture.web.patient.pages import away as away_page
from suture.web.render import page
from suture.words.catalog import _, marked

RETRY_AFTER_S = 2

_log = logging.getLogger(__name__)


class _Outage(NamedTuple):
    """What happened and what to do, as texts of the catalog."""

    title: str
    why: str


_STARTING = _Outage(marked("The database is starting again"), marked("Reload in a moment."))
_BUSY = _Outage(marked("The server is busy"), marked("It is doing all it can at once. Try again in a moment."))
_READ_ONLY = _Outage(
    marked("The database is not accepting changes right now"),
    marked("It is read-only, so nothing was saved. Try again later."),
)


def answer_outages(app: FastAPI) -> None:
    """Answer 503 to whatever needed a database that was not there; what else goes wrong in SQL stays an error."""

    @app.exception_handler(PoolTimeout)
    @app.exception_handler(DBAPIError)
    def away(request: Request, error: PoolTimeout | DBAPIError) -> Response:
        return answer_outage(request.url.path, error)


def answer_outage(path: str, error: PoolTimeout | DBAPIError) -> Response:
    """What a request to this path gets while the database is away. Raises what went wrong otherwise."""
    if not is_away(error):
        raise error
    _log.warning("database.away: %s", type(getattr(error, "orig", None) or error).__name__)
    response = _answer(path, _outage(error))
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _outage(error: PoolTimeout | DBAPIError) -> _Outage:
    if isinstance(error, PoolTimeout):
        return _BUSY
    return _READ_ONLY if is_read_only(error) else _STARTING


def _answer(path: str, outage: _Outage) -> Response:
    if path.startswith("/api/") or path == "/metrics":
        return refused(503, "unavailable", f"{_(outage.title)}. {_(outage.why)}")
    if path.startswith(("/p/", "/u/")):
        return away_page()
    return page("refused.html", status=503, title=_(outage.title), why=_(outage.why))
