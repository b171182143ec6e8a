"""The API under /api/v1: signals in, days planned, published and read. `security.Guard` asks for the bearer token.

Errors are JSON objects with `error` and `message`; an invalid body lists `problems`, each with the path of the field
and what is expected there, or a message why its value is no use. What is not understood is never repeated.
"""

from asyncio import get_running_loop
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from suture.dispatch.first_pass import NotPlannable
from suture.model.actors import COORDINATOR
from suture.service.context import Context
from suture.service.errors import BadSignal, NothingInForce, UnknownBranch
from suture.service.plan_day import find_branch, plan_day, publish_day
from suture.service.request_types import UNUSABLE, ServiceDate, StoredId, Word
from suture.service.signal_requests import SignalRequest, receive_signal
from suture.service.why_pair import NoSuchPair
from suture.store import access
from suture.store.views import PlanView, StopView
from suture.web.render import page

PLANS_AT_ONCE, MOST_PLANS = 2, 20
"""Searches that run at once in this process, and with those that wait for them: signals must still be accepted."""


class SignalStored(BaseModel):
    """The answer to a signal. A repeat of the same `source` and `source_id` gets this very answer again.

    `state` is that of the moment it was stored; `GET /api/v1/signals/{id}` says what it is now.
    """

    id: int
    state: str = Field(default="new", description="Always new: stored, and decided by the worker in a moment.")


class SignalNow(BaseModel):
    """The state of a signal: new, handled (in the plan version `version`), or quarantined for a person."""

    id: int
    kind: str
    state: str
    version: int | None


class DayDone(BaseModel):
    """What planning or publishing led to: `positions = assigned + exceptions`."""

    version: int
    stage: str
    positions: int
    assigned: int
    exceptions: int


class Stop(BaseModel):
    """One planned position. Times carry their UTC offset; equal told times are an exact appointment."""

    visit: str
    visit_id: int
    position: int
    order: int
    starts_at: datetime
    ends_at: datetime
    told_open: datetime
    told_close: datetime
    status: str
    pinned: bool


class Route(BaseModel):
    """One clinician's stops in order."""

    clinician: str
    clinician_id: int
    role: str
    stops: list[Stop]


class Uncovered(BaseModel):
    """A position that no clinician covers, and why, one sentence a clinician."""

    visit: str
    visit_id: int
    position: int
    earliest_start: datetime
    latest_start: datetime
    reasons: list[str]


class PlanNow(BaseModel):
    """The plan of one branch-day as it stands."""

    branch: str
    date: date
    version: int
    stage: str
    routes: list[Route]
    uncovered: list[Uncovered]


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


_REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": Refused, "description": words}
    for code, words in {
        401: "No bearer token, or a wrong one.",
        404: "There is nothing of that name.",
        409: "It does not fit the state of the day, or the id was used for something else.",
        422: "Something sent cannot be understood.",
        503: "The database is away, or too much is under way: try again in a moment.",
    }.items()
}


def api_router(ctx: Context) -> APIRouter:
    """Routes under /api/v1."""
    bearer = HTTPBearer(scheme_name="bearer", auto_error=False)  # for the description; the guard has asked already
    planners, places = ThreadPoolExecutor(PLANS_AT_ONCE, "planner"), BoundedSemaphore(MOST_PLANS)
    router = APIRouter(prefix="/api/v1", responses=_REFUSALS, dependencies=[Depends(bearer)])

    @router.post("/signals", status_code=202, summary="Say that something happened")
    def post_signal(signal: Annotated[SignalRequest, Body()], response: Response) -> SignalStored:
        received = receive_signal(ctx, signal, COORDINATOR)
        if received.conflict:
            raise _Conflict("This source and source_id were used for another signal. Give this one an id of its own.")
        response.headers["Location"] = f"/api/v1/signals/{received.id}"
        return SignalStored(id=received.id)

    @router.get("/signals/{signal_id}", summary="The state of a signal")
    def get_signal(signal_id: StoredId) -> SignalNow:
        with ctx.transaction() as tx:
            found = access.signal_view(tx, signal_id, COORDINATOR)
        if found is None:
            raise _Missing("There is no signal of that id.")
        return SignalNow(id=found.id, kind=found.kind, state=found.state, version=found.handled_version)

    @router.post("/days/{branch}/{date}/plan", summary="Make or remake the draft of a day")
    async def post_plan(branch: Word, date: ServiceDate) -> DayDone:
        if not places.acquire(blocking=False):
            raise _Busy("Many days are being planned already: try again in a minute.")
        try:
            await get_running_loop().run_in_executor(planners, plan_day, ctx, branch, date, COORDINATOR)
        finally:
            places.release()
        return _done(await run_in_threadpool(_plan, ctx, branch, date))

    @router.post("/days/{branch}/{date}/publish", summary="Publish the draft: everybody is told")
    def post_publish(branch: Word, date: ServiceDate) -> DayDone:
        publish_day(ctx, branch, date, COORDINATOR)
        return _done(_plan(ctx, branch, date))

    @router.get("/days/{branch}/{date}/plan", summary="The plan as it stands")
    def get_plan(branch: Word, date: ServiceDate) -> PlanNow:
        return _plan_now(_plan(ctx, branch, date))

    return router


