"""prefer: "Rather …". A pair for which the condition is true is worth some minutes of driving.

    - id: continuity
      kind: prefer
      when: "c.id in v.last_clinicians"
      weight: 20

The planner lets someone drive up to `weight` minutes more to get such a pair. Where it is unknown whether the
condition is true, nothing is saved.
"""

from typing import Literal

from suture.rules.families import PricedRule
from suture.words.catalog import _


class Prefer(PricedRule):
    """Saves `weight` minutes of driving where `when` is true."""

    kind: Literal["prefer"]

    def price(self) -> int:
        """A saving is a negative price."""
        return -self.weight

    def sentence(self) -> str:
        """The rule in words."""
        return _("Preferably when {when}; worth {minutes} minutes of driving.", when=self.when, minutes=self.weight)
