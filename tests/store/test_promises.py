"""Promises: one row for what a sent message told, kept where nothing changed for the one who was told."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from tests.store.a_branch import AFTERNOON_BEFORE, a_touch, add_visit, assign, at, make_branch, planned

from suture.model.day import ConfirmationState
from suture.model.ids import PromiseId
from suture.model.messages import Channel, Step
from suture.model.plan import ToldWindow
from suture.store import letters, promises, tokens, touches
from suture.store.contacts import reach
from suture.store.promises import Told
from suture.store.transaction import Tx

NINE = ToldWindow(at("09:00"), at("10:00"))
TEN = ToldWindow(at("10:00"), at("11:00"))


@pytest.fixture
def branch(tx: Tx):
    return make_branch(tx)


@pytest.fixture
def visit(tx: Tx, branch):
    return add_visit(tx, branch, branch.ann, "09:00")


def sent(tx: Tx, branch, step: Step, party, visit=None, *, rev: int = 1, channel: Channel = Channel.SMS):
    """A touch that has been sent."""
    [touch_id] = planned(tx, branch, a_touch(step, party, visit, rev=rev, channel=channel))
    tx.run("UPDATE touch SET state = 'sent' WHERE id = :id", id=touch_id)
    return touches.find(tx, touch_id)


# patients -----------------------------------------------------------------------------------------


def test_a_change_supersedes_the_promise_and_asks_anew(tx, branch, visit):
    [first] = promises.record(tx, sent(tx, branch, Step.P_CONFIRM, branch.ann, visit), [Told(visit, 1, 1, NINE)])
    [second] = promises.record(tx, sent(tx, branch, Step.P_CHANGED, branch.ann, visit, rev=2), [Told(visit, 2, 2, TEN)])
    last = promises.current(tx, visit, branch.ann)
    assert last is not None
    assert (last.id, last.seq, last.window, last.asks, last.answer) == (
        second,
        2,
        TEN,
        True,
        ConfirmationState.NEEDS_ACTION,
    )
    assert tx.scalar("SELECT supersedes FROM promise WHERE id = :id", id=second) == first


def test_a_notice_promises_without_asking_and_the_question_follows(tx, branch, visit):
    promises.record(tx, sent(tx, branch, Step.P_NOTICE, branch.ann, visit), [Told(visit, 1, 1, NINE)])
    notice = promises.current(tx, visit, branch.ann)
    promises.record(tx, sent(tx, branch, Step.P_CONFIRM, branch.ann, visit), [Told(visit, 1, 1, NINE)])
    question = promises.current(tx, visit, branch.ann)
    assert notice and question
    assert (notice.asks, question.asks, question.seq) == (False, True, 2)


def test_a_notice_after_the_question_takes_no_answer_away(tx, branch, visit):
    [asked] = promises.record(tx, sent(tx, branch, Step.P_CONFIRM, branch.ann, visit), [Told(visit, 1, 1, NINE)])
    assert promises.record(tx, sent(tx, branch, Step.P_NOTICE, branch.ann, visit), [Told(visit, 1, 1, NINE)]) == ()
    last = promises.current(tx, visit, branch.ann)
    assert last and last.id == asked


def test_a_message_that_is_known_late_to_have_arrived_takes_no_newer_time_away(tx, branch, visit):
    older = sent(tx, branch, Step.P_CHANGED, branch.ann, visit, rev=2)
    [newer] = promises.record(tx, sent(tx, branch, Step.P_CHANGED, branch.ann, visit, rev=3), [Told(visit, 3, 3, NINE)])
    assert promises.record(tx, older, [Told(visit, 2, 2, TEN)]) == ()
    last = promises.current(tx, visit, branch.ann)
    assert last and last.id == newer


def test_one_message_promises_a_visit_once_however_often_it_is_recorded(tx, branch, visit):
    touch = sent(tx, branch, Step.P_CONFIRM, branch.ann, visit)
    assert len(promises.record(tx, touch, [Told(visit, 1, 1, NINE)])) == 1
    assert promises.record(tx, touch, [Told(visit, 1, 1, NINE)]) == ()


def test_the_database_refuses_two_promises_with_one_number(tx, branch, visit):
    promises.record(tx, sent(tx, branch, Step.P_CONFIRM, branch.ann, visit), [Told(visit, 1, 1, NINE)])
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        tx.run(
            """INSERT INTO promise (visit_id, party_id, seq, visit_rev, plan_version, window_open, window_close, asks,
                      channel, touch_id, told_at)
               SELECT visit_id, party_id, seq, visit_rev, plan_version, window_open, window_close, asks, channel,
                      touch_id, told_at FROM promise"""
        )


# clinicians ---------------------------------------------------------------------------------------


def noras_day(tx: Tx, branch, step: Step, rev: int):
    """Send Nora her day as it is; the promises that are new."""
    touch = sent(tx, branch, step, branch.nora, rev=rev, channel=Channel.EMAIL)
    return promises.record(tx, touch, letters.day_now(tx, touch).stops)


def test_a_clinician_is_promised_only_what_is_new_or_changed_for_them(tx, branch, visit):
    other = add_visit(tx, branch, branch.ben, "10:00")
    assign(tx, branch, visit, branch.nora, "09:15", told="09:00")
    assign(tx, branch, other, branch.nora, "10:15", told="10:00")
    assert len(noras_day(tx, branch, Step.S_PUBLISHED, 2)) == 2
    assign(tx, branch, visit, branch.nora, "09:20", told="09:00")
    assign(tx, branch, other, branch.nora, "11:15", told="11:00")
    [changed] = noras_day(tx, branch, Step.S_CHANGED, 4)
    last = promises.current(tx, other, branch.nora)
    assert last and last.id == changed


def test_a_visit_that_was_away_and_came_back_is_promised_anew(tx, branch, visit):
    assign(tx, branch, visit, branch.nora, "09:15", told="09:00")
    assert len(noras_day(tx, branch, Step.S_PUBLISHED, 1)) == 1
    assign(tx, branch, visit, branch.judith, "09:15", told="09:00")
    assert noras_day(tx, branch, Step.S_CHANGED, 2) == ()
    assign(tx, branch, visit, branch.nora, "09:15", told="09:00")
    assert len(noras_day(tx, branch, Step.S_CHANGED, 3)) == 1, "her old yes was to a day she lost"


def test_a_visit_that_lay_open_in_between_is_promised_anew(tx, branch, visit):
    assign(tx, branch, visit, branch.nora, "09:15", told="09:00")
    noras_day(tx, branch, Step.S_PUBLISHED, 1)
    assign(tx, branch, visit, None)
    assign(tx, branch, visit, branch.nora, "09:15", told="09:00")
    assert len(noras_day(tx, branch, Step.S_CHANGED, 3)) == 1


# questions open on a number -----------------------------------------------------------------------


def ask(tx: Tx, branch, visit, party, rev: int = 1, step: Step = Step.P_CONFIRM) -> PromiseId:
    """A question sent by text, with its prompt."""
    [promise] = promises.record(tx, sent(tx, branch, step, party, visit, rev=rev), [Told(visit, rev, rev, NINE)])
    promises.close_prompts(tx, party)
    addr = reach(tx, party, Channel.SMS).value_hash
    promises.open_prompt(tx, party, [promise], addr, at("11:00"))
    return promise


def test_a_new_question_closes_the_partys_earlier_one(tx, branch, visit):
    other = add_visit(tx, branch, branch.ann, "12:00")
    ask(tx, branch, visit, branch.ann)
    newest = ask(tx, branch, other, branch.ann)
    [prompt] = promises.answerable(tx, reach(tx, branch.ann, Channel.SMS).value_hash)
    assert prompt.promise_ids == (newest,)


def test_the_database_refuses_two_open_questions_to_one_party(tx, branch, visit):
    promise = ask(tx, branch, visit, branch.ann)
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        promises.open_prompt(tx, branch.ann, [promise], "another number", at("11:00"))


def test_who_has_answered_may_answer_otherwise_while_the_promise_stands(tx, branch, visit):
    promise = ask(tx, branch, visit, branch.ann)
    addr = reach(tx, branch.ann, Channel.SMS).value_hash
    promises.close_prompts(tx, branch.ann)
    assert [p.promise_ids for p in promises.answerable(tx, addr)] == [(promise,)]
    promises.record(tx, sent(tx, branch, Step.P_CHANGED, branch.ann, visit, rev=2), [Told(visit, 2, 2, TEN)])
    assert promises.answerable(tx, addr) == (), "a superseded promise is never answered"


def test_a_question_expires(tx, branch, visit):
    ask(tx, branch, visit, branch.ann)
    tx.run("UPDATE open_prompt SET expires_at = :now")
    assert promises.answerable(tx, reach(tx, branch.ann, Channel.SMS).value_hash) == ()


def test_calling_a_visit_off_closes_its_question_and_no_other(tx, branch, visit):
    ask(tx, branch, visit, branch.ann)
    other = add_visit(tx, branch, branch.ann, "12:00")
    promises.close_prompts(tx, branch.ann, other)
    assert tx.scalar("SELECT count(*) FROM open_prompt WHERE closed_at IS NULL") == 1
    promises.close_prompts(tx, branch.ann, visit)
    assert tx.scalar("SELECT count(*) FROM open_prompt WHERE closed_at IS NULL") == 0


# links --------------------------------------------------------------------------------------------


def test_a_link_is_stored_only_as_its_hash_and_found_until_it_expires(tx, branch, visit):
    touch = sent(tx, branch, Step.P_CONFIRM, branch.ann, visit)
    token = tokens.make(tx, touch, tokens.Purpose.VISIT_ANSWER, visit, AFTERNOON_BEFORE + timedelta(seconds=1))
    assert len(token) == 22, "128 bits"
    assert tx.scalar("SELECT count(*) FROM patient_token WHERE token_hash = :token", token=token) == 0
    found = tokens.find(tx, token)
    assert found and (found.visit_id, found.party_id) == (visit, branch.ann)
    tx.run("UPDATE patient_token SET expires_at = :now")
    assert tokens.find(tx, token) is None
    assert tokens.find(tx, "nobody made this") is None
    assert tokens.find(tx, "\ud800") is None


def test_a_second_try_of_a_message_has_a_link_of_its_own_and_the_first_is_dead(tx, branch, visit):
    touch = sent(tx, branch, Step.P_CONFIRM, branch.ann, visit)
    first = tokens.make(tx, touch, tokens.Purpose.VISIT_ANSWER, visit, at("12:00"))
    second = tokens.make(tx, touch, tokens.Purpose.VISIT_ANSWER, visit, at("12:00"))
    assert tokens.find(tx, first) is None
    assert tokens.find(tx, second) is not None
