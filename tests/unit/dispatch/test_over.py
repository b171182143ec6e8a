"""Cases of silence and lateness close by themselves once their cause is gone, and say why."""

from dataclasses import replace

import pytest
from tests.builders import at
from tests.unit.dispatch.a_morning import (
    a_published_day,
    after,
    answered,
    asked,
    began,
    called_out,
    cancelled,
    day_answered,
    day_not_accepted,
    decided,
    held,
    key,
    late,
    no_check_in,
    silent,
    stop,
)

from suture.model.cases import CaseKind, CaseSubject, OpenCase
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import CaseId, PartyId
from suture.model.plan import ToldWindow
from suture.model.signals import Answer

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "10:00"), stop(3, 2, "08:00"))
LATE = after(PLANNED, decided(PLANNED, no_check_in(1)))


def closed(decision: Decision) -> dict[CaseKind, str]:
    return {c.kind: str(c.because) for c in decision.cases_closed}


def open_kinds(day: Day) -> list[CaseKind]:
    return [c.kind for c in day.cases]


def test_a_missing_check_in_is_over_once_the_visit_went_to_someone_else():
    assert closed(decided(LATE, called_out(1, "08:20"))) == {
        CaseKind.NOT_CLOCKED_IN: "the clinician no longer has the visit"
    }
    absent = after(LATE, decided(LATE, no_check_in(1, "08:45", absent=True)))
    assert closed(decided(absent, called_out(1, "08:50")))[CaseKind.NCNS] == "the clinician no longer has the visit"


@pytest.mark.parametrize(
    ("signal", "why"),
    [
        (cancelled(1, "08:20"), "someone checked in, or the visit is over"),
        (held(1, "08:20"), "the visit is on hold"),
        (began(1, "08:20"), "someone checked in, or the visit is over"),
    ],
)
def test_a_missing_check_in_is_over_with_the_visit(signal, why):
    assert closed(decided(LATE, signal))[CaseKind.NOT_CLOCKED_IN] == why


def test_it_stays_while_no_one_has_checked_in():
    assert closed(decided(LATE, late(2, 5, "08:20"))) == {}
    assert CaseKind.NOT_CLOCKED_IN in open_kinds(after(LATE, decided(LATE, cancelled(2, "08:20"))))


def test_a_silent_patient_is_not_asked_about_a_visit_that_has_begun():
    day = asked(PLANNED, 1, answer_by=at("06:30"))
    waiting = after(day, decided(day, silent(1, "06:31")))
    assert open_kinds(waiting) == [CaseKind.PATIENT_SILENT]
    assert closed(decided(waiting, began(1, "08:00")))[CaseKind.PATIENT_SILENT] == (
        "someone checked in, or the visit is over"
    )


def test_a_silent_patient_is_not_called_about_a_visit_that_no_one_would_come_to():
    day = asked(PLANNED, 1, answer_by=at("06:30"))
    waiting = after(day, decided(day, silent(1, "06:31")))
    gone = [called_out(clinician, "06:40") for clinician in (1, 2, 3)]
    alone = decided(waiting, *gone)
    assert key(1) not in alone.assignments
    assert closed(alone)[CaseKind.PATIENT_SILENT] == "the visit has no clinician now"
    silence = decided(after(waiting, alone), silent(1, "06:45"))
    assert CaseKind.PATIENT_SILENT not in [c.kind for c in silence.cases_opened]


def test_a_silent_clinician_is_not_asked_about_what_others_have_now():
    waiting = after(PLANNED, decided(PLANNED, day_not_accepted(1, 10_101)))
    assert open_kinds(waiting) == [CaseKind.CLINICIAN_SILENT]
    assert CaseKind.CLINICIAN_SILENT not in closed(decided(waiting, cancelled(1, "07:00"))), "V-02 is still ahead"
    assert closed(decided(waiting, called_out(1, "07:00"))) == {CaseKind.CLINICIAN_SILENT: "nothing is left to accept"}


def still_open(day: Day, kind: CaseKind, subject: CaseSubject) -> Day:
    """The day with one case."""
    return replace(day, cases=(OpenCase(CaseId(1), kind, subject),))


def broken(*numbers: int) -> Day:
    """The day in which the patients of these visits were told another time than is planned."""
    other = ToldWindow(at("11:30"), at("12:00"))
    promises = tuple(replace(p, window=other) if p.visit_id in numbers else p for p in ROUTE.promises)
    return replace(ROUTE, promises=promises)


ROUTE = a_published_day(*(stop(n, 1, f"{7 + n:02}:00") for n in range(1, 5)))
NOTHING = late(4, 5, "07:00")
RISK = CaseKind.PROMISE_AT_RISK, CaseSubject("visit", 1)
CASCADE = CaseKind.OVERRUN_CASCADE, CaseSubject.of_clinician(PartyId(101), ROUTE.service_date)


def test_a_promise_that_is_kept_after_all_is_not_at_risk():
    assert closed(decided(still_open(broken(1), *RISK), NOTHING)) == {}
    assert closed(decided(still_open(broken(), *RISK), NOTHING)) == {
        CaseKind.PROMISE_AT_RISK: "the visit begins in the promised time again"
    }


def test_a_promise_is_no_longer_at_risk_once_the_visit_has_begun():
    assert closed(decided(still_open(broken(1), *RISK), began(1, "08:00")))[CaseKind.PROMISE_AT_RISK] == (
        "someone checked in, or the visit is over"
    )


def test_a_visit_that_lost_its_clinician_keeps_its_promise_at_risk():
    lost = {k: a for k, a in ROUTE.plan.assignments.items() if k != key(1)}
    day = replace(broken(1), plan=replace(ROUTE.plan, assignments=lost))
    assert closed(decided(still_open(day, *RISK), NOTHING)) == {}


def test_a_route_is_no_longer_late_once_few_of_its_patients_wait_to_be_told():
    assert closed(decided(still_open(broken(1, 2, 3), *CASCADE), NOTHING)) == {}
    assert closed(decided(still_open(broken(1, 2), *CASCADE), NOTHING)) == {
        CaseKind.OVERRUN_CASCADE: "the route is on time again, or its patients were told"
    }


def test_what_is_over_by_the_end_of_a_decision_is_not_opened_by_it():
    """A timer and what it waited for are decided together."""
    for news in (began(1, "08:16"), called_out(1, "08:16"), cancelled(1, "08:16"), held(1, "08:16")):
        decision = decided(PLANNED, no_check_in(1, "08:15"), news)
        assert CaseKind.NOT_CLOCKED_IN not in {c.kind for c in decision.cases_opened}
    asked_for = asked(PLANNED, 1, answer_by=at("06:30"))
    (promise,) = (p for p in PLANNED.promises if (p.visit_id, p.party_id) == (1, 201))
    yes = answered(promise, Answer.ACCEPT, "06:32")
    assert decided(asked_for, silent(1, "06:31")).cases_opened != ()
    assert decided(asked_for, silent(1, "06:31"), yes).cases_opened == ()
    accepted = day_answered(1, 10_101, Answer.ACCEPT, "06:31")
    assert decided(PLANNED, day_not_accepted(1, 10_101), accepted).cases_opened == ()


def test_what_is_seen_again_stays_open():
    decision = decided(still_open(PLANNED, CaseKind.NOT_CLOCKED_IN, CaseSubject("visit", 1, 1)), no_check_in(1))
    assert [c.kind for c in decision.cases_opened] == [CaseKind.NOT_CLOCKED_IN]
    assert closed(decision) == {}
