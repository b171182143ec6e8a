"""Texts that come in: stored once, a STOP at once, an answer as a signal, everything else a person's work."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, THE_DAY, a_touch, add_address, at
from tests.store.a_shell import Shell, emptied, module_database

from suture.model.ids import VisitId
from suture.model.messages import Channel, InboundText, Step
from suture.service.mark_read import mark_read
from suture.service.receive_reply import ReplyAction, ReplyResult, receive_text
from suture.service.send_messages import send_due
from suture.store import contacts
from suture.store.embedded import EmbeddedPostgres
from suture.words.reason import from_json

ANN, BEN, STRANGER = "+16145550111", "+16145550112", "+16145550999"


@pytest.fixture(scope="module")
def own_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, "replies") as engine:
        yield engine


@pytest.fixture
def shell(own_database: Engine) -> Shell:
    return Shell(emptied(own_database), AFTERNOON_BEFORE)


@pytest.fixture
def branch(shell: Shell) -> a_branch.Branch:
    with shell.caller.transaction() as tx:
        return a_branch.make_branch(tx)


def asked(shell: Shell, branch: a_branch.Branch, party, start: str = "09:00") -> VisitId:
    """A visit its patient has been asked about by text."""
    with shell.caller.transaction() as tx:
        visit = a_branch.add_visit(tx, branch, party, start)
        a_branch.assign(tx, branch, visit, branch.nora, start)
        a_branch.planned(tx, branch, a_touch(Step.P_CONFIRM, party, visit, due=tx.now))
    send_due(shell.caller)
    return visit


_count = iter(range(1, 10_000))


def text(shell: Shell, sender: str, body: str, msg: str = "") -> ReplyResult:
    return receive_text(shell.caller, InboundText("console", msg or f"m{next(_count)}", sender, body))


def open_cases(shell: Shell) -> list[tuple[str, str]]:
    rows = shell.rows("SELECT kind, subject_kind FROM exception_case WHERE state = 'open' ORDER BY id")
    return [(r["kind"], r["subject_kind"]) for r in rows]


def signals(shell: Shell) -> list[str]:
    return [r["answer"] for r in shell.rows("SELECT body ->> 'answer' AS answer FROM inbox ORDER BY id")]


# storing ------------------------------------------------------------------------------------------


def test_the_same_text_twice_is_one_text_with_one_answer(shell, branch):
    asked(shell, branch, branch.ann)
    first, again = text(shell, ANN, "1", msg="same"), text(shell, ANN, "1", msg="same")
    assert first == again
    assert first.action is ReplyAction.ANSWERED
    assert signals(shell) == ["accept"]
    assert len(shell.rows("SELECT id FROM inbound")) == 1


def test_what_was_made_of_a_text_is_kept_beside_it(shell, branch):
    asked(shell, branch, branch.ann)
    text(shell, ANN, "2")
    [row] = shell.rows("SELECT meaning, action, prompt_id IS NOT NULL AS bound, body FROM inbound")
    assert row == {"meaning": "decline", "action": "answered", "bound": True, "body": "2"}


@pytest.mark.parametrize("body", ["\x00", "a\x00b", "\ud800", "‮مرحبا‬", "x" * 5000, ""])
@pytest.mark.parametrize("sender", [ANN, STRANGER, "", "\x00"])
def test_no_text_from_anywhere_breaks_anything(shell, branch, body, sender):
    assert text(shell, sender, body).action is ReplyAction.UNCLEAR
    assert len(shell.rows("SELECT body FROM inbound")[0]["body"]) <= 1600


# stop, start, help --------------------------------------------------------------------------------


def test_a_stop_closes_the_number_at_once_and_a_visit_near_is_a_case(shell, branch):
    asked(shell, branch, branch.ann)
    assert text(shell, ANN, "STOP").action is ReplyAction.SUPPRESSED
    assert text(shell, ANN, "stop").action is ReplyAction.SUPPRESSED
    assert [r["reason"] for r in shell.rows("SELECT reason FROM suppression")] == ["stop"]
    assert open_cases(shell) == [("opted_out", "patient")]
    assert [r["code"] for r in shell.rows("SELECT code FROM audit_row")] == ["contact.suppressed"]
    assert signals(shell) == []


def test_a_stop_of_somebody_without_a_visit_near_is_no_ones_work(shell, branch):
    text(shell, ANN, "STOP")
    text(shell, STRANGER, "STOP")
    assert open_cases(shell) == []
    assert len(shell.rows("SELECT id FROM suppression")) == 2


def test_start_lifts_a_stop_and_nothing_else(shell, branch):
    text(shell, ANN, "STOP")
    text(shell, BEN, "wrong number")
    assert text(shell, ANN, "START").action is ReplyAction.RESUMED
    text(shell, BEN, "START")
    rows = shell.rows("SELECT reason, lifted_at IS NOT NULL AS lifted FROM suppression ORDER BY id")
    assert [(r["reason"], r["lifted"]) for r in rows] == [("stop", True), ("wrong_person", False)]


def test_help_answers_with_the_agencys_number_in_the_persons_language(shell, branch):
    assert text(shell, BEN, "AYUDA").action is ReplyAction.HELPED
    send_due(shell.caller)
    assert shell.sms.sent[0].body == (
        "Riverbend Home Care: ¿dudas sobre una visita? Llame al 614-555-0100. STOP para salir"
    )


def test_while_a_stop_is_being_written_no_message_to_that_number_can_begin(shell, branch):
    with shell.caller.transaction() as tx:
        visit = a_branch.add_visit(tx, branch, branch.ann, "09:00")
        a_branch.assign(tx, branch, visit, branch.nora, "09:00")
        a_branch.planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    sender = threading.Thread(target=send_due, args=(shell.caller,))
    with shell.caller.transaction() as tx:
        number = contacts.reach(tx, branch.ann, Channel.SMS).value_hash
        contacts.lock_address(tx, number)
        sender.start()
        sender.join(timeout=0.5)
        assert sender.is_alive(), "it waits for the address"
        contacts.suppress(tx, Channel.SMS, number, "stop", "test")
    sender.join(timeout=120)
    assert shell.sms.sent == []
    assert [r["state"] for r in shell.rows("SELECT state FROM touch WHERE channel = 'sms'")] == ["suppressed"]


# answers ------------------------------------------------------------------------------------------


def test_an_answer_binds_to_the_one_question_that_stands_open(shell, branch):
    asked(shell, branch, branch.ann)
    visit = asked(shell, branch, branch.ben)
    text(shell, BEN, "Sí")
    [row] = shell.rows(
        """SELECT i.body, i.source, i.service_date, p.visit_id FROM inbox i
           JOIN promise p ON p.id = (i.body ->> 'promise_id')::bigint"""
    )
    assert (row["visit_id"], row["source"], row["service_date"]) == (visit, "sms", THE_DAY)
    assert (row["body"]["party_id"], row["body"]["answer"], row["body"]["via"]) == (branch.ben, "accept", "sms")


def test_somebody_may_think_again(shell, branch):
    asked(shell, branch, branch.ann)
    for body in ("1", "2"):
        text(shell, ANN, body)
    assert signals(shell) == ["accept", "decline"]


def test_an_answer_to_nothing_is_a_case_and_a_kind_word(shell, branch):
    assert text(shell, ANN, "1").action is ReplyAction.UNCLEAR
    assert open_cases(shell) == [("reply_unclear", "inbound")]
    send_due(shell.caller)
    assert shell.sms.sent[0].body == "Riverbend Home Care: thank you. A coordinator will answer. 614-555-0100"


def test_whoever_writes_at_night_is_answered_at_night(shell, branch):
    shell.clock.advance_to(at("03:00"))
    for sender, body in ((ANN, "HELP"), (BEN, "1")):
        text(shell, sender, body)
    send_due(shell.caller)
    assert [m.to for m in shell.sms.sent] == [ANN, BEN]


def the_case(shell: Shell) -> dict[str, Any]:
    [row] = shell.rows("SELECT band, deadline_at, service_date, reasons FROM exception_case WHERE state = 'open'")
    return {**row, "reasons": [str(from_json(why)) for why in row["reasons"]]}


def test_a_text_to_read_waits_until_the_next_visit_of_its_writer_and_stands_on_every_day(shell, branch):
    asked(shell, branch, branch.ann, "11:00")
    asked(shell, branch, branch.ben, "09:00")
    text(shell, ANN, "can you come at 3")
    assert (the_case(shell)["deadline_at"], the_case(shell)["service_date"]) == (at("10:00"), None)


def test_an_answer_that_binds_to_nothing_stands_on_the_day_of_the_next_visit(shell, branch):
    with shell.caller.transaction() as tx:
        visit = a_branch.add_visit(tx, branch, branch.ann, "11:00")
        a_branch.assign(tx, branch, visit, branch.nora, "11:00")
    text(shell, ANN, "1")
    assert (the_case(shell)["deadline_at"], the_case(shell)["service_date"]) == (at("10:00"), THE_DAY)


def test_a_text_of_somebody_without_a_visit_stands_on_every_day(shell, branch):
    text(shell, ANN, "who is this")
    assert (the_case(shell)["deadline_at"], the_case(shell)["service_date"]) == (None, None)


def test_words_of_an_emergency_are_critical_and_answered_at_once_and_not_for_ever(shell, branch):
    asked(shell, branch, branch.ann)
    shell.clock.advance_to(at("03:00"))
    shell.sms.sent.clear()
    assert text(shell, ANN, "I fell, please come").action is ReplyAction.EMERGENCY
    row = the_case(shell)
    assert (row["band"], row["deadline_at"], row["service_date"]) == ("critical", at("03:00"), None)
    assert "fell" not in str(row["reasons"])
    send_due(shell.caller)
    text(shell, ANN, "If this is an emergency call 911")
    send_due(shell.caller)
    assert [m.body for m in shell.sms.sent] == [
        "Riverbend Home Care: If this is an emergency, call 911. We have your text and will call you. 614-555-0100"
    ]
    text(shell, STRANGER, "911")
    assert len(open_cases(shell)) == 3


def test_an_answer_after_its_question_ended_is_a_case(shell, branch):
    asked(shell, branch, branch.ann)
    shell.clock.advance_to(at("11:00"))
    assert text(shell, ANN, "1").action is ReplyAction.UNCLEAR
    assert signals(shell) == []


def test_two_people_asked_on_one_number_cannot_be_told_apart(shell, branch):
    with shell.caller.transaction() as tx:
        third = a_branch.add_party(tx, branch.id, branch.place, "Cal", "patient")
        add_address(tx, third, Channel.SMS, ANN)
    asked(shell, branch, branch.ann)
    asked(shell, branch, third, "12:00")
    assert text(shell, ANN, "1").action is ReplyAction.UNCLEAR
    assert signals(shell) == []
    assert open_cases(shell) == [("reply_unclear", "inbound")]


def test_on_a_shared_number_the_only_one_asked_is_the_one_who_answers(shell, branch):
    with shell.caller.transaction() as tx:
        third = a_branch.add_party(tx, branch.id, branch.place, "Cal", "patient")
        add_address(tx, third, Channel.SMS, ANN)
    asked(shell, branch, third)
    text(shell, ANN, "1")
    assert [r["party"] for r in shell.rows("SELECT (body ->> 'party_id')::bigint AS party FROM inbox")] == [third]


def test_answers_to_nothing_are_each_a_case_but_the_kind_word_comes_once_an_hour(shell, branch):
    for minute in ("15:10", "15:30", "16:09", "16:11"):
        shell.clock.advance_to(at(minute, AFTERNOON_BEFORE.date()))
        text(shell, ANN, "1")
    assert len(open_cases(shell)) == 4
    assert len(shell.rows("SELECT id FROM touch WHERE step = 'p.human'")) == 2


def test_a_clinician_who_was_asked_by_text_answers_for_the_day(shell, branch):
    with shell.caller.transaction() as tx:
        add_address(tx, branch.nora, Channel.SMS, "+16145550101")
        visit = a_branch.add_visit(tx, branch, branch.ann, "09:00")
        a_branch.assign(tx, branch, visit, branch.nora, "09:00")
        [touch] = a_branch.planned(tx, branch, a_touch(Step.S_PUBLISHED, branch.nora))
    send_due(shell.caller)
    text(shell, "+16145550101", "1")
    [row] = shell.rows("SELECT body FROM inbox")
    assert (row["body"]["touch_id"], row["body"]["promise_id"]) == (touch, None)


# nothing automatic follows a text that nobody could read ----------------------------------------------


def to_ask(shell: Shell, branch: a_branch.Branch, *steps: Step, party: Any = None) -> list[Any]:
    """Messages about a visit of Ann's that are due now."""
    with shell.caller.transaction() as tx:
        party = party or branch.ann
        visit = a_branch.add_visit(tx, branch, party, "09:00")
        a_branch.assign(tx, branch, visit, branch.nora, "09:00")
        return list(a_branch.planned(tx, branch, *(a_touch(s, party, visit, due=tx.now) for s in steps)))


