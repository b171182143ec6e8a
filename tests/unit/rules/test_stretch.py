"""Takes longer where …"""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from tests.builders import a_clinician, a_day, a_place, a_visit, a_window, flat_travel
from tests.rule_verifier import a_rulebook, verify

from suture.model.ids import PlaceId
from suture.rules.errors import RulebookRefused
from suture.rules.evaluate import evaluate
from suture.rules.shapes import shaped
from suture.rules.verdicts import UNCHANGED, Stretched

LONG = """
    id: runs-long
    kind: stretch
    when: "v.zone == '43201'"
    duration: {factor: 1.15, add_min: 10}
    travel: {factor: 1.25, add_min: 1}
"""
ALSO = """
    id: also
    kind: stretch
    duration: {factor: 2}
"""
HERE = a_place(postal_code="43201")


def test_factors_multiply_then_minutes_are_added_and_it_is_rounded_up():
    care, way = Stretched(Fraction("1.15"), 10), Stretched(Fraction("1.25"), 1)
    verify(LONG).given(a_visit(), HERE, a_clinician()).shapes(care=care, way=way)
    assert (care.of(30), way.permille) == (45, 1250)
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], places=[HERE])
    assert evaluate(a_rulebook(LONG, ALSO), day).shapes[a_visit().id].care.of(30) == 79


def test_a_visit_and_the_ways_to_it_are_longer_and_a_visit_that_filled_its_window_ends_later():
    places = [HERE, a_place(2)]
    visit = a_visit(window=a_window("08:00", "08:30"))
    day = a_day(clinicians=[a_clinician()], visits=[visit], places=places, travel=flat_travel(places, minutes=10))
    long = shaped(day, evaluate(a_rulebook(LONG), day))
    assert long.visits[visit.id].duration_minutes == 45
    assert long.visits[visit.id].window.latest_start == visit.window.latest_start
    assert long.visits[visit.id].window.latest_end == visit.window.latest_start + timedelta(minutes=45)
    assert long.travel.matrix.seconds == ((0, 810), (810, 0))
    assert long.travel.seconds(PlaceId(1), PlaceId(2)) == 750 + 60


def test_where_it_cannot_be_told_only_what_lengthens_applies():
    unknown = a_visit(), a_place(), a_clinician()
    verify(LONG).given(*unknown).shapes(care=Stretched(Fraction("1.15"), 10))
    short = LONG.replace("1.15", "0.5").replace("10}", "0}")
    verify(short).given(*unknown).shapes(care=UNCHANGED, way=Stretched(Fraction("1.25"), 1))
    verify(short).given(a_visit(), HERE, a_clinician()).shapes(care=Stretched(Fraction("0.5"), 0))
    assert shaped(replace(a_day()), evaluate(a_rulebook(short), a_day())).visits == {}


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("id: ab\nkind: stretch", "a stretch has duration, travel or both"),
        (LONG + "    severity: law", "neither law nor contract"),
        (LONG.replace("1.15", "9"), "duration.factor must be 4 or less"),
        (LONG.replace("v.zone == '43201'", "c.role == 'RN'"), r"\[slot\]"),
        (LONG + "    tests:\n    - {given: {v: {zone: '43201'}, duration: 30}, expect: {duration: 44}}", "duration 45"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    said = verify(LONG).rulebook.rules[0].rule.sentence()
    assert said == "When v.zone == '43201': duration × 1.15 + 10 min, travel × 1.25 + 1 min."
