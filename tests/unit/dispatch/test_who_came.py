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
    return [tuple(map(str, c.reasons)) for c in decision.cases_opened if c.kind is CaseKind.EVV_MISMATCH]


def test_the_one_who_came_is_busy_and_the_one_who_was_planned_is_free():
    day = after(MORNING, decided(MORNING, began(2, "09:00", clinician=2)))
    assert (day.plan.assignments[key(2)].clinician_id, day.plan.assignments[key(2)].source) == (RN2.id, Source.HUMAN)
    urgent = visit(9, window=a_window("09:03", "09:50"), priority=Priority.STAT, roles=("RN",), patient_id=None)
    day = replace(day, visits={**day.visits, urgent.id: urgent})
    assert decided(day, added(9, "09:02")).assignments[key(9)].clinician_id == RN1.id


def test_the_change_says_why():
    change = changes_of(decided(MORNING, began(2, "09:00", clinician=2)))[key(2)]
    assert (change.kind, str(change.because)) == (ChangeKind.REASSIGNED, "this clinician came")


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
        ("Clinician 1 also began visit V-01 and has not ended it. Ask where they are.",),
    ]
    assert [(u.visit_id, u.status) for u in decision.visit_updates] == [(2, VisitStatus.IN_PROGRESS)]


def test_somebody_at_a_cancelled_visit_is_a_case_and_what_took_place_is_recorded():
    day = after(MORNING, decided(MORNING, cancelled(2)))
    assert key(2) not in day.plan.assignments
    came = decided(day, began(2, "09:00", clinician=2))
    assert mismatches(came) == [
        ("The visit was cancelled, but Clinician 2 checked in at 09:00. Call them, then the patient.",)
    ]
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
    assert mismatches(decision) == [("The visit was cancelled, but Clinician 2 was there. Call them.",)]
    (update,) = [u for u in decision.visit_updates if u.visit_id == 2]
    assert (update.status, update.done_by) == (VisitStatus.COMPLETED, RN2.id)
    assert decision.assignments[key(2)].clinician_id == RN2.id


def test_at_a_cancelled_visit_the_hour_is_no_matter():
    """Hours before its time: whoever is named was there, and the case says so and that it was cancelled."""
    day = after(MORNING, decided(MORNING, cancelled(2, "06:00")))
    came = decided(day, began(2, "06:25", clinician=2))
    assert mismatches(came) == [
        ("The visit was cancelled, but Clinician 2 checked in at 06:25. Call them, then the patient.",)
    ]
    there = after(day, came)
    assert there.visits[key(2).visit_id].status is VisitStatus.IN_PROGRESS
    done = decided(there, ended(2, "06:50", clinician=2))
    (update,) = done.visit_updates
    assert mismatches(done) == [], "what the case says already stays"
    assert (update.status, update.started_at, update.ended_at) == (VisitStatus.COMPLETED, at("06:25"), at("06:50"))
    both = decided(day, began(2, "06:25", clinician=2), ended(2, "06:50", clinician=2))
    assert (mismatches(both), both.visit_updates) == (mismatches(came), (update,))


def test_a_cancelled_visit_reported_as_done_hours_before():
    day = after(MORNING, decided(MORNING, cancelled(2, "06:00")))
    named, unnamed = decided(day, ended(2, "06:50", clinician=2)), decided(day, ended(2, "06:50"))
    assert mismatches(named) == [("The visit was cancelled, but Clinician 2 was there. Call them.",)]
    assert [u.status for u in named.visit_updates] == [VisitStatus.COMPLETED]
    assert mismatches(unnamed) == [
        ("Someone reported the visit as ended at 06:50, but it was cancelled. Ask who was there.",)
    ]
    assert unnamed.visit_updates == ()


def test_a_visit_that_is_to_be_does_not_begin_hours_before_but_the_case_says_who_and_when():
    early = decided(MORNING, began(2, "06:25", clinician=2))
    assert (early.visit_updates, early.assignments) == ((), MORNING.plan.assignments)
    assert mismatches(early) == [
        ("Clinician 2 checked in at 06:25, but the visit may not begin before 08:00. Ask where they were.",)
    ]
    over = decided(after(MORNING, early), ended(2, "06:50", clinician=2))
    assert over.visit_updates == ()
    assert mismatches(over) == [
        ("Clinician 2 reported the visit as ended at 06:50, but it may not begin before 08:00. Ask what happened.",)
    ]
    begun = after(MORNING, decided(MORNING, began(2, "08:30")))
    assert mismatches(decided(begun, ended(2, "08:20"))) == [
        ("Someone reported the visit as ended at 08:20, before it began at 08:30. Ask what happened.",)
    ]


def test_another_than_planned_is_named_with_the_one_who_was():
    assert mismatches(decided(MORNING, began(2, "09:00", clinician=2))) == [
        ("Clinician 2 checked in, but Clinician 1 was planned. Ask whose visit it was.",)
    ]
    two = a_published_day(stop(2, 1, "09:00"), stop(2, 2, "09:00", position=2), visits=[visit(2, positions=2)])
    assert mismatches(decided(two, began(2, "09:00", clinician=3))) == [
        ("Clinician 3 checked in, but Clinician 1 and Clinician 2 were planned. Ask whose visit it was.",)
    ]
    open_one = a_published_day(visits=[visit(2)])
    assert mismatches(decided(open_one, began(2, "09:00", clinician=3))) == [
        ("Clinician 3 checked in, but no clinician was planned. Ask whose visit it was.",)
    ]
    stranger = decided(MORNING, began(2, "09:00", clinician=77))
    assert mismatches(stranger)[0][0].startswith("A clinician who is not on the roster checked in, but Clinician 1 was")


def test_no_one_named_at_a_cancelled_visit_is_only_a_case():
    day = after(MORNING, decided(MORNING, cancelled(2)))
    decision = decided(day, began(2, "09:00"))
    assert mismatches(decision) == [("Someone checked in, but the visit was cancelled. Ask who is there.",)]
    assert decision.visit_updates == ()


def test_who_left_a_visit_that_no_one_had_begun_was_there():
    decision = decided(MORNING, ended(2, "09:30", clinician=2))
    assert decision.assignments[key(2)].clinician_id == RN2.id
    assert mismatches(decision) == [("Clinician 2 was there, but Clinician 1 was planned. Ask whose visit it was.",)]


def test_done_and_then_not_home_is_a_question():
    day = after(MORNING, decided(MORNING, ended(1, "08:30")))
    decision = decided(day, ended(1, "08:40", Outcome.NOT_HOME))
    assert mismatches(decision) == [("It was reported as done, then as not home. Ask which it was.",)]
    assert decision.visit_updates == ()


def test_a_second_person_who_checks_in_is_a_question():
    day = after(MORNING, decided(MORNING, began(1, "08:00")))
    assert mismatches(decided(day, began(1, "08:10", clinician=2))) == [
        ("Clinician 2 checked in after the visit had begun with Clinician 1. Ask whose visit it was.",)
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
