"""A visit takes longer: who comes after waits within what was told, or is told anew, or is seen by someone else."""

from dataclasses import replace

import pytest
from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    RN2,
    a_published_day,
    after,
    began,
    changes_of,
    decided,
    ended,
    key,
    ran_over,
    stop,
    visit,
)

from suture.dispatch.run_over import run_over
from suture.model.cases import CaseKind
from suture.model.decision import ChangeKind, VisitUpdate
from suture.model.visit import VisitStatus

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))
UNDER_WAY = after(PLANNED, decided(PLANNED, began(1, "08:00")))


def test_the_new_end_is_recorded_and_said_on_the_branchs_clock():
    effect = run_over(ran_over(1, "09:10"), UNDER_WAY, at("08:20"))
    assert effect.updates == (VisitUpdate(key(1).visit_id, expected_end=at("09:10")),)
    assert str(effect.because) == "visit V-01 runs over until 09:10"
    assert effect.replans


@pytest.mark.parametrize("status", [VisitStatus.COMPLETED, VisitStatus.CANCELLED, VisitStatus.NO_SHOW])
def test_what_has_ended_cannot_run_over(status):
    day = replace(PLANNED, visits={**PLANNED.visits, key(1).visit_id: visit(1, status=status)})
    effect = run_over(ran_over(1, "09:10"), day, at("08:20"))
    assert (effect.updates, effect.replans) == ((), False)


def test_minutes_within_the_told_window_are_no_ones_news():
    decision = decided(UNDER_WAY, ran_over(1, "08:36", "08:20"))
    assert (decision.version, decision.changes) == (UNDER_WAY.plan.version, ())
    assert {u.visit_id: u.expected_end for u in decision.visit_updates} == {1: at("08:36")}


def test_a_quarter_of_an_hour_moves_the_next_start_but_not_what_its_patient_was_told():
    decision = decided(UNDER_WAY, ran_over(1, "08:45", "08:20"))
    assert decision.assignments[key(1)].ends_at == at("08:45")
    change = changes_of(decision)[key(2)]
    assert change.kind is ChangeKind.RETIMED
    assert change.after is not None
    assert change.after.starts_at == at("09:00"), "five minutes of documentation and ten of driving later"
    assert not change.told_changed
    assert decision.revs[key(2).visit_id] == UNDER_WAY.visits[key(2).visit_id].visit_rev


def test_what_no_longer_fits_goes_to_a_colleague_in_time():
    visits = {**UNDER_WAY.visits, key(2).visit_id: visit(2, window=a_window("08:00", "09:30"))}
    decision = decided(replace(UNDER_WAY, visits=visits), ran_over(1, "09:30", "08:20"))
    after_it = decision.assignments[key(2)]
    assert after_it.clinician_id != RN1.id
    assert after_it.starts_at <= at("09:00")
    assert decision.assignments[key(1)].clinician_id == RN1.id


def test_a_visit_that_no_one_checked_in_is_taken_to_have_begun_as_planned():
    decision = decided(PLANNED, ran_over(1, "08:45", "08:20"))
    assert decision.assignments[key(1)].clinician_id == RN1.id
    assert decision.assignments[key(2)].starts_at == at("09:00")
    assert decision.assignments[key(3)].clinician_id == RN2.id


def test_the_true_end_counts_once_it_is_known():
    late = after(UNDER_WAY, decided(UNDER_WAY, ran_over(1, "09:30", "08:20")))
    decision = decided(late, ended(1, "08:31"))
    assert decision.assignments[key(1)].ends_at == at("08:31")


def test_the_same_run_over_again_changes_nothing():
    once = after(UNDER_WAY, decided(UNDER_WAY, ran_over(1, "08:45", "08:20")))
    again = decided(once, ran_over(1, "08:45", "08:21", n=9))
    assert (again.version, again.changes) == (once.plan.version, ())


def test_what_has_not_begun_cannot_run_over_and_somebody_asks():
    effect = run_over(ran_over(2, "09:30"), PLANNED, at("08:20"))
    assert ([c.kind for c in effect.opened], effect.updates, effect.replans) == ([CaseKind.EVV_MISMATCH], (), False)


def test_it_runs_over_and_never_short():
    effect = run_over(ran_over(1, "08:05"), UNDER_WAY, at("08:01"))
    ends = effect.updates[0].expected_end
    assert ends is not None
    assert ends > at("08:05")


def test_a_check_in_of_the_same_minute_counts_first_though_it_came_later():
    decision = decided(PLANNED, ran_over(1, "09:10", "07:50"), began(1, "07:50"))
    assert [c for c in decision.cases_opened if c.kind is CaseKind.EVV_MISMATCH] == []
    assert {u.visit_id: u.expected_end for u in decision.visit_updates}[key(1).visit_id] == at("09:10")
