"""A visit that stays without a clinician: which facts would help, and which visits cannot all be done."""

from dataclasses import replace

import pytest
from tests.builders import a_clinician, a_window, at
from tests.rule_verifier import a_rulebook
from tests.unit.dispatch.a_morning import (
    BUDGET,
    LPN3,
    RN1,
    RN2,
    RULEBOOK,
    THE_DAY_BEFORE,
    a_free_day,
    a_published_day,
    after,
    called_out,
    cancelled,
    decided,
    key,
    on_the_roster,
    otherwise,
    stop,
    visit,
    working,
)

from suture.dispatch import first_pass
from suture.dispatch import repair as repairs
from suture.dispatch.decide import decide
from suture.model.cases import RULE_TEXT, CaseKind, CaseSubject, CaseToOpen
from suture.model.day import Day
from suture.model.decision import Decision
from suture.model.ids import VisitId
from suture.model.signals import Signal
from suture.model.visit import Priority
from suture.planner.day.fit import Work

WOMEN = a_rulebook(
    """
    id: women
    kind: require
    title: Women only
    that: "c.gender == 'F'"
    """
)
NINE = a_window("09:00", "09:30")


def of_kind(decision: Decision, kind: CaseKind) -> list[CaseToOpen]:
    return [c for c in decision.cases_opened if c.kind is kind]


def closed(decision: Decision, kind: CaseKind) -> list[tuple[CaseSubject, str]]:
    return [(c.subject, str(c.because)) for c in decision.cases_closed if c.kind is kind]


def sentences(case: CaseToOpen) -> list[str]:
    return [str(r) for r in case.reasons if r.code != RULE_TEXT]


# --- Missing facts ----------------------------------------------------------------------------------------------------


def by_women(day: Day, *signals: Signal) -> Decision:
    return decide(signals, day, WOMEN, signals[0].received_at, BUDGET, 1)


UNKNOWN = a_published_day(visits=[visit(1)], clinicians=(RN1, RN2))


def test_facts_that_alone_keep_someone_away_are_named_with_their_rule():
    (case,) = of_kind(by_women(UNKNOWN, otherwise(1)), CaseKind.RULE_UNKNOWN)
    assert (case.subject, case.risk, case.deadline_at) == (CaseSubject("visit", 1), 3, at("10:30"))
    assert sentences(case) == [
        "Clinician 1 and Clinician 2: cannot check “Women only”: c.gender missing.",
        "Enter what is missing, or correct the rule.",
    ]
    assert [r.code for r in case.reasons].count(RULE_TEXT) == 1


def test_it_is_beside_the_case_of_the_visit():
    decision = by_women(UNKNOWN, otherwise(1))
    assert [c.subject for c in of_kind(decision, CaseKind.UNCOVERED_VISIT)] == [CaseSubject("visit", 1, 1)]


def test_facts_of_those_who_could_not_come_anyway_help_no_one():
    away = working(working(UNKNOWN, 1, ("11:45", "13:00")), 2)
    assert of_kind(by_women(away, otherwise(1)), CaseKind.RULE_UNKNOWN) == []
    declined = replace(UNKNOWN, declined=frozenset({(RN1.id, key(1).visit_id), (RN2.id, key(1).visit_id)}))
    assert of_kind(by_women(declined, otherwise(1)), CaseKind.RULE_UNKNOWN) == []


def test_a_covered_visit_asks_for_no_facts():
    woman = replace(RN1, traits={"gender": "F"})
    day = replace(UNKNOWN, clinicians={**UNKNOWN.clinicians, RN1.id: woman})
    decision = by_women(day, otherwise(1))
    assert (of_kind(decision, CaseKind.RULE_UNKNOWN), decision.assignments[key(1)].clinician_id) == ([], RN1.id)


def test_a_visit_for_two_asks_once():
    day = a_published_day(visits=[visit(1, positions=2)], clinicians=(RN1, RN2))
    assert len(of_kind(by_women(day, otherwise(1)), CaseKind.RULE_UNKNOWN)) == 1


@pytest.mark.parametrize(("gender", "why"), [("F", "covered"), ("M", "known")])
def test_it_closes_when_the_visit_is_covered_or_the_facts_are_known(gender, why):
    open_day = after(UNKNOWN, by_women(UNKNOWN, otherwise(1)))
    people = {c.id: replace(c, traits={"gender": gender}) for c in UNKNOWN.clinicians.values()}
    decision = by_women(replace(open_day, clinicians=people), on_the_roster(1))
    said = {
        "covered": "the position is covered or no longer needed",
        "known": "the facts are known, or make no difference now",
    }
    assert closed(decision, CaseKind.RULE_UNKNOWN) == [(CaseSubject("visit", 1), said[why])]


def test_it_closes_with_its_visit_also_where_nothing_is_planned():
    open_day = after(UNKNOWN, by_women(UNKNOWN, otherwise(1)))
    over = by_women(open_day, cancelled(1))
    assert [s for s, _why in closed(over, CaseKind.RULE_UNKNOWN)] == [CaseSubject("visit", 1)]


