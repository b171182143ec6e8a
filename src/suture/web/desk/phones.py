"""The demo's phones as one may play them: one a number, with what was said in both directions, in order. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from suture.model.messages import Channel
from suture.model.phone_events import BROKEN, DELIVERED, NOT_REACHED, Happening, PhoneEvent
from suture.model.seen import SeenMessage

KEYS = ("1", "2", "3")


class Phones(Protocol):
    """What can be done at the phones of the demo's people. All but `happened` raise PhonesAway."""

    def happened(self) -> Sequence[PhoneEvent]:
        """What happened at all phones, the oldest first."""
        ...

    def write(self, number: str, body: str) -> bool:
        """Send a text from a number."""
        ...

    def press(self, call: str, key: str) -> bool:
        """Press a key in a call, or with no key let a machine answer; False: it is over."""
        ...

    def behave(self, number: str, phone: str) -> bool:
        """Let the phone of a number behave otherwise; False: no phone does that."""
        ...


class Kind(StrEnum):
    """What one entry of a conversation is."""

    TEXT = "text"
    ANSWER = "answer"
    REFUSED = "refused"
    CALL = "call"


class Arrived(StrEnum):
    """How far a text is."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """Nothing was heard of it yet."""


@dataclass(slots=True)
class Said:
    """One line of a call: what was said, or the key that was pressed."""

    text: str
    is_key: bool = False


@dataclass(slots=True)
class Entry:
    """A text, an answer or a call. `became` is what was made of an answer; `rings`: the call waits for a key."""

    kind: Kind
    at: datetime
    sid: str
    text: str
    arrived: Arrived = Arrived.UNKNOWN
    said: list[Said] = field(default_factory=list)
    rings: bool = False
    became: str = ""

    @property
    def is_picked_up(self) -> bool:
        """Whether a key was pressed in this call."""
        return any(line.is_key for line in self.said)


@dataclass(slots=True)
class PhoneView:
    """One phone. `behaves` is the word of the phone company for how."""

    number: str
    behaves: str = ""
    entries: list[Entry] = field(default_factory=list)

    @property
    def last(self) -> Entry:
        """The newest entry."""
        return self.entries[-1]

    @property
    def rings(self) -> bool:
        """Whether a call waits to be answered."""
        return any(entry.rings for entry in self.entries)


_KINDS: Mapping[Happening, Kind] = {
    Happening.TEXT: Kind.TEXT,
    Happening.REFUSED: Kind.REFUSED,
    Happening.WROTE: Kind.ANSWER,
    Happening.CALL: Kind.CALL,
}
"""What begins an entry."""
_ARRIVED: Mapping[str, Arrived] = {DELIVERED: Arrived.YES, NOT_REACHED: Arrived.NO}


def phones_of(messages: Iterable[SeenMessage], events: Iterable[PhoneEvent]) -> dict[str, PhoneView]:
    """All phones by number: texts of the file that has no phone company, and whatever happened at one."""
    found: dict[str, PhoneView] = {}
    by_sid: dict[str, Entry] = {}
    for message in messages:
        if message.channel is Channel.SMS and not message.sid:
            entry = Entry(Kind.TEXT, message.at, "", message.body, Arrived.YES)
            found.setdefault(message.to, PhoneView(message.to)).entries.append(entry)
    for event in events:
        phone = found.setdefault(event.number, PhoneView(event.number))
        kind = _KINDS.get(event.happened)
        if kind is not None:
            is_call = kind is Kind.CALL  # its text is the vendor's, not a person's
            is_refused = kind is Kind.REFUSED and event.more.get("phone") != BROKEN
            arrived = Arrived.NO if is_refused else Arrived.UNKNOWN
            begun = Entry(kind, event.at, event.sid, "" if is_call else event.text, arrived, rings=is_call)
            phone.entries.append(begun)
            by_sid[event.sid] = begun
        elif event.happened is Happening.SET:
            phone.behaves = event.text
        elif event.sid in by_sid:
            _goes_on(by_sid[event.sid], event)
    for phone in found.values():
        phone.entries.sort(key=lambda entry: entry.at)
    return found


def _goes_on(entry: Entry, event: PhoneEvent) -> None:
    match event.happened:
        case Happening.STATE:
            entry.arrived = _ARRIVED.get(event.text, entry.arrived)
        case Happening.SAID:
            entry.said.append(Said(event.text))
        case Happening.KEY:
            entry.said.append(Said(event.text, is_key=True))
        case Happening.ENDED:
            entry.rings = False
        case _:
            pass
