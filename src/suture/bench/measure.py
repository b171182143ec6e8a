"""Runs one program and writes down what it used; started as a small process of its own for each run.

usage: python -S -E measure.py REPORT.json STDERR WALL_LIMIT_SECONDS PROGRAM ARGUMENTS…

Linux counts the memory of whoever starts a program into that program's peak. Hence this process: it imports little, so
the figure is the program's own. CPU seconds are those that the kernel charged to the program and its children.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress


def measure(report: str, errors: str, limit: float, argv: list[str]) -> None:
    """Run and write {code, cpu_seconds, wall_seconds, peak_mb, killed}."""
    began = time.monotonic()
    child = os.fork()
    # Both set the group, for whoever comes first: no signal may find the child in its parent's.
    with suppress(PermissionError):
        os.setpgid(child, child)
    if child == 0:
        out = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        try:
            os.execvp(argv[0], argv)  # noqa: S606 -- no shell is the point
        except OSError as error:
            os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
            os._exit(127)
    killed: list[int] = []

    def kill(number: int, frame: object) -> None:
        killed.append(number)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)

    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, kill)
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, used = os.wait4(child, 0)
    figures = {
        "code": os.waitstatus_to_exitcode(status),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
        "wall_seconds": round(time.monotonic() - began, 3),
        "peak_mb": round(used.ru_maxrss / 1024, 1),
        "killed": bool(killed),
    }
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123 -- pathlib would be half of this process
        json.dump(figures, file)


if __name__ == "__main__":
    measure(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:])
