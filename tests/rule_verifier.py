"""Tests one rule alone, in the words of the rule.

    verify(rule).given(a_clinician(role="LPN"), a_visit(visit_type="start_of_care")).is_broken_by(1)

`rule` is the YAML of one rule without `because` and `owner`, which every rule needs and no test is about.
Patients, pair rules, past visits and shifts may stand among the givens; what is not given does not exist.
"""

import textwrap
from dataclasses import dataclass, fields, replace
from typing import Any

from tests.builders import a_branch, a_day, a_patient, a_place

from suture.model.day import Day, PairRule, PastVisit
from suture.model.people import Branch, Clinician, Patient, Place, Shift
from suture.model.visit import Visit
from suture.rules.book import Rulebook, load
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import DayRules, Limit, Rest, Verdict

Given = Clinician | Visit | Patient | PairRule | PastVisit | Shift | Place | Branch


def a_rulebook(*rules: str, name: str = "rulebook.yaml") -> Rulebook:
    """A rulebook of these rules, each the YAML of one rule."""
    items = [textwrap.indent(textwrap.dedent(rule).strip(), "  ") for rule in rules]
    common = "\n  because: A test needs it.\n  owner: tests"
    written = "\n".join(f"-{item[1:]}{common}" for item in items)
    return load(f"version: 1\nrules:\n{written}" if rules else "version: 1\nrules: []", name=name)


def verify(rule: str) -> "Verification":
    """Starts a sentence about one rule."""
    return Verification(a_rulebook(rule))


@dataclass(frozen=True)
class Verification:
    """A rule, before anything is given."""

    rulebook: Rulebook

    def given(self, *given: Given, **day: Any) -> "Outcome":
        """What the rule says of these; keywords change the day itself, `service_date=`."""
        of = {kind: [thing for thing in given if isinstance(thing, kind)] for kind in Given.__args__}
        visits = of[Visit]
        patients = {patient.id: patient for patient in of[Patient]}
        for visit in visits:
            if visit.patient_id is not None and visit.patient_id not in patients:
                patients[visit.patient_id] = replace(a_patient(visit.patient_id - 200))
        facts: dict[str, Any] = {
            "visits": visits,
            "clinicians": of[Clinician],
            "patients": patients.values(),
            "places": of[Place] or [a_place()],
            "shifts": of[Shift] or None,
            "branch": of[Branch][0] if of[Branch] else a_branch(),
            "pair_rules": frozenset(of[PairRule]),
            "past": tuple(of[PastVisit]),
        }
        the_day = a_day(**{**facts, **day})
        return Outcome(the_day, evaluate(self.rulebook, the_day))


@dataclass(frozen=True)
class Outcome:
    """What a rule says of what was given; each method is an assertion."""

    day: Day
    rules: DayRules

    def holds(self) -> None:
        """Every pair keeps the rule, surely."""
        assert self._verdicts(), "no pair was given. Maybe the visit or the clinician is missing."
        assert all(verdict.eligible for verdict in self._verdicts()), self.rules.pairs

    def is_broken_by(self, pairs: int) -> None:
        """So many pairs break the rule."""
        assert sum(bool(verdict.failed) for verdict in self._verdicts()) == pairs, self.rules.pairs

    def is_unknown(self, *lacking: str) -> None:
        """No pair can be told; the facts that are lacking, if named, are these."""
        assert self._verdicts(), "no pair was given. Maybe the visit or the clinician is missing."
        for verdict in self._verdicts():
            assert [unknown.fields for unknown in verdict.unknown] == [lacking or verdict.unknown[0].fields], verdict
            assert not verdict.eligible, verdict

    def costs(self, minutes: int) -> None:
        """The pairs cost so many minutes of driving together, and none is refused."""
        assert sum(verdict.cost_minutes for verdict in self._verdicts()) == minutes, self.rules.pairs
        self.holds()

    def limits(self, **expected: Any) -> None:
        """Exactly one limit is set, with these fields."""
        self._is_one(self.rules.limits, expected)

    def rests(self, **expected: Any) -> None:
        """Exactly one rest is asked for, with these fields."""
        self._is_one(self.rules.rests, expected)

    def shapes(self, **expected: Any) -> None:
        """Exactly one visit is shaped, with these fields."""
        shapes = list(self.rules.shapes.values())
        assert len(shapes) == 1, shapes
        assert {name: getattr(shapes[0], name) for name in expected} == expected, shapes

    def binds_no_one(self) -> None:
        """Neither a limit nor a rest is set."""
        assert not self.rules.limits, self.rules.limits
        assert not self.rules.rests, self.rules.rests

    def _verdicts(self) -> list[Verdict]:
        return list(self.rules.pairs.values())

    def _is_one(self, bounds: tuple[Limit, ...] | tuple[Rest, ...], expected: dict[str, Any]) -> None:
        assert len(bounds) == 1, bounds
        actual = {field.name: getattr(bounds[0], field.name) for field in fields(bounds[0])}
        assert {name: actual[name] for name in expected} == expected, actual
