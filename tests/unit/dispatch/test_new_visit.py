"""Demand that arrives after the first pass is fitted into the day as it stands."""

from dataclasses import replace

import pytest
from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import a_published_day, added, after, changes_of, decided, key, stop, visit

from suture.dispatch.new_visit import new_visit
from suture.model.cases import CaseKind
from suture.model.decision import ChangeKind
from suture.model.visit import Priority, Visit, VisitStatus

STOPS = (stop(1, 1, "08:00"), stop(2, 2, "08:00"))


def with_new(new: Visit):
    return a_published_day(*STOPS, visits=[visit(1), visit(2), new])


URGENT = visit(3, status=VisitStatus.REQUESTED, priority=Priority.URGENT, window=a_window("09:00", "12:00"))


def test_each_of_its_seats_is_asked_for():
    effect = new_visit(added(3), with_new(replace(URGENT, positions=2)), at("07:40"))
    assert effect.freed == (key(3, 1), key(3, 2))
    assert str(effect.because) == "visit V-03 was added"
    assert effect.hit == (), "nobody was displaced"


def test_a_seat_that_somebody_has_is_not_asked_for_again():
    day = a_published_day(*STOPS, stop(3, 1, "09:00"), visits=[visit(1), visit(2), replace(URGENT, positions=2)])
    assert new_visit(added(3), day, at("07:40")).freed == (key(3, 2),)


@pytest.mark.parametrize(
    ("facts", "said"), [({"status": VisitStatus.CANCELLED}, "cancelled"), ({"held": True}, "on hold")]
)
def test_one_that_no_longer_needs_anyone_is_left_alone_and_it_says_why(facts, said):
    effect = new_visit(added(3), with_new(replace(URGENT, **facts)), at("07:40"))
    assert effect.freed == ()
    assert str(effect.because) == f"visit V-03 is {said} and needs no clinician"


def test_it_is_given_to_somebody_and_the_patient_is_told_for_the_first_time():
    decision = decided(with_new(URGENT), added(3))
    change = changes_of(decision)[key(3)]
    assert (change.kind, change.told_changed) == (ChangeKind.ASSIGNED, True)
    assert str(change.because) == "visit V-03 was added"
    assert decision.assignments[key(3)].starts_at >= at("09:00")
    assert decision.revs[key(3).visit_id] == 1, "nothing that was told has changed"
    assert {u.visit_id: u.status for u in decision.visit_updates} == {3: VisitStatus.SCHEDULED}
    assert {k for k in changes_of(decision)} == {key(3)}, "nobody else moves"


def test_one_that_no_one_can_do_is_a_case_and_the_plan_stays():
    impossible = replace(URGENT, roles=("PT",))
    decision = decided(with_new(impossible), added(3))
    assert decision.version == 1
    (case,) = decision.cases_opened
    assert (case.kind, case.subject.id, case.risk) == (CaseKind.UNCOVERED_VISIT, 3, 5)


def test_half_of_a_double_up_is_a_case_for_the_seat_that_is_missing():
    wanted = replace(URGENT, positions=2, roles=("LPN",))
    decision = decided(with_new(wanted), added(3))
    covered = {k.position for k in decision.assignments if k.visit_id == 3}
    (case,) = decision.cases_opened
    assert covered | {case.subject.position} == {1, 2}


def test_two_seats_are_two_people_at_one_time():
    decision = decided(with_new(replace(URGENT, positions=2)), added(3))
    one, two = decision.assignments[key(3, 1)], decision.assignments[key(3, 2)]
    assert one.clinician_id != two.clinician_id
    assert one.starts_at == two.starts_at


def test_the_same_visit_again_changes_nothing():
    day = with_new(URGENT)
    once = after(day, decided(day, added(3)))
    again = decided(once, added(3, n=9))
    assert (again.version, again.changes) == (once.plan.version, ())
