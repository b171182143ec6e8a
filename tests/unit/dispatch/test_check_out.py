"""A clinician has left: the visit is done, or nobody was home and someone has to ask why."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import a_published_day, after, began, decided, ended, key, stop, visit

from suture.dispatch.check_out import check_out
from suture.model.cases import CaseKind, CaseSubject
from suture.model.decision import VisitUpdate
from suture.model.signals import Outcome
from suture.model.visit import VisitStatus

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))
UNDER_WAY = after(PLANNED, decided(PLANNED, began(1, "08:05")))


def test_it_is_done_by_whoever_had_it_from_its_true_start_to_its_true_end():
    effect = check_out(replace(ended(1, "08:40"), occurred_at=at("08:38")), UNDER_WAY, at("08:40"))
    assert effect.updates == (
        VisitUpdate(
            key(1).visit_id,
            VisitStatus.COMPLETED,
            started_at=at("08:05"),
            ended_at=at("08:38"),
            done_by=PLANNED.plan.assignments[key(1)].clinician_id,
        ),
    )
    assert (effect.opened, str(effect.because)) == ((), "visit V-01 is done")


def test_whoever_says_so_has_done_it():
    effect = check_out(ended(1, clinician=2), UNDER_WAY, at("08:30"))
    assert effect.updates[0].done_by == 102


def test_a_visit_that_no_one_held_is_done_by_no_one_known():
    day = a_published_day(visits=[visit(1)])
    assert check_out(ended(1), day, at("08:30")).updates[0].done_by is None


def test_no_one_home_is_a_no_show_with_a_case_and_done_by_nobody():
    effect = check_out(ended(1, "08:15", Outcome.NOT_HOME), UNDER_WAY, at("08:15"))
    (update,) = effect.updates
    assert (update.status, update.done_by, update.ended_at) == (VisitStatus.NO_SHOW, None, at("08:15"))
    assert effect.day.visits[key(1).visit_id].done_by is None
    (case,) = effect.opened
    assert (case.kind, case.subject) == (CaseKind.NO_SHOW_FOLLOWUP, CaseSubject("visit", 1))
    assert str(effect.because) == "visit V-01 found no one home"


def test_without_a_check_in_it_began_when_it_ended_as_far_as_anybody_knows():
    assert check_out(ended(1, "08:30"), PLANNED, at("08:30")).updates[0].started_at == at("08:30")


def test_not_home_and_then_done_is_a_question_for_a_person():
    day = replace(PLANNED, visits={**PLANNED.visits, key(1).visit_id: visit(1, status=VisitStatus.NO_SHOW)})
    effect = check_out(ended(1), day, at("08:30"))
    assert ([c.kind for c in effect.opened], effect.updates) == ([CaseKind.EVV_MISMATCH], ())


def test_an_end_before_the_visit_may_begin_is_not_believed():
    effect = check_out(ended(1, "07:00"), PLANNED, at("07:00"))
    assert ([c.kind for c in effect.opened], effect.updates, effect.replans) == ([CaseKind.EVV_MISMATCH], (), False)


@pytest.mark.parametrize(
    ("began_at", "ended_at", "is_believed"),
    [("08:10", "08:05", False), ("08:10", "08:10", True), ("07:40", "07:40", False), ("07:40", "07:39", False)],
)
def test_an_end_before_the_check_in_is_not_believed(began_at, ended_at, is_believed):
    """Reports that came in the wrong order, or a slip; within its window someone may find nobody home at once."""
    day = after(PLANNED, decided(PLANNED, began(1, began_at)))
    effect = check_out(ended(1, ended_at), day, at("08:20"))
    assert bool(effect.updates) == is_believed
    assert bool(effect.opened) != is_believed


def test_a_visit_that_was_begun_early_may_end_before_its_window_opens():
    early = after(PLANNED, decided(PLANNED, began(1, "07:10")))
    assert check_out(ended(1, "07:40"), early, at("07:40")).updates[0].status is VisitStatus.COMPLETED


def test_a_visit_ends_once():
    day = replace(PLANNED, visits={**PLANNED.visits, key(1).visit_id: visit(1, status=VisitStatus.COMPLETED)})
    effect = check_out(ended(1), day, at("08:30"))
    assert (effect.updates, effect.opened, effect.replans) == ((), (), False)


def test_what_is_done_stays_in_the_plan_as_a_record_and_counts_for_those_after_it():
    decision = decided(UNDER_WAY, ended(1, "09:10"))
    assert (decision.assignments[key(1)].starts_at, decision.assignments[key(1)].ends_at) == (at("08:05"), at("09:10"))
    assert decision.assignments[key(2)].starts_at == at("09:25")


def test_minutes_won_pull_no_one_forward_before_the_time_they_were_told():
    decision = decided(UNDER_WAY, ended(1, "08:10", Outcome.NOT_HOME))
    assert decision.assignments[key(2)].starts_at == at("08:45")


def test_a_visit_checked_in_and_out_in_one_batch_is_done():
    decision = decided(PLANNED, began(1, "08:00"), ended(1, "08:31"))
    (update,) = [u for u in decision.visit_updates if u.visit_id == 1]
    assert (update.status, update.started_at, update.ended_at) == (VisitStatus.COMPLETED, at("08:00"), at("08:31"))