# --- Visits that cannot all be done -----------------------------------------------------------------------------------


def at_nine(*clinicians: int, numbers: tuple[int, ...] = (1, 2, 3), **changes: object) -> Day:
    """Visits at nine for an RN, planned one each, with only these clinicians at work that day."""
    visits = [visit(n, window=NINE, roles=("RN",), **changes) for n in numbers]
    stops = [stop(n, c, "09:00") for n, c in zip(numbers, (1, 2, 5), strict=False)]
    third = a_clinician(5, role="RN")
    return a_published_day(*stops, visits=visits, clinicians=(RN1, RN2, LPN3, third))


def test_the_visits_who_may_do_them_and_the_rule_that_keeps_the_others_away():
    day = at_nine()
    (case,) = of_kind(decided(day, called_out(1)), CaseKind.INFEASIBLE_SET)
    assert (case.subject, case.deadline_at) == (CaseSubject("visit", 1), at("08:00")), "by the first of the set"
    assert sentences(case) == [
        "Of those who work then, only Clinician 2 and Clinician 5 may do V-01, V-02 and V-03, and not all of them fit "
        "in.",
        "V-01 may take place 09:00 to 09:30, by Clinician 2 or Clinician 5.",
        "V-02 may take place 09:00 to 09:30, by Clinician 2 or Clinician 5.",
        "V-03 may take place 09:00 to 09:30, by Clinician 2 or Clinician 5.",
        "1 other clinician is ruled out by “A role that may do the service”.",
        "Find someone else, or agree with one of the patients on another time.",
    ]
    assert [r.code for r in case.reasons].count(RULE_TEXT) == 1


def test_it_is_as_urgent_as_the_most_urgent_visit_of_the_set():
    day = at_nine()
    stat = replace(day.visits[key(3).visit_id], priority=Priority.STAT)
    (case,) = of_kind(
        decided(replace(day, visits={**day.visits, stat.id: stat}), called_out(1)), CaseKind.INFEASIBLE_SET
    )
    assert case.risk == 8


def test_a_visit_that_no_one_may_do_is_only_uncovered():
    day = a_published_day(stop(1, 1, "09:00"), visits=[visit(1, window=NINE, roles=("RN",))], clinicians=(RN1, LPN3))
    decision = decided(day, called_out(1))
    assert [c.kind for c in decision.cases_opened] == [CaseKind.UNCOVERED_VISIT]


def test_of_two_sets_with_the_same_first_visit_there_is_one_case():
    day = at_nine()
    decision = decided(day, called_out(1), called_out(2, n=2))
    assert len(of_kind(decision, CaseKind.UNCOVERED_VISIT)) == 2
    subjects = [c.subject for c in of_kind(decision, CaseKind.INFEASIBLE_SET)]
    assert subjects == list(dict.fromkeys(subjects)) and subjects


def test_it_closes_when_the_visits_fit_again():
    day = at_nine()
    crowded = after(day, decided(day, called_out(1)))
    eased = decided(crowded, cancelled(3, "07:50"))
    assert closed(eased, CaseKind.INFEASIBLE_SET) == [
        (CaseSubject("visit", 1), "the position is covered or no longer needed")
    ]


def test_it_closes_when_the_visit_is_uncovered_for_another_reason():
    day = at_nine()
    crowded = after(day, decided(day, called_out(1)))
    uncovered = next(VisitId(c.subject.id) for c in crowded.cases if c.kind is CaseKind.UNCOVERED_VISIT)
    changed = replace(crowded.visits[uncovered], roles=("PT",))
    decision = decided(replace(crowded, visits={**crowded.visits, uncovered: changed}), otherwise(uncovered))
    assert closed(decision, CaseKind.INFEASIBLE_SET) == [(CaseSubject("visit", 1), "the visits no longer conflict")]


def test_a_first_pass_says_it_too():
    visits = [visit(n, window=NINE, roles=("RN",)) for n in (1, 2, 3)]
    draft = first_pass.plan(a_free_day(visits), RULEBOOK, THE_DAY_BEFORE, BUDGET, 1)
    assert len(of_kind(draft, CaseKind.INFEASIBLE_SET)) == 1


def test_a_search_that_was_cut_short_says_so_and_closes_nothing(monkeypatch):
    day = at_nine()
    crowded = after(day, decided(day, called_out(1)))
    monkeypatch.setattr(repairs, "Work", lambda: Work(0))
    decision = decided(crowded, called_out(3, "07:50", n=9))
    (case,) = of_kind(decision, CaseKind.UNCOVERED_VISIT)
    assert str(case.reasons[-1]) == "Which visits are in the way was not worked out: there may be too many."
    assert (of_kind(decision, CaseKind.INFEASIBLE_SET), closed(decision, CaseKind.INFEASIBLE_SET)) == ([], [])