def states(shell: Shell) -> list[tuple[str, str, str]]:
    rows = shell.rows("SELECT step, channel, state FROM touch ORDER BY id")
    return [(r["step"], r["channel"], r["state"]) for r in rows]


def test_a_text_that_no_one_could_read_is_not_answered_by_a_machine(shell, branch):
    assert text(shell, ANN, "who is this?").action is ReplyAction.UNCLEAR
    send_due(shell.caller)
    assert shell.sent == []
    assert states(shell) == []
    assert "until the text is marked as read" in str(the_case(shell)["reasons"])


def test_a_question_waits_until_somebody_has_read_the_text_from_its_number(shell, branch):
    shell.run("DELETE FROM address WHERE channel = 'email'")
    to_ask(shell, branch, Step.P_CONFIRM)
    text(shell, ANN, "please no more of this")
    for _ in range(3):
        send_due(shell.caller)
        shell.clock.advance_to(shell.clock.now() + timedelta(minutes=11))
    assert (shell.sent, states(shell)) == ([], [("p.confirm", "sms", "planned")])
    [case] = shell.rows("SELECT id FROM exception_case")
    assert mark_read(shell.caller, case["id"])
    assert not mark_read(shell.caller, case["id"]), "it is closed already"
    assert [r["code"] for r in shell.rows("SELECT code FROM audit_row")] == ["case.closed"]
    send_due(shell.caller)
    assert [m.to for m in shell.sms.sent] == [ANN]


