"""What a rulebook keeps of a day: the next decision asks only about what changed, and says what a new start says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from tests.builders import a_clinician, a_day, a_visit
from tests.rule_verifier import a_rulebook
from tests.unit.rules.test_evaluate import RULES, days

from suture.model.day import Day
from suture.rules.book import Rulebook
from suture.rules.cel import Condition
from suture.rules.evaluate import evaluate
from suture.rules.kept import MOST_DAYS
from suture.rules.verdicts import DayRules

CLINICIANS = [a_clinician(n) for n in range(1, 6)]
VISITS = [a_visit(n, duration_minutes=20 + n) for n in range(1, 9)]
LONG = "id: long\nkind: forbid\nwhen: \"v.dur > 25 && c.role == 'LPN'\""
MANY = 'id: many\nkind: limit\nper: [clinician, day]\nmax_count: 3\nvisits: "v.dur > 25"'


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every condition that was really evaluated."""
    found: list[str] = []
    plain = Condition.evaluate

    def noted(self, values):
        found.append(self.text)
        return plain(self, values)

    monkeypatch.setattr(Condition, "evaluate", noted)
    return found


def the_day(*, visits=VISITS, clinicians=CLINICIANS) -> Day:
    return a_day(clinicians=clinicians, visits=visits)


def fresh(book: Rulebook) -> Rulebook:
    """The same rules with nothing kept."""
    return Rulebook(book.name, book.rules, book.hash, book.waivers)


def all_of(rules: DayRules) -> tuple[object, ...]:
    return dict(rules.pairs), rules.limits, rules.rests, rules.shapes, rules.series, rules.seats, rules.gates


@settings(max_examples=40, deadline=None)
@given(days(), days())
def test_a_day_that_changed_is_judged_as_if_it_were_new(before, after):
    book = fresh(RULES)
    evaluate(book, before)
    assert all_of(evaluate(book, after)) == all_of(evaluate(fresh(RULES), after))


def test_only_what_changed_is_asked_about_again(asked):
    book = a_rulebook(LONG, MANY)
    rules = evaluate(book, the_day())
    verdicts = dict(rules.pairs)
    assert asked
    asked.clear()
    again = evaluate(book, the_day())
    assert all(again.pairs[pair] is verdict for pair, verdict in verdicts.items())
    assert asked == [], "nothing changed"
    evaluate(book, the_day(visits=VISITS[1:]))
    assert asked == [], "one was cancelled"
    longer = replace(VISITS[0], duration_minutes=90)
    evaluate(book, the_day(visits=[longer, *VISITS[1:]]))
    assert len(asked) == 2, "one case of one visit, for each condition that reads it"


def test_another_rulebook_keeps_nothing_of_this_one():
    first, second = a_rulebook(LONG), a_rulebook(LONG.replace("25", "99"))
    assert not all(v.eligible for v in evaluate(first, the_day(clinicians=[a_clinician(role="LPN")])).pairs.values())
    assert all(v.eligible for v in evaluate(second, the_day(clinicians=[a_clinician(role="LPN")])).pairs.values())
    assert replace(first, rules=()).kept is not first.kept


def test_what_is_kept_is_bounded():
    book = a_rulebook(LONG)
    for day in range(1, 3 * MOST_DAYS):
        evaluate(book, replace(the_day(), service_date=the_day().service_date.replace(day=day)))
    assert len(book.kept._days) == MOST_DAYS
    for minutes in range(10, 400):
        evaluate(book, the_day(visits=[replace(VISITS[0], duration_minutes=minutes)]))
    leaves = (
        leaf for c in book.kept._days.values() for a in c.asked for q in a.questions.values() for leaf in q.leaves
    )
    assert 50 < max(len(leaf.right.cases) for leaf in leaves) < 120
