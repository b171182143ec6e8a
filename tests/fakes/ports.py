"""Stand-ins for the adapters of ports.py; they pass the same contract suites."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from suture.model.imports import ImportBatch
from suture.model.messages import Channel, Receipt, Send, SendOutcome
from suture.model.people import Place
from suture.model.travel import Quality, TravelMatrix
from suture.ports import PermanentAdapterError


class FakeChannel:
    """Remembers what it was given. `outcomes` scripts addresses; all others are accepted, each key once."""

    def __init__(self, channel: Channel, outcomes: Mapping[str, SendOutcome] | None = None) -> None:
        self._channel = channel
        self.outcomes = dict(outcomes or {})
        self.sent: dict[str, Send] = {}

    @property
    def channel(self) -> Channel:
        """The one it was made for."""
        return self._channel

    def send(self, message: Send) -> Receipt:
        """Accept, or do as scripted."""
        outcome = self.outcomes.get(message.to, SendOutcome.ACCEPTED)
        if outcome is not SendOutcome.ACCEPTED:
            return Receipt(outcome, "fake", code="scripted")
        self.sent.setdefault(message.idem_key, message)
        return Receipt(outcome, "fake", provider_sid=f"fake-{message.idem_key}")


class FlatTravel:
    """The same time between any two different places."""

    def __init__(self, seconds: int = 600) -> None:
        self.seconds = seconds

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        """`seconds` everywhere but on the diagonal and between twins."""
        rows = tuple(tuple(0 if (a.lat, a.lon) == (b.lat, b.lon) else self.seconds for b in places) for a in places)
        return TravelMatrix(rows, Quality.ESTIMATE, "flat")


class FakeSource:
    """An export that is given, not read."""

    def __init__(self, batches: Sequence[ImportBatch]) -> None:
        self.batches = batches

    def read(self, source: Path) -> Sequence[ImportBatch]:
        """The batches, whatever the folder holds, as long as it is one."""
        if not source.is_dir():
            raise PermanentAdapterError(f"{source} is not an export")
        return self.batches
