"""Two at once when …"""

from dataclasses import replace

import pytest
from tests.builders import a_clinician, a_day, a_visit, an_open_shift, at
from tests.rule_verifier import a_rulebook, verify

from suture.dispatch.repair import propose
from suture.planner.budget import Iterations
from suture.rules.errors import RulebookRefused
from suture.rules.evaluate import evaluate, shape
from suture.rules.shapes import shaped
from suture.rules.verdicts import Seat

LIFT = """
    id: two-person-lift
    kind: pair
    when: "'lift' in v.creds"
    second: "c.role in ['HHA', 'LPN']"
"""
HEAVY = a_visit(required_skills=("lift",))


def test_a_visit_gets_a_second_seat_for_some():
    nora, hal = a_clinician(1), a_clinician(2, role="HHA")
    outcome = verify(LIFT).given(nora, hal, HEAVY, a_visit(2))
    outcome.shapes(seats=2)
    assert outcome.rules.seats == {(HEAVY.id, 2): Seat(("two-person-lift",), frozenset({hal.id}))}
    assert outcome.rules.refused_seat(nora.id, HEAVY.id, 1) == ()
    assert outcome.rules.refused_seat(nora.id, HEAVY.id, 2) == ("two-person-lift",)
    assert outcome.rules.refused_seat(nora.id, a_visit(2).id, 2) == ()


def test_the_day_has_the_seat_and_one_that_was_there_already_is_no_third():
    day = a_day(clinicians=[a_clinician()], visits=[HEAVY, a_visit(2, positions=2, required_skills=("lift",))])
    visits = shaped(day, evaluate(a_rulebook(LIFT), day)).visits
    assert [visit.positions for visit in visits.values()] == [2, 2]


def test_where_it_cannot_be_told_two_are_needed():
    rule = LIFT.replace("'lift' in v.creds", "v.lang == 'es'")
    verify(rule).given(a_clinician(), an_open_shift()).shapes(seats=2)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (LIFT.replace("c.role in", "v.type in"), r"this slot may read c.*\[slot\]"),
        (
            LIFT + "    tests:\n    - {given: {v: {creds: [lift]}, c: {role: RN}}, expect: pass}",
            "says fail with seats 2, second fail",
        ),
        (LIFT + "    severity: preference", "cannot be a preference"),
    ],
)
def test_what_makes_no_sense_is_refused(rule, says):
    with pytest.raises(RulebookRefused, match=says):
        verify(rule)


def test_its_sentence():
    said = verify(LIFT).rulebook.rules[0].rule.sentence()
    assert said == "Two clinicians at once when 'lift' in v.creds, the second only if c.role in ['HHA', 'LPN']."


def test_the_second_seat_is_planned_for_whoever_may_take_it():
    nora, ben, hal = a_clinician(1), a_clinician(2), a_clinician(3, role="HHA")
    book = a_rulebook(LIFT)
    raw = a_day(clinicians=[nora, ben, hal], visits=[HEAVY])
    solved = propose(shape(book, raw), book, at("06:00"), Iterations(50), 1)
    holders = {key.position: a.clinician_id for key, a in solved.assignments.items()}
    assert holders.keys() == {1, 2}
    assert holders[2] == hal.id
    assert len(set(holders.values())) == 2


MENTORED = """
    id: student-shadows
    kind: pair
    when: "'lift' in v.creds"
    first: "!('student' in c.tags)"
    second: "'student' in c.tags"
"""


def test_a_student_goes_along_and_never_leads():
    ana = a_clinician(1, traits={"tags": ()}, skills=("lift",))
    sue, tim = (a_clinician(n, traits={"tags": ("student",)}, skills=("lift",)) for n in (2, 3))
    book = a_rulebook(MENTORED)
    raw = a_day(clinicians=[ana, sue, tim], visits=[HEAVY])
    day = shape(book, raw)
    solved = propose(day, book, at("06:00"), Iterations(50), 1)
    assert {key.position: a.clinician_id for key, a in solved.assignments.items()}[1] == ana.id
    assert len(solved.assignments) == 2
    alone = replace(raw, clinicians={sue.id: sue, tim.id: tim})
    day = shape(book, replace(alone, shifts=tuple(s for s in raw.shifts if s.clinician_id != ana.id)))
    solved = propose(day, book, at("06:00"), Iterations(50), 1)
    assert [key.position for key in solved.assignments] == [2]
    (why,) = (tuple(map(str, w)) for w in solved.why_uncovered.values())
    assert why[0].startswith("Clinician 2 and Clinician 3: each may not take seat 1 (")
    assert why[1].startswith("Rule: ") and why[1].endswith(". A test needs it.") and len(why) == 2


def test_a_rule_without_a_first_keeps_the_hash_it_had():
    assert "first" not in a_rulebook(LIFT).rules[0].rule.canonical()
    assert "first" in a_rulebook(MENTORED).rules[0].rule.canonical()
