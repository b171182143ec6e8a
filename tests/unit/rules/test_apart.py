"""Not all by one …"""

import pytest
from tests.builders import a_clinician, a_day, a_patient, a_visit, at
from tests.rule_verifier import a_rulebook, verify

from suture.dispatch.repair import propose
from suture.planner.budget import Iterations
from suture.rules.errors import RulebookRefused
from suture.rules.verdicts import Limit, LimitMeasure

SPREAD = """
    id: spread
    kind: apart
    per: [patient, day]
    max_items: 2
"""
MARIA = a_patient(1)
VISITS = [a_visit(n, patient_id=MARIA.id) for n in (1, 2, 3)]


def test_more_visits_of_a_day_than_one_may_have_are_a_limit_of_each_clinician():
    nora = a_clinician()
    members = frozenset(v.id for v in VISITS)
    limit = Limit("spread", nora.id, LimitMeasure.COUNT, 0, 2, 0, 2, members)
    assert verify(SPREAD).given(nora, MARIA, *VISITS).rules.limits == (limit,)
    priced = verify(SPREAD + "    weight: 9").given(nora, MARIA, *VISITS).rules.limits
    assert [(x.over_minutes, x.hard_maximum) for x in priced] == [(9, None)]
    verify(SPREAD).given(nora, MARIA, *VISITS[:2]).binds_no_one()
    verify(SPREAD).given(a_clinician(role="HHA"), a_patient(2), *VISITS[:2], a_visit(4)).binds_no_one()


def test_no_one_gets_more_and_what_is_left_over_says_why():
    nora, ben = a_clinician(1), a_clinician(2)
    book = a_rulebook(SPREAD)
    day = a_day(clinicians=[nora, ben], patients=[MARIA], visits=VISITS)
    solved = propose(day, book, at("06:00"), Iterations(50), 1)
    holders = [a.clinician_id for a in solved.assignments.values()]
    assert sorted(holders.count(c) for c in (nora.id, ben.id)) == [1, 2]
    alone = propose(a_day(clinicians=[nora], patients=[MARIA], visits=VISITS), book, at("06:00"), Iterations(50), 1)
    assert len(alone.assignments) == 2
    assert {key: tuple(map(str, why)) for key, why in alone.why_uncovered.items()} == {
        key: (
            f"{nora.name} would go over a limit (At most 2 of a patient's visits a day to one clinician).",
            "Rule: At most 2 of a patient's visits a day to one clinician. A test needs it.",
        )
        for key in alone.why_uncovered
    }
    dear = a_rulebook(SPREAD + "    weight: 9")
    alone = propose(a_day(clinicians=[nora], patients=[MARIA], visits=VISITS), dear, at("06:00"), Iterations(50), 1)
    assert len(alone.assignments) == 3
    assert alone.run["score"]["over_limits"] == 9 * 60  # type: ignore[index]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (SPREAD + "    weight: 3\n    severity: law", "what has a price cannot be law or contract"),
        (SPREAD.replace("day", "week"), "per.1 must be 'day'"),
        (SPREAD + "    tests:\n    - {given: {clinicians: [a, a, a]}, expect: pass}", "says fail with group True"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    assert verify(SPREAD).rulebook.rules[0].rule.sentence() == "At most 2 of a patient's visits a day to one clinician."
