"""A canary: one patient whose name, phone, mailbox and street are like no others goes through everything there is, and
is then looked for wherever no patient may be: logs, output, numbers, addresses, error pages, the trail, notices.

What may hold her: the tables of people and messages, what is shown to those who work with her, and messages to her.
"""

import csv
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient
from tests.fakes.callers import knowing, with_tools
from tests.fakes.sessions import signed_in
from tests.flow.a_web_morning import API_TOKEN, BEARER, OWN_PAGE, RIVERBEND, THE_DAY, WebMorning, at, create, hidden

from suture.cli import main
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.integrations.phone.twilio.adapter import Twilio
from suture.model.connections import Audience
from suture.model.messages import Channel, SendOutcome
from suture.service import worker
from suture.service.connections import NewSender, connect
from suture.service.first_start import first_start
from suture.service.import_files import import_folder
from suture.service.plan_day import plan_day, publish_day
from suture.service.read_hooks import read_hooks
from suture.sim.phone_company import PhoneCompany
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine
from suture.web.app import create_app
from suture.web.public import create_public_app

BASE = "https://care.example"
PHONE, MAILBOX = "+16145557391", "zzcanary.quill@mail.example"
HERS = re.compile(r"zz\W*canary|zzquillan|614\D{0,2}555\D{0,2}7391", re.IGNORECASE)
"""Her family name, which her mailbox and street begin with, her given name, and her number however it is written."""

P_01 = {
    "family": "ZZCANARY",
    "given": "Zzquillan",
    "line1": "77 Zzcanary Court",
    "phone_mobile": PHONE,
    "email": MAILBOX,
}
P_02 = {**P_01, "phone_mobile": "", "email": f"bounced.{MAILBOX}"}


def export(folder: Path, **rows: dict[str, str]) -> Path:
    """The demo's files, with the canary in place of the first patients."""
    folder.mkdir()
    for file in RIVERBEND.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "patients.csv").open(newline="", encoding="utf-8") as there:
        patients = list(csv.DictReader(there))
    for patient in patients:
        patient.update(rows.get(patient["external_id"].replace("-", "_"), {}))
    with (folder / "patients.csv").open("w", newline="", encoding="utf-8") as there:
        write = csv.DictWriter(there, patients[0])
        write.writeheader()
        write.writerows(patients)
    return folder


