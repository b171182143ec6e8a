"""require: "Only if …". A visit may go to a clinician only if something is so; `when` says for which visits.

    - id: role
      kind: require
      that: "c.role in v.roles"

Where it is unknown whether it is so, the pair is not assigned, and the missing fact is shown.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from suture.rules.cel import NO, YES, Answer
from suture.rules.effects import Plane
from suture.rules.families import PAIR, WHEN, HardRule
from suture.rules.parts import Condition
from suture.words.catalog import _


class Require(HardRule):
    """Kept when `when` is false or `that` is true; broken when `when` is true and `that` is false."""

    kind: Literal["require"]
    when: Annotated[Condition | None, WHEN] = None
    that: Annotated[Condition, Field(description="the condition that must be true")]

    slots: ClassVar = {"when": PAIR, "that": PAIR}

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """`!when || that` in three values."""
        when, that = answers.get("when", YES), answers["that"]
        if when.truth is False or that.truth is True:
            return YES
        if when.truth and that.truth is False:
            return NO
        lacking = [answer for answer in (when, that) if answer.truth is None]
        missing = {field: None for answer in lacking for field in answer.missing}
        return Answer(None, tuple(missing), next((a.fault for a in lacking if a.fault), ""))

    def kept_plane(self, answers: Mapping[str, Plane]) -> Plane:
        """The larger of `2 - when` and `that`, for all pairs at once."""
        that = answers["that"]
        return np.maximum(np.subtract(np.uint8(2), answers["when"]), that) if "when" in answers else that

    def sentence(self) -> str:
        """The rule in words."""
        if self.when:
            return _("When {when}, only if {that}.", when=self.when, that=self.that)
        return _("Only if {that}.", that=self.that)
