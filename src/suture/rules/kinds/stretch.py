"""stretch: "Takes longer where …". Some visits last longer, or take longer to reach, than the file says.

    - id: z07-runs-long
      kind: stretch
      when: "v.zone == 'Z07'"
      duration: {factor: 1.15, add_min: 10}
      travel: {factor: 1.25}

All factors that apply multiply, then all minutes are added, then it is rounded up to whole minutes. Where it is
unknown whether the rule applies, it applies if it lengthens. Driving is stretched to the visit and from it; a leg
between two such visits takes the larger stretch, not both.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.rules.cel import YES, Answer
from suture.rules.families import VisitRule
from suture.rules.parts import Given, Outcome, Part, Severity
from suture.rules.verdicts import UNCHANGED, Shape, Stretched
from suture.words.catalog import _, marked

_DURATION: Final = (marked("duration × {factor}"), marked("duration × {factor} + {minutes} min"))
_TRAVEL: Final = (marked("travel × {factor}"), marked("travel × {factor} + {minutes} min"))


class Lengthening(Part):
    """A factor and minutes to add."""

    factor: Annotated[int | float, Field(ge=0.25, le=4)] = 1
    add_min: Annotated[int, Field(ge=-240, le=240)] = 0

    @property
    def stretched(self) -> Stretched:
        """The same with the factor as it is written: 1.15 is 115/100."""
        return Stretched(Fraction(str(self.factor)), self.add_min)

    @property
    def lengthens(self) -> bool:
        """Whether nothing gets shorter by it."""
        return self.factor >= 1 and self.add_min >= 0


class Stretch(VisitRule):
    """Changes how long a visit takes, and the way to and from it."""

    kind: Literal["stretch"]
    duration: Annotated[
        Lengthening | None,
        Field(description="`{factor: …, add_min: …}`, how the time with the patient changes"),
    ] = None
    travel: Annotated[
        Lengthening | None,
        Field(validate_default=True, description="`{factor: …, add_min: …}`, how the way to and from it changes"),
    ] = None

    givens: ClassVar = frozenset({"duration", "travel"})

    @field_validator("severity")
    @classmethod
    def _is_an_estimate(cls, severity: Severity) -> Severity:
        if severity in (Severity.LAW, Severity.CONTRACT):
            message = _("how long things take is an estimate, neither law nor contract")
            raise PydanticCustomError("severity", message)
        return severity

    @field_validator("travel")
    @classmethod
    def _stretches_something(cls, travel: Lengthening | None, info: ValidationInfo) -> Lengthening | None:
        if travel is None and "duration" in info.data and info.data["duration"] is None:
            raise PydanticCustomError("stretch", _("a stretch has duration, travel or both"))
        return travel

    def shape(self, *, sure: bool) -> Shape | None:
        """How its length and the way change; where it is not sure, only what gets longer."""
        care, way = _used(self.duration, sure=sure), _used(self.travel, sure=sure)
        return Shape(care=care or UNCHANGED, way=way or UNCHANGED) if care or way else None

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Minutes of the visit and of the way, from those the test gives."""
        truth = answers.get("when", YES).truth
        effects: dict[str, bool | int | str] = {}
        for name, what in (("duration", self.duration), ("travel", self.travel)):
            minutes = given.get(name)
            if isinstance(minutes, int) and not isinstance(minutes, bool):
                used = None if truth is False else _used(what, sure=truth is True)
                effects[name] = (used or UNCHANGED).of(minutes)
        return Outcome("unknown" if truth is None else None, effects)

    def sentence(self) -> str:
        """The rule in words."""
        both = ((_DURATION, self.duration), (_TRAVEL, self.travel))
        changes = ", ".join(
            _(longer if what.add_min else times, factor=what.factor, minutes=what.add_min)
            for (times, longer), what in both
            if what
        )
        if self.when:
            return _("When {when}: {changes}.", when=self.when, changes=changes)
        return _("Always: {changes}.", changes=changes)


def _used(what: Lengthening | None, *, sure: bool) -> Stretched | None:
    return what.stretched if what and (sure or what.lengthens) else None
