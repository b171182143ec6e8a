"""What a person who is on call was told of a case."""

from dataclasses import dataclass
from datetime import datetime

from suture.model.messages import Channel, TouchState

_LOST = frozenset({TouchState.FAILED, TouchState.SUPPRESSED, TouchState.EXPIRED, TouchState.SKIPPED})
_ARRIVED = frozenset({TouchState.SENDING, TouchState.SENT, TouchState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Told:
    """A message to one person about a case, due `at`. `round`: how often all their channels had been tried before."""

    who: str
    channel: Channel
    round: int
    ordinal: int
    state: TouchState
    at: datetime

    @property
    def is_lost(self) -> bool:
        """It has not arrived, and will not."""
        return self.state in _LOST

    @property
    def has_arrived(self) -> bool:
        """It has arrived, as far as anyone knows."""
        return self.state in _ARRIVED
