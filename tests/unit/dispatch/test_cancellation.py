"""A visit will not take place: its clinician is free, its patient is told, and nothing else moves without need."""

from dataclasses import replace

import pytest
from tests.builders import an_open_shift, at
from tests.unit.dispatch.a_morning import (
    a_published_day,
    after,
    cancelled,
    changes_of,
    decided,
    key,
    stop,
    visit,
)

from suture.dispatch.cancellation import cancellation
from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.decision import ChangeKind, VisitUpdate
from suture.model.ids import CaseId, PlaceId
from suture.model.visit import VisitStatus

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 1, "09:30"))


def with_status(status: VisitStatus):
    return replace(MORNING, visits={**MORNING.visits, key(2).visit_id: visit(2, status=status)})


def test_the_visit_is_closed_with_who_and_why_and_its_patient_is_told():
    effect = cancellation(cancelled(2, by="agency", reason="staff meeting"), MORNING, at("07:40"))
    assert effect.updates == (
        VisitUpdate(
            key(2).visit_id,
            VisitStatus.CANCELLED,
            cancelled_by="agency",
            cancel_reason="staff meeting",
            tell=True,
        ),
    )
    assert effect.tell_cancelled == (2,)
    assert str(effect.because) == "visit V-02 was cancelled by the agency"
    assert effect.day.visits[key(2).visit_id].is_closed


def test_without_a_patient_there_is_no_one_to_tell():
    shift = an_open_shift(2, place_id=PlaceId(2))
    day = replace(MORNING, visits={**MORNING.visits, shift.id: shift})
    assert cancellation(cancelled(2), day, at("07:40")).tell_cancelled == ()


@pytest.mark.parametrize("status", [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.CANCELLED])
def test_what_is_under_way_or_closed_is_left_alone(status):
    effect = cancellation(cancelled(2), with_status(status), at("07:40"))
    assert (effect.updates, effect.replans, effect.tell_cancelled) == ((), False, ())
    assert [c.kind for c in effect.opened] == [CaseKind.EVV_MISMATCH] * (status is VisitStatus.IN_PROGRESS)


def test_its_position_leaves_the_plan_and_no_one_else_moves():
    decision = decided(MORNING, cancelled(2))
    assert key(2) not in decision.assignments
    change = changes_of(decision)[key(2)]
    assert (change.kind, change.told_changed) == (ChangeKind.RELEASED, False)
    assert str(change.because) == "the visit was cancelled"
    assert {k: a.starts_at for k, a in decision.assignments.items()} == {key(1): at("08:00"), key(3): at("09:30")}
    assert decision.assignments[key(3)].route_order == 2
    assert decision.revs == {1: 1, 2: 2, 3: 1}, "only its own told content has changed"


def test_open_cases_about_it_are_closed():
    cover = OpenCase(CaseId(1), CaseKind.UNCOVERED_VISIT, CaseSubject("visit", 2, 1))
    declined = OpenCase(CaseId(2), CaseKind.PATIENT_DECLINED, CaseSubject("visit", 2))
    silent = OpenCase(CaseId(3), CaseKind.PATIENT_SILENT, CaseSubject("visit", 2))
    day = a_published_day(stop(1, 1, "08:00"), visits=[visit(1), visit(2, status=VisitStatus.REQUESTED)])
    day = replace(day, cases=(cover, declined, silent))
    decision = decided(day, cancelled(2))
    assert {(c.kind, c.subject) for c in decision.cases_closed} == {(c.kind, c.subject) for c in day.cases}
    assert after(day, decision).cases == ()


def test_cancelled_twice_is_cancelled_once():
    once = after(MORNING, decided(MORNING, cancelled(2)))
    again = decided(once, cancelled(2, n=9))
    assert (again.version, again.changes, again.visit_updates, again.tell_cancelled) == (once.plan.version, (), (), ())
