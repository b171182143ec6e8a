"""The demo's day behind the real web application, on a database of the test's own: published, told, not answered yet.

The day is imported, planned and told once a run; every test gets a copy of that database.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine, text
from starlette.testclient import TestClient
from tests.fakes.callers import a_caller, fake_channels, knowing
from tests.fakes.sessions import signed_in

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.actors import Role
from suture.model.messages import Send
from suture.model.seen import SeenMessage
from suture.service import worker
from suture.service.clock import VirtualClock
from suture.service.first_start import first_start
from suture.service.import_files import import_folder
from suture.service.plan_day import plan_day, publish_day
from suture.store.embedded import EmbeddedPostgres
from suture.store.roles import RUNTIME
from suture.store.transaction import open_engine
from suture.web.app import create_app

RIVERBEND = Path(__file__).parents[2] / "examples/riverbend"
THE_DAY = date(2026, 3, 24)
API_TOKEN = "a-token-for-tests"
BEARER = {"Authorization": f"Bearer {API_TOKEN}"}
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
TEMPLATE = "template_web_morning"
EXAMPLES = {
    "token": "no-such-token",
    "branch": "COLUMBUS",
    "date": "2026-03-24",
    "signal_id": "1",
    "kind": "patient",
    "id": "P-01",
    "path": "console.css",
    "hook_id": "none",
    "what": "text",
    "visit": "V-01",
    "account_id": "1",
}

_copies = itertools.count(1)


def at(clock: str, day: date = THE_DAY) -> datetime:
    """An instant by the clock of Columbus."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("America/New_York"))


class WebMorning:
    """The application, a coordinator's browser, and the levers of the world around them.

    `like`: another one whose browser has signed in, where its database cannot be asked now.
    """

    tokens_begin = "token"

    def __init__(self, engine: Engine, now: datetime, *, demo: bool = True, like: "WebMorning | None" = None) -> None:
        self.clock = VirtualClock(now)
        self.engine = engine
        self.channels = fake_channels()
        self.caller = a_caller(engine, self.clock, self.channels, started=False)
        self.seen: list[SeenMessage] = []
        self.app: FastAPI = create_app(self.caller.tools, read_inbox=lambda: self.seen, demo=demo)
        self.stranger = TestClient(self.app, base_url="http://localhost:8000", follow_redirects=False)
        self.browser: TestClient = self._browser(like.browser.headers) if like else self.browser_of(Role.COORDINATOR)

    def _browser(self, headers: Mapping[str, str]) -> TestClient:
        return TestClient(
            self.app, base_url="http://localhost:8000", follow_redirects=False, headers={"Cookie": headers["Cookie"]}
        )

    def browser_of(
        self, *roles: Role, branches: Collection[str] = (), clinician: str | None = None, called: str = "casey"
    ) -> TestClient:
        """A browser in which someone with these roles has signed in."""
        return self._browser(signed_in(self.caller, roles, branches, clinician, called=called))

    def plan_and_publish(self) -> None:
        """Import the demo, plan it, publish it."""
        first_start(knowing(self.caller, API_TOKEN), RIVERBEND)
        import_folder(self.caller, CsvFolder(), RIVERBEND)
        plan_day(self.caller, "COLUMBUS", THE_DAY)
        publish_day(self.caller, "COLUMBUS", THE_DAY)

    def play_until(self, instant: datetime) -> None:
        """Let the worker do what is due until then."""
        while True:
            worker.drain(self.caller)
            due = worker.next_due(self.caller)
            if due is None or due > instant:
                break
            self.clock.advance_to(max(due, self.clock.now()))
        self.clock.advance_to(instant)
        self.read_messages()

    def read_messages(self) -> None:
        """Fill the development inbox from what was sent through the fakes since this test began."""
        self.seen = [_seen(m, self.clock.now()) for c in self.channels.values() for m in c.sent.values()]

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Look at the database."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def run(self, sql: str, **params: object) -> None:
        """Change the database behind everyone's back."""
        with self.caller.transaction() as tx:
            tx.run(sql, **params)

    def link(self, token_number: int = 1, *, purpose: str = "visit_answer", **facts: object) -> str:
        """A link as it stands in a message, made anew so that the test knows its token. `facts` narrow the visit."""
        token = "-".join([self.tokens_begin, purpose, str(token_number), *map(str, facts.values())])
        narrow = " AND ".join(["true", *(f"{column} = :{column}" for column in facts)])
        self.run(
            f"""INSERT INTO patient_token (token_hash, purpose, touch_id, party_id, visit_id, expires_at, addr_hash)
                SELECT encode(sha256(cast(:token AS bytea)), 'hex'), purpose, touch_id, party_id, visit_id, expires_at,
                       addr_hash
                FROM (SELECT k.*, s.kind, s.discipline, p.lang
                      FROM patient_token k JOIN party p ON p.id = k.party_id LEFT JOIN visit v ON v.id = k.visit_id
                      LEFT JOIN service s ON s.code = v.service_code) AS links
                WHERE purpose = :purpose AND {narrow} ORDER BY touch_id OFFSET :skip LIMIT 1
                ON CONFLICT DO NOTHING""",
            token=token.encode(),
            purpose=purpose,
            skip=token_number - 1,
            **facts,
        )
        return f"/u/{token}" if purpose == "unsubscribe" else f"/p/{token}"

    def visit_of(self, link: str) -> int:
        """The visit a patient's link is about."""
        found = self.rows(
            "SELECT visit_id FROM patient_token WHERE token_hash = encode(sha256(cast(:token AS bytea)), 'hex')",
            token=link.removeprefix("/p/").encode(),
        )
        return int(found[0]["visit_id"])

    def press(self, link: str, answer: str, **fields: str) -> Any:
        """Answer by the form of a link's page, as it stands now."""
        form = hidden(self.browser.get(link).text)
        return self.browser.post(link, data={**form, "answer": answer, **fields})

    def signals(self) -> list[dict[str, Any]]:
        """What lies in the inbox."""
        return self.rows("SELECT kind, source, source_id, body, state FROM inbox ORDER BY id")


