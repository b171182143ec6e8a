"""GET /api/v1/people/…/messages: what was said to a person, whether it arrived, and what came back."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from suture.model.people import PartyKind
from suture.service.request_types import Word
from suture.store.message_log import AddressTurned, Said, Written
from suture.web.api.scopes import Asking, find_log


class Person(StrEnum):
    """Whose messages."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


class About(BaseModel):
    """A visit that a message was about, and the times it told; null where it told none."""

    visit: str
    told_open: datetime | None
    told_close: datetime | None


class AnswerNow(BaseModel):
    """An answer to what a message told of one visit: accepted or declined; `via` is link, sms or phone.

    `other_time`: declined, and another time would do.
    """

    visit: str
    answer: str
    via: str
    at: datetime
    other_time: bool


class MessageSaid(BaseModel):
    """A message that left, may have left (`unknown`), was not let out, or is due and waits (`planned`, `claimed`).

    Its words are not kept.

    `delivery`: the newest receipt, empty without one; where `has_receipts` is false, none is to come.
    """

    direction: Literal["out"] = "out"
    at: datetime
    channel: str
    step: str
    state: str
    delivery: str
    has_receipts: bool
    code: str
    visits: list[About]
    answers: list[AnswerNow]


class TextWritten(BaseModel):
    """A text from an address of this person, which others may share, and what was made of it."""

    direction: Literal["in"] = "in"
    at: datetime
    channel: str
    body: str
    meaning: str


class AddressChanged(BaseModel):
    """An address of this person was closed for a channel, or opened again.

    `what`: stopped, unsubscribed, unreachable, not_theirs or opened.
    """

    direction: Literal["none"] = "none"
    at: datetime
    channel: str
    what: str


class MessagesNow(BaseModel):
    """The messages of one person, the newest last; the 500 newest."""

    kind: Person
    id: str
    messages: list[MessageSaid | TextWritten | AddressChanged]


def messages_router() -> APIRouter:
    """The one route."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/people/{kind}/{id}/messages", summary="What was said to a person, and what came back")
    def get_messages(caller: Asking, kind: Person, id: Word) -> MessagesNow:
        with caller.transaction() as tx:
            found = find_log(tx, PartyKind(kind), id)
        return MessagesNow(kind=kind, id=id, messages=[now_of(e) for e in found.entries])

    return router


def now_of(entry: Said | Written | AddressTurned) -> MessageSaid | TextWritten | AddressChanged:
    """One entry of the log, as programs read it."""
    if isinstance(entry, AddressTurned):
        return AddressChanged(at=entry.at, channel=entry.channel, what=entry.what)
    if isinstance(entry, Written):
        return TextWritten(at=entry.at, channel=entry.channel, body=entry.body, meaning=entry.meaning)
    return MessageSaid(
        at=entry.at,
        channel=entry.channel,
        step=entry.step,
        state=entry.state,
        delivery=entry.delivery,
        has_receipts=entry.has_receipts,
        code=entry.code,
        visits=[
            About(
                visit=v.visit,
                told_open=v.window.open if v.window else None,
                told_close=v.window.close if v.window else None,
            )
            for v in entry.visits
        ],
        answers=[
            AnswerNow(visit=a.visit, answer=a.answer, via=a.via, at=a.at, other_time=a.other_time)
            for a in entry.answers
        ],
    )
