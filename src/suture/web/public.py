"""The public side: links of patients and clinicians, and what providers call. The desk and the API are not there."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from suture.service.context import Context
from suture.web.callers import Callers
from suture.web.clinician.routes import clinician_router
from suture.web.failures import answer_failures
from suture.web.head import HeadAsGet
from suture.web.hooks.routes import hooks_router
from suture.web.language import ReadersLanguage
from suture.web.outage import answer_outages
from suture.web.patient.routes import patient_router
from suture.web.reads import ReadsStored
from suture.web.security import Guard
from suture.words.catalog import _

STATIC = Path(__file__).parent / "static"


def create_public_app(tools: Context) -> FastAPI:
    """The application for whoever has no place at the desk. Start it with `UVICORN_OPTIONS`, behind TLS."""
    app = FastAPI(title="Suture", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(ReadsStored, engine=tools.engine)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Guard, base_urls=(tools.public_base_url,))
    app.add_middleware(ReadersLanguage)  # the outermost: the guard speaks, too
    callers = Callers(tools)
    app.include_router(patient_router(callers))
    app.include_router(clinician_router(callers))
    app.include_router(hooks_router(callers))
    _add_style(app)
    answer_outages(app)
    answer_failures(app)
    _answer_errors(app)
    return app


def _add_style(app: FastAPI) -> None:
    @app.get("/static/patient.css", include_in_schema=False)
    def style() -> Response:
        return FileResponse(STATIC / "patient.css", media_type="text/css")

    @app.get("/static/clinician.css", include_in_schema=False)
    def clinicians_style() -> Response:
        return FileResponse(STATIC / "clinician.css", media_type="text/css")


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    @app.exception_handler(RequestValidationError)
    def not_here(request: Request, error: Exception) -> Response:
        """Short, and asks the database nothing: most who come here look for something to break."""
        return PlainTextResponse(_("There is nothing here."), 404)
