"""All waiting signals of a branch-day are decided together: once, repeatably, and in one version of the plan."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.builders import SERVICE_DATE, a_window, at
from tests.unit.dispatch.a_morning import (
    BUDGET,
    NOON,
    RULEBOOK,
    a_published_day,
    added,
    after,
    answered,
    began,
    called_out,
    cancelled,
    decided,
    ended,
    key,
    ran_over,
    stop,
    visit,
    with_plan,
)

from suture.dispatch import repair
from suture.dispatch.decide import decide
from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.decision import Cause
from suture.model.ids import CaseId, PartyId, VisitId
from suture.model.plan import Source, Stage
from suture.model.signals import Answer, Signal
from suture.model.visit import VisitStatus
from suture.planner.day.problem import DayProblem
from suture.planner.day.rebalance import rebalance
from suture.planner.day.solution import Solution

MORNING = a_published_day(
    stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 1, "09:30"), stop(4, 2, "08:00"), stop(5, 3, "08:00")
)


def yes(number: int) -> Any:
    promise = MORNING.promise_of(VisitId(number), PartyId(200 + number))
    assert promise is not None
    return answered(promise, Answer.ACCEPT)


def test_signals_decided_together_give_one_version_that_names_them_all():
    signals = [called_out(1), cancelled(4), ran_over(5, "08:45"), yes(2)]
    decision = decided(MORNING, *signals)
    assert (decision.base_version, decision.version) == (1, 2)
    assert decision.signal_ids == tuple(s.id for s in signals)
    assert decision.cause is Cause.SIGNALS
    assert decision.stage is Stage.PUBLISHED
    assert str(decision.because) == (
        "Clinician 1 called out at 07:40; visit V-04 was cancelled by the patient; "
        "the patient of visit V-02 confirmed; visit V-05 runs over until 08:45"
    ), "in the order things happened"


def test_reports_that_come_in_the_wrong_order_are_looked_at_in_the_order_of_what_they_tell():
    late_check_in = decided(MORNING, ran_over(5, "09:10", "08:30"), began(5, "08:20"), now=at("08:31"))
    assert late_check_in.cases_opened == ()
    (update,) = late_check_in.visit_updates
    assert (update.started_at, update.expected_end) == (at("08:20"), at("09:10"))


def test_a_later_signal_sees_what_an_earlier_one_did():
    decision = decided(MORNING, cancelled(2), began(2, "08:45"), ran_over(2, "09:30"))
    (update,) = [u for u in decision.visit_updates if u.visit_id == 2]
    assert (update.status, update.started_at, update.expected_end) == (VisitStatus.CANCELLED, None, None)


@pytest.mark.parametrize(
    "signals",
    [
        (called_out(1), cancelled(2)),
        (called_out(1), cancelled(4), added(6)),
        (called_out(1), called_out(2, n=2)),
        (began(1), ran_over(1, "08:50", "08:00"), cancelled(3)),
        (yes(1), called_out(1)),
    ],
    ids=["call-out, own visit off", "call-out, another off, new visit", "two call-outs", "begun, longer", "yes"],
)
def test_the_order_in_one_batch_does_not_matter_where_signals_are_about_different_facts(signals):
    day = replace(MORNING, visits={**MORNING.visits, VisitId(6): visit(6, status=VisitStatus.REQUESTED)})
    one, other = decided(day, *signals, now=at("08:00")), decided(day, *reversed(signals), now=at("08:00"))
    assert one.assignments == other.assignments
    assert one.hits == other.hits
    assert one.visit_updates == other.visit_updates
    assert set(one.cases_opened) == set(other.cases_opened)
    assert one.revs == other.revs


def test_same_signals_day_rulebook_seed_and_iterations_same_decision():
    signals: list[Signal] = [called_out(1), cancelled(4)]
    assert decided(MORNING, *signals, seed=5) == decided(MORNING, *signals, seed=5)
    assert decided(MORNING, *signals, seed=5).run["seed"] == 5
    assert decided(MORNING, *signals).run["rulebook_hash"] == RULEBOOK.hash


@pytest.mark.parametrize(
    "signals", [(), (cancelled(9),), (yes(2),)], ids=["no signal at all", "a visit closed before", "a patient's yes"]
)
def test_with_nothing_to_replan_version_and_plan_stay(signals):
    day = replace(MORNING, visits={**MORNING.visits, VisitId(9): visit(9, status=VisitStatus.COMPLETED)})
    decision = decided(day, *signals, now=NOON)
    assert (decision.version, decision.changes, decision.run) == (1, (), {})
    assert not decision.changes_plan
    assert decision.assignments == day.plan.assignments
    assert decision.revs == {v: 1 for v in day.visits}


def test_a_decision_without_replanning_opens_no_cover_case_anew():
    day = replace(MORNING, visits={**MORNING.visits, VisitId(9): visit(9, status=VisitStatus.REQUESTED)})
    assert decided(day, yes(2)).cases_opened == ()


def test_what_replans_finds_a_place_for_what_had_none_and_closes_its_case():
    waiting = OpenCase(CaseId(1), CaseKind.UNCOVERED_VISIT, CaseSubject("visit", 9, 1))
    elsewhere = OpenCase(CaseId(2), CaseKind.OPTED_OUT, CaseSubject("patient", 201))
    visits = {**MORNING.visits, VisitId(9): visit(9, status=VisitStatus.REQUESTED)}
    decision = decided(replace(MORNING, visits=visits, cases=(waiting, elsewhere)), cancelled(2))
    assert key(9) in decision.assignments
    assert [(c.kind, c.subject) for c in decision.cases_closed if c.kind is CaseKind.UNCOVERED_VISIT] == [
        (waiting.kind, waiting.subject)
    ]
    assert CaseKind.OPTED_OUT not in {c.kind for c in decision.cases_closed}


def test_what_a_person_pinned_does_not_move():
    pinned = stop(2, 1, "08:45", pinned=True, source=Source.HUMAN)
    day = with_plan(MORNING, stop(1, 1, "08:00"), pinned, stop(4, 2, "08:00"))
    for signal in (cancelled(1), ran_over(1, "09:30", "08:20"), called_out(2)):
        assert decided(day, signal).assignments[key(2)].starts_at == at("08:45")
        assert decided(day, signal).assignments[key(2)].clinician_id == 101


def test_a_draft_is_repaired_as_a_draft():
    draft = with_plan(MORNING, *MORNING.plan.assignments.values(), stage=Stage.DRAFT)
    decision = decided(draft, cancelled(2))
    assert (decision.stage, decision.version) == (Stage.DRAFT, 2)


def test_a_decision_belongs_to_its_branch_day():
    decision = decided(MORNING, called_out(1))
    assert (decision.branch_id, decision.service_date) == (1, SERVICE_DATE)


def test_a_whole_morning_one_signal_after_another():
    day = MORNING
    for signal in (called_out(1), cancelled(2, "08:10"), began(4, "08:12"), ended(4, "08:50"), cancelled(5, "09:00")):
        decision = decided(day, signal)
        assert decision.base_version == day.plan.version
        assert decision.version - decision.base_version == bool(decision.changes)
        day = after(day, decision)
    assert day.visits[VisitId(4)].status is VisitStatus.COMPLETED
    assert key(1) in day.plan.assignments
    assert key(3) in day.plan.assignments


def test_a_patient_is_told_anew_only_when_another_window_is_told():
    visits = {**MORNING.visits, VisitId(2): visit(2, window=a_window("08:00", "12:00"))}
    decision = decided(replace(MORNING, visits=visits), called_out(1))
    for change in decision.changes:
        assert change.told_changed == (
            change.after is not None and change.before is not None and change.after.told != change.before.told
        )
        moved = decision.revs[change.key.visit_id] - MORNING.visits[change.key.visit_id].visit_rev
        assert moved == change.told_changed


def test_what_is_no_signal_is_a_programming_error():
    signal: Any = SimpleNamespace(occurred_at=NOON)
    with pytest.raises(AssertionError, match="unreachable"):
        decide([signal], MORNING, RULEBOOK, NOON, BUDGET, 1)


def test_the_planner_is_asked_with_what_was_freed_the_budget_and_the_seed(monkeypatch):
    asked: dict[str, Any] = {}

    def listening(problem: DayProblem, published: Solution, **how: Any) -> Solution:
        asked.update(how)
        return rebalance(problem, published, **how)

    monkeypatch.setattr(repair, "rebalance", listening)
    decided(MORNING, called_out(1), seed=7)
    assert asked == {"freed": (key(1), key(2), key(3)), "budget": BUDGET, "seed": 7}
