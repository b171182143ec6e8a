"""The development inbox: every message that left on this machine, and a box to answer a text by. Demo only."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from suture.model.messages import Channel, InboundText
from suture.model.seen import SeenMessage
from suture.outreach.interpret import Meaning
from suture.service.caller import Caller
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.request_types import Prose, WordIfAny
from suture.store import access
from suture.store.branches import agency_name, all_branches
from suture.store.views import ReplyView
from suture.web.callers import Callers
from suture.web.desk.foreign import foreign_form
from suture.web.render import page
from suture.web.security import comes_from_own_page, csrf_token
from suture.words.catalog import _, marked

ReadInbox = Callable[[], Sequence[SeenMessage]]
REPLY_FORM = "dev-inbox-reply"
PAGE_SIZE = 40
LONGEST_REPLY = 1600
BECAME: Mapping[str, str] = {
    ReplyAction.SUPPRESSED: marked("no more texts go to this number"),
    ReplyAction.RESUMED: marked("texts go to this number again"),
    ReplyAction.HELPED: marked("help was sent"),
    ReplyAction.ASKED_BACK: marked("asked back"),
    ReplyAction.REPORTED: marked("reported: see the board"),
    ReplyAction.NOTED: marked("nothing to do"),
    ReplyAction.EMERGENCY: marked("may be an emergency: see the board"),
    ReplyAction.UNCLEAR: marked("waits to be read: see the board"),
}
ANSWERED: Mapping[str, str] = {
    Meaning.ACCEPT: marked("taken as a yes"),
    Meaning.DECLINE: marked("taken as a no"),
    Meaning.RESCHEDULE: marked("asks for another time"),
}
NOT_READ = marked("not read yet")
CHANNELS = {c.value: c for c in (Channel.SMS, Channel.EMAIL)}


def dev_inbox_router(callers: Callers, *, api_token: SecretStr, read_inbox: ReadInbox) -> APIRouter:
    """Routes under /dev/inbox."""
    Asking = Annotated[Caller, Depends(callers.desk)]
    router = APIRouter(include_in_schema=False)
    csrf = csrf_token(api_token, REPLY_FORM)

    @router.get("/dev/inbox")
    def show(
        caller: Asking,
        channel: Annotated[WordIfAny, Query(max_length=10)] = "",
        at: Annotated[int, Query(alias="page", ge=1)] = 1,
    ) -> Response:
        return _page(caller, read_inbox(), CHANNELS.get(channel), at, csrf)

    @router.post("/dev/inbox/reply")
    def reply(
        caller: Asking,
        request: Request,
        to: Annotated[WordIfAny, Form(max_length=40)] = "",
        body: Annotated[Prose, Form(max_length=LONGEST_REPLY)] = "",
        token: Annotated[WordIfAny, Form(alias="csrf")] = "",
    ) -> Response:
        if not comes_from_own_page(request, token, csrf):
            return foreign_form()
        if to and body.strip():
            receive_text(caller, InboundText("console", uuid.uuid4().hex, to, body.strip()))
        return RedirectResponse("/dev/inbox?channel=sms", 303)

    return router


def _page(caller: Caller, messages: Sequence[SeenMessage], only: Channel | None, at: int, csrf: str) -> Response:
    newest = sorted((m for m in messages if only in (None, m.channel)), key=lambda m: m.at, reverse=True)
    pages = max(1, -(-len(newest) // PAGE_SIZE))
    at = min(at, pages)
    with caller.transaction() as tx:
        zones = {branch.tz for branch in all_branches(tx)}
        agency = agency_name(tx)
        replies = access.latest_replies(tx)
        now = tx.now
    shown = newest[(at - 1) * PAGE_SIZE : at * PAGE_SIZE]
    return page(
        "desk/dev_inbox.html",
        tz=zones.pop() if len(zones) == 1 else "UTC",
        agency=agency or "Suture",
        now=now,
        csrf=csrf,
        messages=[(m, list(_pieces(m))) for m in shown],
        counts={name: sum(m.channel is c for m in messages) for name, c in CHANNELS.items()},
        total=len(messages),
        only=only.value if only else "",
        at=at,
        pages=pages,
        replies=replies,
        became=_became,
        sms=Channel.SMS,
        longest=LONGEST_REPLY,
    )


def _became(reply: ReplyView) -> str:
    """What was made of a text that came in."""
    return _(BECAME.get(reply.action) or ANSWERED.get(reply.meaning, NOT_READ))


def _pieces(message: SeenMessage) -> Iterator[tuple[str, bool]]:
    """The body cut where its links are: (text, whether it is a link). Only web addresses become links."""
    rest = message.body
    for link in message.links:
        before, found, after = rest.partition(link)
        if not found or not link.startswith(("http://", "https://")):
            continue
        yield before, False
        yield link, True
        rest = after
    yield rest, False
