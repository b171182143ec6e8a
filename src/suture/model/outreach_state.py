"""Whether an agency's messages may leave, and why not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldCause(StrEnum):
    """Why messages are, or last were, on hold."""

    NEW = "new"
    RESTORED = "restored"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class OutreachState:
    """The state of an agency's messages. On hold, only test recipients are written to.

    `data_until` is when the backup was made that was restored; `awaits_import`: no patient is written to before the
    next full import.
    """

    on_hold: bool
    cause: HoldCause
    since: datetime | None
    data_until: datetime | None = None
    awaits_import: bool = False
