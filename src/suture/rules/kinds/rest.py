"""rest: "At least … hours off". Between the end of one shift and the start of the next a clinician rests.

    - id: rest
      kind: rest
      min_hours: 10

The planner looks at the neighboring days as they are recorded or planned. Rest is never sold for shorter driving.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from suture.rules.cel import Answer
from suture.rules.effects import OnDay
from suture.rules.families import RowRule
from suture.rules.parts import WORDS, Given, Outcome
from suture.rules.verdicts import Rest
from suture.words.catalog import _


class RestRule(RowRule):
    """The least hours between two shifts; part hours are allowed."""

    kind: Literal["rest"]
    min_hours: Annotated[
        int | float,
        Field(gt=0, le=48, description="hours between the end of one shift and the start of the next"),
    ]

    givens: ClassVar = frozenset({"hours"})

    def on_day(self, there: OnDay) -> Iterator[Rest]:
        """One rest a clinician, in whole minutes, rounded up."""
        minutes = math.ceil(self.min_hours * 60)
        return (Rest(self.id, clinician.id, minutes) for clinician in there.clinicians)

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether this many `hours` between two shifts are enough."""
        hours = given.get("hours", 0)
        return Outcome(WORDS[isinstance(hours, int | float) and hours >= self.min_hours])

    def sentence(self) -> str:
        """The rule in words."""
        return _("At least {hours} hours off between a clinician's shifts.", hours=self.min_hours)
