"""What the API refuses, as JSON: objects with `error` and `message`.

An invalid body lists `problems`, each with the path of the field and what is expected there, or a message why its value
is no use. What is not understood is never repeated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from suture.dispatch.first_pass import NotPlannable
from suture.service.errors import BadSignal, NothingInForce, UnknownBranch
from suture.service.fill import NothingToFill
from suture.service.request_types import UNUSABLE
from suture.service.why_pair import NoSuchPair
from suture.words.catalog import _
from suture.words.expected import expected


class Problem(BaseModel):
    """One field that cannot be used: its path, and what is expected there, or why what was given cannot be used."""

    path: str
    expected: str = ""
    message: str = ""


class Refused(BaseModel):
    """Why nothing was done."""

    error: str
    message: str
    problems: list[Problem] = []


def _documented(*, description: str) -> dict[str, Any]:
    return {"model": Refused, "description": description}


REFUSALS: dict[int | str, dict[str, Any]] = {
    401: _documented(description="No key, or one that is unknown, revoked or expired."),
    403: _documented(description="The key may not do that."),
    404: _documented(description="There is nothing of that name in the branches of the key."),
    409: _documented(description="It does not fit the state of the day, or the id was used for something else."),
    422: _documented(description="Something sent cannot be understood."),
    503: _documented(description="The database is away, or too much is under way: try again in a moment."),
}


class Missing(Exception):
    """Nothing of that name; the message is for the caller."""


class NotInScope(Exception):
    """The key may not do this; the message is for the caller."""


class Busy(Exception):
    """Too much is under way already; the message is for the caller."""


class Conflict(Exception):
    """It does not fit what is there; the message is for the caller."""


def answer_refusals(app: FastAPI) -> None:
    """Turn what the service refuses into JSON with the right status."""

    @app.exception_handler(BadSignal)
    def bad_signal(request: Request, error: BadSignal) -> JSONResponse:
        problem = Problem(path=error.field, message=error.message)
        return refused(422, "invalid", _("Some fields cannot be used."), [problem])

    for kind, status, code in (
        (UnknownBranch, 404, "not_found"),
        (NoSuchPair, 404, "not_found"),
        (Missing, 404, "not_found"),
        (NotInScope, 403, "forbidden"),
        (NothingToFill, 404, "not_found"),
        (NotPlannable, 409, "conflict"),
        (NothingInForce, 409, "conflict"),
        (Conflict, 409, "conflict"),
        (Busy, 503, "busy"),
    ):
        app.add_exception_handler(kind, _handler(status, code))


def invalid(error: RequestValidationError) -> JSONResponse:
    """What the schema refused."""
    return refused(422, "invalid", _("Some fields cannot be used."), [_problem(e) for e in error.errors()])


def _handler(status: int, code: str) -> Any:
    def handle(request: Request, error: Exception) -> JSONResponse:
        return refused(status, code, str(error))

    return handle


def refused(status: int, code: str, message: str, problems: Sequence[Problem] = ()) -> JSONResponse:
    """One refusal."""
    body = Refused(error=code, message=message, problems=list(problems))
    return JSONResponse(body.model_dump(exclude_defaults=True), status)


def _problem(error: Mapping[str, Any]) -> Problem:
    """A validation error without what was sent: only the schema speaks."""
    path = [str(part) for part in error["loc"] if part not in ("body", "query", "path")]
    if error["type"] == UNUSABLE:
        return Problem(path=".".join(path), message=error["msg"])
    kind, known = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            wanted = _("this field is required")
        case "extra_forbidden":
            wanted = _("there is no field of this name")
        case "union_tag_not_found" | "union_tag_invalid":
            kinds = known.get("expected_tags")
            path = [*path, "kind"]
            wanted = _("one of {kinds}", kinds=kinds) if kinds else _("one of the known kinds")
        case "json_invalid":  # its place is a count of characters
            path, wanted = [], _("a JSON object")
        case "model_attributes_type" | "dict_type":
            wanted = _("a JSON object")
        case _:
            wanted = str(expected(error))
    return Problem(path=".".join(path) or "(body)", expected=wanted)
