"""A planned visit is asked for otherwise: it is planned as it is now, and whoever knew of the old plan hears."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import SERVICE_DATE, a_window, at
from tests.unit.dispatch.a_morning import (
    a_published_day,
    asked,
    cancelled,
    changes_of,
    decided,
    key,
    otherwise,
    stop,
    visit,
)

from suture.dispatch.visit_changed import visit_changed
from suture.model.cases import CaseKind
from suture.model.decision import ChangeKind
from suture.model.visit import VisitStatus
from suture.words.dates import short_date

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))


def test_another_window_moves_the_visit_and_the_patient_is_told():
    day = asked(MORNING, 2, window=a_window("10:00", "12:00"))
    decision = decided(day, otherwise(2))
    change = changes_of(decision)[key(2)]
    assert at("10:00") <= decision.assignments[key(2)].starts_at <= at("11:30")
    assert change.told_changed
    assert {u.visit_id for u in decision.visit_updates if u.tell} == {2}
    assert str(decision.because) == "visit V-02 changed"


def test_an_old_start_that_is_a_few_minutes_too_early_is_not_kept():
    day = asked(MORNING, 2, window=a_window("08:50", "12:00"))
    assert decided(day, otherwise(2)).assignments[key(2)].starts_at >= at("08:50")


def test_what_a_person_pinned_is_free_once_it_may_no_longer_be_there():
    day = a_published_day(stop(1, 1, "08:00", pinned=True), stop(3, 2, "08:00"))
    kept = decided(asked(day, 1, window=a_window("07:30", "12:00")), otherwise(1))
    assert kept.assignments[key(1)].starts_at == at("08:00")
    moved = decided(asked(day, 1, window=a_window("10:00", "12:00")), otherwise(1))
    assert moved.assignments[key(1)].starts_at >= at("10:00")


def test_fewer_people_release_a_seat_and_more_ask_for_one():
    two = a_published_day(
        stop(1, 1, "08:00"), stop(1, 2, "08:00", position=2), visits=[visit(1, positions=2), visit(3)]
    )
    change = changes_of(decided(asked(two, 1, positions=1), otherwise(1)))[key(1, 2)]
    assert (change.kind, str(change.because)) == (ChangeKind.RELEASED, "the visit needs fewer people")
    more = decided(asked(MORNING, 3, positions=2), otherwise(3))
    assert changes_of(more)[key(3, 2)].kind is ChangeKind.ASSIGNED


def test_a_visit_on_hold_leaves_the_plan_and_a_told_patient_is_to_be_rung():
    decision = decided(asked(MORNING, 2, held=True), otherwise(2))
    assert (changes_of(decision)[key(2)].kind, str(decision.because)) == (ChangeKind.RELEASED, "visit V-02 is on hold")
    (case,) = decision.cases_opened
    assert (case.kind, case.subject.id) == (CaseKind.ON_HOLD_REVIEW, 2)
    assert [str(r) for r in case.reasons] == ["The visit is on hold, and the patient was told 08:30. Call the patient."]


def test_a_visit_that_moved_to_another_day_leaves_this_one():
    later = SERVICE_DATE + timedelta(days=1)
    decision = decided(asked(MORNING, 2, held=True, service_date=later), otherwise(2))
    assert str(changes_of(decision)[key(2)].because) == "the visit was moved to another day"
    assert str(decision.because) == f"visit V-02 was moved to {short_date(later)}"
    (case,) = decision.cases_opened
    assert (case.kind, case.subject.id) == (CaseKind.PROMISE_AT_RISK, 2)
    assert (
        f"It was moved to {short_date(later)}, but the patient was told {short_date(SERVICE_DATE)}, at 08:30."
        in str(case.reasons[0])
    )


@pytest.mark.parametrize("status", [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.CANCELLED])
def test_what_has_begun_or_is_over_stays(status):
    effect = visit_changed(otherwise(1), asked(MORNING, 1, status=status), at("08:00"))
    assert (effect.replans, effect.updates) == (False, ())


def test_a_signal_of_a_visit_that_is_gone_is_no_error_and_not_dropped():
    gone = replace(MORNING, visits={v: x for v, x in MORNING.visits.items() if v != 9})
    assert decided(gone, otherwise(9)).cases_opened == ()
    (case,) = decided(gone, cancelled(9, n=77)).cases_opened
    assert (case.kind, case.subject.kind, case.subject.id) == (CaseKind.LIMIT_REACHED, "signal", 77)
