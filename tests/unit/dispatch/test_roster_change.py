"""What is known of a clinician changes: what she cannot do any more goes to others, or a person looks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import SERVICE_DATE, a_credential, at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    decided,
    key,
    on_the_roster,
    stop,
    without,
    working,
)

from suture.model.cases import CaseKind, CaseSubject
from suture.model.signals import RosterField

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "09:00"), stop(3, 2, "08:00"))


def test_hours_that_are_gone_give_her_visits_to_others():
    decision = decided(working(MORNING, 1), on_the_roster(1))
    assert RN1.id not in {a.clinician_id for a in decision.assignments.values()}
    assert set(decision.hit) == {key(1), key(2)}
    assert decision.because == "the hours of Clinician 1 changed"


def test_shorter_hours_take_away_only_what_is_outside_them():
    decision = decided(working(MORNING, 1, ("07:00", "08:50")), on_the_roster(1))
    assert decision.assignments[key(1)].clinician_id == RN1.id
    assert decision.assignments[key(2)].clinician_id != RN1.id
    assert decision.hit == (key(2),)


def test_an_old_start_a_few_minutes_before_her_new_hours_is_not_kept():
    decision = decided(working(MORNING, 1, ("08:05", "13:00")), on_the_roster(1))
    own = [a for a in decision.assignments.values() if a.clinician_id == RN1.id]
    assert all(a.starts_at >= at("08:05") for a in own)


def test_who_has_left_keeps_nothing_not_even_what_was_pinned():
    day = a_published_day(stop(1, 1, "08:00", pinned=True), stop(3, 2, "08:00"))
    decision = decided(without(day, 1), on_the_roster(1, changed=RosterField.STATUS))
    assert RN1.id not in {a.clinician_id for a in decision.assignments.values()}
    assert decision.because == "a clinician is no longer at work"


@pytest.mark.parametrize("days", [-1, 0])
def test_a_credential_counts_on_its_last_day_and_not_after(days):
    until = SERVICE_DATE + timedelta(days=days)
    nurse = replace(RN1, credentials=(a_credential("RN", until=until),))
    day = replace(MORNING, clinicians={**MORNING.clinicians, RN1.id: nurse})
    decision = decided(day, on_the_roster(1, changed=RosterField.CREDENTIALS))
    has = {a.key for a in decision.assignments.values() if a.clinician_id == RN1.id}
    assert has == ({key(1), key(2)} if days == 0 else set())
    case = next(c for c in decision.cases_opened if c.kind is CaseKind.CREDENTIAL_EXPIRING)
    assert case.subject == CaseSubject.of_clinician(RN1.id, SERVICE_DATE)


def test_other_days_have_subjects_of_their_own():
    days = [SERVICE_DATE + timedelta(days=n) for n in range(3)]
    assert len({CaseSubject.of_clinician(RN1.id, d) for d in days}) == 3
    assert all(0 < CaseSubject.of_clinician(RN1.id, d).position < 2**15 for d in days)


def test_nothing_changes_where_the_plan_still_stands():
    decision = decided(working(MORNING, 1, ("06:00", "14:00")), on_the_roster(1))
    assert (decision.changes, decision.hit) == ((), ())
