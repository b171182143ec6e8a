"""The machine a figure comes from, and how busy it was."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Processor, cores, memory, system; figures of two machines are never mixed."""
    names = [
        line.split(":", 1)[1].strip()
        for line in _text("/proc/cpuinfo").splitlines()
        if line.lower().startswith("model name")
    ]
    kilobytes = next((x.split()[1] for x in _text("/proc/meminfo").splitlines() if x.startswith("MemTotal")), "0")
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {int(kilobytes) / 1e6:.0f} GB, {platform.system()} {platform.release()}"


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def last_core() -> int:
    """The core that runs are tied to: the last one this process may use, since others tend to sit on the first."""
    return max(os.sched_getaffinity(0))


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
