"""Messages as the development inbox shows them."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from suture.model.messages import Channel

_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One message that left on this machine; `links` are the addresses in its body, in order. `sid`: its carrier's."""

    channel: Channel
    to: str = field(repr=False)
    at: datetime
    subject: str
    body: str = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
    sid: str = ""


def links_in(body: str) -> tuple[str, ...]:
    """The web addresses in a text, in order, without the full stop that ends a sentence."""
    return tuple(link.rstrip(".,;:!?)") for link in _LINK.findall(body))
