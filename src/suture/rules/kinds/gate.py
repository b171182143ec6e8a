"""gate: "Not before …". A visit is planned, but not dispatched before something is there.

    - id: confirm-gate
      kind: gate
      when: "v.risk >= 3"
      needs: patient_confirmed
      by: "-2h"
      else: hold_and_flag

`by` is how long before the start it must be there. `else`: what happens then: hold_and_flag, hold, release_and_flag
or drop_to_waitlist. A visit is also behind the gate where that is unknown.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from suture.rules.cel import Answer
from suture.rules.effects import OnDay
from suture.rules.families import VisitRule, sentence_of
from suture.rules.parts import Given, Outcome
from suture.rules.verdicts import Gate
from suture.words.catalog import _, marked

_BY: Final = re.compile(r"-(\d{1,3})(min|h)")
_NOT_BEFORE: Final = {
    "patient_confirmed": (
        marked("Not dispatched before patient confirmed"),
        marked("Not dispatched before patient confirmed when {when}"),
    ),
    "staff_accepted": (
        marked("Not dispatched before staff accepted"),
        marked("Not dispatched before staff accepted when {when}"),
    ),
}
_OTHERWISE: Final = {
    "hold_and_flag": marked("{time} before the start: hold and flag"),
    "hold": marked("{time} before the start: hold"),
    "release_and_flag": marked("{time} before the start: release and flag"),
    "drop_to_waitlist": marked("{time} before the start: drop to waitlist"),
}


_UNREAD: Final = marked("it holds nothing back yet: only a gate that needs patient_confirmed binds")


class GateRule(VisitRule):
    """Holds a visit back until what it needs is there."""

    kind: Literal["gate"]
    needs: Annotated[
        Literal["patient_confirmed", "staff_accepted"], Field(description="patient_confirmed or staff_accepted")
    ]
    by: Annotated[
        str,
        Field(
            pattern=r"^-\d{1,3}(min|h)$",
            description="how long before the start it must be there, such as -2h or -90min",
            examples=["-2h", "-90min"],
        ),
    ] = "-2h"
    otherwise: Annotated[
        Literal["hold_and_flag", "hold", "release_and_flag", "drop_to_waitlist"],
        Field(alias="else", description="what happens then: hold_and_flag, hold, release_and_flag or drop_to_waitlist"),
    ] = "hold_and_flag"

    givens: ClassVar = frozenset({"patient_confirmed", "staff_accepted"})

    @property
    def unread(self) -> str:
        """What a clinician must accept is not waited for yet."""
        return "" if self.needs == "patient_confirmed" else _UNREAD

    @property
    def by_minutes(self) -> int:
        """Minutes before the start."""
        match = _BY.fullmatch(self.by)
        return int(match[1]) * (60 if match[2] == "h" else 1) if match else 0

    def on_day(self, there: OnDay) -> Iterator[Gate]:
        """A gate in front of each visit."""
        for visit in there.visits:
            yield Gate(self.id, visit, self.needs, self.by_minutes, self.otherwise)

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Pass: the visit may be dispatched."""
        held = self.may_apply(answers) and given.get(self.needs) is not True
        return Outcome("fail" if held else "pass", {"held": held})

    def sentence(self) -> str:
        """The rule in words."""
        always, sometimes = _NOT_BEFORE[self.needs]
        held = _(sometimes, when=self.when) if self.when else _(always)
        return sentence_of(held, _(_OTHERWISE[self.otherwise], time=self.by.lstrip("-")))