class _Missing(Exception):
    """Nothing of that name; the message is for the caller."""


class _Busy(Exception):
    """Too much is under way already; the message is for the caller."""


class _Conflict(Exception):
    """It does not fit what is there; the message is for the caller."""


def _plan(ctx: Context, branch_external_id: str, on: date) -> PlanView:
    with ctx.transaction() as tx:
        found = access.plan_view(tx, find_branch(tx, branch_external_id), on, COORDINATOR)
    if found is None:
        raise _Missing(f"{on} has no plan yet: plan the day first.")
    return found


def _done(plan: PlanView) -> DayDone:
    return DayDone(
        version=plan.head.version,
        stage=plan.head.stage,
        positions=plan.assigned + len(plan.uncovered),
        assigned=plan.assigned,
        exceptions=len(plan.uncovered),
    )


def _plan_now(plan: PlanView) -> PlanNow:
    return PlanNow(
        branch=plan.branch.external_id,
        date=plan.service_date,
        version=plan.head.version,
        stage=plan.head.stage,
        routes=[
            Route(clinician=c.external_id, clinician_id=c.id, role=c.role, stops=_stops(plan, c.id))
            for c in plan.clinicians
        ],
        uncovered=[
            Uncovered(
                visit=s.external_id,
                visit_id=s.visit_id,
                position=s.position,
                earliest_start=s.earliest_start,
                latest_start=s.latest_start,
                reasons=list(plan.reasons.get((s.visit_id, s.position), ())),
            )
            for s in plan.uncovered
        ],
    )


def _stops(plan: PlanView, clinician_id: int) -> list[Stop]:
    return [_stop(s) for s in plan.stops if s.seat and s.seat.clinician_id == clinician_id]


def _stop(stop: StopView) -> Stop:
    seat = stop.seat
    if seat is None:
        raise ValueError(f"visit {stop.external_id} has no clinician")
    return Stop(
        visit=stop.external_id,
        visit_id=stop.visit_id,
        position=stop.position,
        order=seat.order,
        starts_at=seat.starts_at,
        ends_at=seat.ends_at,
        told_open=seat.told_open,
        told_close=seat.told_close,
        status=stop.status,
        pinned=seat.pinned,
    )


# refusals --------------------------------------------------------------------------------------------


def answer_refusals(app: FastAPI) -> None:
    """Turn what the service refuses into JSON with the right status."""

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        if not request.url.path.startswith("/api/"):
            return page("refused.html", status=422, title="This address cannot be understood", why="Check it again.")
        return _refused(422, "invalid", "Some fields cannot be used.", [_problem(e) for e in error.errors()])

    @app.exception_handler(BadSignal)
    def bad_signal(request: Request, error: BadSignal) -> JSONResponse:
        problem = Problem(path=error.field, message=error.message)
        return _refused(422, "invalid", "Some fields cannot be used.", [problem])

    for kind, status, code in (
        (UnknownBranch, 404, "not_found"),
        (NoSuchPair, 404, "not_found"),
        (_Missing, 404, "not_found"),
        (NotPlannable, 409, "conflict"),
        (NothingInForce, 409, "conflict"),
        (_Conflict, 409, "conflict"),
        (_Busy, 503, "busy"),
    ):
        app.add_exception_handler(kind, _handler(status, code))


def _handler(status: int, code: str) -> Any:
    def handle(request: Request, error: Exception) -> JSONResponse:
        return _refused(status, code, str(error))

    return handle


def _refused(status: int, code: str, message: str, problems: Sequence[Problem] = ()) -> JSONResponse:
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
            expected = "this field is required"
        case "extra_forbidden":
            expected = "there is no field of this name"
        case "union_tag_not_found" | "union_tag_invalid":
            path, expected = [*path, "kind"], f"one of {known.get('expected_tags', 'the known kinds')}"
        case "json_invalid":  # its place is a count of characters
            path, expected = [], "a JSON object"
        case "model_attributes_type" | "dict_type":
            expected = "a JSON object"
        case "value_error":
            expected = "a usable value"
        case _:
            expected = str(error["msg"]).removeprefix("Input should be ")
    return Problem(path=".".join(path) or "(body)", expected=expected)
