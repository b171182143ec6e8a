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
class Shape:
    """What rules make of one visit. Minutes after local midnight for its hours, None where no rule bounds them.

    `factor` of travel is in thousandths. `rule_ids` say which rules had a part in it.
    """

    earliest_start: int | None = None
    latest_start: int | None = None
    earliest_end: int | None = None
    latest_end: int | None = None
    duration_minutes: int | None = None
    travel_permille: int = 1000
    travel_add_minutes: int = 0
    seats: int | None = None
    rule_ids: tuple[str, ...] = ()


class GroupKind(StrEnum):
    """How the visits of a group hang together."""

    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Group:
    """Visits of one day that should go to the same clinician, or be spread: at most `max_items` to one.

    `weight`: minutes of driving for each visit out of line; None: never out of line.
    """

    rule_id: str
    kind: GroupKind
    visits: frozenset[VisitId]
    max_items: int
    weight: int | None


@dataclass(frozen=True, slots=True)
class Gate:
    """What must be there before a visit is dispatched, how many minutes before its start, and what happens else."""

    rule_id: str
    visit_id: VisitId
    needs: str
    by_minutes: int
    otherwise: str


@dataclass(frozen=True, slots=True)
class DayRules:
    """Everything the rulebook says of one day. `because` and `title` of every rule, for explanations.

    `second_seats`: who may take the second seat of a visit for two. `waivers`: ids of those in force.
    """

    rulebook_hash: str
    pairs: Mapping[tuple[PartyId, VisitId], Verdict]
    limits: tuple[Limit, ...] = ()
    rests: tuple[Rest, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[VisitId, Shape] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    gates: tuple[Gate, ...] = ()
    second_seats: Mapping[VisitId, frozenset[PartyId]] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()

    def may_sit(self, clinician_id: PartyId, visit_id: VisitId, position: int) -> bool:
        """Whether a clinician may take this seat of a visit; rules of the pair itself are asked elsewhere."""
        return position < 2 or visit_id not in self.second_seats or clinician_id in self.second_seats[visit_id]
