"""Connections to those who carry messages, and the senders that write through them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from suture.model.ids import ConnectionId, SenderId
from suture.model.messages import Channel


class Audience(StrEnum):
    """Whom a sender writes to."""

    PATIENTS = "patients"
    STAFF = "staff"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Connection:
    """An account with a provider. `settings` hold no secret: `secret_env` is the environment variable that has it.

    `hook_id` is the part of an address by which the provider's calls find it: opaque, since it is the agency's.
    """

    id: ConnectionId
    name: str
    provider: str
    settings: Mapping[str, str]
    secret_env: str
    hook_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message comes from: a number, a messaging service or a mailbox of a connection, at its own pace.

    `per_second` and `burst` count messages; of texts, segments.
    """

    id: SenderId
    connection: Connection
    channel: Channel
    audience: Audience
    address: str
    per_second: float = 1.0
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Circuit:
    """A connection that nothing leaves by before `closed_until`, since it has failed `failures` times in a row."""

    failures: int
    closed_until: datetime | None
