"""Makes every kernel ready before anybody waits for one."""

import time
from collections.abc import Callable

from suture.planner import kernel
from suture.planner.links import warmup as links
from suture.planner.sisr import warmup as sisr

Say = Callable[[str], None]


def load_kernels(say: Say) -> float:
    """Load all kernels, compiling what is not on disk after saying so; returns the seconds it took."""
    began = time.perf_counter()
    if not kernel.are_compiled():
        say("compiling the planner's kernels, once after an install or update (about a minute) …")
    sisr.touch_kernels()
    links.touch_kernels()
    kernel.drop_old_kernels()
    return time.perf_counter() - began
