"""The effects of rules. A kind returns them; whoever reads rules knows effects, never kinds.

| effect | of what | who reads it |
|---|---|---|
| `Filter` | pairs: who breaks it, or may, is not assigned | the compiled rules, as bits |
| `Price` | pairs: minutes of driving | the compiled rules, as bits and a cost |
| `Shape` | a visit: its hours, length, way, seats and priority | the day, before it is planned |
| `Limit`, `Rest`, `Spread` | a clinician's day: counters | the planner |
| `Seats`, `Series` | links between seats, and between visits | the planner |
| `OfPair` | a pair, seen from the day as a whole | the planner, as a verdict |
| `Gate` | a visit: what must be there before it is dispatched | dispatch; not what a clinician must accept |
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.model.people import Clinician
from suture.rules.verdicts import Gate, Limit, Rest, Series, Term

Plane = NDArray[np.uint8]
"""Answers for all pairs at once: 0 no, 1 unknown, 2 yes; one row a clinician, one column a visit."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Whether pairs keep the rule: a pair that breaks it, or where that is unknown, is not assigned."""

    kept: Plane


@dataclass(frozen=True, slots=True)
class Price:
    """Minutes of driving for the pairs to which the rule surely applies; negative for a saving."""

    applies: Plane
    minutes: int


@dataclass(frozen=True, slots=True)
class Spread:
    """At most `maximum` of these visits to one clinician; without `weight` never more, with it each one above costs."""

    rule_id: str
    visits: frozenset[VisitId]
    maximum: int
    weight: int | None


@dataclass(frozen=True, slots=True)
class Seats:
    """Who may take the seat of this position of these visits."""

    rule_id: str
    position: int
    visits: tuple[VisitId, ...]
    clinicians: frozenset[PartyId]


@dataclass(frozen=True, slots=True)
class OfPair:
    """What a rule says of one pair in view of the whole day: a price, or (its own id) that it may not be."""

    clinician_id: PartyId
    visit_id: VisitId
    said: str | Term


Effect = Limit | Rest | Spread | Series | Seats | OfPair | Gate


@dataclass(frozen=True, slots=True)
class OnDay:
    """What a rule needs to know of a day to return its effects there.

    `clinicians`: whom it binds. `visits`: those it applies to, surely or perhaps. `may`: for each
    condition on clinicians alone, those who surely meet it.
    """

    day: Day
    clinicians: tuple[Clinician, ...]
    visits: tuple[VisitId, ...]
    may: Mapping[str, frozenset[PartyId]]

    def by_patient(self) -> Mapping[PartyId, list[VisitId]]:
        """The visits by their patient; those without one are left out."""
        found: dict[PartyId, list[VisitId]] = defaultdict(list)
        for visit in self.visits:
            patient = self.day.visits[visit].patient_id
            if patient is not None:
                found[patient].append(visit)
        return found
