"""Makes every kernel ready before anyone waits for one."""

import subprocess
import sys
import time
from collections.abc import Callable

from suture.planner import kernel
from suture.planner.links import warmup as links
from suture.planner.sisr import warmup as sisr
from suture.words.catalog import _

Say = Callable[[str], None]


def load_kernels(say: Say) -> float:
    """Load all kernels, compiling what is not on disk after saying so; returns the seconds it took."""
    began = time.perf_counter()
    if kernel.are_compiled():
        sisr.touch_kernels()
    else:
        say(_("compiling the planner's kernels, once after an install or update (about a minute) …"))
        _compile_on_two_cores()
    links.touch_kernels()
    kernel.drop_old_kernels()
    return time.perf_counter() - began


def _compile_on_two_cores() -> None:
    """Compile one search here and the other in a process beside it, which leaves its machine code on disk."""
    beside = subprocess.Popen([sys.executable, "-m", links.__name__])
    try:
        sisr.touch_kernels()
    finally:
        beside.wait()  # whatever it left out is compiled by its next user
