"""Suture's own processes for tests: started as a person starts them, watched from outside, and gone afterwards.

The demo's first start, which prepares the morning, is done once a run; whoever needs a prepared morning gets a copy of
its data folder.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from suture.integrations.email.catcher import MAIL_FOLDER
from suture.store.embedded import EmbeddedPostgres, find_binaries

COLUMBUS = ZoneInfo("America/New_York")
SERVICE_DATE = "2026-03-24"
CHILDREN = {"postgres", "catcher", "phones", "decider", "sender", "web", "public", "people"}
ROLES = {"decide": "decider", "send": "sender"}
PREPARE_LIMIT_S = 180.0
START_LIMIT_S = STOP_LIMIT_S = 60.0

T = TypeVar("T")


def at(clock: str) -> datetime:
    """An instant of the service date by the clock of Columbus."""
    return datetime.fromisoformat(f"{SERVICE_DATE}T{clock}").replace(tzinfo=COLUMBUS)


def wait_for(look: Callable[[], T], what: str, limit_s: float = 120.0) -> T:
    """Look again until there is something to see, and return it; `limit_s` is generous since machines are shared."""
    deadline = time.monotonic() + limit_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {limit_s:.0f} s: {what}"
        time.sleep(0.05)
    return seen


# --- looking at processes ------------------------------------------------------------------------------


def is_gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def child_ids(pid: int) -> list[int]:
    """The living children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(folder.name))
    return found


