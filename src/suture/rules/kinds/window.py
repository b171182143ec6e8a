"""window: "Only between …". The hours of some visits are narrowed, whoever does them.

    - id: s1-after-2pm
      kind: window
      when: "v.site == 'S1'"
      latest_end: "14:00"

Windows of several rules intersect. Where nothing is left of a visit's hours, no one may do it, and the rules that cut
them are named. A window that depends on the clinician is a `forbid` over v.start.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.rules.cel import Answer, hm
from suture.rules.families import VisitRule
from suture.rules.parts import WORDS, Given, Outcome, Severity, bound
from suture.rules.verdicts import Hours, Shape
from suture.words.catalog import _, marked

Time = Annotated[str, Field(pattern=r"^([0-3]?\d|4[0-7]):[0-5]\d$")]
AT: Final = ['"14:00"']
_SAID: Final = {
    "earliest_start": marked("earliest start {time}"),
    "latest_start": marked("latest start {time}"),
    "earliest_end": marked("earliest end {time}"),
    "latest_end": marked("latest end {time}"),
}
BOUNDS: Final = tuple(_SAID)


class Window(VisitRule):
    """Cuts a visit's hours to those given, by the clock of the visit's place."""

    kind: Literal["window"]
    earliest_start: Annotated[
        Time | None, Field(description="not to begin before, by the clock of the place", examples=AT)
    ] = None
    latest_start: Annotated[Time | None, Field(description="not to begin after", examples=AT)] = None
    earliest_end: Annotated[Time | None, Field(description="not to end before", examples=AT)] = None
    latest_end: Annotated[Time | None, Field(validate_default=True, description="not to end after", examples=AT)] = None

    givens: ClassVar = frozenset({"start", "end", "duration"})

    @field_validator("severity")
    @classmethod
    def _binds(cls, severity: Severity) -> Severity:
        return bound(severity)

    @field_validator("latest_end")
    @classmethod
    def _bounds_something(cls, latest_end: str | None, info: ValidationInfo) -> str | None:
        given = {name: hm(text) for name in BOUNDS if (text := info.data.get(name) or None)}
        if latest_end is not None:
            given["latest_end"] = hm(latest_end)
        if not given and all(name in info.data for name in BOUNDS[:3]):
            message = _("a window has at least one of {names}")
            raise PydanticCustomError("window", message, {"names": ", ".join(BOUNDS)})
        if given.get("earliest_start", 0) > min(given.get("latest_start", 9999), given.get("latest_end", 9999)):
            raise PydanticCustomError("range", _("the window ends before it begins"))
        return latest_end

    @property
    def minutes(self) -> dict[str, int]:
        """The bounds that are given, in minutes after local midnight."""
        return {name: hm(text) for name in BOUNDS if (text := getattr(self, name)) is not None}

    def shape(self, *, sure: bool) -> Shape:
        """The bounds that are given."""
        return Shape(hours=Hours(**self.minutes))

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """The bounds it sets; pass or fail where the test gives a visit's `start` and `end` of its hours."""
        bounds = {name: getattr(self, name) for name in BOUNDS if getattr(self, name) is not None}
        if not self.may_apply(answers):
            return Outcome("pass", dict.fromkeys(bounds, "free"))
        if "start" not in given or "end" not in given:
            return Outcome(WORDS[True] if not bounds else None, bounds)
        opens, closes, minutes = _minute(given["start"]), _minute(given["end"]), int(str(given.get("duration", 0)))
        return Outcome(WORDS[self.leaves_room(opens, closes, minutes)], bounds)

    def leaves_room(self, opens: int, closes: int, duration: int) -> bool:
        """Whether a visit of this many minutes still fits into its own hours cut by this window."""
        bounds = self.minutes
        first = max(opens, bounds.get("earliest_start", opens), bounds.get("earliest_end", 0) - duration)
        last = min(closes, bounds.get("latest_end", closes)) - duration
        return first <= min(last, bounds.get("latest_start", last))

    def sentence(self) -> str:
        """The rule in words."""
        given = [(said, getattr(self, name)) for name, said in _SAID.items()]
        changes = ", ".join(_(said, time=time) for said, time in given if time is not None)
        if self.when:
            return _("When {when}: {changes}.", when=self.when, changes=changes)
        return _("Always: {changes}.", changes=changes)


def _minute(given: Given) -> int:
    return hm(given) if isinstance(given, str) else int(given) if isinstance(given, int) else 0
