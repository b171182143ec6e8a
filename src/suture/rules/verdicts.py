"""What the rulebook says of one branch-day: a verdict a pair, and the limits that bind rows. Made of ids and minutes.

This is all the planner learns of rules; it never sees a rule file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from suture.model.ids import PartyId, VisitId
from suture.model.visit import Priority
from suture.words.reason import Reason


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


Finding = str | Unknown | Term | None
"""What one rule says of one pair: the id of the rule it breaks, what is unknown, a price, or nothing."""


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
class Stretched:
    """How many minutes become of some: all factors multiply, then all minutes are added, then it is rounded up."""

    factor: Fraction = Fraction(1)
    add_minutes: int = 0

    def __and__(self, other: "Stretched") -> "Stretched":
        return Stretched(self.factor * other.factor, self.add_minutes + other.add_minutes)

    def of(self, minutes: int) -> int:
        """This many minutes, stretched; never less than one where there are any."""
        total = self.factor * minutes + self.add_minutes
        return max(1, -(-total.numerator // total.denominator)) if minutes else 0

    @property
    def permille(self) -> int:
        """The factor in thousandths, rounded up."""
        return -(-1000 * self.factor.numerator // self.factor.denominator)


UNCHANGED: Final = Stretched()


@dataclass(frozen=True, slots=True)
class Hours:
    """Bounds of a visit's start and end, in minutes after local midnight; None where there is none."""

    earliest_start: int | None = None
    latest_start: int | None = None
    earliest_end: int | None = None
    latest_end: int | None = None

    def __and__(self, other: "Hours") -> "Hours":
        return Hours(
            _one(max, self.earliest_start, other.earliest_start),
            _one(min, self.latest_start, other.latest_start),
            _one(max, self.earliest_end, other.earliest_end),
            _one(min, self.latest_end, other.latest_end),
        )


ANY_HOURS: Final = Hours()


@dataclass(frozen=True, slots=True)
class Shape:
    """What one rule, or several with `&`, make of a visit; order does not matter. `Shape()` leaves it as it is.

    `hours` narrow those of the visit. `care` is the time with the patient, `way` the driving there and from there.
    `seats` and `priority` are the least there are to be. `rule_ids`: the rules that had a part in it.
    """

    hours: Hours = ANY_HOURS
    care: Stretched = UNCHANGED
    way: Stretched = UNCHANGED
    seats: int = 1
    priority: Priority = Priority.ROUTINE
    rule_ids: tuple[str, ...] = ()

    def __and__(self, other: "Shape") -> "Shape":
        return Shape(
            hours=self.hours & other.hours,
            care=self.care & other.care,
            way=self.way & other.way,
            seats=max(self.seats, other.seats),
            priority=max(self.priority, other.priority),
            rule_ids=(*self.rule_ids, *other.rule_ids),
        )

    @property
    def narrows(self) -> bool:
        """Whether it cuts the visit's hours, so that nothing may be left of them."""
        return self.hours != ANY_HOURS


def _one(tighter: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else tighter(one, other)


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
    titles: Mapping[str, str | Reason] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[VisitId, Shape] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    gates: tuple[Gate, ...] = ()
    seats: Mapping[tuple[VisitId, int], Seat] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()

    def title(self, rule_id: str) -> str | Reason:
        """A rule's title as a part of a sentence; its id where it has none."""
        title = self.titles.get(rule_id, rule_id)
        return title.rstrip(".") if isinstance(title, str) else title

    def refused_seat(self, clinician_id: PartyId, visit_id: VisitId, position: int) -> tuple[str, ...]:
        """The rules that keep a clinician from this seat of a visit; rules of the pair itself are asked elsewhere."""
        seat = self.seats.get((visit_id, min(position, 2)))
        return () if seat is None or clinician_id in seat.clinicians else seat.rule_ids
