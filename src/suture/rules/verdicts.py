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
    eligible: bool = field(init=False)
    """No hard rule fails and none is unknown."""
    cost_minutes: int = field(init=False)
    """Sum of the priced terms; may be negative. Both are told at once: every decision asks every pair."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "eligible", not self.failed and not self.unknown)
        object.__setattr__(self, "cost_minutes", sum(term.minutes for term in self.terms))


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


@dataclass(frozen=True, slots=True)
class Series:
    """Visits of one day that should go to the same clinician.

    `weight`: minutes of driving for each visit that goes to another one; None: none may.
    """

    rule_id: str
    visits: frozenset[VisitId]
    weight: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """Who may take one seat of a visit for two, by the rules named; other rules are asked elsewhere."""

    rule_ids: tuple[str, ...]
    clinicians: frozenset[PartyId]


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

    `seats`: who may take the first and the second seat of a visit for two. `waivers`: ids of those in force.
    """

    rulebook_hash: str
    pairs: Mapping[tuple[PartyId, VisitId], Verdict]
    limits: tuple[Limit, ...] = ()
    rests: tuple[Rest, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[VisitId, Shape] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    gates: tuple[Gate, ...] = ()
    seats: Mapping[tuple[VisitId, int], Seat] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()

    def refused_seat(self, clinician_id: PartyId, visit_id: VisitId, position: int) -> tuple[str, ...]:
        """The rules that keep a clinician from this seat of a visit; rules of the pair itself are asked elsewhere."""
        seat = self.seats.get((visit_id, min(position, 2)))
        return () if seat is None or clinician_id in seat.clinicians else seat.rule_ids
