"""Touches: planned once, superseded where stale, claimed by one, never in flight twice."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from tests.store.a_branch import (
    AFTERNOON_BEFORE,
    THE_DAY,
    a_touch,
    add_visit,
    assign,
    at,
    make_branch,
    planned,
    state_of,
)

from suture.model.messages import Channel, Receipt, SendOutcome, Step, TouchState
from suture.service.clock import VirtualClock
from suture.store import attempts, touches
from suture.store.attempts import Left
from suture.store.contacts import load_contacts, reach, suppress
from suture.store.transaction import Tx, transaction

NOTHING_TOLD = Left((), "", early=False)


@pytest.fixture
def branch(tx: Tx):
    return make_branch(tx)


@pytest.fixture
def visit(tx: Tx, branch):
    return add_visit(tx, branch, branch.ann, "09:00")


def claimed(tx: Tx) -> touches.StoredTouch:
    """Claim the one due touch and hold it."""
    [claim] = touches.claim(tx, 10, 60)
    touch = touches.hold(tx, claim, TouchState.CLAIMED)
    assert touch is not None
    return touch


def run_out(tx: Tx) -> None:
    """Let every lease have run out."""
    tx.run("UPDATE touch SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_until IS NOT NULL")


# planning -----------------------------------------------------------------------------------------


def test_the_same_touch_planned_twice_is_one_touch(tx, branch, visit):
    first = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    again = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, due=at("08:00")))
    assert first == again
    assert tx.scalar("SELECT count(*) FROM touch") == 1
    assert touches.next_due(tx) == AFTERNOON_BEFORE, "the earlier due time stays"


def test_a_touch_that_has_left_is_not_planned_again(tx, branch, visit):
    [touch_id] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    for state in ("claimed", "sending", "sent", "unknown", "failed", "expired", "suppressed", "skipped"):
        tx.run("UPDATE touch SET state = :state WHERE id = :id", state=state, id=touch_id)
        assert planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit)) == ()
        assert state_of(tx, touch_id) == state


def test_a_touch_superseded_unsent_comes_back_when_it_is_wanted_again(tx, branch, visit):
    [touch_id] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    tx.run("UPDATE touch SET state = 'superseded' WHERE id = :id", id=touch_id)
    assert planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, due=at("08:00"))) == (touch_id,)
    assert (state_of(tx, touch_id), touches.next_due(tx)) == ("planned", at("08:00"))


def test_the_database_refuses_a_second_touch_for_the_same_step(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        tx.run(
            """INSERT INTO touch (branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal,
                      channel, priority, due_at, not_after, planned_at)
               SELECT branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal,
                      'email', 0, due_at, not_after, planned_at FROM touch"""
        )


def test_a_newer_revision_supersedes_what_waits_and_leaves_alone_what_is_under_way(tx, branch, visit):
    waiting, taken, leaving, gone = planned(
        tx,
        branch,
        *(a_touch(s, branch.ann, visit) for s in (Step.P_CONFIRM, Step.P_NOTICE, Step.P_CHANGED, Step.P_CANCELLED)),
    )
    [newer] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, rev=2))
    for touch_id, state in ((taken, "claimed"), (leaving, "sending"), (gone, "sent")):
        tx.run("UPDATE touch SET state = :state WHERE id = :id", state=state, id=touch_id)
    assert touches.supersede_stale(tx, {visit: 2}) == 2
    assert [state_of(tx, t) for t in (waiting, taken, leaving, gone, newer)] == [
        "superseded",
        "superseded",
        "sending",
        "sent",
        "planned",
    ]


def test_an_unchanged_revision_supersedes_nothing(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    assert touches.supersede_stale(tx, {visit: 1}) == 0
    assert touches.supersede_stale(tx, {}) == 0


def test_a_newer_message_about_a_day_replaces_the_waiting_one_of_the_same_clinician_only(tx, branch):
    noras, judiths = planned(
        tx, branch, a_touch(Step.S_PUBLISHED, branch.nora, rev=1), a_touch(Step.S_PUBLISHED, branch.judith, rev=1)
    )
    planned(tx, branch, a_touch(Step.S_CHANGED, branch.nora, rev=2))
    assert (state_of(tx, noras), state_of(tx, judiths)) == ("superseded", "planned")


# claiming -----------------------------------------------------------------------------------------


def test_the_most_pressing_is_claimed_first_and_what_is_not_due_not_at_all(tx, branch, visit):
    notice, confirm, changed = planned(
        tx,
        branch,
        a_touch(Step.P_NOTICE, branch.ann, visit, priority=3, due=AFTERNOON_BEFORE - timedelta(hours=1)),
        a_touch(Step.P_CONFIRM, branch.ann, visit, priority=2),
        a_touch(Step.P_CHANGED, branch.ann, visit, priority=1),
    )
    [tomorrow] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ben, visit, due=at("08:00")))
    assert [c.touch_id for c in touches.claim(tx, 2, 60)] == [changed, confirm]
    assert [c.touch_id for c in touches.claim(tx, 10, 60)] == [notice]
    assert (state_of(tx, tomorrow), touches.next_due(tx)) == ("planned", at("08:00"))


def test_two_workers_never_claim_the_same_touch(database: Engine, clock: VirtualClock):
    with transaction(database, clock) as tx:
        branch = make_branch(tx)
        visits = [add_visit(tx, branch, branch.ann, "09:00", f"V{n}") for n in range(20)]
        planned(tx, branch, *(a_touch(Step.P_CONFIRM, branch.ann, v) for v in visits))
    with transaction(database, clock) as one, transaction(database, clock) as two:
        first, second = touches.claim(one, 12, 60), touches.claim(two, 12, 60)
    assert (len(first), len(second)) == (12, 8)
    assert not {c.touch_id for c in first} & {c.touch_id for c in second}
    with transaction(database, clock) as tx:
        assert touches.claim(tx, 12, 60) == ()


def test_a_claim_whose_lease_ran_out_is_fenced_off_and_the_touch_waits_again(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    [slow] = touches.claim(tx, 1, 60)
    run_out(tx)
    assert touches.sweep_leases(tx, 60) == ()
    [quick] = touches.claim(tx, 1, 60)
    assert quick.fence == slow.fence + 1
    assert touches.hold(tx, slow, TouchState.CLAIMED) is None
    assert touches.hold(tx, quick, TouchState.CLAIMED) is not None


def test_a_lease_that_still_runs_is_not_swept(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    touch = claimed(tx)
    touches.sweep_leases(tx, 60)
    assert state_of(tx, touch.id) == "claimed"


# attempts -----------------------------------------------------------------------------------------


def test_a_touch_whose_sender_died_is_unknown_and_the_database_refuses_another_attempt(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    touch = claimed(tx)
    attempts.begin(tx, touch, "sha", NOTHING_TOLD, 60)
    run_out(tx)
    assert [t.id for t in touches.sweep_leases(tx, 60)] == [touch.id]
    assert state_of(tx, touch.id) == "unknown"
    assert tx.scalar("SELECT outcome FROM message_attempt") == "unknown"
    tx.run("UPDATE touch SET state = 'planned' WHERE id = :id", id=touch.id)
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        attempts.begin(tx, claimed(tx), "sha", NOTHING_TOLD, 60)


@pytest.mark.parametrize("outcome", [None, SendOutcome.ACCEPTED, SendOutcome.UNKNOWN])
def test_no_second_attempt_beside_one_that_is_open_unknown_or_accepted(tx, branch, visit, outcome):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    touch = claimed(tx)
    attempts.begin(tx, touch, "sha", NOTHING_TOLD, 60)
    if outcome:
        attempts.record(tx, touch, Receipt(outcome, "fake"), 3)
    touches.plan_again(tx, touch, AFTERNOON_BEFORE)
    with pytest.raises(IntegrityError), tx.conn.begin_nested():
        attempts.begin(tx, claimed(tx), "sha", NOTHING_TOLD, 60)


def test_after_a_passing_failure_a_new_attempt_may_begin(tx, branch, visit):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    touch = claimed(tx)
    attempts.begin(tx, touch, "sha", NOTHING_TOLD, 60)
    attempts.record(tx, touch, Receipt(SendOutcome.TRANSIENT, "fake", code="451"), 3)
    touches.plan_again(tx, touch, AFTERNOON_BEFORE)
    again = claimed(tx)
    attempts.begin(tx, again, "sha", NOTHING_TOLD, 60)
    assert attempts.count(tx, again) == 2


def test_caps_count_prompts_and_changes_that_went_or_may_have_gone_by_sms(tx, branch, visit):
    def went(step: Step, channel: Channel, outcome: SendOutcome) -> None:
        planned(tx, branch, a_touch(step, branch.ann, visit, channel=channel))
        touch = claimed(tx)
        attempts.begin(tx, touch, "sha", NOTHING_TOLD, 60)
        attempts.record(tx, touch, Receipt(outcome, "fake"), 1)

    went(Step.P_CONFIRM, Channel.SMS, SendOutcome.ACCEPTED)
    went(Step.P_CHANGED, Channel.SMS, SendOutcome.UNKNOWN)
    went(Step.P_CANCELLED, Channel.EMAIL, SendOutcome.ACCEPTED)
    went(Step.P_NOTICE, Channel.SMS, SendOutcome.PERMANENT)
    later = AFTERNOON_BEFORE + timedelta(seconds=1)
    assert attempts.messages_since(tx, branch.ann, AFTERNOON_BEFORE, AFTERNOON_BEFORE) == (2, 2)
    assert attempts.messages_since(tx, branch.ann, later, AFTERNOON_BEFORE) == (0, 2)
    assert attempts.messages_since(tx, branch.ann, later, later) == (0, 0)
    assert attempts.messages_since(tx, branch.ben, AFTERNOON_BEFORE, AFTERNOON_BEFORE) == (0, 0)


# contacts -----------------------------------------------------------------------------------------


def test_contacts_hold_the_channels_that_may_be_used_best_first(tx, branch, visit):
    add_visit(tx, branch, branch.ben, "10:00")
    parties = load_contacts(tx, branch.id, THE_DAY).parties
    assert parties[branch.ann].channels == (Channel.SMS, Channel.EMAIL)
    assert (parties[branch.ben].channels, parties[branch.ben].lang) == ((Channel.SMS,), "es")
    assert parties[branch.nora].channels == (Channel.EMAIL,)
    suppress(tx, Channel.SMS, reach(tx, branch.ann, Channel.SMS).value_hash, "stop", "test")
    tx.run(
        """INSERT INTO consent (party_id, channel, granted, source, at)
           VALUES (:ben, 'sms', false, 'phone call', :now)""",
        ben=branch.ben,
    )
    parties = load_contacts(tx, branch.id, THE_DAY).parties
    assert (parties[branch.ann].channels, parties[branch.ben].channels) == ((Channel.EMAIL,), ())


@pytest.mark.parametrize(
    ("state", "told"),
    [("planned", False), ("claimed", False), ("sending", True), ("sent", True), ("unknown", True), ("failed", False)],
)
def test_a_patient_counts_as_told_as_soon_as_a_message_may_have_arrived(tx, branch, visit, state, told):
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    tx.run("UPDATE touch SET state = :state", state=state)
    assert (visit in load_contacts(tx, branch.id, THE_DAY).told) is told


def test_changes_of_the_day_are_counted_once_they_have_left(tx, branch, visit):
    planned(tx, branch, *(a_touch(Step.P_CHANGED, branch.ann, visit, rev=n) for n in (1, 2, 3)))
    tx.run("UPDATE touch SET state = CASE subject_rev WHEN 1 THEN 'sent' WHEN 2 THEN 'superseded' ELSE 'planned' END")
    assert load_contacts(tx, branch.id, THE_DAY).parties[branch.ann].changes_today == 1


def test_a_visit_without_a_place_in_the_plan_is_expected_in_its_own_window(tx, branch, visit):
    assign(tx, branch, visit, branch.nora, "09:15")
    window = load_contacts(tx, branch.id, THE_DAY).windows[visit]
    assert (window.open, window.close) == (at("09:00"), at("11:00"))
