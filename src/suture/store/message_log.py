"""What the message log of a person shows: what was said, when and how, whether it arrived, and what came back.

The words of a message are not kept: it is known which message it was, which visits it was about and the times it told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.messages import Channel, Step, TouchState
from suture.model.people import PartyKind
from suture.model.plan import ToldWindow


@dataclass(frozen=True, slots=True)
class SaidOf:
    """One visit that a message was about, by the agency's id, and the window it told; None where it told none."""

    visit: str
    window: ToldWindow | None


@dataclass(frozen=True, slots=True)
class CameBack:
    """An answer to what a message told of one visit, and how it came: link, sms or phone.

    `other_time`: declined, and another time would do.
    """

    visit: str
    answer: ConfirmationState
    via: str
    at: datetime
    other_time: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message that left, may have left, was not let out, or waits though it was due; `at` is when.

    `delivery`: the newest receipt, if any. `has_receipts`: whether its provider says what becomes of a message.
    `code`: why it did not arrive, in the words of the provider; `is_refused`: who refused it for good.
    """

    at: datetime
    channel: Channel
    step: Step
    state: TouchState
    delivery: str
    has_receipts: bool
    code: str
    is_refused: bool
    visits: tuple[SaidOf, ...]
    answers: tuple[CameBack, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A text from an address of this person, which others may share, and what was made of it."""

    at: datetime
    channel: Channel
    body: str = field(repr=False)
    meaning: str = ""


class Turned(StrEnum):
    """What happened to an address, for one channel."""

    STOPPED = "stopped"
    UNSUBSCRIBED = "unsubscribed"
    """By the link or button of an e-mail."""
    UNREACHABLE = "unreachable"
    """The provider says that nothing arrives there."""
    NOT_THEIRS = "not_theirs"
    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class AddressTurned:
    """An address of this person was closed for a channel, or opened again."""

    at: datetime
    channel: Channel
    what: Turned


@dataclass(frozen=True, slots=True)
class MessageLog:
    """One person's log, the newest last. Times are told on the clock of their branch, `tz`."""

    kind: PartyKind
    person: str
    tz: str
    entries: Sequence[Said | Written | AddressTurned]
