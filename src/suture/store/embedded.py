"""A PostgreSQL of our own: one server in the data folder, reached by unix socket only.

Layout below the data folder: `postgres/` the cluster (and usually the socket), `postgres.lock` held by the owner,
`postgres.log`, `postgres-binaries/` a copy made only when the PostgreSQL user cannot reach the original.
Linux is what is tested: the checks of a former server and the death signal need /proc and prctl.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from suture.store.postgres_binaries import (
    Binaries,
    DataFolderUnusable,
    NoPostgresFound,
    PostgresFailed,
    PostgresUnavailable,
    WrongPostgresMajor,
    find_binaries,
    postgres_account,
    reachable_binaries,
)
from suture.store.postgres_folder import (
    PORT,
    SOCKET_NAME,
    PidFile,
    check_reachable,
    cluster_major,
    give_to,
    make_data_folder,
    make_socket_dir,
    set_incomplete_aside,
)
from suture.store.tied_child import Account, start_tied
from suture.words.catalog import _
from suture.words.os_errors import why_of

__all__ = [
    "Binaries",
    "DataFolderUnusable",
    "EmbeddedPostgres",
    "NoPostgresFound",
    "PostgresFailed",
    "PostgresUnavailable",
    "WrongPostgresMajor",
    "cluster_major",
    "find_binaries",
]

log = structlog.get_logger(__name__)

START_LIMIT_S = 300.0  # crash recovery of a big day can take minutes
STOP_LIMIT_S = 300.0
BACK_OFF_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0)  # one more quick death and we give up
QUICK_DEATH_S = 10.0
_IN_USE = re.compile("still in use")
# After a crash PostgreSQL syncs its thousand files one by one, some 4 s; Linux can sync the file system at once, 0.2 s.
FAST_RECOVERY = ("recovery_init_sync_method=syncfs",) if sys.platform == "linux" else ()
SUPERUSER = "postgres"
LARGEST_LOG_BYTES = 10_000_000  # then the log is moved to postgres.log.1 at the next start


class EmbeddedPostgres:
    """One PostgreSQL server in `<data_dir>/postgres`, owned by whoever holds the lock, shared with all who come later.

    `extra_options` are settings such as `"fsync=off"`, for what need not last. Use it as a context manager or call
    start() and stop(), from the main thread.
    """

    def __init__(self, data_dir: Path, binaries: Binaries, *, extra_options: tuple[str, ...] = ()) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgres"
        self.log_file = self.data_dir / "postgres.log"
        self._binaries = binaries
        self._extra_options = extra_options
        self._account: Account | None = None
        self._lock: int | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._server_started_at = 0.0
        self._socket_dir: Path | None = None
        self._quick_deaths = 0
        self._next_start_at: float | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    @property
    def is_owner(self) -> bool:
        """True when this object started the server and will stop it; False for a client of another's server."""
        return self._lock is not None

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not run."""
        if self._server is not None:
            return self._server.pid if self._server.poll() is None else None
        return None if self.is_owner else PidFile.read(self.cluster).live_pid(self.cluster)

    @property
    def is_running(self) -> bool:
        """True when the server accepts connections."""
        state = PidFile.read(self.cluster)
        return state.is_ready and state.pid is not None and state.pid == self.pid

    @property
    def socket_dir(self) -> Path:
        """The folder of the server's unix socket. Raises PostgresFailed before start()."""
        if self._socket_dir is None:
            said = _("The PostgreSQL in {folder} was not started. Call start() first.", folder=self.cluster)
            raise PostgresFailed(said)
        return self._socket_dir

    def dsn(self, database: str = "postgres", login: str = SUPERUSER) -> str:
        """Return a connection string for psycopg."""
        return f"postgresql://{login}@/{quote(database)}?host={quote(str(self.socket_dir), safe='')}&port={PORT}"

    def url(self, database: str = "postgres", login: str = SUPERUSER) -> str:
        """Return a database URL for SQLAlchemy."""
        return self.dsn(database, login).replace("postgresql://", "postgresql+psycopg://", 1)

    def ensure_login(self, name: str) -> None:
        """Create the role unless it exists, and let it log in."""
        with psycopg.connect(self.dsn(), autocommit=True) as db:
            found = db.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [name]).fetchone()
            if found and found[0]:
                return
            change = "ALTER ROLE {} LOGIN" if found else "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS"
            # Another process may be as quick as we are; that is fine.
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError):
                db.execute(sql.SQL(change).format(sql.Identifier(name)))

    def ensure_database(self, name: str) -> None:
        """Create the database unless it exists."""
        with psycopg.connect(self.dsn(), autocommit=True) as db:
            if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            # Another process may be as quick as we are; that is fine.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start the server, or join the one that another process runs, and return when it accepts connections.

        Raises DataFolderUnusable, WrongPostgresMajor or PostgresFailed; waits 300 s at most.
        """
        deadline = time.monotonic() + START_LIMIT_S
        make_data_folder(self.data_dir)
        while not self._take_lock():
            if self.is_running:
                self._socket_dir = PidFile.read(self.cluster).socket_dir
                log.info("postgres.joined", pid=self.pid, folder=str(self.data_dir))
                return
            if time.monotonic() > deadline:
                said = _(
                    "Another process holds {file}, but its PostgreSQL did not become ready within {n} s. Maybe it "
                    "hangs: look at {log}, stop it, start again.",
                    file=self.data_dir / "postgres.lock",
                    n=round(START_LIMIT_S),
                    log=self.log_file,
                )
                raise PostgresFailed(said)
            time.sleep(0.05)
        try:
            self._prepare()
            self._launch()
            self._wait_until_ready(deadline)
        except OSError as error:
            self.stop()
            raise self._unusable(error) from None
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server cleanly if we own it, give the lock back; a client just leaves. Never kills by force."""
        server, self._server = self._server, None
        if server is not None and server.poll() is None:
            with suppress(ProcessLookupError):
                server.send_signal(signal.SIGINT)
            try:
                server.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                said = _(
                    "PostgreSQL (process {pid}) did not stop within {n} s. Maybe the disk hangs: look at {log}. It was "
                    "not killed, so that nothing is lost.",
                    pid=server.pid,
                    n=round(STOP_LIMIT_S),
                    log=self.log_file,
                )
                raise PostgresFailed(said) from None
            log.info("postgres.stopped", pid=server.pid)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def restart_if_dead(self) -> bool:
        """Launch the server again if it died, after a back-off of 0.1 to 5 s; True when it did so. Does not wait.

        For the supervisor's loop. Raises PostgresFailed after ten quick deaths in a row.
        """
        if self._server is None or self._server.poll() is None:
            return False
        now = time.monotonic()
        if self._next_start_at is None:
            self._next_start_at = now + self._back_off(now)
        if now < self._next_start_at:
            return False
        self._next_start_at = None
        self._repair_pid_file()
        self._launch()
        return True

    def _back_off(self, now: float) -> float:
        self._quick_deaths = self._quick_deaths + 1 if now - self._server_started_at < QUICK_DEATH_S else 1
        if self._quick_deaths > len(BACK_OFF_S):
            said = _("PostgreSQL died {n} times in a row.", n=self._quick_deaths)
            raise PostgresFailed(f"{said} {self._log_tail()}")
        wait_s = BACK_OFF_S[self._quick_deaths - 1]
        log.warning("postgres.died", restart_in_s=wait_s, see=str(self.log_file))
        return wait_s

    # -- the folder

    def _take_lock(self) -> bool:
        path = self.data_dir / "postgres.lock"
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError:
            said = _(
                "The data folder {folder} belongs to another user: {file} cannot be opened for writing. Run Suture as "
                "the user who made it, or choose another folder with --data.",
                folder=self.data_dir,
                file=path,
            )
            raise DataFolderUnusable(said) from None
        except OSError as error:
            raise self._unusable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def _unusable(self, error: OSError) -> DataFolderUnusable:
        said = _(
            "The data folder {folder} cannot be used: {why} ({file}). Maybe it is on a disk that is full or read-only: "
            "choose another one with --data.",
            folder=self.data_dir,
            why=why_of(error),
            file=error.filename,
        )
        return DataFolderUnusable(said)

    def _prepare(self) -> None:
        self._account = postgres_account(self.cluster)
        if self._account:
            check_reachable(self.data_dir, self._account)
            self._binaries = reachable_binaries(self._binaries, self.data_dir, self._account)
        set_incomplete_aside(self.cluster)
        if not self.cluster.exists():
            self._initdb()
        elif self._account:
            give_to(self.cluster, self._account)
        if (made_by := cluster_major(self.data_dir)) != self._binaries.major:
            said = _(
                "The data folder {folder} was made by PostgreSQL {major}, but the one found is {version} ({source}, "
                "{programs}). Set POSTGRES_BIN to the bin folder of a PostgreSQL {major}, or start with an empty "
                "folder: --data.",
                folder=self.cluster,
                major=made_by,
                version=self._binaries.version,
                source=self._binaries.source,
                programs=self._binaries.folder,
            )
            raise WrongPostgresMajor(said)
        self._repair_pid_file()

    def _initdb(self) -> None:
        log.info("postgres.initdb", folder=str(self.cluster), version=self._binaries.version)
        unfinished = self.data_dir / "postgres.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if self._account:
            os.chown(unfinished, self._account.uid, self._account.gid)
        options = ["-U", SUPERUSER, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        if "fsync=off" in self._extra_options:
            options.append("--no-sync")
        child = self._start_program("initdb", "-D", str(unfinished), *options, death_signal=signal.SIGTERM)
        try:
            code = child.wait(START_LIMIT_S)
        except BaseException:
            child.terminate()
            child.wait()
            raise
        if code:
            said = _("initdb failed with exit code {code}.", code=code)
            raise PostgresFailed(f"{said} {self._log_tail()}")
        unfinished.rename(self.cluster)

    # -- the process

    def _start_program(self, name: str, *arguments: str, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
        if self.log_file.exists() and self.log_file.stat().st_size > LARGEST_LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        output = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return start_tied(
                [self._binaries.folder / name, *arguments],
                death_signal=death_signal,
                # Not our environment: PGPORT, PGDATA and the like would lead the server astray, secrets would leak.
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                account=self._account,
                output=output,
                cwd=Path("/"),  # the PostgreSQL user may not be allowed in our folder
            )
        finally:
            os.close(output)

    def _launch(self) -> None:
        socket_dir = make_socket_dir(self.cluster, self._account)
        options = [
            "listen_addresses=",
            f'unix_socket_directories="{socket_dir}"',
            "timezone=UTC",
            "log_timezone=UTC",
            # The log must stay free of patients' data: no values in details, no statements.
            "log_error_verbosity=terse",
            "log_min_error_statement=panic",
            *FAST_RECOVERY,
            *self._extra_options,
        ]
        flags = [part for option in options for part in ("-c", option)]
        self._socket_dir, self._server_started_at = socket_dir, time.monotonic()
        self._server = self._start_program(
            "postgres", "-D", str(self.cluster), "-p", str(PORT), *flags, death_signal=signal.SIGINT
        )
        log.info("postgres.started", pid=self._server.pid, version=self._binaries.version, source=self._binaries.source)

    def _wait_until_ready(self, deadline: float) -> None:
        while not self.is_running:
            if self._server is not None and (code := self._server.poll()) is not None:
                # Backends of a killed server may need a moment to notice; PostgreSQL refuses to start beside them.
                tail = self._log_tail()
                if not _IN_USE.search(tail) or time.monotonic() - self._server_started_at > QUICK_DEATH_S:
                    said = _("PostgreSQL ended with exit code {code} while starting.", code=code)
                    raise PostgresFailed(f"{said} {tail}")
                time.sleep(0.2)
                self._launch()
            if time.monotonic() > deadline:
                said = _("PostgreSQL was not ready within {n} s.", n=round(START_LIMIT_S))
                raise PostgresFailed(f"{said} {self._log_tail()}")
            time.sleep(0.05)

    def _repair_pid_file(self) -> None:
        """Stop a former server that still runs; remove a pid file that would mislead PostgreSQL."""
        state = PidFile.read(self.cluster)
        if (pid := state.live_pid(self.cluster)) is not None:
            # We hold the lock, so its supervisor is gone and it is on its way down already; make sure.
            log.warning("postgres.stopping_orphan", pid=pid)
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + STOP_LIMIT_S
            while state.live_pid(self.cluster) is not None:
                if time.monotonic() > deadline:
                    said = _("An earlier PostgreSQL (process {pid}) does not stop.", pid=pid)
                    raise PostgresFailed(f"{said} {self._log_tail()}")
                time.sleep(0.05)
        # A process id that exists but is no server of ours (a zombie, or reused after a restart of the machine) makes
        # PostgreSQL refuse to start. One that does not exist is PostgreSQL's own business: it also looks for orphaned
        # backends by the shared memory named in the file, so we leave it.
        if state.pid is not None and Path(f"/proc/{state.pid}").exists():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            if state.socket_dir is not None:
                (state.socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)  # holds the same process id

    def _log_tail(self) -> str:
        with suppress(OSError):
            lines = self.log_file.read_text(errors="replace").splitlines()[-8:]
            return "\n  ".join([_("The end of {file}:", file=self.log_file), *lines])
        return _("There is no {file}.", file=self.log_file)
