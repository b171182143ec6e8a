"""A visit that should be over has no check-out: a person asks if all is well, and it counts as going on."""

from datetime import datetime

import pytest
from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    after,
    asked,
    began,
    cancelled,
    decided,
    ended,
    key,
    late,
    no_check_in,
    no_check_out,
    ran_over,
    stop,
)

from suture.dispatch.no_check_out import no_check_out as effect_of
from suture.model.cases import Band, CaseKind
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.signals import Outcome
from suture.model.visit import Priority
from suture.planner.day.live import frozen_stops

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 1, "10:30"), stop(4, 2, "08:00"))
UNDER_WAY = after(PLANNED, decided(PLANNED, began(1, "08:00")))
SILENT = after(UNDER_WAY, decided(UNDER_WAY, no_check_out(1, "09:05")))
KIND = CaseKind.NOT_CLOCKED_OUT


def opened(decision: Decision) -> list[CaseKind]:
    return [c.kind for c in decision.cases_opened]


def closed(decision: Decision) -> dict[CaseKind, str]:
    return {c.kind: str(c.because) for c in decision.cases_closed}


def said(day: Day, now: datetime) -> str:
    return str(effect_of(no_check_out(1, now), day, now).because)


def test_the_case_says_who_since_when_and_to_call():
    (case,) = (c for c in decided(UNDER_WAY, no_check_out(1, "09:05")).cases_opened if c.kind is KIND)
    assert [str(r) for r in case.reasons] == [
        "Clinician 1 checked in at 08:00 and should have left by 08:35, but no check-out has come. "
        "Call and ask if all is well."
    ], "half an hour of care and five minutes of documentation"
    assert (case.subject.kind, case.subject.id) == ("visit", 1)


def test_it_is_to_be_known_in_half_an_hour_or_before_the_next_visit_is_lost():
    (case,) = effect_of(no_check_out(1), UNDER_WAY, at("09:05")).opened
    assert (case.deadline_at, case.band(at("09:05"))) == (at("09:35"), Band.HIGH)
    sooner = asked(UNDER_WAY, 2, window=a_window("08:00", "09:50"))
    (case,) = effect_of(no_check_out(1), sooner, at("09:05")).opened
    assert (case.deadline_at, case.band(at("09:05"))) == (at("09:20"), Band.HIGH)
    (case,) = effect_of(no_check_out(1), asked(UNDER_WAY, 1, priority=Priority.STAT), at("09:05")).opened
    assert case.band(at("09:05")) is Band.CRITICAL


def test_the_visit_counts_as_going_on_and_what_comes_after_waits_and_stays_with_its_clinician():
    decision = decided(UNDER_WAY, no_check_out(1, "09:05"))
    assert decision.assignments[key(2)].starts_at == at("09:20"), "five minutes of documentation, ten of driving"
    assert {decision.assignments[key(n)].clinician_id for n in (1, 2, 3)} == {RN1.id}


def test_a_promise_that_breaks_by_it_is_at_risk_as_by_any_delay():
    assert CaseKind.PROMISE_AT_RISK not in opened(decided(UNDER_WAY, no_check_out(1, "09:05")))
    assert CaseKind.PROMISE_AT_RISK in opened(decided(UNDER_WAY, no_check_out(1, "09:45")))


def test_what_can_no_longer_begin_in_time_is_repaired():
    short = asked(UNDER_WAY, 2, window=a_window("08:00", "09:45"))
    assert decided(short, no_check_out(1, "09:05")).assignments[key(2)].clinician_id != RN1.id


def test_a_check_out_ends_it():
    assert closed(decided(SILENT, ended(1, "09:10")))[KIND] == "the visit is over"
    assert closed(decided(SILENT, ended(1, "09:10", Outcome.NOT_HOME)))[KIND] == "the visit is over"


def test_a_check_in_elsewhere_ends_it_since_they_are_not_there_any_longer():
    assert closed(decided(SILENT, began(2, "09:20")))[KIND] == "the clinician has begun another visit"
    assert KIND not in closed(decided(SILENT, began(4, "09:20"))), "that is someone else"


