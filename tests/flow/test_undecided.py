"""While something reported for a day is not decided yet, no message about that day leaves; for a while."""

from datetime import timedelta

import pytest
from tests.store.a_lakeside import SUNDAY_NOON, Lakeside, at

from suture.service.lanes import run_sender
from suture.service.outreach import outreach_now
from suture.service.prepare_message import prepare
from suture.service.send_messages import send_due
from suture.store import inbox, touches
from suture.store.undecided import PATIENCE


@pytest.fixture
def lakeside(database, tmp_path) -> Lakeside:
    """Published on Sunday noon; the first messages are due now, and none has left yet."""
    lake = Lakeside(database, tmp_path / "files").published()
    with lake.caller.transaction() as tx:
        first = touches.next_due(tx)
    assert first is not None
    lake.clock.advance_to(max(first, SUNDAY_NOON))
    return lake


def sent(lakeside: Lakeside) -> set[tuple[str, str]]:
    return lakeside.touches("sent")


def test_what_was_reported_while_nothing_ran_is_decided_before_anyone_hears_of_the_old_plan(lakeside):
    nurse = lakeside.who()["V1"]
    lakeside.signal("call_out", clinician=nurse, **{"from": "2026-11-30T08:00:00-05:00"}, source="phone", source_id="1")
    lakeside.signal("cancellation", visit="V3", by="patient", source="phone", source_id="2")
    lakeside.clock.advance_to(at("15:00") - timedelta(days=1))
    while send_due(lakeside.caller, starting=True):
        pass
    assert sent(lakeside) == set()
    assert outreach_now(lakeside.caller).undecided > 0
    lakeside.decide()
    lakeside.send(at("15:30") - timedelta(days=1))
    assert ("p.cancelled", "P3") in sent(lakeside)
    assert not {("p.notice", "P3"), ("p.confirm", "P3"), ("s.published", nurse)} & sent(lakeside)
    assert ("p.confirm", "P2") in sent(lakeside)
    assert outreach_now(lakeside.caller).undecided == 0


def test_a_sender_that_has_just_started_waits_however_old_the_message_is(lakeside):
    lakeside.signal("cancellation", visit="V3", by="patient", source="phone", source_id="2")
    lakeside.clock.advance_to(at("15:00") - timedelta(days=1))
    done = iter([False] * 20 + [True] * 1000)
    run_sender(lakeside.caller, lambda: next(done))
    assert sent(lakeside) == set()


def test_a_decider_that_is_stuck_silences_no_one_for_longer_than_some_minutes(lakeside):
    lakeside.signal("cancellation", visit="V3", by="patient", source="phone", source_id="2")
    due = lakeside.clock.now()
    assert send_due(lakeside.caller) == 0
    lakeside.clock.advance_to(due + PATIENCE - timedelta(seconds=1))
    assert send_due(lakeside.caller) == 0
    lakeside.clock.advance_to(due + PATIENCE + timedelta(seconds=1))
    assert send_due(lakeside.caller) > 0


def test_a_message_that_was_on_hold_is_due_from_its_release_on(lakeside):
    lakeside.signal("cancellation", visit="V3", by="patient", source="phone", source_id="2")
    lakeside.clock.advance_to(lakeside.clock.now() + timedelta(hours=2))
    with lakeside.caller.transaction() as tx:
        tx.run("UPDATE outreach SET since = :now")
    assert send_due(lakeside.caller) == 0


def test_another_day_waits_for_nothing(lakeside):
    with lakeside.caller.transaction() as tx:
        inbox.mark_dirty(tx, tx.scalar("SELECT id FROM branch"), at("09:00").date() + timedelta(days=1))
    assert send_due(lakeside.caller) > 0


def test_a_signal_that_comes_between_claim_and_sending_is_decided_first(lakeside):
    with lakeside.caller.transaction() as tx:
        [claim, *_] = touches.claim(tx, 1, 60)
    lakeside.signal("cancellation", visit="V3", by="patient", source="phone", source_id="2")
    assert prepare(lakeside.caller, claim) is None
    [row] = lakeside.rows("SELECT state, due_at FROM touch WHERE id = :id", id=claim.touch_id)
    assert row["state"] == "planned" and row["due_at"] <= lakeside.clock.now()
