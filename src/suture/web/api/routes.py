"""Routes under /api/v1: signals in, days planned, published and read. Who may: `KeyGuard` and `scopes`."""

from asyncio import get_running_loop
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.plan_day import plan_day, publish_day
from suture.service.request_types import ServiceDate, StoredId, Word
from suture.service.signal_requests import SignalRequest, receive_signal
from suture.store import access
from suture.store.views import PlanView
from suture.web.api.refusals import REFUSALS, Busy, Conflict, Missing
from suture.web.api.scopes import Asking, find_signal
from suture.web.api.views import DayDone, PlanNow, SignalNow, SignalStored, done, plan_now
from suture.words.catalog import _

PLANS_AT_ONCE, MOST_PLANS = 2, 20
"""Searches that run at once in this process, and with those that wait for them: signals must still be accepted."""


def api_router() -> APIRouter:
    """Routes under /api/v1."""
    bearer = HTTPBearer(scheme_name="bearer", auto_error=False)  # for the description; KeyGuard has asked already
    planners, places = ThreadPoolExecutor(PLANS_AT_ONCE, "planner"), BoundedSemaphore(MOST_PLANS)
    router = APIRouter(prefix="/api/v1", responses=REFUSALS, dependencies=[Depends(bearer)])

    @router.post("/signals", status_code=202, summary="Say that something happened")
    def post_signal(caller: Asking, signal: Annotated[SignalRequest, Body()], response: Response) -> SignalStored:
        received = receive_signal(caller, signal)
        if received.conflict:
            raise Conflict(_("This source and source_id were used for another signal. Give this one an id of its own."))
        response.headers["Location"] = f"/api/v1/signals/{received.id}"
        return SignalStored(id=received.id)

    @router.get("/signals/{signal_id}", summary="The state of a signal")
    def get_signal(caller: Asking, signal_id: StoredId) -> SignalNow:
        with caller.transaction() as tx:
            found = find_signal(tx, signal_id)
        because = tuple(str(why) for why in found.because)
        return SignalNow(
            id=found.id, kind=found.kind, state=found.state, version=found.handled_version, because=because
        )

    @router.post("/days/{branch}/{date}/plan", summary="Make or remake the draft of a day")
    async def post_plan(caller: Asking, branch: Word, date: ServiceDate) -> DayDone:
        if not places.acquire(blocking=False):
            raise Busy(_("Many days are being planned already: try again in a minute."))
        try:
            await get_running_loop().run_in_executor(planners, copy_context().run, plan_day, caller, branch, date)
        finally:
            places.release()
        return done(await run_in_threadpool(_plan, caller, branch, date))

    @router.post("/days/{branch}/{date}/publish", summary="Publish the draft: everyone is told")
    def post_publish(caller: Asking, branch: Word, date: ServiceDate) -> DayDone:
        publish_day(caller, branch, date)
        return done(_plan(caller, branch, date))

    @router.get("/days/{branch}/{date}/plan", summary="The plan as it stands")
    def get_plan(caller: Asking, branch: Word, date: ServiceDate) -> PlanNow:
        return plan_now(_plan(caller, branch, date))

    @router.get("/openapi.json", include_in_schema=False)
    def get_description(caller: Asking, request: Request) -> JSONResponse:
        return JSONResponse(request.app.openapi())

    return router


def _plan(caller: Caller, branch_external_id: str, on: date) -> PlanView:
    with caller.transaction() as tx:
        found = access.plan_view(tx, find_branch(tx, branch_external_id), on)
    if found is None:
        raise Missing(_("{day} has no plan yet: plan the day first.", day=on))
    return found
