"""The data folder of our own PostgreSQL: making and checking it, its socket, and what a server left behind."""

import hashlib
import os
import pwd
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from suture.store.postgres_binaries import DataFolderUnusable, first_barrier
from suture.store.tied_child import Account
from suture.words.catalog import _
from suture.words.os_errors import why_of

log = structlog.get_logger(__name__)

PORT = 5432  # only part of the socket's name: no TCP listens
SOCKET_NAME = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH_BYTES = 100  # the kernel's limit is 107


def make_data_folder(data_dir: Path) -> None:
    """Make the folder and its missing parents. Raises DataFolderUnusable."""
    try:
        missing = [folder for folder in (data_dir, *data_dir.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            # As root the PostgreSQL user must get through, but need not see what else is there.
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        said = _(
            "The data folder {folder} cannot be made: {why} ({file}). Maybe choose another one with --data.",
            folder=data_dir,
            why=why_of(error),
            file=error.filename,
        )
        raise DataFolderUnusable(said) from None


def check_reachable(data_dir: Path, account: Account) -> None:
    """Raise DataFolderUnusable, naming the folder in the way, when the account cannot get to the data folder."""
    if barrier := first_barrier((*reversed(data_dir.parents), data_dir), account):
        user = _("user id {id}", id=account.uid)
        with suppress(KeyError):
            user = pwd.getpwuid(account.uid).pw_name
        said = _(
            "PostgreSQL does not run as root, and the user it runs as, {user}, cannot enter {barrier}, which is on the "
            "way to the data folder {folder}. Choose a folder that {user} can reach with --data, such as "
            "/var/lib/suture, or let others pass: chmod o+x {barrier}",
            user=user,
            barrier=barrier,
            folder=data_dir,
        )
        raise DataFolderUnusable(said)


def cluster_major(data_dir: Path) -> int | None:
    """Return the PostgreSQL major version that made the data folder, None when there is no cluster in it yet.

    Raises DataFolderUnusable where it may not be looked into.
    """
    try:
        return int((data_dir / "postgres" / "PG_VERSION").read_text())
    except PermissionError as error:
        said = _(
            "The data folder {folder} belongs to another user: {file} cannot be read. Run Suture as the user who made "
            "it, or choose another folder with --data.",
            folder=data_dir,
            file=error.filename,
        )
        raise DataFolderUnusable(said) from None
    except (OSError, ValueError):
        return None


def set_incomplete_aside(cluster: Path) -> None:
    """Move a cluster that initdb cannot have finished out of the way; nothing is deleted.

    Our own initdb works under another name until it is done, so this is someone's damage or half-made copy.
    """
    parts = ("PG_VERSION", "postgresql.conf", "global/pg_control")
    if cluster.exists() and not all((cluster / part).exists() for part in parts):
        aside = cluster.with_name(f"{cluster.name}.incomplete-{time.time_ns()}")
        cluster.rename(aside)
        log.warning("postgres.incomplete_cluster_set_aside", moved_to=str(aside))


def give_to(cluster: Path, account: Account) -> None:
    """Make the account the owner of a cluster that root owns, such as a copy made by root."""
    if cluster.stat().st_uid != account.uid:
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def make_socket_dir(cluster: Path, account: Account | None) -> Path:
    """Return the cluster's own folder, or one under the temporary directory when its path is too long for a socket.

    Clients read the choice from postmaster.pid. Raises DataFolderUnusable.
    """
    if _fits_a_socket(cluster):
        return cluster
    name = f"suture-{hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    uid = account.uid if account else os.geteuid()
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  the folder in it is checked below
        if not _fits_a_socket(parent / name) or (account and first_barrier((parent,), account)):
            continue
        folder = parent / name
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if account:
                os.chown(folder, account.uid, account.gid)
        state = folder.lstat()  # a temporary folder is open to all: take no link and no one else's folder
        if (state.st_uid, state.st_mode) == (uid, 0o40700):
            return folder
    said = _(
        "The path of {cluster} is too long for a socket, and no folder {name} of mode 0700 and user id {id} could be "
        "made in {folder} instead. Maybe another user made one: remove it, or choose a shorter --data.",
        cluster=cluster,
        name=name,
        id=uid,
        folder=tempfile.gettempdir(),
    )
    raise DataFolderUnusable(said)


def _fits_a_socket(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH_BYTES


@dataclass(frozen=True, slots=True)
class PidFile:
    """What PostgreSQL's postmaster.pid says: process id, socket folder, and whether connections are accepted."""

    pid: int | None = None
    socket_dir: Path | None = None
    is_ready: bool = False

    @classmethod
    def read(cls, cluster: Path) -> Self:
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            pid = abs(int(lines[0]))
        except (OSError, ValueError, IndexError):
            return cls()
        # pid, data folder, start time, port, socket folder, TCP address, shared memory, status
        socket_dir = Path(lines[4]) if len(lines) > 4 and lines[4] else None
        return cls(pid, socket_dir, len(lines) > 7 and lines[7].strip() == "ready")

    def live_pid(self, cluster: Path) -> int | None:
        """The process id if it is a living server of this cluster: no zombie, no stranger."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
            program, *arguments = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
            folder = Path(os.fsdecode(arguments[arguments.index(b"-D") + 1]))
            is_ours = status != "Z" and program.endswith(b"postgres") and folder.samefile(cluster)
        except (OSError, ValueError, IndexError):
            return None
        return self.pid if is_ours else None
