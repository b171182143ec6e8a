"""What providers call back: verified, kept once, answered at once. The address is checked before anything is read."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from suture.model.hooks import HookRequest
from suture.service.caller import Caller
from suture.service.take_hook import Outcome, take_hook
from suture.web.callers import Callers

MOST_FIELDS = 100
NOTHING_TO_SAY = "<Response/>"
_STATUS = {Outcome.UNKNOWN: 404, Outcome.FORGED: 403, Outcome.SENSELESS: 200, Outcome.KEPT: 200}


def hooks_router(callers: Callers) -> APIRouter:
    """Routes under /hooks/."""
    Asking = Annotated[Caller, Depends(callers.provider)]
    router = APIRouter(include_in_schema=False)

    @router.post("/hooks/{hook_id}/{path}")
    async def called(caller: Asking, request: Request, hook_id: str, path: str) -> Response:
        asked = _as_sent(caller.tools.public_base_url, path, request, await request.body())
        if asked is None:
            return Response(status_code=403)
        taken = await run_in_threadpool(take_hook, caller, hook_id, asked)
        status = _STATUS[taken.outcome]
        return Response(taken.answer or NOTHING_TO_SAY if status == 200 else None, status, media_type="text/xml")

    return router


def _as_sent(base_url: str, path: str, request: Request, body: bytes) -> HookRequest | None:
    """The call under the address that the provider was given; no header has a say in it. None: no form at all."""
    raw: bytes = request.scope.get("raw_path", b"")
    query: bytes = request.scope.get("query_string", b"")
    try:
        address = raw.decode("ascii") + (f"?{query.decode('ascii')}" if query else "")
        form = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    headers = tuple((name.lower(), value) for name, value in request.headers.items())
    return HookRequest(base_url.rstrip("/") + address, path, tuple(form), headers)
