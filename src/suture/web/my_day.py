"""A clinician's own day for a clinician who has signed in: the page behind her links, mounted for her account."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from suture.model.actors import EVERY_BRANCH
from suture.service.clinician_day import today_of
from suture.service.request_types import ServiceDate
from suture.web.clinician.page import Whose
from suture.web.clinician.routes import add_my_day
from suture.web.page_rights import Reader, signed_in
from suture.web.signed_in import who_asks


def my_day_router() -> APIRouter:
    """Her day at /my-day, and any other at /my-day/{date}."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])
    add_my_day(router, "/my-day", _today)
    add_my_day(router, "/my-day/{date}", _on)
    return router


async def _today(caller: Reader) -> Whose:
    return await run_in_threadpool(_whose, caller, None)


async def _on(caller: Reader, on: Annotated[ServiceDate, Path(alias="date")]) -> Whose:
    return await run_in_threadpool(_whose, caller, on)


def _whose(caller: Reader, on: date | None) -> Whose:
    """Her own visits may be of any branch; that they are hers is asked where they are read."""
    own = caller.scope.own
    if own is None:
        raise HTTPException(404)
    herself = replace(caller, scope=replace(EVERY_BRANCH, permissions=caller.scope.permissions, own=own))
    return Whose(herself, own, on or today_of(herself, own), who_asks().cookie)
