"""pair: "Two at once when …". Some visits need a second clinician at the same time.

    - id: two-person-lift
      kind: pair
      when: "'lift' in v.creds"
      second: "c.role in ['HHA', 'LPN']"

The first seat goes to somebody of whom `first` is true, the second to somebody of whom `second` is; without them the
other rules alone decide, and they hold for both seats. Where it cannot be told whether two are needed, two are. Where
it cannot be told whether somebody may take a seat, somebody else does.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from suture.rules.cel import Answer
from suture.rules.families import DEMAND, WORDS, Condition, Given, Outcome, Severity, VisitRule, bound


class Pair(VisitRule):
    """Gives a visit a second seat."""

    kind: Literal["pair"]
    first: Annotated[Condition | None, Field(description="the condition for who may take the first seat")] = None
    second: Annotated[Condition | None, Field(description="the condition for who may take the second seat")] = None

    slots: ClassVar = {"when": DEMAND, "first": frozenset({"c"}), "second": frozenset({"c"})}

    @field_validator("severity")
    @classmethod
    def _binds(cls, severity: Severity) -> Severity:
        return bound(severity)

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """How many seats, and whether the clinician of the test may take each; in one word: the last that is ruled."""
        if not self.applies(answers):
            return Outcome("pass", {"seats": 1})
        may = {slot: str(WORDS[answers[slot].truth]) for slot in ("first", "second") if slot in answers}
        return Outcome(may.get("second", may.get("first", "pass")), {"seats": 2, **may})

    def sentence(self) -> str:
        """The rule in words."""
        seats = [f", the {slot} only if {text}" for slot in ("first", "second") if (text := getattr(self, slot))]
        return f"Two clinicians at once{f' when {self.when}' if self.when else ''}{''.join(seats)}."
