"""The same clinician for …"""

from collections.abc import Sequence

import pytest
from tests.builders import a_clinician, a_day, a_past_visit, a_patient, a_visit, at
from tests.rule_verifier import a_rulebook, verify

from suture.dispatch.repair import Solved, propose
from suture.model.visit import Visit
from suture.planner.budget import Iterations
from suture.rules.book import Rulebook
from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import Series

DAILY = """
    id: wound-series
    kind: together
    when: "v.type == 'wound_care'"
    per: [patient, day]
    weight: 40
"""
HARD = DAILY.replace("    weight: 40\n", "")
WEEKLY = DAILY.replace("day", "week")
MARIA = a_patient(1)


def wound(number: int, **changes: object) -> Visit:
    return a_visit(number, patient_id=MARIA.id, visit_type="wound_care", **changes)


def solved(book: Rulebook, visits: Sequence[Visit] = (wound(1), wound(2))) -> Solved:
    day = a_day(clinicians=[a_clinician(1), a_clinician(2)], patients=[MARIA], visits=visits)
    return propose(day, book, at("06:00"), Iterations(100), 1)


def holders(found: Solved) -> set[int]:
    return {a.clinician_id for a in found.assignments.values()}


def test_a_patients_visits_of_the_day_are_a_series():
    rules = verify(DAILY).given(a_clinician(), MARIA, wound(1), wound(2), a_visit(3, patient_id=MARIA.id)).rules
    assert rules.series == (Series("wound-series", frozenset({wound(1).id, wound(2).id}), 40),)
    assert verify(DAILY).given(a_clinician(), MARIA, wound(1)).rules.series == ()
    aide = wound(2, discipline="HHA")
    assert verify(DAILY).given(a_clinician(), MARIA, wound(1), aide).rules.series == (), "no nurse does both"


def test_the_visits_of_a_day_go_to_one_clinician():
    """Each clinician is the only one whose preference speaks for one of the two visits."""
    wish = "id: w{n}\nkind: prefer\nwhen: \"c.id == 'E-0{n}' && v.id == 'V-0{n}'\"\nweight: 30"
    book = [wish.format(n=n) for n in (1, 2)]
    assert len(holders(solved(a_rulebook(*book)))) == 2
    assert len(holders(solved(a_rulebook(DAILY, *book)))) == 1
    assert len(holders(solved(a_rulebook(HARD, *book)))) == 1
    assert len(holders(solved(a_rulebook(DAILY.replace("40", "5"), *book)))) == 2


def test_a_visit_that_only_another_one_could_take_stays_open_and_says_why():
    """Each clinician may have only one of the two visits."""
    bar = "id: b{n}\nkind: forbid\nwhen: \"c.id == 'E-0{n}' && v.id == 'V-0{n}'\""
    bars = [bar.format(n=n) for n in (1, 2)]
    found = solved(a_rulebook(HARD, *bars))
    assert len(found.assignments) == 1
    (why,) = found.why_uncovered.values()
    assert sum("would split up what belongs together (" in str(said) for said in why) == 1, why
    priced = solved(a_rulebook(DAILY, *bars))
    assert len(holders(priced)) == 2
    assert priced.run["score"]["out_of_line"] == 40 * 60  # type: ignore[index]


def test_per_week_others_than_those_who_had_the_patient_pay():
    ana, ben = a_clinician(1), a_clinician(2)
    given = ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-1)
    verify(WEEKLY).given(*given).costs(40)
    verify(WEEKLY.replace("    weight: 40\n", "")).given(*given).is_broken_by(1)
    verify(WEEKLY).given(ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-3)).costs(0)
    verify(WEEKLY).given(ana, ben, MARIA, wound(1), a_past_visit(ana, MARIA, days=-1, discipline="PT")).costs(0)


def test_whoever_has_left_is_not_waited_for():
    verify(WEEKLY).given(a_clinician(2), MARIA, wound(1), a_past_visit(a_clinician(1), MARIA, days=-1)).costs(0)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (DAILY + "    severity: contract", "what has a price cannot be law or contract"),
        (DAILY.replace("day", "year"), "'day' or 'week'"),
        (DAILY + "    tests:\n    - {given: {v: {type: wound_care}, clinicians: [a, b]}, expect: pass}", "says fail"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    said = verify(DAILY).rulebook.rules[0].rule.sentence()
    price = "each other one costs 40 minutes of driving."
    assert said == f"One clinician per patient and day when v.type == 'wound_care'; {price}"
