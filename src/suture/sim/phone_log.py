"""The phone company's memory: every event in one file, written before anyone is answered, so that a kill loses none."""

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from suture.model.phone_events import DELIVERED, NOT_REACHED, Happening, PhoneEvent, events_in, line_of


class PhoneLog:
    """Appends to one file, or forgets at once where there is none."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, event: PhoneEvent) -> None:
        """Write one event down. A line that a kill has torn is left a line of its own."""
        if self._path is None:
            return
        with self._lock:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, b"\n" * torn + line_of(event))
            finally:
                os.close(file)

    def events(self) -> Iterator[PhoneEvent]:
        """Everything that happened, the oldest first."""
        if self._path is not None and self._path.is_file():
            yield from events_in(self._path.read_bytes())


@dataclass(slots=True)
class Remembered:
    """What a log says: everything in order, and what was not brought to its end, by its id."""

    taken: list[PhoneEvent] = field(default_factory=list)
    """Texts and calls of the agency."""
    people_did: list[PhoneEvent] = field(default_factory=list)
    """What people wrote, and how phones were set."""
    untold: dict[str, PhoneEvent] = field(default_factory=dict)
    """Texts of which the agency does not know the end."""
    not_handed_in: dict[str, PhoneEvent] = field(default_factory=dict)
    calls: dict[str, tuple[PhoneEvent, str]] = field(default_factory=dict)
    """Calls that are not over, with the TwiML of what was said last."""


def remembered(events: Iterable[PhoneEvent]) -> Remembered:
    """Fold a log."""
    found = Remembered()
    for event in events:
        _count_out(found, event)
        _count_in(found, event)
        _count_call(found, event)
    return found


def _count_out(found: Remembered, event: PhoneEvent) -> None:
    if event.happened is Happening.TEXT:
        found.taken.append(event)
        found.untold[event.sid] = event
    elif event.happened is Happening.STATE and event.text in (DELIVERED, NOT_REACHED):
        found.untold.pop(event.sid, None)


def _count_in(found: Remembered, event: PhoneEvent) -> None:
    if event.happened in (Happening.WROTE, Happening.SET):
        found.people_did.append(event)
    if event.happened is Happening.WROTE:
        found.not_handed_in[event.sid] = event
    elif event.happened is Happening.HANDED_IN:
        found.not_handed_in.pop(event.sid, None)


def _count_call(found: Remembered, event: PhoneEvent) -> None:
    if event.happened is Happening.CALL:
        found.taken.append(event)
        found.calls[event.sid] = event, ""
    elif event.happened is Happening.SAID and event.sid in found.calls and event.more["twiml"]:
        found.calls[event.sid] = found.calls[event.sid][0], event.more["twiml"]
    elif event.happened is Happening.ENDED:
        found.calls.pop(event.sid, None)
