"""A visit waits, waits no longer, or was cancelled by mistake: its place is given back, and asked for again."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    after,
    asked,
    began,
    cancelled,
    changes_of,
    closed,
    decided,
    held,
    key,
    released,
    reopening,
    stop,
    visit,
)

from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.decision import ChangeKind
from suture.model.ids import CaseId
from suture.model.visit import VisitStatus

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "09:00"))
WAITING = after(PLANNED, decided(PLANNED, held(1)))
CANCELLED = after(PLANNED, decided(PLANNED, cancelled(1)))


def test_a_visit_on_hold_leaves_the_plan_and_its_patient_is_called():
    decision = decided(PLANNED, held(1))
    assert key(1) not in decision.assignments
    assert changes_of(decision)[key(1)].kind is ChangeKind.RELEASED
    (case,) = (c for c in decision.cases_opened if c.kind is CaseKind.ON_HOLD_REVIEW)
    assert str(case.reasons[0]) == "The visit is on hold, and the patient was told 08:00. Call the patient."


def test_a_visit_on_hold_is_never_placed():
    assert key(1) not in decided(WAITING, cancelled(2)).assignments


def test_a_visit_under_way_goes_on_and_somebody_asks():
    under_way = after(PLANNED, decided(PLANNED, began(1, "07:55")))
    decision = decided(under_way, held(1, "08:05"))
    assert key(1) in decision.assignments
    assert [c.kind for c in decision.cases_opened if c.subject.id == 1] == [CaseKind.EVV_MISMATCH]


def test_a_released_visit_needs_a_clinician_again():
    decision = decided(WAITING, released(1, "07:50"))
    assert decision.assignments[key(1)].clinician_id is not None
    assert str(decision.because) == "visit V-01 is no longer on hold"
    assert CaseKind.ON_HOLD_REVIEW in {c.kind for c in decision.cases_closed}


def test_what_was_not_on_hold_cannot_be_released():
    decision = decided(PLANNED, released(1))
    assert (decision.version, str(decision.because)) == (PLANNED.plan.version, "visit V-01 was not on hold")


def test_a_visit_of_a_patient_who_is_not_cared_for_now_goes_on_waiting():
    patients = {p: replace(one, status="inpatient") for p, one in WAITING.patients.items()}
    decision = decided(replace(WAITING, patients=patients), released(1, "07:50"))
    assert key(1) not in decision.assignments
    assert [u.held for u in decision.visit_updates if u.visit_id == 1] == [False], "it was the hold that ended"
    assert str(decision.because) == "visit V-01 was released, but no clinician can be sent yet"


def test_a_visit_whose_site_is_closed_all_the_time_is_not_released():
    shut = after(PLANNED, decided(PLANNED, closed(1, "00:00", "23:59")))
    assert shut.visits[key(1).visit_id].held
    decision = decided(shut, released(1, "07:50"))
    assert (key(1) in decision.assignments, decision.visit_updates) == (False, ())


def test_cancelled_and_reopened_before_anyone_decided_no_one_hears_of_it():
    decision = decided(PLANNED, cancelled(1, "07:40"), reopening(1, "07:41"))
    assert (key(1) in decision.assignments, decision.tell_cancelled) == (True, ())


def test_a_visit_cancelled_by_mistake_takes_place_and_its_patient_hears_of_it():
    decision = decided(CANCELLED, reopening(1, "07:45"))
    assert key(1) in decision.assignments
    update = {u.visit_id: u for u in decision.visit_updates}[key(1).visit_id]
    assert (update.status, update.tell) == (VisitStatus.SCHEDULED, True)


@pytest.mark.parametrize("status", [VisitStatus.COMPLETED, VisitStatus.NO_SHOW, VisitStatus.SCHEDULED])
def test_only_a_cancelled_visit_can_be_reopened(status):
    day = asked(PLANNED, 1, status=status)
    assert str(decided(day, reopening(1)).because).startswith("visit V-01 was not cancelled")


def test_a_visit_whose_time_is_over_stays_cancelled():
    decision = decided(CANCELLED, reopening(1, "12:30"), now=at("12:30"))
    assert (key(1) in decision.assignments, str(decision.because)) == (False, "visit V-01 was reopened after its time")


def test_a_report_about_another_visit_of_hers_changes_nothing_of_it():
    day = replace(PLANNED, visits={**PLANNED.visits, key(1).visit_id: visit(1, held=True)})
    assert decided(day, released(1)).assignments[key(2)].clinician_id == RN1.id


def test_a_case_about_a_hold_stays_until_the_hold_is_over_whatever_opened_it():
    """One of a hold of many days is opened beside the decisions: the next of them does not close it."""
    untold = replace(PLANNED, promises=())
    waiting = after(untold, decided(untold, held(1)))
    opened = replace(waiting, cases=(OpenCase(CaseId(7), CaseKind.ON_HOLD_REVIEW, CaseSubject("visit", 1)),))
    assert CaseKind.ON_HOLD_REVIEW not in {c.kind for c in decided(opened, cancelled(2)).cases_closed}
    assert CaseKind.ON_HOLD_REVIEW in {c.kind for c in decided(opened, released(1, "07:50")).cases_closed}


def test_a_visit_reopened_while_its_site_is_closed_all_the_time_waits():
    shut = after(CANCELLED, decided(CANCELLED, closed(1, "07:00", "20:00")))
    decision = decided(shut, reopening(1, "07:50"))
    assert key(1) not in decision.assignments
    assert [u.held for u in decision.visit_updates if u.visit_id == key(1).visit_id] == [True]