class Places:
    """Where no patient may be, by what it is called."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, name: str, *texts: object) -> None:
        self.found.setdefault(name, []).extend(map(str, texts))

    def with_her(self) -> dict[str, list[str]]:
        """The places that hold her, each with what is around."""
        return {
            name: [text[max(0, hit.start() - 60) : hit.end() + 60] for text in texts for hit in HERS.finditer(text)][:3]
            for name, texts in self.found.items()
            if any(HERS.search(text) for text in texts)
        }


class Flight(WebMorning):
    """The morning of an agency that cares for the canary; texts leave by a phone company."""

    def __init__(self, postgres: EmbeddedPostgres, name: str, folder: Path) -> None:
        create(postgres, name, "template_suture")
        super().__init__(open_engine(postgres.url(name)), at("15:00", THE_DAY.replace(day=23)))
        self.url, self.folder, self.places = postgres.url(name), folder, Places()
        self.company = PhoneCompany("AC" + "5" * 32, "a-token", now=self.clock.now, post=self.post, waits=True)
        twilio = Twilio(lambda _name: SecretStr("a-token"), lambda hook: f"{BASE}/hooks/{hook}")
        self.caller = with_tools(self.caller, providers={"twilio": twilio}, public_base_url=BASE)
        self.app = create_app(self.caller.tools, read_inbox=lambda: self.seen)
        self.browser = self.a_browser(self.app, "http://localhost:8000", signed_in(self.caller))
        self.public = self.a_browser(create_public_app(self.caller.tools), BASE)

    def a_browser(self, app: Any, base: str, headers: dict[str, str] | None = None) -> TestClient:
        """One whose addresses are kept."""
        browser = TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False, headers=headers)
        browser.event_hooks = {"response": [self.keep_addresses]}
        return browser

    def keep_addresses(self, response: Any) -> None:
        self.places.add("addresses", response.request.url, response.headers.get("Location", ""))

    def post(self, url: str, body: bytes, headers: Any) -> tuple[int, str]:
        answer = self.public.post(urlsplit(url).path, content=body, headers=dict(headers))
        self.places.add("answers to providers", answer.text)
        return answer.status_code, answer.text

    def evening_before(self) -> None:
        """Her data comes in, the day is planned and told; her mail bounces."""
        first_start(knowing(self.caller, API_TOKEN), RIVERBEND)
        report = import_folder(self.caller, CsvFolder(), export(self.folder / "good", P_01=P_01, P_02=P_02))
        assert not report.problems
        self.channels[Channel.EMAIL].outcomes[P_02["email"]] = SendOutcome.PERMANENT
        new = NewSender(Channel.SMS, Audience.EVERYONE, "MG" + "7" * 32, 1000, 1000)
        settings = {"account_sid": "AC" + "5" * 32, "base_url": self.company.url}
        connected = connect(self.caller, "texts", "twilio", settings, "A_TOKEN", new)
        self.company.texts_to = f"{connected.hook_url}/text"
        plan_day(self.caller, "COLUMBUS", THE_DAY)
        publish_day(self.caller, "COLUMBUS", THE_DAY)
        self.play_until(at("20:59", THE_DAY.replace(day=23)))
        self.company.call_back_now()
        read_hooks(self.caller)

    def morning(self) -> None:
        """She answers by link and by text; her clinician calls out; everyone looks."""
        hers = [text for text in self.company.taken if text.to == PHONE]
        assert hers, "she was told"
        link = re.search(r"https://care.example(/p/\S+)", " ".join(text.body for text in hers))
        assert link is not None
        page = self.public.get(link.group(1))
        self.public.post(link.group(1), data={**hidden(page.text), "answer": "accept"})
        for body in ("1", "ZZCANARY here, call me", "STOP"):
            self.company.write(PHONE, body)
        self.company.call_back_now()
        read_hooks(self.caller)
        self.clock.advance_to(at("07:40"))
        who = self.rows(
            """SELECT c.external_id AS id FROM assignment a JOIN visit v ON v.id = a.visit_id
               JOIN party p ON p.id = v.patient_id JOIN party c ON c.id = a.clinician_id
               WHERE p.external_id = 'P-01' AND v.service_date = :day AND a.to_version IS NULL""",
            day=THE_DAY,
        )
        sent = self.browser.post(
            "/api/v1/signals", headers=BEARER, json={"kind": "call_out", "clinician": who[0]["id"]}
        )
        assert sent.status_code == 202
        worker.drain(self.caller)
        board = self.browser.get("/").text
        assert "Zzquillan Z." in board, "the board is for those who work with her"
        plan = self.browser.get(f"/api/v1/days/COLUMBUS/{THE_DAY}/plan", headers=BEARER)
        log = self.browser.get("/api/v1/people/patient/P-01/messages", headers=BEARER)
        assert plan.status_code == log.status_code == 200
        bodies = [text.body for text in self.company.taken]
        bodies += [mail.body for mail in self.channels[Channel.EMAIL].sent.values()]
        for body in bodies:
            self.places.add("links in messages", *re.findall(r"https?://\S+", body))
        self.places.add("metrics", self.browser.get("/metrics", headers=BEARER).text)

    def errors(self) -> None:
        """Whoever sends her data where it does not belong gets none of it back, and no log has it."""
        client = TestClient(
            self.app, base_url="http://localhost:8000", raise_server_exceptions=False, headers=signed_in(self.caller)
        )
        headers = {**BEARER, **OWN_PAGE}
        answers = [
            client.get("/ZZCANARY/Zzquillan", headers={"Accept-Language": "es"}),
            client.get(f"/p/{MAILBOX}"),
            client.get("/?date=ZZCANARY"),
            client.get("/fill?visit=V-none&position=ZZCANARY"),
            client.get("/api/v1/ZZCANARY", headers=BEARER),
            client.get("/api/v1/days/COLUMBUS/ZZCANARY/plan", headers=BEARER),
            client.get(f"/api/v1/people/patient/{PHONE}/messages", headers=BEARER),
            client.get("/api/v1/signals/ZZCANARY", headers=BEARER),
            client.get("/metrics", headers={"Authorization": "Bearer ZZCANARY"}),
            client.post("/api/v1/signals", json={"kind": "ZZCANARY", "ZZCANARY": PHONE}, headers=headers),
            client.post(
                "/api/v1/signals", json={"kind": "call_out", "clinician": "E-01", "from": MAILBOX}, headers=headers
            ),
            client.post("/api/v1/signals", content=b'{"kind": "ZZCANARY', headers=headers),
            client.post("/texts/read", data={"csrf": "ZZCANARY", "case": PHONE}, headers=headers),
            self.public.post("/hooks/none/text", data={"From": PHONE, "Body": "ZZCANARY"}),
        ]
        assert {404, 422, 401, 403} <= {a.status_code for a in answers}
        self.run("ALTER TABLE exception_case RENAME TO elsewhere")
        broken = client.get("/")
        self.run("ALTER TABLE elsewhere RENAME TO exception_case")
        assert broken.status_code == 500
        for answer in (*answers, broken):
            self.places.add(f"error {answer.status_code} of {answer.request.method}", answer.text, answer.headers)

    def faults(self) -> None:
        """What the database refuses is told without what was in it."""
        hers = {"given": P_01["given"], "family": P_01["family"]}  # a traceback quotes the line that failed
        for sql in (
            "INSERT INTO party (kind, external_id, given, family) VALUES ('patient', 'P-01', :given, :family)",
            "UPDATE place SET line1 = :family, lat = 999 WHERE id = (SELECT min(id) FROM place)",
            "INSERT INTO address (party_id, channel, value, value_hash) VALUES (0, :given, :family, 'x')",
        ):
            try:
                self.run(sql, **hers)
            except DBAPIError as error:
                self.places.add("faults", *traceback.format_exception(error))
                logging.getLogger("uvicorn.error").exception("as a server logs it")
        assert self.places.found["faults"]

    def faulty_import(self) -> None:
        """A row of hers that cannot be used, by the command line."""
        bad = {**P_01, "status": "ZZCANARY", "timezone": "Zzcanary/Court", "phone_mobile": f"{PHONE} Zzquillan"}
        folder = export(self.folder / "bad", P_01=bad, P_02={**P_02, "family": "", "lat": "77 Zzcanary Court"})
        said = CliRunner().invoke(
            main,
            ["import", "csv", str(folder), "--data", str(self.folder / "home")],
            env={"DATABASE_URL": self.url, "LC_ALL": "C.UTF-8"},
        )
        assert said.exit_code == 1, said.output
        self.places.add("output of an import", said.output, said.stderr)

    def paper(self) -> None:
        """The sheet is hers to be on; what the command says is not."""
        sheet = self.folder / "day.html"
        for words in (
            ["day", "sheet", "COLUMBUS", str(THE_DAY), "--output", str(sheet)],
            ["case", "list", "COLUMBUS", str(THE_DAY)],
            ["audit", "search"],
            ["audit", "search", "--reads", "--patient", "P-01"],
        ):
            said = CliRunner().invoke(
                main,
                [*words, "--data", str(self.folder / "home")],
                env={"DATABASE_URL": self.url, "LC_ALL": "C.UTF-8"},
            )
            assert said.exit_code == 0, said.output
            self.places.add(f"output of {' '.join(words[:2])}", said.output)
        assert "ZZCANARY" in sheet.read_text("utf-8")

    def tables(self) -> None:
        """The trail, the log of events and of reads hold ids; decisions and cases hold codes."""
        for table, columns in (
            ("audit_row", "actor, data"),
            ("event", "actor, data"),
            ("access_log", "actor, route, reason"),
            ("decision", "cause, because, why, hit, score"),
            ("exception_case", "reasons, ladder, closed_why"),
            ("touch", "why, gates, because"),
        ):
            rows = self.rows(f"SELECT {columns} FROM {table}")
            assert rows, table
            self.places.add(table, *(json.dumps(row, default=str) for row in rows))


@pytest.fixture
def flight(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Flight]:
    flight = Flight(postgres, f"canary_{tmp_path.name}".lower().replace("-", "_"), tmp_path)
    with flight.company:
        yield flight
    flight.engine.dispose()


def test_the_canary_is_nowhere_but_where_she_belongs(
    flight: Flight, postgres: EmbeddedPostgres, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for noisy in ("httpx", "httpx2", "asyncio", "faker"):  # the test's own client says what it asks for
        logging.getLogger(noisy).setLevel(logging.WARNING)
    caplog.set_level(logging.DEBUG)
    with psycopg.connect(flight.url.replace("+psycopg", ""), autocommit=True) as ear:
        ear.execute("LISTEN suture_inbox")
        flight.evening_before()
        flight.morning()
        flight.errors()
        flight.faults()
        flight.faulty_import()
        flight.paper()
        flight.tables()
        notices = list(ear.notifies(timeout=1))
    assert notices
    flight.places.add("notices", *(f"{n.channel} {n.payload}" for n in notices))
    flight.places.add("postgres.log", postgres.log_file.read_text("utf-8", errors="replace"))
    flight.places.add("logging", caplog.text)
    sys.stdout.write(
        "The end.\n"
    )  # there may be no other output: a command that ran before has raised the level of logs
    flight.places.add("output", *capfd.readouterr())
    assert all(any(texts) for texts in flight.places.found.values())
    assert flight.places.with_her() == {}


LEAKS = (PHONE, "(614) 555-7391", "614-555-7391", MAILBOX, "77 Zzcanary Court", "zzquillan", "ZZCANARY")


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found_however_it_is_written(leak: str) -> None:
    places = Places()
    places.add("addresses", "/p/token", f"/?name={leak}")
    places.add("metrics", "suture_signals 1")
    assert set(places.with_her()) == {"addresses"}
