"""The message log of a person, by API and command: what was said, whether it arrived, and what came back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.flow.a_web_morning import BEARER, WebMorning, web_morning
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.model.actors import Actor, ActorKind, Scope
from suture.model.addresses import address_hash
from suture.model.ids import BranchId
from suture.model.messages import Channel, InboundText
from suture.model.people import PartyKind
from suture.service import worker
from suture.service.receive_reply import receive_text
from suture.store import access, contacts
from suture.store.access import NotAllowed
from suture.store.embedded import EmbeddedPostgres

__all__ = ["logs_as_before"]  # a fixture that must hold here too


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def asked(web: WebMorning) -> dict[str, Any]:
    """The first patient who was asked about one visit by text and has not answered."""
    [found, *_] = web.rows(
        """SELECT w.external_id AS patient, w.id, v.external_id AS visit, p.touch_id, p.window_open, a.value AS number
           FROM open_prompt o JOIN promise p ON p.id = o.promise_id JOIN visit v ON v.id = p.visit_id
           JOIN party w ON w.id = o.party_id JOIN address a ON a.party_id = w.id AND a.channel = 'sms'
           WHERE o.closed_at IS NULL AND w.kind = 'patient'
             AND NOT EXISTS (SELECT FROM visit n WHERE n.patient_id = w.id AND n.id <> v.id)
             AND (SELECT count(*) FROM address b WHERE b.value = a.value) = 1
           ORDER BY w.external_id"""
    )
    return found


@pytest.fixture
def answered(web: WebMorning, asked: dict[str, Any]) -> dict[str, Any]:
    receive_text(web.caller, InboundText("console", "m-1", asked["number"], "1\nthanks"))
    worker.drain(web.caller)
    return asked


@pytest.fixture
def cli(web: WebMorning, tmp_path: Path) -> Cli:
    return cli_on(web.engine.url.render_as_string(hide_password=False), tmp_path)


def messages(web: WebMorning, kind: str, person: str) -> list[dict[str, Any]]:
    answer = web.browser.get(f"/api/v1/people/{kind}/{person}/messages", headers=BEARER)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["kind"], found["id"]) == (kind, person)
    assert [m["at"] for m in found["messages"]] == sorted(m["at"] for m in found["messages"])
    return list(found["messages"])


def test_what_was_said_and_what_came_back(web: WebMorning, answered: dict[str, Any]) -> None:
    every = messages(web, "patient", answered["patient"])
    [question] = [m for m in every if m["direction"] == "out" and m["step"] == "p.confirm"]
    assert (question["channel"], question["state"], question["delivery"]) == ("sms", "sent", "")
    assert question["has_receipts"] is False
    [visit] = question["visits"]
    assert visit["visit"] == answered["visit"] and visit["told_open"] < visit["told_close"]
    [answer] = question["answers"]
    assert (answer["visit"], answer["answer"], answer["via"]) == (answered["visit"], "accepted", "sms")
    assert answer["other_time"] is False
    [text] = [m for m in every if m["direction"] == "in"]
    assert (text["channel"], text["body"], text["meaning"]) == ("sms", "1\nthanks", "accept")


def test_receipts_are_told_and_what_was_not_let_out(web: WebMorning, asked: dict[str, Any]) -> None:
    touch = asked["touch_id"]

    def question() -> tuple[str, str, str]:
        [found] = [m for m in messages(web, "patient", asked["patient"]) if m["step"] == "p.confirm"]
        return found["state"], found["delivery"], found["code"]

    web.run("UPDATE message_attempt SET delivery = 'delivered' WHERE touch_id = :t", t=touch)
    assert question() == ("sent", "delivered", "")
    web.run("UPDATE message_attempt SET delivery = 'failed', delivery_code = '30005' WHERE touch_id = :t", t=touch)
    assert question() == ("sent", "failed", "30005")
    web.run("UPDATE touch SET state = 'expired' WHERE id = :t", t=touch)
    assert question()[0] == "expired"


def test_what_is_planned_for_later_has_not_been_said_and_what_is_due_waits(
    web: WebMorning, cli: Cli, asked: dict[str, Any]
) -> None:
    before = len(messages(web, "patient", asked["patient"]))
    web.run("DELETE FROM message_attempt WHERE touch_id = :t", t=asked["touch_id"])
    web.run("UPDATE touch SET state = 'planned', due_at = :now + interval '1 h' WHERE id = :t", t=asked["touch_id"])
    assert len(messages(web, "patient", asked["patient"])) == before - 1
    web.run("UPDATE touch SET due_at = :now - interval '1 s' WHERE id = :t", t=asked["touch_id"])
    assert len(messages(web, "patient", asked["patient"])) == before
    log = cli("outreach", "log", asked["patient"]).stdout
    assert "text message: question whether the time suits. Not sent yet.\n" in log


def test_a_clinician_has_a_log_too(web: WebMorning) -> None:
    [schedule, *_] = messages(web, "clinician", "E-01")
    assert (schedule["step"], schedule["channel"]) == ("s.published", "email")
    assert len(schedule["visits"]) > 3 and all(v["told_open"] for v in schedule["visits"])


@pytest.mark.parametrize(("path", "status"), [("patient/NO-ONE", 404), ("clinician/P-01", 404), ("contact/P-01", 422)])
def test_no_one_of_that_id(web: WebMorning, path: str, status: int) -> None:
    assert web.browser.get(f"/api/v1/people/{path}/messages", headers=BEARER).status_code == status
    assert web.browser.get(f"/api/v1/people/{path}/messages").status_code == 401


def test_only_those_of_the_branch_may_read_it(web: WebMorning, asked: dict[str, Any]) -> None:
    with web.caller.by(Actor(ActorKind.PATIENT_LINK, asked["id"])).transaction() as tx, pytest.raises(NotAllowed):
        access.message_log(tx, PartyKind.PATIENT, asked["patient"])
    elsewhere = Scope(frozenset({BranchId(999)}))
    other = type(web.caller)(web.caller.tools, Actor(ActorKind.USER, key="9:Casey"), elsewhere)
    with other.transaction() as tx:
        assert access.message_log(tx, PartyKind.PATIENT, asked["patient"]) is None


# --- at the command line -------------------------------------------------------------------------------


def test_the_command_says_it_in_words(cli: Cli, answered: dict[str, Any]) -> None:
    said = cli("outreach", "log", answered["patient"])
    assert said.exit_code == 0, said.output
    lines = said.stdout.splitlines()
    [question] = [n for n, line in enumerate(lines) if "question whether the time suits" in line]
    assert lines[question].endswith(", text message: question whether the time suits. Sent.")
    assert lines[question + 1].startswith(f"  {answered['visit']}, Tue, Mar 24, ")
    assert lines[question + 2].startswith("    Yes, by text, Mar 24, 2026, 07:")
    assert lines[-1].endswith(", text message from them: 1 thanks")


def test_a_wish_for_another_time_is_no_plain_no(web: WebMorning, cli: Cli, asked: dict[str, Any]) -> None:
    receive_text(web.caller, InboundText("console", "m-1", asked["number"], "3"))
    worker.drain(web.caller)
    assert "    Asks for another time, by text, Mar 24, 2026, 07:" in cli("outreach", "log", asked["patient"]).stdout
    receive_text(web.caller, InboundText("console", "m-2", asked["number"], "2"))
    worker.drain(web.caller)
    assert "    No, by text, Mar 24, 2026, 07:" in cli("outreach", "log", asked["patient"]).stdout


def test_what_closed_an_address_is_in_the_log(web: WebMorning, cli: Cli, asked: dict[str, Any]) -> None:
    with web.caller.transaction() as tx:
        digest = address_hash(asked["number"])
        contacts.suppress(tx, Channel.SMS, digest, "stop", source="inbound:1")
        contacts.lift_stop(tx, Channel.SMS, digest)
        contacts.suppress(tx, Channel.SMS, digest, "bounce", source="touch:1")
        web.run(
            """INSERT INTO address (party_id, channel, value, value_hash) VALUES (:p, 'email', 'a@example.org', 'h')
               ON CONFLICT (tenant, party_id, channel) DO UPDATE SET value_hash = 'h'""",
            p=asked["id"],
        )
        contacts.suppress(tx, Channel.EMAIL, "h", "stop", source="link:1")
    lines = [line.split(", ", 3)[-1] for line in cli("outreach", "log", asked["patient"]).stdout.splitlines()]
    for line in (
        "text message: Closed: the recipient wants no more.",
        "text message: Open again.",
        "text message: Closed: the provider says that nothing arrives there.",
        "e-mail: Closed by the unsubscribe button of an e-mail.",
    ):
        assert line in lines
    said = [m["what"] for m in messages(web, "patient", asked["patient"]) if m["direction"] == "none"]
    assert sorted(said) == ["opened", "stopped", "unreachable", "unsubscribed"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "delivery = 'failed', delivery_code = 'completed'",
            "phone call: question whether the time suits. No key was pressed.",
        ),
        ("delivery = 'failed', delivery_code = 'busy'", "Not delivered (busy)."),
        ("outcome = 'permanent', code = '21614'", "Not delivered: refused by the phone company (21614)."),
        ("outcome = 'unknown', code = '500'", "It may have arrived or not."),
    ],
)
def test_what_became_of_a_call_or_text_is_said_in_words(
    web: WebMorning, cli: Cli, asked: dict[str, Any], change: str, said: str
) -> None:
    state = {"permanent": "failed", "unknown": "unknown"}.get(change.split("'")[1], "sent")
    web.run("UPDATE touch SET channel = 'voice', state = :state WHERE id = :t", t=asked["touch_id"], state=state)
    web.run(f"UPDATE message_attempt SET {change} WHERE touch_id = :t", t=asked["touch_id"])
    assert said in cli("outreach", "log", asked["patient"]).stdout


def test_the_command_prints_what_the_api_says(web: WebMorning, cli: Cli, answered: dict[str, Any]) -> None:
    said = json.loads(cli("outreach", "log", answered["patient"], "--json").stdout)
    assert said["messages"] == messages(web, "patient", answered["patient"])


def test_an_id_of_no_one_and_of_two(web: WebMorning, cli: Cli, asked: dict[str, Any]) -> None:
    assert_refused(cli("outreach", "log", "NO-ONE"), "There is no patient or clinician NO-ONE.")
    web.run("UPDATE party SET external_id = :id WHERE external_id = 'E-01'", id=asked["patient"])
    assert_refused(cli("outreach", "log", asked["patient"]), "--kind patient or --kind clinician")
    assert "schedule" in cli("outreach", "log", asked["patient"], "--kind", "clinician").stdout
