"""The demo's phones on a page: what leaves arrives there, and what is answered there comes back through the hooks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.fakes.callers import with_tools
from tests.fakes.sessions import signed_in
from tests.flow.a_web_morning import OWN_PAGE, WebMorning, at, hidden, web_morning

from suture.bootstrap import inbox_reader
from suture.integrations.demo_phones import DemoPhones, PhonesFile
from suture.integrations.phone.twilio.adapter import Twilio
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.model.phone_events import PHONES_FILE
from suture.service import worker
from suture.sim.phone_company import PhoneCompany
from suture.sim.phone_line import ACCOUNT_SID, connect_phones, disconnect_phones, handing_to
from suture.sim.phone_log import PhoneLog
from suture.store import touches
from suture.store.embedded import EmbeddedPostgres
from suture.web.app import create_app
from suture.words.reason import reason

TOKEN, BASE = "a-token-for-tests", "http://localhost:8001"


class Desk:
    """Whoever plays the phones of a published morning."""

    def __init__(self, web: WebMorning, folder: Path) -> None:
        self.web = web
        providers = {"twilio": Twilio(lambda name: SecretStr(TOKEN), lambda hook: f"{BASE}/hooks/{hook}")}
        self.caller = with_tools(web.caller, providers=providers, public_base_url=BASE)
        self.company = PhoneCompany(
            ACCOUNT_SID,
            TOKEN,
            now=web.clock.now,
            post=handing_to(self.caller),
            waits=True,
            log=PhoneLog(folder / PHONES_FILE),
            rings_s=60,
        )
        self.company.texts_to = connect_phones(self.caller, self.company.url)
        app = create_app(
            self.caller.tools,
            read_inbox=inbox_reader(folder),
            phones=DemoPhones(PhonesFile(folder / PHONES_FILE), self.company.url, SecretStr(TOKEN)),
            demo=True,
        )
        headers = {**OWN_PAGE, **signed_in(self.caller)}
        self.browser = TestClient(app, base_url="http://localhost:8000", follow_redirects=True, headers=headers)

    def page(self, number: str = "") -> str:
        """The page, with a phone chosen or none; texts and their outcomes on one line each."""
        asked = {"channel": "sms", **({"to": number} if number else {})}
        return re.sub(r"\s+", " ", self.browser.get("/dev/inbox", params=asked).text)

    def do(self, what: str, **fields: str) -> Any:
        """Press a button of the page, then let everything happen that is due."""
        form = {**hidden(self.browser.get("/dev/inbox").text), **fields}
        answer = self.browser.post(f"/dev/inbox/{what}", data=form)
        self.settle()
        return answer

    def settle(self) -> None:
        """Everything that is due leaves, arrives and is read."""
        worker.drain(self.caller)
        while self.company.call_back_now():
            worker.drain(self.caller)

    def asked_patient(self) -> str:
        """The number of a patient who was asked something by text."""
        [row] = self.web.rows(
            """SELECT a.value FROM open_prompt o JOIN address a ON a.party_id = o.party_id AND a.channel = 'sms'
               JOIN party p ON p.id = o.party_id WHERE o.closed_at IS NULL AND p.kind = 'patient' AND p.lang = 'en'
               ORDER BY o.id LIMIT 1"""
        )
        return str(row["value"])


@pytest.fixture
def desk(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Desk]:
    for web in web_morning(postgres):
        desk = Desk(web, tmp_path)
        with desk.company:
            yield desk


def bubbles(html: str) -> list[tuple[str, str, str]]:
    """Whose each text is, its words, and what became of it, in order."""
    found = re.findall(
        r'<li class="(mine|theirs)[^"]*"> <p class="body">(.*?)</p> <p class="meta">.*?· (.*?)</p>', html
    )
    return [(whose, re.sub("<[^>]+>", "", words).strip(), became) for whose, words, became in found]


def test_a_text_leaves_is_delivered_and_answered_from_the_page(desk: Desk) -> None:
    number = desk.asked_patient()
    desk.do("reply", to=number, body="HELP")
    (mine, theirs) = bubbles(desk.page(number))
    assert mine == ("mine", "HELP", "help was sent")
    assert theirs[0] == "theirs" and "Riverbend Home Care" in theirs[1] and theirs[2] == "delivered"
    assert desk.web.rows("SELECT delivery FROM message_attempt WHERE sender_id IS NOT NULL") == [
        {"delivery": "delivered"}
    ]

    desk.do("reply", to=number, body="1")
    replies = [s for s in desk.web.signals() if s["kind"] == "reply"]
    assert [(s["source"], s["body"]["answer"]) for s in replies] == [("sms", "accept")]
    assert bubbles(desk.page(number))[-1] == ("mine", "1", "taken as a yes")


def test_a_phone_has_a_name_and_its_number_as_people_write_it(desk: Desk) -> None:
    number = desk.asked_patient()
    desk.do("reply", to=number, body="HELP")
    html = desk.page(number)
    assert re.search(r'<h2 id="who">\s*\w+ \w\.\s*</h2> <p class="quiet">614-555-\d{4}</p>', html)
    assert '<div class="inbox chosen">' in html and '<div class="inbox">' in desk.page()


def test_a_number_no_one_knows_may_write(desk: Desk) -> None:
    answer = desk.do("reply", to="(614) 555-0999", body="Who is this?")
    assert "to=%2B16145550999" in answer.history[0].headers["Location"]
    assert bubbles(desk.page("+16145550999")) == [("mine", "Who is this?", "waits to be read: see the board")]


@pytest.mark.parametrize(
    ("how", "became"),
    [
        ("unreached", "not delivered"),
        ("landline", "not delivered: refused by the phone company"),
        ("opted_out", "not delivered: refused by the phone company"),
        ("silent", "sent, no receipt yet"),
        ("broken", "it may have arrived or not"),
    ],
)
def test_a_phone_can_be_made_to_misbehave(desk: Desk, how: str, became: str) -> None:
    number = desk.asked_patient()
    desk.do("phone", to=number, how=how)
    desk.do("reply", to=number, body="HELP")
    html = desk.page(number)
    assert bubbles(html)[-1][2] == became
    assert f'<option value="{how}" selected>' in html


def test_a_call_is_answered_by_keys(desk: Desk) -> None:
    """Nobody could be told by text that the time has changed, an hour before it."""
    desk.web.clock.advance_to(at("08:05"))
    desk.settle()
    [visit] = desk.web.rows(
        """SELECT v.id, v.visit_rev, v.branch_id, v.service_date, v.patient_id, a.starts_at, d.value FROM visit v
           JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL JOIN promise p ON p.visit_id = v.id
           JOIN address d ON d.party_id = v.patient_id AND d.channel = 'sms'
           JOIN consent c ON c.party_id = v.patient_id AND c.channel = 'sms' AND c.granted
           JOIN party t ON t.id = v.patient_id AND t.lang = 'en'
           WHERE a.starts_at BETWEEN :soon AND :later AND p.who_told = '' ORDER BY a.starts_at, v.id LIMIT 1""",
        soon=at("08:45"),
        later=at("10:30"),
    )
    desk.web.run("UPDATE promise SET window_open = window_open - interval '2 h' WHERE visit_id = :id", id=visit["id"])
    desk.web.run(
        "INSERT INTO consent (party_id, channel, granted, source, at) VALUES (:p, 'voice', true, 'test', :now)",
        p=visit["patient_id"],
    )
    number = visit["value"]
    desk.do("phone", to=number, how="landline")
    changed = Touch(
        subject=SubjectKind.VISIT,
        subject_id=visit["id"],
        subject_rev=visit["visit_rev"],
        party_id=visit["patient_id"],
        step=Step.P_CHANGED,
        channel=Channel.SMS,
        priority=1,
        due_at=desk.web.clock.now(),
        not_after=visit["starts_at"],
        because=reason("told.text_came"),
    )
    with desk.caller.transaction() as tx:
        assert touches.plan(tx, visit["branch_id"], visit["service_date"], [changed])
    desk.settle()

    html = desk.page()  # a phone that is called comes first
    assert "Calling now" in html and "To hear a message from us, press 1." in html and ">Do not answer<" in html
    call = re.findall(r'name="call" value="(CA\w+)"', html)[0]
    desk.do("key", to=number, call=call, key="1")
    html = desk.page(number)
    assert "Press 3 if you need another time." in html and "Pressed 1" in html and ">Hang up<" in html
    desk.do("key", to=number, call=call, key="3")
    html = desk.page(number)
    assert "Thank you. Someone will call you. Goodbye." in html and 'name="call"' not in html
    [reply] = [s["body"] for s in desk.web.signals() if s["kind"] == "reply"]
    assert (reply["answer"], reply["via"]) == ("reschedule", "phone")


def test_no_other_key_and_no_other_trick_is_pressed(desk: Desk) -> None:
    number = desk.asked_patient()
    before = desk.page(number)
    desk.do("key", to=number, call="CA1", key="9")
    desk.do("key", to=number, call="CA1", key="1")
    desk.do("phone", to=number, how="explodes")
    assert desk.page(number) == before


def test_a_phone_company_that_is_away_says_so(desk: Desk) -> None:
    number = desk.asked_patient()
    desk.company.__exit__(None, None, None)
    form = hidden(desk.browser.get("/dev/inbox").text)
    answer = desk.browser.post("/dev/inbox/reply", data={**form, "to": number, "body": "1"})
    assert answer.status_code == 503 and "phone company does not answer" in answer.text
    desk.company = PhoneCompany(ACCOUNT_SID, TOKEN)
    desk.company.__enter__()


def test_each_start_finds_its_connection_again_and_a_demo_that_is_only_served_has_none(desk: Desk) -> None:
    number, hook = desk.asked_patient(), desk.company.texts_to
    assert connect_phones(desk.caller, desk.company.url) == hook
    for _ in range(2):
        disconnect_phones(desk.caller)
    desk.web.browser.post(
        "/dev/inbox/reply",
        data={**hidden(desk.web.browser.get("/dev/inbox").text), "to": number, "body": "HELP"},
        headers=OWN_PAGE,
    )
    desk.settle()
    assert desk.company.taken == [] and number in [m.to for m in desk.web.channels[Channel.SMS].sent.values()]
    assert connect_phones(desk.caller, desk.company.url) == hook
    assert len(desk.web.rows("SELECT id FROM sender")) == 2
