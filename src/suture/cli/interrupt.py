"""Ctrl-C in a search: the first one asks it to hand out what it has, the second one ends the command."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether someone has pressed Ctrl-C; a search asks it every 10 ms."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self) -> bool:
        """True from the first Ctrl-C on."""
        return self.pressed


@contextmanager
def stopped_by_ctrl_c() -> Iterator[Interrupt]:
    """Within it the first SIGINT raises nothing."""
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.pressed = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
