"""Makes every kernel ready before anybody waits for one."""

import time
from collections.abc import Callable

from suture.planner import kernel
from suture.planner.core import warmup as core
from suture.planner.links import warmup as links

Say = Callable[[str], None]


def load_kernels(say: Say) -> float:
    """Load all kernels, compiling what is not on disk after saying so; returns the seconds it took."""
    began = time.perf_counter()
    if not kernel.are_compiled():
        say("compiling the planner's kernels, once after an install or update (about a minute) …")
    core.touch_kernels()
    links.touch_kernels()
    kernel.drop_old_kernels()
    return time.perf_counter() - began
