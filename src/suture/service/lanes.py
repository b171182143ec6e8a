"""Sending: one lane an agency and channel, each a thread that sends one message after the other, the most pressing
first, claimed in batches.

Lanes know nothing of each other, so a mail server that hangs delays no text; and nothing here decides, so no message
delays a decision. A lane stops between two messages: what is on its way when it is told to stop is finished.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from suture.model.messages import Channel
from suture.service.agencies import Agencies
from suture.service.caller import Caller
from suture.service.read_hooks import read_hooks
from suture.service.reconcile import read_texts, reconcile
from suture.service.send_messages import send_due, sweep
from suture.store.undecided import PATIENCE

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.2
SWEEP_SECONDS = 1.0
TURN_SECONDS, MOST_AT_ONCE = 1.0, 50


AFTERWARDS: Sequence[tuple[Callable[[Caller], object], str]] = (
    (sweep, "sweep_failed"),
    (read_hooks, "hooks_not_read"),
    (reconcile, "not_reconciled"),
    (read_texts, "texts_not_read"),
)
"""What becomes of messages after they were handed over, and what came back."""


def run_senders(caller: Caller, stopping: Callable[[], bool]) -> None:
    """Send for every agency until told to stop, each apart, so that no mail server is in another agency's way."""
    agencies, senders = Agencies(caller), dict[int, threading.Thread]()
    while not stopping():
        for agency in agencies.callers():
            if agency.tenant not in senders:
                name = f"sender-{agency.tenant}"
                senders[agency.tenant] = threading.Thread(target=run_sender, args=(agency, stopping), name=name)
                senders[agency.tenant].start()
        _rest(SWEEP_SECONDS, stopping)
    for sender in senders.values():
        sender.join()


def run_sender(caller: Caller, stopping: Callable[[], bool]) -> None:
    """Send for one agency until told to stop, and return when every lane has finished its message."""
    began = time.monotonic()
    lanes = [
        threading.Thread(
            target=_run_lane, args=(caller, channels, stopping, began), name=f"lane-{channels[0]}", daemon=True
        )
        for channels in lanes_of(caller)
    ]
    for lane in lanes:
        lane.start()
    while any(lane.is_alive() for lane in lanes):
        for work, failure in AFTERWARDS:
            _survive(partial(work, caller), failure)
        _rest(SWEEP_SECONDS, stopping)
        if stopping():
            for lane in lanes:
                lane.join(SWEEP_SECONDS)


def lanes_of(caller: Caller) -> Iterator[Sequence[Channel]]:
    """The channels of each lane; what no adapter serves has one together, where it fails at once and is seen."""
    yield from ([channel] for channel in caller.tools.channels)
    if unserved := [channel for channel in Channel if channel not in caller.tools.channels]:
        yield unserved


@dataclass(slots=True)
class _Batch:
    """How many messages a lane claims at once: about as many as leave within `TURN_SECONDS`."""

    size: int = 1

    def took(self, seconds: float, sent: int) -> None:
        """A turn sent this many in that time."""
        if seconds > TURN_SECONDS:
            self.size = max(1, self.size // 2)
        elif sent == self.size and 2 * seconds <= TURN_SECONDS:
            self.size = min(2 * self.size, MOST_AT_ONCE)


def _run_lane(caller: Caller, channels: Sequence[Channel], stopping: Callable[[], bool], began: float) -> None:
    batch = _Batch()

    def turn() -> bool:
        at = time.monotonic()

        def over() -> bool:  # what it has not begun by then is given back, so that what is more pressing comes first
            return stopping() or time.monotonic() - at > TURN_SECONDS

        starting = at - began < PATIENCE.total_seconds()
        sent = send_due(caller, batch.size, channels, starting=starting, stopping=over)
        batch.took(time.monotonic() - at, sent)
        return sent > 0

    while not stopping():
        if not _survive(turn, "lane_turn_failed"):
            _rest(IDLE_SECONDS, stopping)


def _survive(work: Callable[[], object], failure: str) -> bool:
    """Whether the work had anything to do. A top loop survives any error: it is logged, and the loop continues."""
    try:
        return bool(work())
    except Exception as error:  # noqa: BLE001 - the sender's top loops
        log.error(failure, error=type(error).__name__)
        return False


def _rest(seconds: float, stopping: Callable[[], bool]) -> None:
    """Sleep, but not on after being told to stop."""
    until = time.monotonic() + seconds
    while not stopping() and time.monotonic() < until:
        time.sleep(min(0.05, seconds))
