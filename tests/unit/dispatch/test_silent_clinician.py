"""A clinician has not accepted what they were told: a person calls, and nothing is taken from them."""

from dataclasses import replace

from tests.builders import at
from tests.unit.dispatch.a_morning import a_promise, a_published_day, day_not_accepted, decided, stop

from suture.model.cases import CaseKind, CaseSubject
from suture.model.day import ConfirmationState
from suture.model.ids import PartyId

TOUCH = 10_101
PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "10:00"))


def test_silence_is_a_case_with_the_first_start_of_what_they_were_told():
    decision = decided(PLANNED, day_not_accepted(1, TOUCH))
    (case,) = decision.cases_opened
    assert case.kind is CaseKind.CLINICIAN_SILENT
    assert case.subject == CaseSubject.of_clinician(PartyId(101), PLANNED.service_date)
    assert [str(r) for r in case.reasons[:2]] == [
        "Clinician 1 has not accepted the list, which begins at 08:00. Call and ask.",
        "If they are not coming, report it, and their visits go to others: suture signal call-out E-01.",
    ]
    assert case.deadline_at == at("07:00")
    assert decision.assignments == PLANNED.plan.assignments


def test_who_has_answered_is_not_silent():
    promises = tuple(replace(p, answer=ConfirmationState.ACCEPTED) for p in PLANNED.promises)
    decision = decided(replace(PLANNED, promises=promises), day_not_accepted(1, TOUCH))
    assert decision.cases_opened == ()
    assert str(decision.because) == "Clinician 1 has nothing left to answer"


def test_a_message_that_a_newer_one_has_replaced_asks_nothing():
    newer = tuple(a_promise(n, party=PartyId(101), touch=99) for n in (1, 2))
    decision = decided(replace(PLANNED, promises=newer), day_not_accepted(1, TOUCH))
    assert decision.cases_opened == ()
