"""forbid: "Never when …". A clinician never gets a visit for which the condition is true.

    - id: barred
      kind: forbid
      when: "c.id in v.banned"

Where it is unknown whether the condition is true, the pair is not assigned, and the missing fact is shown.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from suture.rules.cel import NO, YES, Answer
from suture.rules.effects import Plane
from suture.rules.families import PAIR, WHEN, HardRule
from suture.rules.parts import Condition
from suture.words.catalog import _


class Forbid(HardRule):
    """Kept when `when` is false, broken when it is true."""

    kind: Literal["forbid"]
    when: Annotated[Condition, WHEN]

    slots: ClassVar = {"when": PAIR}

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """`!when` in three values."""
        when = answers["when"]
        return when if when.truth is None else NO if when.truth else YES

    def kept_plane(self, answers: Mapping[str, Plane]) -> Plane:
        """`2 - when`, for all pairs at once."""
        return np.subtract(np.uint8(2), answers["when"])

    def sentence(self) -> str:
        """The rule in words."""
        return _("Never when {when}.", when=self.when)
