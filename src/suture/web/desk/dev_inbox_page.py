"""The page of the demo's phones and mailboxes: a list, and what is in the one that was chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response

from suture.model.messages import Channel
from suture.model.phone_events import BROKEN, UNREACHED
from suture.model.seen import SeenMessage, links_in
from suture.outreach.interpret import Meaning
from suture.service.caller import Caller
from suture.service.receive_reply import ReplyAction
from suture.store import access
from suture.store.branches import agency_name, all_branches
from suture.store.views import ReplyView
from suture.web.desk.phones import KEYS, Arrived, Entry, Kind, PhoneView
from suture.web.render import page
from suture.words.catalog import _, marked

PAGE_SIZE = 40
LONGEST_REPLY = 1600
QUICK_ANSWERS = ("1", "2", "3", "STOP", "HELP")
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
RECEIVES = "receives"
BEHAVES: Mapping[str, str] = {
    RECEIVES: marked("Gets texts and calls"),
    "landline": marked("Landline: calls only"),
    UNREACHED: marked("Never reached by texts"),
    "opted_out": marked("Opted out of texts"),
    "silent": marked("Sends no receipts"),
    BROKEN: marked("Phone company fails"),
}
"""What a phone can be made to do, by the word that its company has for it."""
SMS, EMAIL = Channel.SMS.value, Channel.EMAIL.value


@dataclass(frozen=True, slots=True)
class Listed:
    """One phone or mailbox in the list: whose, what came last, and what is odd about it."""

    address: str
    names: Sequence[str]
    at: datetime | None
    last: str
    rings: bool = False
    odd: str = ""
    count: int = 1


def address_of(channel: str, to: str) -> str:
    """Where a phone or mailbox is shown."""
    return f"/dev/inbox?channel={channel}" + (f"&to={quote(to, safe='')}" if to else "")


def phone_page(
    caller: Caller,
    messages: Sequence[SeenMessage],
    phones: Mapping[str, PhoneView],
    to: str,
    csrf: str,
    *,
    can_misbehave: bool,
) -> Response:
    """Phones, and the conversation on one of them: the newest, where none was asked for."""
    used = [phone for phone in phones.values() if phone.entries]
    newest = sorted(used, key=lambda p: (p.rings, p.last.at), reverse=True)
    number = to or (newest[0].number if newest else "")
    shown = phones.get(number) or PhoneView(number)
    with caller.transaction() as tx:
        names = access.demo_names(tx)
        written = access.texts_from(tx, number)
    return _page(
        caller,
        Channel.SMS,
        chosen=bool(to),
        counts={SMS: len(used), EMAIL: len(_mailboxes(messages))},
        listed=[_listed(phone, names) for phone in newest],
        address=number,
        names=names.get(number, ()),
        entries=_with_outcomes(shown.entries, written),
        behaves=shown.behaves or RECEIVES,
        choices=BEHAVES if can_misbehave else {},
        csrf=csrf,
    )


def mailbox_page(
    caller: Caller, messages: Sequence[SeenMessage], phones: Mapping[str, PhoneView], to: str, at: int
) -> Response:
    """Mailboxes, and the mails in one of them."""
    boxes = _mailboxes(messages)
    newest = sorted(boxes, key=lambda address: boxes[address][0].at, reverse=True)
    address = to or (newest[0] if newest else "")
    mails = boxes.get(address, [])
    pages = max(1, -(-len(mails) // PAGE_SIZE))
    at = min(at, pages)
    with caller.transaction() as tx:
        names = access.demo_names(tx)
    shown = mails[(at - 1) * PAGE_SIZE : at * PAGE_SIZE]
    return _page(
        caller,
        Channel.EMAIL,
        chosen=bool(to),
        counts={SMS: sum(1 for phone in phones.values() if phone.entries), EMAIL: len(boxes)},
        listed=[
            Listed(box, names.get(box, ()), boxes[box][0].at, boxes[box][0].subject, count=len(boxes[box]))
            for box in newest
        ],
        address=address,
        names=names.get(address, ()),
        mails=shown,
        at=at,
        pages=pages,
    )


def _page(caller: Caller, channel: Channel, **values: Any) -> Response:
    with caller.transaction() as tx:
        zones = {branch.tz for branch in all_branches(tx)}
        agency = agency_name(tx)
        now = tx.now
    return page(
        "desk/dev_inbox.html",
        tz=zones.pop() if len(zones) == 1 else "UTC",
        agency=agency or "Suture",
        now=now,
        channel=channel.value,
        href=address_of,
        pieces=pieces,
        quick=QUICK_ANSWERS,
        keys=KEYS,
        longest=LONGEST_REPLY,
        **values,
    )


def _listed(phone: PhoneView, names: Mapping[str, Sequence[str]]) -> Listed:
    last = phone.last
    text = _("Answered: {text}", text=last.text) if last.kind is Kind.ANSWER else last.text
    if last.kind is Kind.CALL:
        text = _("Call")
    odd = BEHAVES.get(phone.behaves, "") if phone.behaves != RECEIVES else ""
    odd = odd or (marked("Not delivered") if last.arrived is Arrived.NO else "")
    return Listed(phone.number, names.get(phone.number, ()), last.at, text, phone.rings, odd)


def _mailboxes(messages: Sequence[SeenMessage]) -> dict[str, list[SeenMessage]]:
    """The mails of each mailbox, newest first."""
    found: dict[str, list[SeenMessage]] = {}
    for mail in sorted((m for m in messages if m.channel is Channel.EMAIL), key=lambda m: m.at, reverse=True):
        found.setdefault(mail.to, []).append(mail)
    return found


def _with_outcomes(entries: Sequence[Entry], written: Sequence[ReplyView]) -> list[Entry]:
    """The conversation with what was made of each answer; answers that came in without a phone company are added."""
    by_id = {reply.provider_msg_id: reply for reply in written}
    here = {entry.sid for entry in entries}
    more = [Entry(Kind.ANSWER, r.at, r.provider_msg_id, r.body) for r in written if r.provider_msg_id not in here]
    both = [*entries, *more]
    for entry in both:
        if entry.kind is Kind.ANSWER:
            entry.became = _became(by_id.get(entry.sid))
    return sorted(both, key=lambda entry: entry.at)


def _became(reply: ReplyView | None) -> str:
    """What was made of a text that came in."""
    return _(BECAME.get(reply.action) or ANSWERED.get(reply.meaning, NOT_READ)) if reply else _(NOT_READ)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """A text cut where its links are: (text, whether it is a link)."""
    rest = text
    for link in links_in(text):
        before, _found, after = rest.partition(link)
        yield before, False
        yield link, True
        rest = after
    yield rest, False
