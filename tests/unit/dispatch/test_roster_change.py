"""What is known of a clinician changes: what she cannot do any more goes to others, or a person looks."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders import SERVICE_DATE, a_credential, a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    added,
    changes_of,
    decided,
    key,
    on_the_roster,
    stop,
    visit,
    without,
    working,
)

from suture.model.cases import CaseKind, CaseSubject
from suture.model.people import Availability, AvailabilityKind, Away
from suture.model.signals import RosterField
from suture.model.visit import VisitStatus

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "09:00"), stop(3, 2, "08:00"))


def test_hours_that_are_gone_give_her_visits_to_others():
    decision = decided(working(MORNING, 1), on_the_roster(1))
    assert RN1.id not in {a.clinician_id for a in decision.assignments.values()}
    assert set(decision.hit) == {key(1), key(2)}
    assert str(decision.because) == "Clinician 1’s hours changed"


def test_an_absence_from_a_file_is_titled_as_time_off_even_beside_a_new_visit():
    off = Availability(RN1.id, at("07:00"), at("12:00"), AvailabilityKind.UNAVAILABLE)
    stops = (stop(1, 1, "08:00"), stop(2, 1, "09:00"))
    new = visit(4, status=VisitStatus.REQUESTED, window=a_window("10:00", "12:00"))
    day = working(a_published_day(*stops, visits=[visit(1), visit(2), new]), 1)
    day = replace(day, availability=(*day.availability, off))
    decision = decided(day, added(4, "07:39"), on_the_roster(1))
    assert str(decision.because) == "Clinician 1 has time off; visit V-04 was added"
    why = {number: str(changes_of(decision)[key(number)].because) for number in (1, 2, 4)}
    assert why == {1: "Clinician 1 has time off", 2: "Clinician 1 has time off", 4: "visit V-04 was added"}


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
    assert str(decision.because) == "a clinician is no longer at work"


def test_why_she_is_away_is_said_once_and_with_her_name():
    day = replace(without(MORNING, 1), away={RN1.id: Away("Clinician 1", "unclear")})
    decision = decided(day, on_the_roster(1, changed=RosterField.STATUS), on_the_roster(1))
    assert str(decision.because) == "the import could not read the status of Clinician 1"
    assert decision.heard_again == () and not decision.cases_closed


def test_who_is_known_again_is_to_hear_what_she_was_not_told():
    decision = decided(MORNING, on_the_roster(1, changed=RosterField.STATUS))
    assert decision.heard_again == (RN1.id,)
    assert [c.kind for c in decision.cases_closed] == [CaseKind.MESSAGE_UNDELIVERABLE]


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
