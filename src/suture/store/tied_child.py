"""Child processes that never outlive this one, however it dies."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Runs in the child between fork and exec. A program of its own instead of preexec_fn, which may deadlock when this
# process has threads. The order matters: the new user may not be able to read Python's own library, so nothing is
# imported after the change; the change clears the death signal, so that comes later; and the parent may have died
# before the signal was set, hence the look at getppid.
_LAUNCHER = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
parent, death_signal, uid, gid, *argv = sys.argv[1:]
if uid != "-":
    os.setgroups([]); os.setgid(int(gid)); os.setuid(int(uid))
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
if os.getppid() != int(parent):
    sys.exit("not started: the supervisor is gone")
os.execv(argv[0], argv)
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group of the operating system to run a program as."""

    uid: int
    gid: int


def start_tied(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    output: int | None = None,
    errors: int | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a direct child in a session of its own, which gets `death_signal` when this process dies, however it dies.

    `output` is a file descriptor for both its outputs (default: ours), `errors` one for its error output. Raises
    RuntimeError outside the main thread, because the kernel ties the child to the thread that started it.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start_tied() works in the main thread only: the child would die with this thread.")
    who = (str(account.uid), str(account.gid)) if account else ("-", "-")
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(int(death_signal)), *who]
    return subprocess.Popen(
        [*launcher, shutil.which(argv[0]) or str(argv[0]), *map(str, argv[1:])],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output if errors is None else errors,
        start_new_session=True,  # Ctrl-C in a terminal must reach the supervisor only
    )
