"""Texts through a provider: out with a signature to call back by, receipts in any order, answers in, and what is lost.

The vendor's client talks to a phone company of our own, which calls the real public side back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.conftest import as_owner
from tests.fakes.callers import with_tools
from tests.flow.a_told_visit import cases, plan, state
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, Branch, a_touch, at
from tests.store.a_shell import Shell

from suture.integrations.phone.twilio.adapter import Twilio
from suture.model.connections import Audience
from suture.model.ids import ConnectionId, VisitId
from suture.model.messages import Channel, Step
from suture.service.connections import Connected, NewSender, connect
from suture.service.outreach import NotReleased, release
from suture.service.read_hooks import read_hooks
from suture.service.reconcile import LOOKS, read_texts, reconcile
from suture.service.send_messages import send_due, sweep
from suture.sim.phone_company import Phone, PhoneCompany
from suture.store import connections
from suture.web.public import create_public_app

ACCOUNT, TOKEN = "AC" + "5" * 32, "a-token-for-tests"
BASE = "https://care.example"
ANN = "+16145550111"


class Line:
    """An agency whose texts leave by a phone company, and whose public side answers it."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.company = PhoneCompany(ACCOUNT, TOKEN, now=shell.clock.now, post=self.post, waits=True)
        twilio = Twilio(lambda name: SecretStr(TOKEN), lambda hook: f"{BASE}/hooks/{hook}")
        shell.caller = with_tools(shell.caller, providers={"twilio": twilio}, public_base_url=BASE)
        self.browser = TestClient(create_public_app(shell.caller.tools), base_url=BASE)

    def connect_calls(self) -> None:
        new = NewSender(Channel.VOICE, Audience.PATIENTS, "+16145550100", 1, 1)
        settings = {"account_sid": ACCOUNT, "base_url": self.company.url}
        connect(self.shell.caller, "texts", "twilio", settings, "A_TOKEN", new)

    def connect(
        self, audience: Audience = Audience.EVERYONE, *, per_second: float = 1000, burst: int = 1000
    ) -> Connected:
        new = NewSender(Channel.SMS, audience, "MG" + "7" * 32, per_second, burst)
        settings = {"account_sid": ACCOUNT, "base_url": self.company.url}
        connected = connect(self.shell.caller, "texts", "twilio", settings, "A_TOKEN", new)
        self.company.texts_to = f"{connected.hook_url}/text"
        return connected

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        path = urlsplit(url)
        address = path.path + (f"?{path.query}" if path.query else "")
        answer = self.browser.post(address, content=body, headers=dict(headers))
        return answer.status_code, answer.text

    def ask(self, branch: Branch, visit: VisitId) -> int:
        """Ask Ann about her visit; the touch."""
        [touch] = plan(self.shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
        send_due(self.shell.caller)
        return int(touch)

    def delivery(self) -> list[str]:
        return [r["delivery"] for r in self.shell.rows("SELECT delivery FROM message_attempt ORDER BY attempt_no")]

    def pass_time(self, span: timedelta) -> None:
        self.shell.clock.advance_to(self.shell.clock.now() + span)


@pytest.fixture
def line(shell: Shell) -> Iterator[Line]:
    line = Line(shell)
    with line.company:
        line.connect()
        yield line


# --- out and back ----------------------------------------------------------------------------------------


def test_a_question_leaves_is_delivered_and_answered(line: Line, branch: Branch, visit: VisitId) -> None:
    touch = line.ask(branch, visit)
    [taken] = line.company.taken
    assert taken.to == ANN and "Reply 1 yes" in taken.body and "https://care.example/p/" in taken.body
    assert line.shell.sms.sent == []  # the environment's own has nothing to do
    line.company.call_back_now()
    assert read_hooks(line.shell.caller) == 3
    assert (state(line.shell, touch), line.delivery()) == ("sent", ["delivered"])

    line.company.write(ANN, "1")
    read_hooks(line.shell.caller)
    [reply] = line.shell.rows("SELECT body, source FROM inbox WHERE kind = 'reply'")
    assert (reply["body"]["answer"], reply["body"]["touch_id"], reply["source"]) == ("accept", touch, "sms")


@pytest.mark.parametrize("phone", [Phone.TWICE, Phone.OUT_OF_ORDER])
def test_receipts_come_twice_and_in_any_order(line: Line, branch: Branch, visit: VisitId, phone: Phone) -> None:
    line.company.phones[ANN] = phone
    touch = line.ask(branch, visit)
    line.company.call_back_now()
    assert read_hooks(line.shell.caller) == 3  # each kept once
    assert read_hooks(line.shell.caller) == 0
    assert (state(line.shell, touch), line.delivery()) == ("sent", ["delivered"])


def test_a_receipt_that_comes_before_its_message_is_written_down_finds_it(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    touch = line.ask(branch, visit)
    line.shell.run("UPDATE message_attempt SET provider_sid = NULL, outcome = NULL")
    line.company.call_back_now()
    read_hooks(line.shell.caller)
    assert (line.delivery(), state(line.shell, touch)) == (["delivered"], "sent")


def test_what_could_not_be_delivered_goes_by_mail_and_no_text_goes_there_again(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    line.company.phones[ANN] = Phone.UNREACHED
    touch = line.ask(branch, visit)
    line.company.call_back_now()
    read_hooks(line.shell.caller)
    assert (state(line.shell, touch), line.delivery()) == ("failed", ["failed"])
    assert line.shell.rows("SELECT channel, reason FROM suppression") == [{"channel": "sms", "reason": "bounce"}]
    send_due(line.shell.caller)
    [mail] = line.shell.email.sent
    assert mail.to == "Ann@example.org"


@pytest.mark.parametrize(("phone", "cause"), [(Phone.OPTED_OUT, "stop"), (Phone.LANDLINE, "bounce")])
def test_a_number_that_takes_no_texts_gets_none(
    line: Line, branch: Branch, visit: VisitId, phone: Phone, cause: str
) -> None:
    line.company.phones[ANN] = phone
    touch = line.ask(branch, visit)
    assert state(line.shell, touch) == "failed"
    assert line.shell.rows("SELECT channel, reason FROM suppression") == [{"channel": "sms", "reason": cause}]
    send_due(line.shell.caller)
    assert len(line.shell.email.sent) == 1


def test_where_the_secret_is_missing_a_message_waits_for_it(line: Line, branch: Branch, visit: VisitId) -> None:
    providers, unset = line.shell.caller.tools.providers, Twilio(lambda name: SecretStr(""), lambda hook: hook)
    line.shell.caller = with_tools(line.shell.caller, providers={"twilio": unset})
    touch = line.ask(branch, visit)
    assert (state(line.shell, touch), line.company.journal) == ("planned", [])
    line.shell.caller = with_tools(line.shell.caller, providers=providers)
    line.pass_time(timedelta(minutes=1))
    send_due(line.shell.caller)
    assert state(line.shell, touch) == "sent"


# --- in ------------------------------------------------------------------------------------------------


def test_stop_acts_before_the_call_is_answered(line: Line, branch: Branch, visit: VisitId) -> None:
    line.company.write(ANN, "STOP")
    assert line.shell.rows("SELECT reason FROM suppression") == [{"reason": "stop"}]
    read_hooks(line.shell.caller)
    assert len(line.shell.rows("SELECT id FROM inbound")) == 1
    line.ask(branch, visit)
    assert line.company.taken == []


def test_who_stops_is_on_the_board_of_the_visits_day_until_they_want_texts_again(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    line.company.write(ANN, "STOP")
    on_board = "SELECT service_date, state FROM exception_case WHERE kind = 'opted_out'"
    assert line.shell.rows(on_board) == [{"service_date": THE_DAY, "state": "open"}]  # it is the evening before
    line.company.write(ANN, "START")
    read_hooks(line.shell.caller)
    assert line.shell.rows(on_board) == [{"service_date": THE_DAY, "state": "closed"}]


def test_a_text_that_is_handed_in_twice_is_one(line: Line, branch: Branch, visit: VisitId) -> None:
    line.ask(branch, visit)
    for _ in range(3):
        line.company.write(ANN, "1", sid="SM" + "1" * 32)
        read_hooks(line.shell.caller)
    assert len(line.shell.rows("SELECT id FROM inbox WHERE kind = 'reply'")) == 1


@pytest.mark.parametrize("body", ["", "\x00", "👩‍🦽🙏", "‏مرحبا", "x" * 1600, "1\n2\n3", "<script>alert(1)</script>"])
def test_whatever_comes_in_is_kept(line: Line, branch: Branch, visit: VisitId, body: str) -> None:
    line.company.write(ANN, body)
    read_hooks(line.shell.caller)
    assert len(line.shell.rows("SELECT id FROM inbound WHERE action <> ''")) == 1
    assert line.shell.rows("SELECT id FROM hook_event WHERE read_at IS NULL") == []
    assert line.shell.rows("SELECT body FROM hook_event") == [{"body": {}}]  # nothing of it is kept twice


def test_a_text_that_fails_holds_up_no_other(line: Line, branch: Branch, visit: VisitId) -> None:
    line.ask(branch, visit)
    line.company.write("+16145550999", "1")
    line.shell.run("""UPDATE hook_event SET body = body || '{"from": ""}'""")
    engine = line.shell.caller.tools.engine
    as_owner(
        engine, "ALTER TABLE inbound ADD CONSTRAINT no_such CHECK (from_hash <> encode(sha256(''), 'hex')) NOT VALID"
    )
    try:
        line.company.write(ANN, "1")
        for _ in range(6):
            read_hooks(line.shell.caller)
        assert len(line.shell.rows("SELECT id FROM inbox WHERE kind = 'reply'")) == 1
        assert line.shell.rows("SELECT tries FROM hook_event WHERE read_at IS NULL") == [{"tries": 5}]
    finally:
        as_owner(engine, "ALTER TABLE inbound DROP CONSTRAINT no_such")


# --- refused --------------------------------------------------------------------------------------------


def rows_of_hooks(line: Line) -> int:
    return len(line.shell.rows("SELECT id FROM hook_event")) + len(line.shell.rows("SELECT id FROM inbound"))


def a_text(**changes: str) -> dict[str, str]:
    return {"MessageSid": "SM9", "AccountSid": ACCOUNT, "From": ANN, "To": "+16145550100", "Body": "STOP", **changes}


def test_a_forged_call_leaves_no_row(line: Line) -> None:
    url = line.company.texts_to
    assert line.company.call_back(url, a_text(), token="forged") == 403
    assert line.company.call_back(url, a_text(AccountSid="AC" + "6" * 32)) == 403
    assert line.browser.post(urlsplit(url).path, data=a_text()).status_code == 403
    assert line.company.call_back(f"{BASE}/hooks/none/text", a_text()) == 404
    assert line.browser.get(urlsplit(url).path).status_code == 404
    assert rows_of_hooks(line) == 0


def test_no_header_says_which_address_was_signed(line: Line, branch: Branch) -> None:
    forged = {"X-Forwarded-Host": "attacker.example", "X-Forwarded-Proto": "http", "Forwarded": "host=attacker.example"}
    line.company._post = lambda url, body, headers: line.post(url, body, {**headers, **forged})
    assert line.company.call_back(line.company.texts_to, a_text()) == 200  # signed for our own address
    elsewhere = line.company.texts_to.replace(BASE, "https://attacker.example")
    assert line.company.call_back(elsewhere, a_text(MessageSid="SM8")) == 403
    host = {"Host": "attacker.example"}
    line.company._post = lambda url, body, headers: line.post(url, body, {**headers, **host})
    assert line.company.call_back(line.company.texts_to, a_text(MessageSid="SM7")) == 400


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"&".join(b"f%d=1" % n for n in range(101)), b"x" * 70_000, b"", b'{"a": 1}']
)
def test_what_is_no_form_is_refused(line: Line, body: bytes) -> None:
    assert line.post(line.company.texts_to, body, {})[0] in (403, 413)
    assert rows_of_hooks(line) == 0


def test_a_connection_that_was_removed_answers_no_more(line: Line) -> None:
    line.shell.run("UPDATE connection SET active = false")
    assert line.company.call_back(line.company.texts_to, a_text()) == 404


# --- what is lost ----------------------------------------------------------------------------------------


def test_an_answer_that_never_came_is_found_in_the_list(line: Line, branch: Branch, visit: VisitId) -> None:
    """Taken, then the line was cut: nothing is sent again, and no one is bothered with it."""
    line.company.phones[ANN] = Phone.SWALLOWED
    touch = line.ask(branch, visit)
    assert (state(line.shell, touch), cases(line.shell)) == ("unknown", [])
    assert reconcile(line.shell.caller) == 0  # too early to look
    line.pass_time(LOOKS[0])
    assert reconcile(line.shell.caller) == 1
    assert state(line.shell, touch) == "sent"
    assert len(line.shell.rows("SELECT id FROM promise WHERE asks")) == 1
    assert len(line.company.taken) == 1

    line.company.write(ANN, "1")
    read_hooks(line.shell.caller)
    assert len(line.shell.rows("SELECT id FROM inbox WHERE kind = 'reply'")) == 1


def test_what_is_in_no_list_never_left_and_is_sent_once_more(line: Line, branch: Branch, visit: VisitId) -> None:
    line.company.phones[ANN] = Phone.BROKEN
    touch = line.ask(branch, visit)
    assert state(line.shell, touch) == "unknown"
    line.company.phones.clear()
    for n, wait in enumerate(LOOKS, 1):
        line.pass_time(wait - (LOOKS[n - 2] if n > 1 else timedelta()))
        assert state(line.shell, touch) == "unknown"
        assert reconcile(line.shell.caller) == 1
    assert state(line.shell, touch) == "planned"
    send_due(line.shell.caller)
    assert (state(line.shell, touch), len(line.company.taken)) == ("sent", 1)
    outcomes = line.shell.rows("SELECT outcome FROM message_attempt ORDER BY attempt_no")
    assert [r["outcome"] for r in outcomes] == ["absent", "accepted"]


def test_where_something_else_went_to_that_number_a_person_decides(line: Line, branch: Branch, visit: VisitId) -> None:
    """The provider may have changed a letter of it: rather no message than two."""
    line.company.phones[ANN] = Phone.SWALLOWED
    touch = line.ask(branch, visit)
    line.company.taken[0] = replace(line.company.taken[0], body="other words")
    for wait in LOOKS:
        line.pass_time(wait)
        assert reconcile(line.shell.caller) == 1
    assert state(line.shell, touch) == "unknown"
    assert [kind for kind, _, _ in cases(line.shell)] == ["message_undeliverable"]


def test_a_list_that_cannot_be_read_is_asked_for_again(line: Line, branch: Branch, visit: VisitId) -> None:
    line.company.phones[ANN] = Phone.BROKEN
    touch = line.ask(branch, visit)
    line.pass_time(LOOKS[0])
    line.company.account_sid = "AC" + "0" * 32
    assert reconcile(line.shell.caller) == 0
    assert line.shell.rows("SELECT looked_up FROM message_attempt") == [{"looked_up": 0}]
    assert state(line.shell, touch) == "unknown"


def test_a_sender_that_died_while_sending_is_looked_up_as_well(line: Line, branch: Branch, visit: VisitId) -> None:
    touch = line.ask(branch, visit)
    line.shell.run("UPDATE touch SET state = 'sending', lease_until = clock_timestamp() - interval '1 s'")
    line.shell.run("UPDATE message_attempt SET outcome = NULL, provider_sid = NULL")
    line.shell.run("DELETE FROM prompt_promise")
    line.shell.run("DELETE FROM open_prompt")
    line.shell.run("DELETE FROM promise")
    assert sweep(line.shell.caller) == 1
    assert (state(line.shell, touch), cases(line.shell)) == ("unknown", [])
    line.pass_time(LOOKS[0])
    reconcile(line.shell.caller)
    assert state(line.shell, touch) == "sent"
    assert len(line.shell.rows("SELECT id FROM promise")) == 1


def test_a_text_that_no_one_was_there_for_is_read_from_the_list(line: Line, branch: Branch, visit: VisitId) -> None:
    line.ask(branch, visit)
    line.company.texts_to = ""
    line.company.write(ANN, "STOP")
    assert read_texts(line.shell.caller) == 1
    read_hooks(line.shell.caller)
    assert line.shell.rows("SELECT reason FROM suppression") == [{"reason": "stop"}]
    assert read_texts(line.shell.caller) == 0  # not due
    line.pass_time(timedelta(minutes=11))
    assert read_texts(line.shell.caller) == 0  # known


def test_after_a_restore_a_stop_that_came_since_the_backup_is_read_before_anything_leaves(
    line: Line, branch: Branch, visit: VisitId
) -> None:
    backup_at = line.shell.clock.now()
    line.pass_time(timedelta(minutes=5))
    line.company.texts_to = ""
    line.company.write(ANN, "STOP")
    line.shell.run("UPDATE outreach SET on_hold = true, cause = 'restored', data_until = :at", at=backup_at)
    plan(line.shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    account, line.company.account_sid = line.company.account_sid, "AC" + "0" * 32
    with pytest.raises(NotReleased, match="a STOP may be among it"):
        release(line.shell.caller, "Dana", "ready", [])
    line.company.account_sid = account
    release(line.shell.caller, "Dana", "ready", [])
    send_due(line.shell.caller)
    assert line.company.taken == []
    assert line.shell.rows("SELECT reason FROM suppression") == [{"reason": "stop"}]
    line.shell.run("UPDATE outreach SET on_hold = false, cause = 'asked', data_until = NULL")


# --- pace and circuit --------------------------------------------------------------------------------------


def gates(line: Line, touch: int) -> list[list[str]]:
    [row] = line.shell.rows("SELECT gates FROM touch WHERE id = :id", id=touch)
    return list(row["gates"])


def test_a_sender_keeps_its_pace(line: Line, branch: Branch, visit: VisitId) -> None:
    line.connect(per_second=0.5, burst=1)
    with line.shell.caller.transaction() as tx:
        bens = a_branch.add_visit(tx, branch, branch.ben, "09:00")
        a_branch.assign(tx, branch, bens, branch.nora, "09:15")
    wanted = (a_touch(Step.P_CONFIRM, branch.ann, visit), a_touch(Step.P_CONFIRM, branch.ben, bens))
    first, second = plan(line.shell, branch, *wanted)
    send_due(line.shell.caller)
    assert sorted(state(line.shell, t) for t in (first, second)) == ["planned", "sent"]
    waits = next(t for t in (first, second) if state(line.shell, t) == "planned")
    assert gates(line, waits)[-1] == ["pace", "wait"]
    assert send_due(line.shell.caller) == 0
    line.pass_time(timedelta(seconds=2))
    assert send_due(line.shell.caller) == 1
    assert state(line.shell, waits) == "sent"


def test_nothing_leaves_by_a_connection_that_is_down(line: Line, branch: Branch, visit: VisitId) -> None:
    with line.shell.caller.transaction() as tx:
        for _ in range(5):
            connections.note_outcome(tx, ConnectionId(1), failed=True)
    touch = line.ask(branch, visit)
    assert (line.company.journal, gates(line, touch)[-1]) == ([], ["circuit", "wait"])
    line.pass_time(timedelta(seconds=31))
    send_due(line.shell.caller)
    assert state(line.shell, touch) == "sent"
    assert line.shell.rows("SELECT failures, closed_until FROM connection") == [{"failures": 0, "closed_until": None}]


def test_patients_and_staff_are_written_to_by_senders_of_their_own(line: Line, branch: Branch, visit: VisitId) -> None:
    new = NewSender(Channel.SMS, Audience.STAFF, "+16145550177", 10, 10)
    settings = {"account_sid": ACCOUNT, "base_url": line.company.url}
    connect(line.shell.caller, "texts", "twilio", settings, "A_TOKEN", new)
    line.ask(branch, visit)
    assert line.company.taken[0].fields["MessagingServiceSid"] == "MG" + "7" * 32
    line.shell.run(
        """INSERT INTO address (party_id, channel, value, value_hash) SELECT id, 'sms', '+16145550144', 'x'
           FROM party WHERE kind = 'clinician' AND id = :nora ON CONFLICT DO NOTHING""",
        nora=branch.nora,
    )
    line.shell.run(
        "INSERT INTO consent (party_id, channel, granted, source, at) VALUES (:p, 'sms', true, 't', :now)",
        p=branch.nora,
    )
    plan(line.shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.SMS))
    send_due(line.shell.caller)
    assert line.company.taken[-1].fields.get("From") == "+16145550177"


# --- calls ------------------------------------------------------------------------------------------------

AN_HOUR_BEFORE = at("08:00")


@pytest.fixture
def near(line: Line, branch: Branch, visit: VisitId) -> Line:
    """Ann's visit is in an hour, no text reaches her, and the agency may call."""
    line.connect_calls()
    line.shell.clock.advance_to(AN_HOUR_BEFORE)
    line.company.phones[ANN] = Phone.LANDLINE
    plan(line.shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit))
    send_due(line.shell.caller)
    send_due(line.shell.caller)
    return line


def test_an_urgent_change_that_no_text_reached_is_called_about(near: Line) -> None:
    near.company.keys[ANN] = "11"
    near.company.call_back_now()
    assert near.company.heard[ANN] == [
        "This is Riverbend Home Care. To hear a message from us, press 1.",
        "Your visit on Tuesday, March 24 is now between 9:00 AM and 10:00 AM. "
        "Press 1 if this works for you. Press 2 if it does not. Press 3 if you need another time.",
        "Thank you. Goodbye.",
    ]
    [reply] = near.shell.rows("SELECT body, source FROM inbox WHERE kind = 'reply'")
    assert (reply["body"]["answer"], reply["body"]["via"]) == ("accept", "phone")
    read_hooks(near.shell.caller)
    [attempt] = near.shell.rows("SELECT delivery FROM message_attempt WHERE addr_hash <> '' AND outcome = 'accepted'")
    assert attempt["delivery"] == "delivered"
    assert cases(near.shell) == []


@pytest.mark.parametrize(("keys", "answer"), [("12", "decline"), ("13", "reschedule")])
def test_a_no_and_a_wish_to_be_called_are_taken(near: Line, keys: str, answer: str) -> None:
    near.company.keys[ANN] = keys
    near.company.call_back_now()
    assert near.company.heard[ANN][-1] == "Thank you. Someone will call you. Goodbye."
    [reply] = near.shell.rows("SELECT body FROM inbox WHERE kind = 'reply'")
    assert reply["body"]["answer"] == answer


def test_a_machine_hears_the_agency_and_its_number_and_the_message_goes_by_mail(near: Line) -> None:
    near.company.call_back_now()
    assert near.company.heard[ANN] == [
        "This is Riverbend Home Care. To hear a message from us, press 1.",
        "Please call us at 6 1 4, 5 5 5, 0 1 0 0. Goodbye.",
    ]
    read_hooks(near.shell.caller)
    assert near.shell.rows("SELECT id FROM promise") == []  # no one was told anything
    send_due(near.shell.caller)
    assert [mail.to for mail in near.shell.email.sent] == ["Ann@example.org"]
    assert len([one for one in near.company.taken if one.sid.startswith("CA")]) == 1


def test_no_one_is_called_about_a_visit_that_is_far_off(line: Line, branch: Branch, visit: VisitId) -> None:
    line.connect_calls()
    line.company.phones[ANN] = Phone.LANDLINE
    plan(line.shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit))
    send_due(line.shell.caller)
    send_due(line.shell.caller)
    assert [one.sid for one in line.company.taken] == [] and len(line.shell.email.sent) == 1
