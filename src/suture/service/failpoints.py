"""Named points at which a test may kill the process, to prove what survives. Refuses to exist outside tests."""

import os
import signal

_armed = ""


def arm(name: str, *, testing: bool) -> None:
    """Arm one fail point ("" arms none). Raises ValueError outside tests."""
    global _armed
    if name and not testing:
        raise ValueError(f"fail point {name!r} is set outside tests: unset SUTURE_FAILPOINT, or set SUTURE_TESTING=1")
    _armed = name


def fail_point(name: str) -> None:
    """Die here, as by kill -9, when this point is armed."""
    if _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
