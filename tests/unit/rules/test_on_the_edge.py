"""Rules on the very minute, day and number where they turn; each line was once changed and nothing else noticed."""

import pytest
from tests.builders import a_clinician, a_past_visit, a_visit, at
from tests.rule_verifier import a_rulebook, verify

from suture.rules.cel import NO, YES, Answer
from suture.rules.families import VisitRule
from suture.rules.kinds.require import Require

WEEK = """
    id: week-hours
    kind: limit
    per: [clinician, week]
    max_minutes: 2400
"""
SEVEN_DAYS = WEEK.replace("week]", '"rolling:7d"]')
EARLIEST_END = """
    id: not-over-before-ten
    kind: window
    earliest_end: "10:00"
"""


@pytest.mark.parametrize(("day", "used"), [(0, 0), (1, 30)])
def test_midnight_belongs_to_the_day_that_begins(day, used):
    ana = a_clinician()
    past = a_past_visit(ana, starts_at=at("00:00", days=day), ends_at=at("00:30", days=day))
    verify(WEEK).given(ana, past).limits(used=used)


@pytest.mark.parametrize(("days", "used"), [(-6, 30), (-7, 0)])
def test_seven_days_are_seven_with_the_service_date(days, used):
    ana = a_clinician()
    verify(SEVEN_DAYS).given(ana, a_past_visit(ana, days=days)).limits(used=used)


def test_a_price_may_end_where_it_begins():
    verify(WEEK + "    over: {weight: 4, hard_at: 2400}").given(a_clinician()).limits(hard_maximum=2400)


@pytest.mark.parametrize(("ends", "word"), [("10:00", "pass"), ("09:59", "fail")])
def test_a_visit_that_fits_to_the_minute_fits(ends, word):
    test = f'{{given: {{start: "08:00", end: "{ends}", duration: 30}}, expect: {word}}}'
    assert a_rulebook(EARLIEST_END + f"    tests:\n    - {test}").rules


def test_a_fault_on_one_side_is_not_lost():
    rule = Require.model_construct(when="…", that="…")
    answer = rule.kept({"when": YES, "that": Answer(None, fault="divide by zero")})
    assert (answer.truth, answer.fault) == (None, "divide by zero")


def test_what_is_said_of_visits_holds_where_it_cannot_be_told():
    rule = VisitRule.model_construct()
    assert rule.may_apply({"when": Answer(None, ("p.lang",))})
    assert not rule.may_apply({"when": NO})
    assert rule.may_apply({})


def test_what_costs_nothing_is_no_reason():
    free = verify("id: free\nkind: avoid\nwhen: c.role == 'RN'\nweight: 0").given(a_clinician(), a_visit())
    assert [verdict.terms for verdict in free.rules.pairs.values()] == [()]
