"""What happens at the phones of a demo: texts, calls and keys, in the order in which the phone company saw them.

It writes each down as one line before it answers for it, and whoever shows phones reads those lines.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PHONES_FILE = "phones.jsonl"
DELIVERED, NOT_REACHED = "delivered", "undelivered"
"""The last states of a text: its phone got it, or never did."""


UNREACHED = "unreached"
"""How a phone behaves that the company takes texts for and never reaches."""
BROKEN = "broken"
"""How a phone behaves for which the company fails, and does not say whether it took the text."""


class PhonesAway(Exception):
    """The phone company does not answer: what was asked of it did not happen."""


class Happening(StrEnum):
    """One kind of event at a phone."""

    TEXT = "text"
    """The agency's text was taken."""
    REFUSED = "refused"
    """It was not; `text` is its words, `code` in `more` says why."""
    STATE = "state"
    """The agency was told how far a text is: `text` is the word for it."""
    WROTE = "wrote"
    """Whoever has the phone wrote to the agency."""
    HANDED_IN = "handed_in"
    """The agency took what they wrote."""
    CALL = "call"
    SAID = "said"
    """What a call says, up to the next key."""
    KEY = "key"
    ENDED = "ended"
    SET = "set"
    """The phone behaves like `text` from now on."""


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """One event at the phone of a number. `sid` names the text or the call it is about; `more` is the company's own."""

    happened: Happening
    at: datetime
    number: str = field(repr=False)
    sid: str = ""
    text: str = field(default="", repr=False)
    more: Mapping[str, str] = field(default_factory=dict, repr=False)


def line_of(event: PhoneEvent) -> bytes:
    """The line of an event."""
    line = {
        "happened": event.happened,
        "at": event.at.isoformat(),
        "number": event.number,
        "sid": event.sid,
        "text": event.text,
        "more": {**event.more},
    }
    return json.dumps(line).encode() + b"\n"


def events_in(content: bytes) -> Iterator[PhoneEvent]:
    """The events of whole lines; a torn or foreign line is passed over."""
    for line in content.split(b"\n"):
        try:
            found = json.loads(line)
            at = datetime.fromisoformat(found["at"])
            happened = Happening(found["happened"])
            yield PhoneEvent(happened, at, found["number"], found["sid"], found["text"], found["more"])
        except (ValueError, KeyError, TypeError):
            continue