def children(pid: int) -> dict[str, int]:
    """The living children of a supervisor by what they are."""
    found = {}
    for child in child_ids(pid):
        with suppress(OSError):
            found[_what_is(Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0"))] = child
    return found


def _what_is(argv: list[str]) -> str:
    if "-I" in argv:
        return "launcher"
    if "--public" in argv:
        return "public"
    if "--role" in argv:
        return ROLES[argv[argv.index("--role") + 1]]
    return argv[argv.index("suture.cli") + 1] if "suture.cli" in argv else Path(argv[0]).name


# --- commands ------------------------------------------------------------------------------------------


def environment(**more: str) -> dict[str, str]:
    """Ours without what would lead Suture elsewhere, with short leases."""
    ours = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PUBLIC_BASE_URL")}
    kept = {k: v for k, v in ours.items() if not k.startswith("SUTURE_")}
    return {**kept, "SUTURE_TESTING": "1", "SUTURE_LEASE_SECONDS": "1", **more}


def suture(*words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    argv, env = [sys.executable, "-m", "suture.cli", *map(str, words)], environment(**env or {})
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=START_LIMIT_S, check=False)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may pass through, which pytest's tmp_path is not for root."""
    path = Path(tempfile.mkdtemp(prefix="suture-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path)


# --- what an installation holds ------------------------------------------------------------------------


class Installation:
    """A data folder whose PostgreSQL runs, seen from outside."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.url = f"postgresql://postgres@/suture?host={quote(str(data / 'postgres'), safe='')}"

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Look at the database, or change it behind everyone's back."""
        with psycopg.connect(self.url, row_factory=dict_row) as db:
            cursor = db.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, *values: object) -> Any:
        """The one value of a query."""
        [row] = self.rows(sql, *values)
        return next(iter(row.values()))

    def now(self) -> datetime:
        """The demo's time."""
        shown: datetime = self.value("SELECT shown_at + (clock_timestamp() - real_at) FROM demo_clock")
        return shown

    def version(self) -> int:
        """The version of the published plan."""
        found: int = self.value("SELECT version FROM plan_head WHERE stage = 'published'")
        return found

    def signal_state(self, signal_id: int) -> str:
        """How far a signal is."""
        return str(self.value("SELECT state FROM inbox WHERE id = %s", signal_id))

    def busiest_rn(self) -> str:
        """The nurse whose absence costs most."""
        return str(
            self.value(
                """SELECT p.external_id FROM assignment a JOIN clinician c ON c.party_id = a.clinician_id
                   JOIN party p ON p.id = c.party_id WHERE c.role = 'RN' AND a.to_version IS NULL
                   GROUP BY p.external_id ORDER BY count(*) DESC, p.external_id LIMIT 1"""
            )
        )

    def waiting_visits(self) -> list[str]:
        """Visits of the day that have someone and have not begun, the earliest first."""
        found = self.rows(
            """SELECT v.external_id FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
               WHERE v.service_date = %s AND v.status IN ('scheduled', 'confirmed') AND v.positions = 1
               ORDER BY a.starts_at, v.id""",
            SERVICE_DATE,
        )
        return [r["external_id"] for r in found]

    def mails(self) -> list[Message]:
        """What the mail catcher holds."""
        return [message_from_bytes(file.read_bytes()) for file in (self.data / MAIL_FOLDER / "new").iterdir()]

    def log(self) -> str:
        """What PostgreSQL said."""
        return (self.data / "postgres.log").read_text()


@dataclass(frozen=True)
class Answer:
    """What the web server said; status 0 when nobody answered."""

    status: int
    body: str = ""


class Demo(Installation):
    """`suture demo` as a process that Ctrl-C would reach, on a free port."""

    def __init__(self, data: Path, *options: str) -> None:
        super().__init__(data)
        self.options = options
        self.port, self._cookie = free_port(), ""
        self.began = 0.0
        self.ready_after_s = 0.0

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        self._output = self.data.parent / f"output-{self.port}"
        argv = [sys.executable, "-m", "suture.cli", "demo", "--port", str(self.port), "--data", str(self.data)]
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                [*argv, *self.options], env=environment(), stdout=output, stderr=output, start_new_session=True
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        known = child_ids(self.process.pid)
        self.process.kill()  # quicker than Ctrl-C, and takes them all down too: see test_kills
        self.process.wait()
        wait_for(lambda: all(map(is_gone, known)), "the children ended", STOP_LIMIT_S)

    @property
    def output(self) -> str:
        """What it printed, and what its children did."""
        return self._output.read_text()

    @property
    def token(self) -> str:
        """The API token it printed."""
        found = re.search(r"API token: (\S+)", self.output)
        assert found, self.output
        return found.group(1)

    def children(self) -> dict[str, int]:
        """Its living children."""
        return children(self.process.pid)

    def wait_until_ready(self, limit_s: float = START_LIMIT_S) -> None:
        """Wait for a page and all children."""

        def looks_ready() -> bool:
            assert self.process.poll() is None, self.output
            return self.page().status == 200 and self.children().keys() == CHILDREN

        wait_for(looks_ready, "a page", limit_s)
        self.ready_after_s = time.monotonic() - self.began

    def page(self) -> Answer:
        """The coordinator's page, of a demo."""
        self.cookie()
        return self._ask("GET", "/")

    def cookie(self) -> str:
        """What the demo's coordinator has signed in with, as a header says it."""
        self._cookie = self._cookie or self._sign_in()
        return self._cookie

    def _sign_in(self) -> str:
        """The cookie of the demo's coordinator; empty where no one answers yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("POST", "/sign-in/demo", "role=coordinator", headers)
            return connection.getresponse().headers.get("Set-Cookie", "").partition(";")[0]
        return ""

    def send(self, kind: str, **fields: str) -> int:
        """A signal by the API; its id. Not sent again where nobody answers: that would hide a loss."""
        answer = self._ask("POST", "/api/v1/signals", {"kind": kind, **fields})
        assert answer.status == 202, answer
        signal_id: int = json.loads(answer.body)["id"]
        return signal_id

    def wait_until_decided(self, signal_id: int) -> None:
        """Wait for the worker."""
        wait_for(lambda: self.signal_state(signal_id) == "handled", "the signal was decided")

    def _ask(self, method: str, path: str, body: object = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        headers = {"Cookie": self._cookie}
        if body:
            headers |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def catches_mail(self) -> bool:
        """Whether the mail catcher listens."""
        told = Path(f"/proc/{self.children().get('catcher')}/environ")
        with suppress(OSError):
            found = re.search(rb"SUTURE_SMTP_PORT=(\d+)", told.read_bytes())
            if found:
                socket.create_connection(("127.0.0.1", int(found[1])), timeout=5).close()
                return True
        return False

    def kill(self, name: str) -> int:
        """kill -9 one child; its id."""
        pid = self.children()[name]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_gone(pid), f"{name} is dead")
        return pid


# --- the prepared morning ------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstStart:
    """The demo was started in an empty folder, looked at, and stopped by Ctrl-C."""

    folder: Path
    ready_after_s: float
    page: str
    output: str
    exit_code: int
    left_over: tuple[str, ...]
    shown_at_ready: datetime
    shown_before_stop: datetime
    log: str


@cache
def first_start(config: pytest.Config) -> FirstStart:
    """Done once a run; the folder is kept until its end."""
    stack = ExitStack()
    config.add_cleanup(stack.close)
    folder = stack.enter_context(a_folder())
    with Demo(folder / "data") as demo:
        demo.wait_until_ready(PREPARE_LIMIT_S)
        shown_at_ready, page, running = demo.now(), demo.page().body, demo.children()
        shown_before_stop = demo.now()
        os.killpg(demo.process.pid, signal.SIGINT)  # as a terminal does
        code = demo.process.wait(STOP_LIMIT_S)
        left_over = tuple(name for name, pid in running.items() if not is_gone(pid))
        log = demo.log()
    return FirstStart(
        demo.data, demo.ready_after_s, page, demo.output, code, left_over, shown_at_ready, shown_before_stop, log
    )


@contextmanager
def a_prepared_folder(config: pytest.Config) -> Iterator[Path]:
    """A data folder of one's own in which the demo has been prepared and stopped."""
    with a_folder() as folder:
        shutil.copytree(first_start(config).folder, folder / "data")
        (folder / "data" / "postgres.log").unlink()
        yield folder / "data"


@contextmanager
def its_postgres(data: Path) -> Iterator[Installation]:
    """A stopped demo's PostgreSQL alone, quicker than safe."""
    with EmbeddedPostgres(data, find_binaries(), extra_options=("fsync=off",)):
        yield Installation(data)
