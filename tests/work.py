"""Limits that no busy machine can break: work is counted, not timed."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

BACKSTOP_CPU_S = 60.0
"""What runs away inside a compiled library is not counted but shows here: hundreds of times what it should take."""


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """The block may call functions, Python's own included, so many times: the same number on every machine."""
    made = 0

    def count(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before, began = sys.getprofile(), time.process_time()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert made <= calls, f"{made} calls, {calls} are allowed"
    assert time.process_time() - began < BACKSTOP_CPU_S
