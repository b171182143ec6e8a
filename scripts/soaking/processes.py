"""The processes of a running installation, found by what they were started as."""

from contextlib import suppress
from pathlib import Path

WEB, DECIDER, SENDER, WORKER, POSTMASTER = "web", "decider", "sender", "worker", "postmaster"
_ROLES = {"decide": DECIDER, "send": SENDER}


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for counts as ended."""
    try:
        return _state_and_parent(pid)[0] == "Z"
    except OSError:
        return True


def child_ids(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = _state_and_parent(int(folder.name))
            if parent == pid and state != "Z":
                found.append(int(folder.name))
    return found


def children(pid: int) -> dict[str, int]:
    """The living children of a supervisor by what they are; what is not ours is left out."""
    found = {}
    for child in child_ids(pid):
        with suppress(OSError):
            argv = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if what := what_is(argv):
                found[what] = child
    return found


def what_is(argv: list[str]) -> str:
    """What a child was started as; a process that has not become itself yet is nothing."""
    if "-I" in argv:
        return ""
    if "suture.cli" not in argv:
        return POSTMASTER if Path(argv[0]).name == "postgres" else ""
    command = argv[argv.index("suture.cli") + 1]
    if command != "worker":
        return command
    role = argv[argv.index("--role") + 1] if "--role" in argv else "all"
    return _ROLES.get(role, WORKER)


def _state_and_parent(pid: int) -> tuple[str, int]:
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return state, int(parent)
