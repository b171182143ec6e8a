"""Puts the web application together: guard, API, desk, links. Bind it to loopback; start it with `UVICORN_OPTIONS`."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from suture.service.context import Context
from suture.store.access import NotAllowed
from suture.store.migrate import is_current
from suture.store.transaction import takes_no_changes
from suture.web.account.entrance import entrance_router
from suture.web.account.mine import account_router
from suture.web.account.people import people_router
from suture.web.account.provider import provider_router
from suture.web.account.second import second_factor_router
from suture.web.api.fill import fill_router
from suture.web.api.messages import messages_router
from suture.web.api.metrics import metrics_router
from suture.web.api.refusals import answer_refusals, invalid
from suture.web.api.routes import api_router
from suture.web.api.why import why_router
from suture.web.callers import Callers
from suture.web.clinician.routes import clinician_router
from suture.web.desk.dev_inbox import ReadInbox, dev_inbox_router
from suture.web.desk.fill import fill_pages
from suture.web.desk.phones import Phones
from suture.web.desk.pins import pins_router
from suture.web.desk.routes import desk_router
from suture.web.desk.timeline import minutes_css
from suture.web.failures import answer_failures
from suture.web.foreign import answer_foreign_forms
from suture.web.head import HeadAsGet
from suture.web.key_guard import KeyGuard
from suture.web.language import ReadersLanguage
from suture.web.my_day import my_day_router
from suture.web.outage import answer_outages
from suture.web.patient.routes import patient_router
from suture.web.reads import ReadsStored
from suture.web.render import page
from suture.web.security import Guard
from suture.web.session_guard import SessionGuard
from suture.words.catalog import _, marked

STATIC = Path(__file__).parent / "static"
FRAMEWORKS_WORDS = (marked("Not Found"), marked("Method Not Allowed"), marked("There was an error parsing the body"))
"""What the framework says when it refuses a request, so that the catalog has it."""

CUT_SHORT = marked("Maybe the address was cut short.")
ON_A_PAGE = {
    400: (marked("This form cannot be read"), marked("Go back to the page, and send it again.")),
    404: (marked("There is nothing here"), CUT_SHORT),
    405: (
        marked("This address cannot be opened by itself"),
        marked("A button leads here. Go back to the page with the button, and press it there."),
    ),
}
"""What a page says in place of the framework's words: what happened, and what to do."""


def create_app(
    tools: Context,
    *,
    read_inbox: ReadInbox | None = None,
    phones: Phones | None = None,
    demo: bool = False,
    proxy: str = "",
) -> FastAPI:
    """The application. `proxy`: the address of the server for TLS in front, whose word of who asks counts."""
    app = FastAPI(
        title="Suture",
        version="1",
        openapi_url=None,  # a route of the API like the others
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.add_middleware(ReadsStored, engine=tools.engine)
    app.add_middleware(HeadAsGet)
    callers = Callers(tools)
    app.add_middleware(KeyGuard, by_key=callers.by_key)
    app.add_middleware(SessionGuard, by_cookie=callers.by_cookie)
    app.add_middleware(Guard, base_urls=(tools.desk_url, tools.public_base_url))
    app.add_middleware(ReadersLanguage)  # the outermost: the guards speak, too
    app.include_router(api_router())
    app.include_router(why_router())
    app.include_router(fill_router())
    app.include_router(messages_router())
    app.include_router(metrics_router())
    app.include_router(desk_router(demo=demo))
    app.include_router(fill_pages())
    app.include_router(pins_router())
    app.include_router(entrance_router(callers, proxy=proxy, demo=demo))
    app.include_router(provider_router(callers, proxy=proxy))
    app.include_router(second_factor_router())
    app.include_router(account_router())
    app.include_router(people_router())
    app.include_router(my_day_router())
    app.include_router(patient_router(callers))
    app.include_router(clinician_router(callers))
    if demo and read_inbox is not None:
        app.include_router(dev_inbox_router(read_inbox=read_inbox, phones=phones))
    _add_health(app, tools)
    _add_static(app)
    answer_refusals(app)
    answer_foreign_forms(app)
    answer_outages(app)
    _answer_errors(app)
    answer_failures(app)
    return app


def _add_health(app: FastAPI, tools: Context) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        missing = _missing(tools.engine)
        return JSONResponse({"status": missing}, 503) if missing else JSONResponse({"status": "ready"})


def _missing(engine: Engine) -> str:
    """What keeps the server from its work, in two words; empty when nothing does."""
    try:
        if not is_current(engine):
            return _("migrations missing")
        return _("read-only database") if takes_no_changes(engine) else ""
    except PoolTimeout:
        return _("database busy")
    except SQLAlchemyError:
        return _("no database")


def _add_static(app: FastAPI) -> None:
    minutes = minutes_css()

    @app.get("/static/minutes.css", include_in_schema=False)
    def minutes_sheet() -> Response:
        return Response(minutes, media_type="text/css")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    def refuse(request: Request, error: HTTPException) -> Response:
        detail = _(str(error.detail))
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "refused", "message": detail}, error.status_code, error.headers)
        title, why = ON_A_PAGE.get(error.status_code, ("", CUT_SHORT))
        return page("refused.html", status=error.status_code, title=_(title) or detail, why=_(why))

    @app.exception_handler(NotAllowed)
    def not_shown(request: Request, error: NotAllowed) -> Response:
        return refuse(request, HTTPException(404))

    @app.exception_handler(RequestValidationError)
    def not_understood(request: Request, error: RequestValidationError) -> Response:
        if request.url.path.startswith("/api/"):
            return invalid(error)
        title, why = _("This address cannot be understood"), _("Check it again.")
        if request.method == "POST":
            title, why = _(ON_A_PAGE[400][0]), _("Go back to the page, check what you entered, and send it again.")
        return page("refused.html", status=422, title=title, why=why)
