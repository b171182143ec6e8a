"""What the rulebook says of one branch-day: a verdict a pair, and the limits that bind rows. Made of ids and minutes.

This is all the planner learns of rules; it never sees a rule file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from suture.model.ids import PartyId, VisitId


@dataclass(frozen=True, slots=True)
class Term:
    """One priced rule that applies to a pair: minutes of driving, negative for a saving."""

    rule_id: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A hard rule that could not be told, and the facts it lacked. Never a pass."""

    rule_id: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One (clinician, visit) pair under the hard and priced rules."""

    failed: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def eligible(self) -> bool:
        """No hard rule fails and none is unknown."""
        return not self.failed and not self.unknown

    @property
    def cost_minutes(self) -> int:
        """Sum of the priced terms; may be negative."""
        return sum(term.minutes for term in self.terms)


class LimitMeasure(StrEnum):
    """What a limit counts."""

    COUNT = "count"
    MINUTES = "minutes"


@dataclass(frozen=True, slots=True)
class Limit:
    """A counter of one clinician over the planned day. `used` is what earlier days already took.

    Minutes are care + documentation + travel between clients. Above `maximum` each unit costs `over_minutes` minutes
    of driving; above `hard_maximum` (None: never; equal to `maximum` for a hard limit) it is refused.
    `visits`: the visits that count, None for all.
    """

    rule_id: str
    clinician_id: PartyId
    measure: LimitMeasure
    used: int
    maximum: int
    over_minutes: int
    hard_maximum: int | None
    visits: frozenset[VisitId] | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The least rest between duties of one clinician, in whole minutes."""

    rule_id: str
    clinician_id: PartyId
    minutes: int


@dataclass(frozen=True, slots=True)
class DayRules:
    """Everything the rulebook says of one day. `because` and `title` of every rule, for explanations."""

    rulebook_hash: str
    pairs: Mapping[tuple[PartyId, VisitId], Verdict]
    limits: tuple[Limit, ...] = ()
    rests: tuple[Rest, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
