"""The demo's phones and mailboxes: whatever was sent to anyone, and a way to answer as they would. Demo only."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response

from suture.model.messages import InboundText
from suture.model.phone_events import PhonesAway
from suture.model.seen import SeenMessage
from suture.service.caller import Caller
from suture.service.receive_reply import receive_text
from suture.service.request_types import Prose, WordIfAny
from suture.store.branches import number_of
from suture.web.desk.dev_inbox_page import BEHAVES, EMAIL, LONGEST_REPLY, SMS, address_of, mailbox_page, phone_page
from suture.web.desk.phones import KEYS, Phones, phones_of
from suture.web.foreign import own_form
from suture.web.page_rights import Reader, signed_in
from suture.web.render import page
from suture.web.signed_in import form_token
from suture.words.catalog import _

ReadInbox = Callable[[], Sequence[SeenMessage]]
REPLY_FORM = "dev-inbox-reply"


def dev_inbox_router(*, read_inbox: ReadInbox, phones: Phones | None = None) -> APIRouter:
    """Routes under /dev/inbox. Without a phone company (`phones`) what is written comes in directly."""
    Number = Annotated[WordIfAny, Form(max_length=40)]
    router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

    @router.get("/dev/inbox")
    def show(
        caller: Reader,
        channel: Annotated[WordIfAny, Query(max_length=10)] = "",
        to: Annotated[WordIfAny, Query(max_length=320)] = "",
        at: Annotated[int, Query(alias="page", ge=1)] = 1,
    ) -> Response:
        messages = read_inbox()
        all_phones = phones_of(messages, phones.happened() if phones else ())
        if channel == EMAIL:
            return mailbox_page(caller, messages, all_phones, to, at)
        return phone_page(caller, messages, all_phones, to, form_token(REPLY_FORM), can_misbehave=phones is not None)

    @router.post("/dev/inbox/reply", dependencies=[Depends(own_form(REPLY_FORM))])
    def reply(
        caller: Reader,
        to: Number = "",
        body: Annotated[Prose, Form(max_length=LONGEST_REPLY)] = "",
    ) -> Response:
        return _write(caller, phones, to, body)

    @router.post("/dev/inbox/key", dependencies=[Depends(own_form(REPLY_FORM))])
    def key(
        to: Number = "",
        call: Annotated[WordIfAny, Form(max_length=40)] = "",
        pressed: Annotated[WordIfAny, Form(alias="key", max_length=1)] = "",
    ) -> Response:
        return _press(phones, to, call, pressed)

    @router.post("/dev/inbox/phone", dependencies=[Depends(own_form(REPLY_FORM))])
    def behave(to: Number = "", how: Annotated[WordIfAny, Form(max_length=20)] = "") -> Response:
        return _behave(phones, to, how)

    return router


def _write(caller: Caller, phones: Phones | None, to: str, body: str) -> Response:
    """What is written comes in by the phone company, where there is one."""
    with caller.transaction() as tx:
        number = number_of(tx, to)
    if not number or not body.strip():
        return _back_to(number)
    if phones is None:
        receive_text(caller, InboundText("console", uuid.uuid4().hex, number, body.strip()))
        return _back_to(number)
    return _played(number, lambda: phones.write(number, body.strip()))


def _press(phones: Phones | None, to: str, call: str, key: str) -> Response:
    if phones is None or key not in ("", *KEYS):
        return _back_to(to)
    return _played(to, lambda: phones.press(call, key))


def _behave(phones: Phones | None, to: str, how: str) -> Response:
    if phones is None or not to or how not in BEHAVES:
        return _back_to(to)
    return _played(to, lambda: phones.behave(to, how))


def _played(to: str, what: Callable[[], object]) -> Response:
    try:
        what()
    except PhonesAway:
        title = _("The demo's phone company does not answer")
        return page("refused.html", status=503, title=title, why=_("Go back, and try again in a few seconds."))
    return _back_to(to)


def _back_to(number: str) -> Response:
    return RedirectResponse(address_of(SMS, number) + "#answer", 303)
