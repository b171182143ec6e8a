"""Who came is where she is; a report that cannot be so is a case, and what took place is recorded."""

from dataclasses import replace

from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    RN2,
    a_published_day,
    added,
    after,
    asked,
    began,
    cancelled,
    changes_of,
    decided,
    ended,
    key,
    ran_over,
    stop,
    visit,
)

from suture.model.cases import CaseKind
from suture.model.decision import ChangeKind, Decision
from suture.model.plan import Source
from suture.model.signals import Outcome, RunOver
from suture.model.visit import Priority, VisitStatus

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "09:00"), stop(3, 2, "09:30"))


def mismatches(decision: Decision) -> list[tuple[str, ...]]:
    return [c.reasons for c in decision.cases_opened if c.kind is CaseKind.EVV_MISMATCH]


def test_the_one_who_came_is_busy_and_the_one_who_was_planned_is_free():
    day = after(MORNING, decided(MORNING, began(2, "09:00", clinician=2)))
    assert (day.plan.assignments[key(2)].clinician_id, day.plan.assignments[key(2)].source) == (RN2.id, Source.HUMAN)
    urgent = visit(9, window=a_window("09:03", "09:50"), priority=Priority.STAT, roles=("RN",), patient_id=None)
    day = replace(day, visits={**day.visits, urgent.id: urgent})
    assert decided(day, added(9, "09:02")).assignments[key(9)].clinician_id == RN1.id


def test_the_change_says_why():
    change = changes_of(decided(MORNING, began(2, "09:00", clinician=2)))[key(2)]
    assert (change.kind, change.because) == (ChangeKind.REASSIGNED, "this clinician came")


def test_of_two_carers_the_one_known_to_be_elsewhere_is_replaced():
    two = visit(2, positions=2)
    day = a_published_day(
        stop(1, 2, "08:00"),
        stop(2, 1, "09:00"),
        stop(2, 2, "09:00", position=2),
        visits=[visit(1), two],
    )
    day = after(day, decided(day, began(1, "08:00")))
    came = decided(day, began(2, "09:00", clinician=3))
    assert {k: a.clinician_id - 100 for k, a in came.assignments.items() if k.visit_id == 2} == {
        key(2): 1,
        key(2, 2): 3,
    }


def test_one_clinician_in_two_begun_visits_is_a_case_and_recorded():
    day = after(MORNING, decided(MORNING, began(1, "08:00")))
    decision = decided(day, began(2, "08:20"))
    assert mismatches(decision) == [
        ("The clinician also began visit V-01 and has not ended it. Ask where they are.",),
    ]
    assert [(u.visit_id, u.status) for u in decision.visit_updates] == [(2, VisitStatus.IN_PROGRESS)]


def test_somebody_at_a_cancelled_visit_is_a_case_and_what_took_place_is_recorded():
    day = after(MORNING, decided(MORNING, cancelled(2)))
    assert key(2) not in day.plan.assignments
    came = decided(day, began(2, "09:00", clinician=2))
    assert mismatches(came) == [("The visit was cancelled, but a clinician is there. Call them, then the patient.",)]
    there = after(day, came)
    assert there.plan.assignments[key(2)].clinician_id == RN2.id
    done = decided(there, ended(2, "09:30", clinician=2))
    (update,) = [u for u in done.visit_updates if u.visit_id == 2]
    assert (update.status, update.started_at, update.ended_at, update.done_by) == (
        VisitStatus.COMPLETED,
        at("09:00"),
        at("09:30"),
        RN2.id,
    )


def test_a_cancelled_visit_that_is_only_reported_as_done_is_recorded_too():
    day = after(MORNING, decided(MORNING, cancelled(2)))
    decision = decided(day, ended(2, "09:30", clinician=2))
    assert mismatches(decision) == [("The visit was cancelled, but a clinician was there. Call them.",)]
    (update,) = decision.visit_updates
    assert (update.status, update.done_by) == (VisitStatus.COMPLETED, RN2.id)
    assert decision.assignments[key(2)].clinician_id == RN2.id


def test_nobody_named_at_a_cancelled_visit_is_only_a_case():
    day = after(MORNING, decided(MORNING, cancelled(2)))
    decision = decided(day, began(2, "09:00"))
    assert mismatches(decision) == [("Someone checked in, but the visit was cancelled. Ask who is there.",)]
    assert decision.visit_updates == ()


def test_who_left_a_visit_that_nobody_had_begun_was_there():
    decision = decided(MORNING, ended(2, "09:30", clinician=2))
    assert decision.assignments[key(2)].clinician_id == RN2.id
    assert mismatches(decision) == [("A different clinician than planned was there. Ask whose visit it was.",)]


def test_done_and_then_not_home_is_a_question():
    day = after(MORNING, decided(MORNING, ended(1, "08:30")))
    decision = decided(day, ended(1, "08:40", Outcome.NOT_HOME))
    assert mismatches(decision) == [("It was reported as done, then as not home. Ask which it was.",)]
    assert decision.visit_updates == ()


def test_a_second_person_who_checks_in_is_a_question():
    day = after(MORNING, decided(MORNING, began(1, "08:00")))
    assert mismatches(decided(day, began(1, "08:10", clinician=2))) == [
        ("Two clinicians checked in one after the other. Ask whose visit it was.",)
    ]
    assert mismatches(decided(day, began(1, "08:10", clinician=1))) == []


def test_so_many_minutes_longer_said_three_times_is_said_once():
    day = after(MORNING, decided(MORNING, began(1, "08:00")))
    for n, clock in enumerate(("08:10", "08:11", "08:20"), start=20):
        late = ran_over(1, "09:00", clock, n=n)
        twenty = RunOver(
            id=late.id, received_at=late.received_at, occurred_at=late.occurred_at, visit_id=late.visit_id, minutes=20
        )
        decision = decided(day, twenty)
        assert [u.expected_end for u in decision.visit_updates if u.expected_end] == [at("08:50")]
        day = after(day, decision)
    assert asked(day, 1).visits[key(1).visit_id].expected_end == at("08:50")
