"""`suture serve` on a fresh folder: started, stopped, killed, asked by its API, and looked at behind its back."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

from scripts.soaking.agency import BRANCH, MovedAgency
from scripts.soaking.counts import Left
from scripts.soaking.mail_server import HOST, MailServer
from scripts.soaking.processes import DECIDER, POSTMASTER, SENDER, WEB, WORKER, child_ids, children, is_gone
from sqlalchemy.exc import SQLAlchemyError

from suture.integrations.sms.console.adapter import SMS_FILE, parse_lines
from suture.service.clock import DatabaseClock
from suture.store.tied_child import start_tied
from suture.store.transaction import Tx, open_engine, transaction

LEASE_S = 3
START_LIMIT_S = 120.0
STOP_LIMIT_S = 120.0
ANSWER_LIMIT_S = 120.0
_LOOK_AGAIN_S = 0.05

T = TypeVar("T")
Say = Callable[[str], None]
"""Tells a person how far the soak is."""


class SoakFailed(Exception):
    """The soak could not go on; the message says where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the web server said; status 0 when nobody answered."""

    status: int
    body: str = ""


def wait_for(look: Callable[[], T | None], what: str, limit_s: float) -> T:
    """Look again until there is something to see, and return it. Raises SoakFailed."""
    deadline = time.monotonic() + limit_s
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise SoakFailed(f"Not within {limit_s:.0f} s: {what}.")
        time.sleep(_LOOK_AGAIN_S)
    return seen


class Installation:
    """One agency that is served from `folder`/data. Leaving the block stops it."""

    def __init__(self, folder: Path, agency: MovedAgency, mail: MailServer) -> None:
        self.data = folder / "data"
        self.log_file = folder / "serve.log"
        self.agency = agency
        self._mail = mail
        self._token = secrets.token_urlsafe(24)
        self._port = _free_port()
        self._env = {
            **{k: v for k, v in os.environ.items() if k != "DATABASE_URL" and not k.startswith("SUTURE_")},
            "SUTURE_API_TOKEN": self._token,
            "SUTURE_CONFIG_DIR": str(agency.config_folder),
            "SUTURE_SMTP_HOST": HOST,
            "SUTURE_SMTP_PORT": str(mail.port),
            "SUTURE_LEASE_SECONDS": str(LEASE_S),
        }
        socket_folder = quote(str(self.data / "postgres"), safe="")
        self._engine = open_engine(f"postgresql+psycopg://postgres@/suture?host={socket_folder}")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._engine.dispose()
        if self._process is not None and self._process.poll() is None:
            self.kill_everything()

    # its processes

    def import_files(self) -> None:
        """Import the export into the fresh folder. Raises SoakFailed."""
        self._command("import", "csv", self.agency.csv_folder)

    def let_messages_leave(self) -> None:
        """End the hold that a new agency starts with. Raises SoakFailed."""
        why = ("--name", "scripts/soak", "--reason", "a soak on made-up data", "--no-stops-known")
        self._command("outreach", "release", *why)

    def _command(self, *words: str | Path) -> None:
        argv = [sys.executable, "-m", "suture.cli", *map(str, words), "--data", str(self.data)]
        done = subprocess.run(argv, env=self._env, capture_output=True, text=True, timeout=START_LIMIT_S, check=False)
        if done.returncode != 0:
            said = (done.stdout + done.stderr)[-500:]
            raise SoakFailed(f"suture {words[0]} {words[1]} ended with exit code {done.returncode}: {said}")

    def start(self) -> None:
        """Start `suture serve` and wait until it is ready."""
        argv = [sys.executable, "-m", "suture.cli", "serve", "--data", str(self.data), "--port", str(self._port)]
        with self.log_file.open("ab") as log:
            self._process = start_tied(argv, death_signal=signal.SIGTERM, env=self._env, output=log.fileno())
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for all children and a page."""

        def looks_ready() -> bool:
            if self.supervisor.poll() is not None:
                raise SoakFailed(
                    f"suture serve ended with exit code {self.supervisor.returncode}: see {self.log_file}."
                )
            there = self.children().keys()
            works = WORKER in there or {DECIDER, SENDER} <= there
            return {WEB, POSTMASTER} <= there and works and self.ask("GET", "/readyz").status == 200

        wait_for(looks_ready, f"suture serve is ready; see {self.log_file}", START_LIMIT_S)

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        """The process of `suture serve`."""
        if self._process is None:
            raise SoakFailed("suture serve was not started.")
        return self._process

    def children(self) -> dict[str, int]:
        """Its living children by what they are."""
        return children(self.supervisor.pid)

    def stop(self) -> bool:
        """SIGTERM; whether it stopped by itself. Where it does not, everything is killed."""
        running = self._everything()
        self.supervisor.terminate()
        try:
            self.supervisor.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill_everything()
            return False
        wait_for(lambda: all(map(is_gone, running)), "every process has ended", STOP_LIMIT_S)
        return True

    def kill_child(self, *names: str) -> None:
        """kill -9 the first of these children that there is, and wait until it is dead."""
        pid = wait_for(lambda: _first(self.children(), names), f"a {names[0]} to kill", START_LIMIT_S)
        _kill(pid)
        wait_for(lambda: is_gone(pid), f"the {names[0]} is dead", STOP_LIMIT_S)

    def kill_everything(self) -> None:
        """kill -9 the supervisor and all its children at once."""
        running = self._everything()
        for pid in running:
            _kill(pid)
        self.supervisor.wait()
        wait_for(lambda: all(map(is_gone, running)), "every process is dead", STOP_LIMIT_S)

    def _everything(self) -> list[int]:
        named, others = self.children(), child_ids(self.supervisor.pid)
        backends = child_ids(named[POSTMASTER]) if POSTMASTER in named else []
        return [self.supervisor.pid, *others, *backends]

    # what it is asked

    def plan_and_publish(self, on: date) -> None:
        """Plan one day and publish it. Raises SoakFailed."""
        for step in ("plan", "publish"):
            answer = self.ask("POST", f"/api/v1/days/{BRANCH}/{on}/{step}", {})
            if answer.status != 200:
                raise SoakFailed(f"{on} could not be taken through {step}: status {answer.status}, {answer.body[:300]}")

    def signal(self, body: Mapping[str, object]) -> Answer:
        """A signal by the API, once."""
        return self.ask("POST", "/api/v1/signals", body)

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """One request. Whatever breaks on the way is nobody's answer."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_LIMIT_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    # behind its back

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Look at the database, or change it."""
        with transaction(self._engine, DatabaseClock()) as tx:
            yield tx

    def look(self, sql: str, **params: Any) -> Any:
        """The one value of a query; None while the database is away."""
        with suppress(SQLAlchemyError), self.transaction() as tx:
            return tx.scalar(sql, **params)
        return None

    def make_due(self, at_most: int | None = None) -> None:
        """Planned messages become due now, those that have waited longest first; locked ones are someone's already."""
        with suppress(SQLAlchemyError), self.transaction() as tx:
            tx.run(
                """UPDATE touch SET due_at = :now WHERE tenant = app_tenant() AND id IN (
                     SELECT id FROM touch WHERE tenant = app_tenant() AND state = 'planned' AND due_at > :now
                     ORDER BY due_at, id LIMIT :most FOR UPDATE SKIP LOCKED)""",
                most=at_most,
            )

    def drain(self, limit_s: float) -> bool:
        """Let every message leave without waiting for its time; False where some still have not after `limit_s`."""
        deadline = time.monotonic() + limit_s
        waiting = (
            "SELECT count(*) FROM touch WHERE tenant = app_tenant() AND state IN ('planned', 'claimed', 'sending')"
        )
        while self.look(waiting) != 0:
            if time.monotonic() > deadline:
                return False
            self.make_due()
            time.sleep(1)
        return True

    def left(self) -> Left:
        """What has left, seen from outside."""
        file = self.data / SMS_FILE
        texts = parse_lines(file.read_bytes()) if file.exists() else ()
        return Left.of(mails=self._mail.kept, texts=[line["idem_key"] for line in texts])


def _first(there: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((there[name] for name in names if name in there), None)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
