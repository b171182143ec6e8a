"""What a provider calls us about: how far a message is, a text that came in, a key pressed in a call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from suture.model.ids import TouchId
from suture.model.messages import InboundText, Refusal


class Delivery(StrEnum):
    """How far a message is, as its provider says. Later ones never give way to earlier ones."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """The order in which these can follow each other; the last two end it."""
        return min(list(Delivery).index(self) + 1, 4)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A call to an address of ours, as it came. `url` is what the provider was given, not what a header claims.

    `path` is what follows the connection's part of the address; `form` and `headers` (in lower case) as sent.
    """

    url: str
    path: str
    form: Sequence[tuple[str, str]] = field(repr=False)
    headers: Sequence[tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptNews:
    """How far a message is. `touch_id` and `attempt_no` name it where its `provider_sid` is not known yet."""

    provider_sid: str
    delivery: Delivery
    code: str = ""
    refusal: Refusal = Refusal.NONE
    touch_id: TouchId | None = None
    attempt_no: int = 0


@dataclass(frozen=True, slots=True)
class KeyNews:
    """What was pressed in a call; `key` is empty where nothing was. `turn` counts the questions of the call."""

    call_sid: str
    touch_id: TouchId
    attempt_no: int
    turn: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a call says next. With a `turn` a key is asked for, and `otherwise` is said where none is pressed; without,
    the call ends."""

    lang: str
    text: str = field(repr=False)
    turn: int = 0
    otherwise: str = field(default="", repr=False)


HookNews = ReceiptNews | InboundText | KeyNews


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as a provider's own list has it: what left, whatever we know of it."""

    provider_sid: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    at: datetime
