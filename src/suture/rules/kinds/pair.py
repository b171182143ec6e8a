"""pair: "Two at once when …". Some visits need a second clinician at the same time.

    - id: two-person-lift
      kind: pair
      when: "'lift' in v.creds"
      second: "c.role in ['HHA', 'LPN']"

The first seat goes to someone of whom `first` is true, the second to someone of whom `second` is; without them the
other rules alone decide, and they hold for both seats. Where it is unknown whether two are needed, two are. Where
it is unknown whether someone may take a seat, someone else does.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from suture.rules.cel import Answer
from suture.rules.effects import OnDay, Seats
from suture.rules.families import DEMAND, PEOPLE, VisitRule
from suture.rules.parts import WORDS, Condition, Given, Outcome, Severity, bound
from suture.rules.verdicts import Shape
from suture.words.catalog import _


class Pair(VisitRule):
    """Gives a visit a second seat."""

    kind: Literal["pair"]
    first: Annotated[Condition | None, Field(description="the condition for who may take the first seat")] = None
    second: Annotated[Condition | None, Field(description="the condition for who may take the second seat")] = None

    added: ClassVar = ("replaces", "first", "tests")
    slots: ClassVar = {"when": DEMAND, "first": PEOPLE, "second": PEOPLE}

    @field_validator("severity")
    @classmethod
    def _binds(cls, severity: Severity) -> Severity:
        return bound(severity)

    def shape(self, *, sure: bool) -> Shape:
        """A second seat."""
        return Shape(seats=2)

    def on_day(self, there: OnDay) -> Iterator[Seats]:
        """Who may take each seat that has a condition."""
        for position, slot in enumerate(("first", "second"), start=1):
            if slot in there.may:
                yield Seats(self.id, position, there.visits, there.may[slot])

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """How many seats, and whether the clinician of the test may take each; in one word: the last that is ruled."""
        if not self.may_apply(answers):
            return Outcome("pass", {"seats": 1})
        may = {slot: str(WORDS[answers[slot].truth]) for slot in ("first", "second") if slot in answers}
        return Outcome(may.get("second", may.get("first", "pass")), {"seats": 2, **may})

    def sentence(self) -> str:
        """The rule in words."""
        two = _("Two clinicians at once when {when}", when=self.when) if self.when else _("Two clinicians at once")
        first = _("the first only if {condition}", condition=self.first) if self.first else ""
        second = _("the second only if {condition}", condition=self.second) if self.second else ""
        return f"{', '.join(item for item in (two, first, second) if item)}."
