"""A kind that has a price may look at more than one condition: it says itself when it applies."""

from typing import ClassVar, Literal

import numpy as np
import pytest
from tests.builders import a_clinician, a_day, a_visit
from tests.rule_verifier import a_rulebook

from suture.rules import loader
from suture.rules.cel import NO, YES
from suture.rules.evaluate import evaluate, judge
from suture.rules.explain import Said, explain
from suture.rules.families import PAIR, PricedRule
from suture.rules.parts import Condition
from suture.rules.verdicts import Term
from suture.rules.vocabulary import day_values


class Both(PricedRule):
    """Costs `weight` where `when` and `that` are true."""

    kind: Literal["both"]
    that: Condition

    slots: ClassVar = {"when": PAIR, "that": PAIR}

    def applies(self, answers):
        said = answers["when"], answers["that"]
        if any(answer.truth is False for answer in said):
            return NO
        return next((answer for answer in said if answer.truth is None), YES)

    def applies_plane(self, answers):
        return np.minimum(answers["when"], answers["that"])

    def price(self):
        return self.weight

    def sentence(self):
        return f"Preferably not when {self.when} and {self.that}."


RULE = """
    id: long-for-nurses
    kind: both
    when: "c.role == 'RN'"
    that: "'es' in c.langs"
    weight: 7
"""


@pytest.mark.parametrize(
    ("role", "languages", "costs", "missing"),
    [
        ("RN", ("es",), 7, ()),
        ("RN", ("en",), 0, ()),
        ("LPN", ("es",), 0, ()),
        ("RN", (), 0, ("c.langs",)),
        ("LPN", (), 0, ()),
    ],
)
def test_it_costs_where_all_its_conditions_are_true(monkeypatch, role, languages, costs, missing):
    monkeypatch.setattr(loader, "BY_NAME", {"both": Both})
    book, ana, visit = a_rulebook(RULE), a_clinician(role=role, languages=languages), a_visit(1)
    day = a_day(clinicians=[ana], visits=[visit])
    rules, values = evaluate(book, day), day_values(day)
    assert rules.pairs[ana.id, visit.id].cost_minutes == costs
    [line] = explain(rules, ana.id, visit.id).lines
    assert (line.said, line.missing) == (Said.APPLIES if costs else Said.SILENT, missing)
    alone = judge(book.rules[0], {**values.clinicians[ana.id], **values.visits[visit.id]})
    assert alone == (Term("long-for-nurses", 7) if costs else None)


def test_one_that_forgets_its_second_condition_is_refused_where_it_is_defined():
    with pytest.raises(TypeError, match="Deaf has conditions beside `when`: say `applies` and `applies_plane`"):

        class Deaf(PricedRule):
            slots: ClassVar = {"when": PAIR, "that": PAIR}
