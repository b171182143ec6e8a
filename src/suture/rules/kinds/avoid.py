"""avoid: "Rather not …". A pair for which the condition is true costs some minutes of driving.

    - id: language
      kind: avoid
      when: "!(v.lang in c.langs)"
      weight: 60

The planner lets someone else drive up to `weight` minutes more to escape such a pair. Where it is unknown whether
the condition is true, nothing is charged.
"""

from typing import Literal

from suture.rules.families import PricedRule
from suture.words.catalog import _


class Avoid(PricedRule):
    """Costs `weight` minutes of driving where `when` is true."""

    kind: Literal["avoid"]

    def price(self) -> int:
        """The weight itself."""
        return self.weight

    def sentence(self) -> str:
        """The rule in words."""
        return _("Preferably not when {when}; costs {minutes} minutes of driving.", when=self.when, minutes=self.weight)