def test_of_two_carers_both_must_have_gone_on():
    pair = a_published_day(
        stop(1, 1, "08:00"), stop(1, 2, "08:00", position=2), stop(2, 1, "09:00"), stop(3, 2, "09:00")
    )
    both = asked(pair, 1, positions=2)
    there = after(both, decided(both, began(1, "08:00")))
    silent = after(there, decided(there, no_check_out(1, "09:05")))
    first = decided(silent, began(2, "09:10"))
    assert KIND not in closed(first)
    assert KIND in closed(decided(after(silent, first), began(3, "09:15")))


def test_a_report_of_a_later_end_ends_it_until_that_is_over_too():
    longer = decided(SILENT, ran_over(1, "10:00", "09:10"))
    assert closed(longer)[KIND] == "the visit takes longer, as was reported"
    known = after(SILENT, longer)
    assert said(known, at("10:04")) == "visit V-01 has no check-out, and may still last"
    assert KIND in opened(decided(known, no_check_out(1, "10:35")))


def test_a_report_of_an_end_that_has_passed_says_nothing_new():
    assert KIND not in closed(decided(SILENT, ran_over(1, "08:50", "09:10"), now=at("09:10")))


def test_it_stays_while_nothing_is_heard():
    assert closed(decided(SILENT, late(2, 5, "09:10"))) == {}
    assert KIND in [c.kind for c in after(SILENT, decided(SILENT, late(2, 5, "09:10"))).cases]


def test_a_second_one_is_no_news():
    again = decided(SILENT, no_check_out(1, "09:25"))
    assert (opened(again), again.changes) == ([], ()), "nor does it move the deadline"


@pytest.mark.parametrize(
    ("day", "now", "why"),
    [
        (PLANNED, "09:05", "visit V-01 was already scheduled"),
        (after(UNDER_WAY, decided(UNDER_WAY, ended(1, "08:30"))), "09:05", "visit V-01 was already completed"),
        (UNDER_WAY, "08:34", "visit V-01 has no check-out, and may still last"),
        (
            after(UNDER_WAY, decided(UNDER_WAY, began(2, "08:45"))),
            "09:05",
            "visit V-01 has no check-out, but its clinician has begun another visit",
        ),
    ],
)
def test_what_has_not_begun_is_over_may_last_or_was_left_is_not_overdue(day, now, why):
    effect = effect_of(no_check_out(1, now), day, at(now))
    assert (effect.opened, effect.replans, str(effect.because)) == ((), False, why)


@pytest.mark.parametrize("news", [ended(1, "09:06"), began(2, "09:06"), ran_over(1, "10:00", "09:06")])
def test_what_is_answered_in_the_same_decision_is_not_opened(news):
    assert KIND not in opened(decided(UNDER_WAY, no_check_out(1, "09:05"), news))


def test_of_two_missing_check_ins_in_one_decision_the_second_case_is_opened():
    assert opened(decided(PLANNED, no_check_in(1, "08:15"), no_check_in(1, "08:45", absent=True, n=30)))[0] is (
        CaseKind.NCNS
    )
    assert CaseKind.NOT_CLOCKED_IN not in opened(
        decided(PLANNED, no_check_in(1, "08:15"), no_check_in(1, "08:45", absent=True, n=30))
    )


# A check-out that was forgotten


def test_a_forgotten_check_out_does_not_hold_up_the_route_once_the_next_visit_has_begun():
    """Else the third visit would begin later at each decision, and its missing check-in would never be noticed."""
    went_on = after(UNDER_WAY, decided(UNDER_WAY, began(2, "08:45")))
    done = after(went_on, decided(went_on, ended(2, "09:15")))
    left = {int(s.visit.id): s.left_at for s in frozen_stops(done, at("10:44"))}
    assert (left[1], left[2]) == (at("08:35"), at("09:20"))
    assert decided(done, cancelled(4, "10:44")).assignments[key(3)].starts_at == at("10:30")
    assert CaseKind.NOT_CLOCKED_IN in opened(decided(done, no_check_in(3, "10:45")))
