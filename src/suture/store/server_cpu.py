"""The CPU time of a PostgreSQL server on this machine, with that of connections that have ended. Linux only."""

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_seconds(server_pid: int) -> float:
    """CPU seconds of the server's process, its living children and those it has buried."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if not fields:
            continue
        _, parent, *_ = fields
        own, buried = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        if stat.parent.name == str(server_pid):
            ticks += own + buried
        elif int(parent) == server_pid:
            ticks += own
    return ticks / _TICKS_PER_S


def _fields(stat: Path) -> list[str]:
    """What follows the program's name: state, parent and so on; nothing of a process that has ended."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return []
