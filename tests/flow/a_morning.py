"""The demo agency behind the real API, real SMTP and the real worker, on a clock that the test moves."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.conftest import RIVERBEND
from tests.fakes.callers import knowing
from tests.fakes.sessions import signed_in

from suture.bootstrap import SOURCES, build_app, build_context, catching_mail, inbox_reader
from suture.model.actors import SYSTEM
from suture.model.messages import InboundText
from suture.model.seen import SeenMessage
from suture.service import worker
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.figures import day_figures
from suture.service.first_start import first_start
from suture.service.import_files import import_folder
from suture.service.receive_reply import receive_text
from suture.settings import Settings
from suture.store import facts

BASE_URL = "http://localhost:8000"
BRANCH, THE_DAY = "COLUMBUS", date(2026, 3, 24)
DAY = f"/api/v1/days/{BRANCH}/{THE_DAY}"
COLUMBUS = ZoneInfo("America/New_York")


def at(clock: str, day: date = THE_DAY) -> datetime:
    """An instant by the clock on the wall in Columbus."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), COLUMBUS)  # noqa: DTZ007 - only its time


class Morning:
    """What a coordinator, a clinician and a patient can do and see."""

    def __init__(self, engine: Engine, folder: Path, smtp_port: int, config: Path = RIVERBEND) -> None:
        self.clock = VirtualClock(at("15:00", date(2026, 3, 23)))
        given = {"smtp_port": smtp_port, "public_base_url": BASE_URL, "seed": 7, "demo": True}
        settings = Settings().model_copy(update=given)
        self.caller = Caller(build_context(engine, self.clock, folder, settings), SYSTEM)
        first_start(self.caller, config)
        self._inbox = inbox_reader(folder)
        app = build_app(knowing(self.caller, "secret").tools, folder, settings)
        self.api = TestClient(app, base_url=BASE_URL, headers={"Authorization": "Bearer secret"})
        self.browser = TestClient(
            app, base_url=BASE_URL, headers={"Sec-Fetch-Site": "same-origin", **signed_in(self.caller)}
        )

    def import_files(self) -> None:
        """Demand and staff come in from files."""
        assert not import_folder(self.caller, SOURCES["csv"], RIVERBEND).problems

    def wait_until(self, instant: datetime) -> None:
        """Time passes; the worker decides and sends what falls due."""
        worker.drain(self.caller)
        while (due := worker.next_due(self.caller)) is not None and due <= instant:
            self.clock.advance_to(max(due, self.clock.now()))
            worker.drain(self.caller)
        self.clock.advance_to(instant)
        worker.drain(self.caller)

    def send(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A signal by the API, decided at once."""
        answer = self.api.post("/api/v1/signals", json={"kind": kind, **fields})
        assert answer.status_code == 202, answer.text
        worker.drain(self.caller)
        stored: dict[str, Any] = answer.json()
        return stored

    def plan(self) -> dict[str, Any]:
        """The plan as the API tells it."""
        answer = self.api.get(f"{DAY}/plan")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def route(self, clinician: str) -> list[str]:
        """One clinician's visits in order."""
        routes = {r["clinician"]: r["stops"] for r in self.plan()["routes"]}
        return [stop["visit"] for stop in routes.get(clinician, [])]

    def holders(self) -> dict[str, str]:
        """Who has each visit."""
        return {s["visit"]: r["clinician"] for r in self.plan()["routes"] for s in r["stops"]}

    def messages(self) -> list[SeenMessage]:
        """Everything that left, newest first."""
        return self._inbox()

    def messages_since(self, earlier: Sequence[SeenMessage]) -> list[SeenMessage]:
        """What left since then."""
        known = set(earlier)
        return [m for m in self.messages() if m not in known]

    def press(self, message: SeenMessage, button: str) -> None:
        """Open the link of a message, and press a button on the page."""
        path = message.links[0].removeprefix(BASE_URL)
        page = self.browser.get(path)
        assert page.status_code == 200
        assert self.browser.post(path, data=_hidden(page.text) | {"answer": button}).status_code == 200
        worker.drain(self.caller)

    def text(self, sender: str, body: str) -> None:
        """A text message comes in."""
        receive_text(self.caller, InboundText("console", f"{sender}-{body}-{self.clock.now()}", sender, body))
        worker.drain(self.caller)

    def lost_and_doubled(self) -> tuple[int, int]:
        """Positions nobody has, and messages that left twice."""
        with self.caller.transaction() as tx:
            branch = find_branch(tx, BRANCH)
            return facts.lost_visits(tx, branch.id, THE_DAY), facts.duplicate_messages(tx, branch.id, THE_DAY)

    def reassigned_after_seconds(self) -> tuple[int | None, float | None]:
        """Time-to-reassign: the median, and the share that was never accepted in time."""
        with self.caller.transaction() as tx:
            branch = find_branch(tx, BRANCH)
        ttr = day_figures(self.caller, branch, THE_DAY).numbers.time_to_reassign
        return ttr.p50, ttr.unresolved


def _hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))


@contextmanager
def a_morning(engine: Engine, folder: Path, config: Path = RIVERBEND) -> Iterator[Morning]:
    """The agency on the afternoon before, nothing imported yet, with a mail server that catches."""
    with catching_mail(folder) as smtp_port:
        yield Morning(engine, folder, smtp_port, config)
