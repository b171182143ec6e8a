"""pair: "Two at once when …". Some visits need a second clinician at the same time.

    - id: two-person-lift
      kind: pair
      when: "'lift' in v.creds"
      second: "c.role in ['HHA', 'LPN']"

The second seat goes to somebody of whom `second` is true, the first by the other rules alone. Where it cannot be told
whether two are needed, two are. Where it cannot be told whether somebody may be the second, somebody else is.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import field_validator

from suture.rules.base import DEMAND, WORDS, Condition, Given, Outcome, Severity, VisitRule, bound
from suture.rules.cel import YES, Answer


class Pair(VisitRule):
    """Gives a visit a second seat."""

    kind: Literal["pair"]
    second: Condition | None = None

    slots: ClassVar = {"when": DEMAND, "second": frozenset({"c"})}

    @field_validator("severity")
    @classmethod
    def _binds(cls, severity: Severity) -> Severity:
        return bound(severity)

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """How many seats, and whether the clinician of the test may take the second one."""
        if not self.applies(answers):
            return Outcome("pass", {"seats": 1})
        return Outcome(WORDS[answers.get("second", YES).truth], {"seats": 2})

    def sentence(self) -> str:
        """The rule in words."""
        return f"Two clinicians at once{f' when {self.when}' if self.when else ''}" + (
            f", the second only if {self.second}." if self.second else "."
        )
