"""Messages as the development inbox shows them."""

from dataclasses import dataclass, field
from datetime import datetime

from suture.model.messages import Channel


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One message that left on this machine; `links` are the addresses in its body, in order."""

    channel: Channel
    to: str = field(repr=False)
    at: datetime
    subject: str
    body: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