def _seen(message: Send, at_instant: datetime) -> SeenMessage:
    links = tuple(re.findall(r"http\S+", message.body))
    return SeenMessage(message.channel, message.to, at_instant, message.subject, message.body, links)


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path of the application, with examples for what is variable."""
    found = []
    for context in iter_route_contexts(app.routes):
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda m: EXAMPLES[m.group(1)], context.path or "")
        if path == "/static":
            found.append(("GET", "/static/console.css"))
        found += [(method, path) for method in sorted(context.methods or ())]
    return found


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the first form on a page, apart from the one that signs out."""
    form = re.search(r'<form (?!method="post" action="/sign-out").*?</form>', html, re.DOTALL)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group(0) if form else ""))


def heading(html: str) -> str:
    """The h1 of a page."""
    found = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    return found.group(1) if found else ""


@cache
def _template(postgres: EmbeddedPostgres) -> str:
    create(postgres, TEMPLATE, "template_suture")
    engine = open_engine(postgres.url(TEMPLATE, RUNTIME))
    morning = WebMorning(engine, at("15:00", date(2026, 3, 23)))
    morning.plan_and_publish()
    morning.play_until(at("20:59", date(2026, 3, 23)))
    engine.dispose()
    return TEMPLATE


def create(postgres: EmbeddedPostgres, name: str, template: str) -> None:
    """A copy of a database that no one is connected to."""
    admin = open_engine(postgres.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()


def web_morning(postgres: EmbeddedPostgres, *, demo: bool = True, read_only: bool = False) -> Iterator[WebMorning]:
    """The published morning at 07:40 of the service date. `read_only`: every write to the database is an error."""
    name = f"web_{next(_copies)}"
    create(postgres, name, _template(postgres))
    options = "&options=-c%20default_transaction_read_only%3Don" if read_only else ""
    engine = open_engine(postgres.url(name, RUNTIME) + options)
    yield WebMorning(engine, at("07:40"), demo=demo)
    engine.dispose()
