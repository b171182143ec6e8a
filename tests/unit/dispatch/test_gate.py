"""The confirmation gate: unconfirmed is planned, not dispatched, and it binds only who was asked in time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders import a_window, at
from tests.rule_verifier import a_rulebook
from tests.unit.dispatch.a_morning import (
    BUDGET,
    RN1,
    RN2,
    RULEBOOK,
    a_promise,
    a_published_day,
    added,
    after,
    answered,
    asked,
    called_out,
    cancelled,
    decided,
    free,
    gated,
    key,
    on_the_roster,
    silent,
    stop,
    visit,
)

from suture.dispatch import gate
from suture.dispatch.decide import decide
from suture.dispatch.gate import TIME_TO_ANSWER
from suture.model.cases import CaseKind
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import Decision
from suture.model.ids import PartyId, PlaceId, VisitId
from suture.model.plan import Stage
from suture.model.signals import Answer, Signal
from suture.model.visit import GateState, Priority
from suture.planner.day.live import frozen_stops
from suture.planner.day.problem import build
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import Gate

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "10:00"))
V1 = key(1).visit_id


def a_gate(number: int = 1, *, by: int = 120, word: str = "hold_and_flag") -> Gate:
    return Gate("confirm", key(number).visit_id, gate.PATIENT, by, word)


def states(day: Day, *gates: Gate) -> dict[VisitId, tuple[GateState | None, datetime | None]]:
    """Where visits are before these gates, as if nothing had been known of it."""
    day = replace(day, visits={v: replace(one, answer_by=None) for v, one in day.visits.items()})
    return {u.visit_id: (u.gate, u.answer_by) for u in gate.updates(day, day.plan.assignments, gates, at("05:00"))}


BEHIND = a_rulebook("id: confirm\nkind: gate\nneeds: patient_confirmed\nelse: drop_to_waitlist")


def behind(day: Day, *signals: Signal) -> Decision:
    """What is decided where a rule puts every visit behind a gate."""
    return decide(signals, day, BEHIND, max(s.received_at for s in signals), BUDGET, 1)


def gate_of(decision: Decision, number: int = 1) -> GateState | None:
    """What a decision makes of the gate of a visit; None where it leaves it."""
    return {u.visit_id: u.gate for u in decision.visit_updates}.get(key(number).visit_id)


def promise_of(day: Day, number: int) -> Promise:
    promise = day.promise_of(key(number).visit_id, PartyId(200 + number))
    assert promise is not None
    return promise


def test_an_unconfirmed_visit_waits_until_the_gates_word_or_the_last_useful_minute():
    assert states(PLANNED, a_gate(by=120))[V1] == (GateState.WAITS, at("06:00"))
    assert states(PLANNED, a_gate(by=30))[V1] == (GateState.WAITS, at("07:00")), "an hour before, at the latest"


def test_without_a_gate_it_is_dispatched_and_an_answer_helps_until_the_last_useful_minute():
    assert states(PLANNED)[V1] == (GateState.OPEN, at("07:00"))


def test_of_several_gates_the_earliest_binds():
    assert gate.gates_of([a_gate(by=60), a_gate(by=240), a_gate(by=120)])[V1].by_minutes == 240


def test_a_confirmed_visit_is_dispatched():
    promise = promise_of(PLANNED, 1)
    day = after(PLANNED, decided(PLANNED, answered(promise, Answer.ACCEPT, "06:00")))
    assert states(day, a_gate())[V1][0] is GateState.OPEN


def test_a_yes_to_another_time_confirms_nothing():
    told = replace(promise_of(PLANNED, 1), answer=ConfirmationState.ACCEPTED)
    other = replace(told, window=replace(told.window, close=at("11:00")))
    assert states(replace(PLANNED, promises=(other,)), a_gate())[V1][0] is GateState.WAITS


def test_time_critical_care_is_never_held():
    day = asked(PLANNED, 1, priority=Priority.STAT)
    assert states(day, a_gate())[V1][0] is GateState.OPEN


@pytest.mark.parametrize(
    ("word", "state", "told", "cases"),
    [
        ("hold_and_flag", GateState.HELD, False, [CaseKind.PATIENT_SILENT]),
        ("hold", GateState.HELD, False, []),
        ("release_and_flag", GateState.RELEASED, True, [CaseKind.PATIENT_SILENT]),
    ],
)
def test_silence_does_what_the_gate_says(word, state, told, cases):
    day = gated(PLANNED, 1, GateState.WAITS, word=word)
    decision = decided(day, silent(1, "06:31"))
    assert {u.visit_id: u.gate for u in decision.visit_updates}[V1] is state
    assert decision.cleared == ((V1, told),)
    assert [c.kind for c in decision.cases_opened] == cases
    assert decision.assignments == PLANNED.plan.assignments, "it stays planned"


def test_a_visit_dropped_to_the_waitlist_gives_its_place_up_and_takes_what_becomes_free():
    day = gated(PLANNED, 1, GateState.WAITS, word="drop_to_waitlist")
    decision = decided(day, silent(1, "06:31"))
    assert decision.cleared == ((V1, False),)
    waiting = after(day, replace(decision, assignments={k: a for k, a in decision.assignments.items() if k != key(1)}))
    waiting = asked(waiting, 1, gate=GateState.WAITLIST)
    kept = decided(waiting, silent(2, "06:40"))
    assert key(1) not in kept.assignments
    assert key(1) in decided(waiting, cancelled(2, "06:45")).assignments


def test_whoever_was_not_asked_in_time_is_dispatched_and_flagged():
    promise = replace(promise_of(PLANNED, 1), told_at=at("06:30") - TIME_TO_ANSWER + timedelta(minutes=1))
    day = gated(replace(PLANNED, promises=(promise,)), 1, GateState.WAITS)
    decision = decided(day, silent(1, "06:31"))
    assert {u.visit_id: u.gate for u in decision.visit_updates}[V1] is GateState.RELEASED
    (case,) = decision.cases_opened
    assert str(case.reasons[1]) == "The patient was not asked in time, so the visit goes ahead unconfirmed."


def test_whoever_was_not_asked_at_all_is_dispatched():
    day = gated(replace(PLANNED, promises=()), 1, GateState.WAITS)
    assert {u.visit_id: u.gate for u in decided(day, silent(1, "06:31")).visit_updates}[V1] is GateState.RELEASED


def test_silence_without_a_gate_is_a_persons_work_and_the_visit_goes_ahead():
    day = asked(PLANNED, 1, answer_by=at("06:30"))
    decision = decided(day, silent(1, "06:31"))
    (case,) = decision.cases_opened
    assert (case.kind, str(case.reasons[1])) == (CaseKind.PATIENT_SILENT, "The visit goes ahead.")
    assert decision.visit_updates == ()


def test_silence_about_a_time_that_was_moved_since_is_nothing():
    day = gated(PLANNED, 1, GateState.WAITS, by="09:00")
    decision = decided(day, silent(1, "06:31"))
    assert (decision.cases_opened, decision.visit_updates) == ((), ())


def test_a_late_yes_dispatches_a_visit_that_was_held():
    day = gated(PLANNED, 1, GateState.HELD)
    decision = decided(day, answered(promise_of(day, 1), Answer.ACCEPT, "06:50"))
    assert {u.visit_id: u.gate for u in decision.visit_updates}[V1] is GateState.OPEN
    assert decision.cleared == ((V1, True),)
    assert CaseKind.PATIENT_SILENT in {c.kind for c in decision.cases_closed}


def test_a_confirmed_visit_is_dearer_to_move():
    promise = replace(promise_of(PLANNED, 1), answer=ConfirmationState.ACCEPTED)
    day = replace(PLANNED, promises=(promise, promise_of(PLANNED, 2)))
    problem = build(day, evaluate(RULEBOOK, day), now=at("06:00"))
    dearer = {n.visit.id: n.published.messaged_today for n in problem.nodes if n.published}
    assert dearer == {V1: True, key(2).visit_id: False}


def test_a_yes_to_another_time_is_no_answer_to_this_one():
    """The question about the time that is planned has not reached the patient, so no one is held back for it."""
    told = replace(promise_of(PLANNED, 1), answer=ConfirmationState.ACCEPTED)
    other = replace(told, window=replace(told.window, open=at("06:00"), close=at("07:00")))
    day = gated(replace(PLANNED, promises=(other,)), 1, GateState.WAITS)
    assert gate_of(decided(day, silent(1, "06:31"))) is GateState.RELEASED


def test_a_visit_that_moves_too_late_to_ask_stays_dispatched_and_is_flagged():
    """Its clinician hears of the new time by her list; "set out" would be no news."""
    word = a_gate(by=60)
    (update,) = gate.updates(PLANNED, PLANNED.plan.assignments, [word], at("06:30"))
    assert (update.gate, update.answer_by) == (GateState.RELEASED, at("07:00"))
    (case,) = gate.flags(PLANNED, [update], PLANNED.plan.assignments)
    assert (case.kind, str(case.reasons[1])) == (
        CaseKind.PATIENT_SILENT,
        "The patient was not asked in time, so the visit goes ahead unconfirmed.",
    )
    assert list(gate.cleared(PLANNED, [update])) == []
    draft = replace(PLANNED, plan=replace(PLANNED.plan, stage=Stage.DRAFT))
    (update,) = gate.updates(draft, draft.plan.assignments, [word], at("06:30"))
    assert update.gate is GateState.WAITS, "of a draft nobody has been told"


# what the patient says ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [GateState.WAITS, GateState.OPEN, GateState.RELEASED])
@pytest.mark.parametrize("answer", [Answer.DECLINE, Answer.RESCHEDULE])
def test_to_a_patient_who_said_no_no_one_sets_out(state, answer):
    day = gated(PLANNED, 1, state)
    decision = behind(day, answered(promise_of(day, 1), answer, "06:10"))
    assert gate_of(decision) is GateState.HELD
    assert decision.cleared == ((V1, False),)
    assert [c.kind for c in decision.cases_opened] == [CaseKind.PATIENT_DECLINED]
    assert decision.assignments == day.plan.assignments, "who asks for another time is called, not moved"


def test_without_a_gate_a_no_is_a_persons_work():
    decision = decided(PLANNED, answered(promise_of(PLANNED, 1), Answer.DECLINE, "06:10"))
    assert (decision.visit_updates, decision.cleared) == ((), ())


def test_a_patient_may_change_their_mind_as_often_as_they_like():
    day = gated(PLANNED, 1, GateState.WAITS)
    said: list[tuple[VisitId, bool]] = []
    for n, answer in enumerate((Answer.ACCEPT, Answer.DECLINE, Answer.ACCEPT, Answer.DECLINE)):
        decision = behind(day, answered(promise_of(day, 1), answer, f"05:0{n}"))
        day = after(day, decision)
        said += decision.cleared
    assert said == [(V1, True), (V1, False), (V1, True), (V1, False)]


def test_a_late_yes_after_the_start_is_for_a_time_that_can_still_be_kept():
    day = gated(a_published_day(stop(1, 1, "08:00")), 1, GateState.HELD)
    decision = behind(day, answered(promise_of(day, 1), Answer.ACCEPT, "08:20"))
    assert gate_of(decision) is GateState.OPEN
    assert decision.assignments[key(1)].starts_at >= at("08:20")


# what the plan makes of it --------------------------------------------------------------------------------


def test_a_clinician_is_not_taken_to_be_where_she_was_not_sent():
    """Past its start a visit without a check-in is taken as under way, and its clinician as busy: not behind a gate."""
    busy = a_published_day(stop(1, 1, "08:00"), clinicians=[RN1])
    assert [s.visit.id for s in frozen_stops(busy, at("08:10"))] == [V1]
    assert frozen_stops(gated(busy, 1, GateState.HELD), at("08:10")) == ()


def test_a_confirmed_visit_moves_only_where_no_other_can():
    """Someone is needed at nine sharp, and both nurses have another visit then, which could be an hour later."""
    at_nine, open_all_day = a_window("09:00", "09:30"), a_window("08:00", "12:00")
    visits = [visit(n, window=open_all_day, place_id=PlaceId(n + 3)) for n in (1, 2)] + [
        visit(3, window=at_nine, priority=Priority.URGENT)
    ]
    day = a_published_day(stop(1, 1, "09:00"), stop(2, 2, "09:00"), visits=visits, clinicians=[RN1, RN2])
    for confirmed, moved in ((1, 2), (2, 1)):
        promise = replace(promise_of(day, confirmed), answer=ConfirmationState.ACCEPTED)
        others = tuple(p for p in day.promises if p.id != promise.id)
        decision = decided(replace(day, promises=(*others, promise)), added(3, "07:40"))
        assert key(3) in decision.assignments
        assert {c.key for c in decision.changes} == {key(3), key(moved)}


# the waitlist ---------------------------------------------------------------------------------------------

WAITING = gated(
    a_published_day(stop(2, 1, "10:00"), clinicians=[RN1], visits=[visit(n) for n in (1, 2)]),
    1,
    GateState.WAITLIST,
    word="drop_to_waitlist",
)
"""V-01 has given its place up; V-02 is all that its only nurse has to do."""


def on_waitlist(day: Day, **changes: Any) -> Day:
    return asked(day, 1, gate=GateState.WAITLIST, gate_else="drop_to_waitlist", **changes)


def test_what_gives_its_place_up_does_not_take_it_again():
    day = gated(PLANNED, 1, GateState.WAITS, word="drop_to_waitlist")
    decision = behind(day, silent(1, "06:31"))
    assert gate_of(decision) is GateState.WAITLIST
    assert key(1) not in decision.assignments
    (case,) = [c for c in decision.cases_opened if c.subject.id == V1]
    assert case.kind is CaseKind.UNCOVERED_VISIT


def test_a_place_that_was_given_up_is_for_others_that_wait():
    visits = [visit(1), visit(2, window=a_window("08:00", "08:30"))]
    day = gated(
        a_published_day(stop(1, 1, "08:00"), visits=visits, clinicians=[RN1]),
        1,
        GateState.WAITS,
        word="drop_to_waitlist",
    )
    assert key(2) in behind(day, silent(1, "06:31")).assignments


def test_it_takes_what_becomes_free_and_its_patient_is_asked_with_time_to_answer():
    decision = behind(WAITING, cancelled(2, "07:00"))
    got = decision.assignments[key(1)]
    assert got.starts_at >= at("07:00") + gate.NOTICE
    assert got.starts_at <= WAITING.visits[V1].window.latest_start, "inside its own window"
    assert gate_of(decision) in (None, GateState.WAITLIST), "only a yes dispatches it"
    assert decision.cleared == ()


def test_no_one_is_given_a_place_they_cannot_be_asked_about():
    late = on_waitlist(WAITING, window=a_window("08:00", "09:20"))
    assert key(1) not in behind(late, cancelled(2, "07:00")).assignments


def test_without_a_yes_it_gives_that_place_up_too_and_keeps_it_until_then():
    day = after(WAITING, behind(WAITING, cancelled(2, "07:00")))
    start, by = day.plan.assignments[key(1)].starts_at, day.visits[V1].answer_by
    assert by is not None and by <= start - timedelta(hours=1)
    assert key(1) in behind(day, on_the_roster(1, at("07:30"))).assignments, "not only while something becomes free"
    assert key(1) not in behind(day, silent(1, by + timedelta(minutes=1))).assignments


def test_a_yes_dispatches_it_where_it_has_a_place_and_finds_it_one_where_it_has_none():
    day = after(WAITING, behind(WAITING, cancelled(2, "07:00")))
    decision = behind(day, answered(promise_of(day, 1), Answer.ACCEPT, "07:10"))
    assert (gate_of(decision), decision.cleared) == (GateState.OPEN, ((V1, True),))
    told = replace(WAITING, promises=(*WAITING.promises, a_promise(1, party=PartyId(201), told=("08:00", "09:00"))))
    decision = behind(told, answered(promise_of(told, 1), Answer.ACCEPT, "07:10"))
    assert gate_of(decision) is GateState.OPEN
    assert key(1) in decision.assignments


def test_two_that_wait_do_not_take_the_same_place_in_turns():
    visits = [visit(1), visit(2), visit(3)]
    day = a_published_day(stop(3, 1, "08:30"), visits=visits, clinicians=[RN1])
    for n in (1, 2):
        day = asked(day, n, gate=GateState.WAITLIST, gate_else="drop_to_waitlist")
    day = after(day, behind(day, cancelled(3, "06:00")))
    n = 0
    while waiting := sorted(
        (v.answer_by, v.id) for v in day.visits.values() if v.is_waitlisted and day.has_place(v) and v.answer_by
    ):
        (by, visit_id), n = waiting[0], n + 1
        assert n < 10, "it ends"
        day = after(day, behind(day, silent(visit_id, by + timedelta(minutes=1))))


def test_a_visit_on_hold_takes_no_place():
    assert key(1) not in behind(on_waitlist(WAITING, held=True), cancelled(2, "07:00")).assignments


def test_who_asked_for_another_time_is_not_moved_to_what_becomes_free():
    """They keep what they have until a person has called them."""
    day = after(PLANNED, behind(PLANNED, answered(promise_of(PLANNED, 2), Answer.RESCHEDULE, "06:10")))
    now, then = behind(day, cancelled(1, "07:00")).assignments[key(2)], PLANNED.plan.assignments[key(2)]
    assert (now.clinician_id, now.starts_at, now.told) == (then.clinician_id, then.starts_at, then.told)


def test_who_asked_for_another_time_and_has_none_is_asked_about_the_one_there_is():
    """Its nurse is gone and another one takes it at another time: that is a question, with the real window."""
    alone = a_published_day(stop(2, 1, "10:00"), clinicians=[RN1])
    alone = after(alone, behind(alone, answered(promise_of(alone, 2), Answer.RESCHEDULE, "06:10")))
    gone = after(alone, behind(alone, called_out(1, "07:00")))
    assert key(2) not in gone.plan.assignments
    decision = behind(gone, free(1, "11:00", "13:00", "07:30"))
    (change,) = [c for c in decision.changes if c.key == key(2)]
    assert change.told_changed and change.after and change.after.told != promise_of(gone, 2).window
