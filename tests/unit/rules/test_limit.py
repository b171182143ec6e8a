"""At most …"""

from datetime import timedelta

import pytest
from tests.builders import a_branch, a_clinician, a_past_visit, a_visit, an_open_shift, at
from tests.rule_verifier import verify

from suture.model.ids import VisitId
from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import LimitMeasure

DAILY = """
    id: day-hours
    kind: limit
    per: [clinician, day]
    max_minutes: 480
    over: {weight: 4, hard_at: 600}
"""
WEEKLY = """
    id: week-hours
    kind: limit
    per: [clinician, week]
    max_minutes: 2400
"""
WOUNDS = """
    id: wound-cap
    kind: limit
    per: [clinician, day]
    max_count: 5
    visits: "v.type == 'wound_care' && v.lang == 'en'"
"""


def test_a_day_has_a_maximum_a_price_above_it_and_an_end():
    ana = a_clinician()
    verify(DAILY).given(ana, a_visit(), a_past_visit(ana)).limits(
        rule_id="day-hours",
        clinician_id=ana.id,
        measure=LimitMeasure.MINUTES,
        used=0,
        maximum=480,
        over_minutes=4,
        hard_maximum=600,
        visits=None,
    )


def test_without_a_price_the_maximum_is_never_passed():
    verify(WEEKLY).given(a_clinician()).limits(maximum=2400, over_minutes=0, hard_maximum=2400)


def test_a_price_without_end_is_never_refused():
    verify(DAILY.replace(", hard_at: 600", "")).given(a_clinician()).limits(maximum=480, hard_maximum=None)


@pytest.mark.parametrize(
    ("week_starts_on", "days", "counts"),
    [
        (7, -2, True),
        (7, -3, False),
        (7, 4, True),
        (7, 5, False),
        (1, -1, True),
        (1, -2, False),
        (2, -1, False),
        (2, 6, True),
    ],
)
def test_a_week_is_the_branchs_own(week_starts_on, days, counts):
    """The service date is a Tuesday."""
    ana, branch = a_clinician(), a_branch(week_starts_on=week_starts_on)
    verify(WEEKLY).given(ana, branch, a_past_visit(ana, days=days)).limits(used=30 if counts else 0)


def test_the_service_date_itself_is_left_to_the_planner():
    ana = a_clinician()
    verify(WEEKLY).given(ana, a_past_visit(ana, days=0)).limits(used=0)


def test_a_day_ends_at_local_midnight():
    ana = a_clinician()
    late = a_past_visit(ana, starts_at=at("23:50", days=-3), ends_at=at("00:20", days=-2))
    verify(WEEKLY).given(ana, late).limits(used=0)
    early = a_past_visit(ana, starts_at=at("00:00", days=-2), ends_at=at("00:20", days=-2))
    verify(WEEKLY).given(ana, early).limits(used=20)


def test_the_day_after_begins_at_local_midnight():
    ana = a_clinician()
    first = a_past_visit(ana, starts_at=at("00:00", days=1), ends_at=at("00:20", days=1))
    verify(WEEKLY).given(ana, first).limits(used=20)


def test_a_minute_that_has_begun_counts_whole():
    ana = a_clinician()
    longer = a_past_visit(ana, ends_at=at("09:30", days=-1) + timedelta(seconds=20))
    verify(WEEKLY).given(ana, longer).limits(used=31)


def test_others_do_not_use_up_a_limit():
    ana, ben = a_clinician(1), a_clinician(2)
    outcome = verify(WEEKLY).given(ana, ben, a_past_visit(ana), a_past_visit(ana, days=-2))
    assert {limit.clinician_id: limit.used for limit in outcome.rules.limits} == {ana.id: 60, ben.id: 0}


def test_a_clinicians_own_maximum_narrows_a_week_of_minutes_and_nothing_else():
    part_time = a_clinician(max_weekly_minutes=1200)
    verify(WEEKLY).given(part_time).limits(maximum=1200, hard_maximum=1200)
    verify(WEEKLY).given(a_clinician(max_weekly_minutes=3000)).limits(maximum=2400)
    verify(WEEKLY + "    over: {weight: 1, hard_at: 2880}").given(part_time).limits(maximum=1200, hard_maximum=2880)
    verify(DAILY).given(a_clinician(max_weekly_minutes=100)).limits(maximum=480)
    verify(WEEKLY.replace("max_minutes", "max_count")).given(part_time).limits(maximum=2400)


def test_a_count_counts_visits_of_the_week():
    ana = a_clinician()
    rule = WEEKLY.replace("max_minutes: 2400", "max_count: 25")
    verify(rule).given(ana, a_past_visit(ana), a_past_visit(ana, days=-2)).limits(measure=LimitMeasure.COUNT, used=2)


def test_only_some_visits_may_count_and_what_cannot_be_told_does():
    some = a_visit(1, visit_type="wound_care"), a_visit(2), an_open_shift(3, visit_type="wound_care")
    verify(WOUNDS).given(a_clinician(), *some).limits(visits=frozenset({VisitId(1), VisitId(3)}))


def test_a_scope_of_patients_counts_their_visits():
    rule = DAILY + "    scope: {patient: [P-02]}"
    verify(rule).given(a_clinician(), a_visit(1), a_visit(2)).limits(visits=frozenset({VisitId(2)}))


def test_a_scope_of_clinicians_binds_only_them():
    rule = DAILY + "    scope: {clinician: [E-02]}"
    verify(rule).given(a_clinician(1)).binds_no_one()
    verify(rule).given(a_clinician(1), a_clinician(2)).limits(clinician_id=a_clinician(2).id)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (DAILY + "    max_count: 3", "either max_minutes or max_count"),
        (DAILY.replace("max_minutes: 480", ""), "either max_minutes or max_count"),
        (DAILY.replace("600", "400"), r"hard_at 400 is below the maximum 480.*\[range\]"),
        (DAILY.replace("480", '"480"'), "max_minutes must be a whole number"),
        (DAILY.replace("day]", "month]"), "'day' or 'week'"),
        (WOUNDS.replace("v.type", "c.role"), r"c.role cannot be read here.*\[slot\]"),
        (WOUNDS.replace("day]", "week]"), "a week cannot count only some"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    def said(rule: str) -> str:
        return verify(rule).rulebook.rules[0].rule.sentence()

    priced = "each one above costs 4 minutes of driving, never above 600."
    assert said(DAILY) == f"At most 480 minutes per clinician and day; {priced}"
    assert said(WEEKLY) == "At most 2400 minutes per clinician and week."
    assert said(WOUNDS) == "At most 5 visits where v.type == 'wound_care' && v.lang == 'en' per clinician and day."
