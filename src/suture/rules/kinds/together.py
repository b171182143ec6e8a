"""together: "The same clinician for …". A patient's visits of one day or week go to one clinician a discipline.

    - id: wound-series
      kind: together
      when: "v.type == 'wound_care'"
      per: [patient, week]
      weight: 40

`weight` is what each visit out of line costs, in minutes of driving; without it no visit may be out of line. Per week,
who had such a patient earlier in the branch's week is favoured: the others cost the weight, or may not.
Where it cannot be told whether a visit belongs, it belongs.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.rules.cel import Answer
from suture.rules.families import Given, Outcome, Severity, VisitRule


class Together(VisitRule):
    """Groups a patient's visits under one clinician."""

    kind: Literal["together"]
    per: Annotated[tuple[Literal["patient"], Literal["day", "week"]], Field(description="whose, and over which time")]
    weight: Annotated[int | None, Field(ge=0, le=10_000, description="minutes of driving")] = None

    givens: ClassVar = frozenset({"clinicians"})

    @field_validator("weight")
    @classmethod
    def _has_no_price_if_it_binds(cls, weight: int | None, info: ValidationInfo) -> int | None:
        if weight is not None and info.data.get("severity") in (Severity.LAW, Severity.CONTRACT):
            raise PydanticCustomError("severity", "what has a price cannot be law or contract")
        return weight

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether the clinicians given for the group's visits are one."""
        people = given.get("clinicians", ())
        applies = self.applies(answers)
        alone = not applies or not isinstance(people, tuple) or len(set(people)) <= 1
        return Outcome("pass" if alone else "fail", {"group": applies})

    def sentence(self) -> str:
        """The rule in words."""
        price = f"; each other one costs {self.weight} minutes of driving" if self.weight is not None else ""
        return f"One clinician a patient and {self.per[1]}{f' when {self.when}' if self.when else ''}{price}."
