"""apart: "Not all by one …". A patient's visits of one day are spread: at most a number to one clinician.

    - id: second-pair-of-eyes
      kind: apart
      when: "v.type == 'supervision' || v.type == 'aide_visit'"
      per: [patient, day]
      max_items: 1

`weight` is what each visit above `max_items` costs, in minutes of driving; without it there is none above.
Where it is unknown whether a visit belongs, it belongs.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.rules.cel import Answer
from suture.rules.effects import OnDay, Spread
from suture.rules.families import VisitRule, sentence_of
from suture.rules.parts import Given, Outcome, Severity
from suture.words.catalog import _


class Apart(VisitRule):
    """Spreads a patient's visits over several clinicians."""

    kind: Literal["apart"]
    per: Annotated[
        tuple[Literal["patient"], Literal["day"]],
        Field(description="whose, and over which time", examples=["per: [patient, day]"]),
    ]
    max_items: Annotated[int, Field(ge=1, le=100, description="how many of the visits one clinician may have")] = 1
    weight: Annotated[int | None, Field(ge=0, le=10_000, description="minutes of driving")] = None

    givens: ClassVar = frozenset({"clinicians"})

    @field_validator("weight")
    @classmethod
    def _has_no_price_if_it_binds(cls, weight: int | None, info: ValidationInfo) -> int | None:
        if weight is not None and info.data.get("severity") in (Severity.LAW, Severity.CONTRACT):
            raise PydanticCustomError("severity", _("what has a price cannot be law or contract"))
        return weight

    def on_day(self, there: OnDay) -> Iterator[Spread]:
        """A patient's visits, where they are more than one clinician may have."""
        for visits in there.by_patient().values():
            if len(visits) > self.max_items:
                yield Spread(self.id, frozenset(visits), self.max_items, self.weight)

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether the clinicians given for the group's visits are spread enough."""
        people = given.get("clinicians", ())
        applies = self.may_apply(answers)
        most = max(Counter(people).values(), default=0) if isinstance(people, tuple) else 0
        return Outcome("pass" if not applies or most <= self.max_items else "fail", {"group": applies})

    def sentence(self) -> str:
        """The rule in words."""
        most = _("At most {number} of a patient's visits a day to one clinician", number=self.max_items)
        if self.when:
            most = _(
                "At most {number} of a patient's visits a day to one clinician when {when}",
                number=self.max_items,
                when=self.when,
            )
        if self.weight is None:
            return sentence_of(most)
        return sentence_of(most, _("each one above costs {minutes} minutes of driving", minutes=self.weight))