def test_a_question_that_waits_for_a_reader_takes_the_other_channel_where_there_is_one(shell, branch):
    to_ask(shell, branch, Step.P_CONFIRM)
    text(shell, ANN, "please no more of this")
    send_due(shell.caller)
    send_due(shell.caller)
    assert shell.sms.sent == []
    assert [m.to for m in shell.email.sent] == ["Ann@example.org"]


def test_a_change_that_may_not_be_texted_is_a_call_to_make_at_once(shell, branch):
    shell.run("DELETE FROM address WHERE channel = 'email'")
    to_ask(shell, branch, Step.P_CHANGED)
    text(shell, ANN, "please no more of this")
    send_due(shell.caller)
    assert shell.sent == []
    assert open_cases(shell) == [("reply_unclear", "inbound"), ("message_undeliverable", "touch")]
    undeliverable = shell.rows("SELECT reasons FROM exception_case ORDER BY id")[1]
    assert "a text from this number has not been read yet" in str(from_json(undeliverable["reasons"][0]))


def test_other_numbers_and_texts_that_could_be_read_hold_nothing_back(shell, branch):
    to_ask(shell, branch, Step.P_CONFIRM)
    text(shell, BEN, "please no more of this")
    text(shell, ANN, "1")
    send_due(shell.caller)
    assert ANN in [m.to for m in shell.sms.sent]


def test_only_the_case_of_a_text_can_be_marked_as_read(shell, branch):
    asked(shell, branch, branch.ann)
    text(shell, ANN, "STOP")
    [case] = shell.rows("SELECT id, kind FROM exception_case")
    assert case["kind"] == "opted_out"
    assert not mark_read(shell.caller, case["id"])
    assert not mark_read(shell.caller, 999)
