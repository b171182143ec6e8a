"""Parties: patients, clinicians and what is known of their credentials and hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from suture.model.ids import BranchId, PartyId, PlaceId

Traits = Mapping[str, str | int | tuple[str, ...]]
"""Facts of a person that only rules read, by name (gender, zone, contract, hired_on, tags …); absent is unknown."""

LONGEST_ABBREVIATION = 3
_SMALL_WORDS = frozenset({"and", "ear", "eye", "for", "in", "of", "on", "or", "the", "to"})


class PartyKind(StrEnum):
    """Who a message may go to."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the map with the time zone its hours are told in (WGS84 degrees). `site`: its code, '' elsewhere.

    A place that has not been looked up yet is put where its branch is; no visit there is planned (`Visit.unclear`).
    """

    id: PlaceId
    lat: float
    lon: float
    tz: str
    site: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """The operating unit: its name and phone are what messages carry. `week_starts_on`: 1 = Monday … 7 = Sunday."""

    id: BranchId
    external_id: str
    agency: str
    name: str
    phone: str
    tz: str
    week_starts_on: int


@dataclass(frozen=True, slots=True)
class Credential:
    """A role license or a skill. `valid_until` is inclusive; None is *unverified*, which is not valid."""

    code: str
    valid_from: date | None
    valid_until: date | None
    status: str = "active"

    def holds_on(self, day: date) -> bool | None:
        """Whether it counts on `day`; None when the expiration has not been verified."""
        if self.status != "active" or (self.valid_from and day < self.valid_from):
            return False
        return None if self.valid_until is None else day <= self.valid_until


def initial(name: str | None) -> str:
    """The first letter of a name, in capitals where there are any; no mark of a file that was garbled."""
    return next((c.upper() for c in name or "" if c.isalpha()), "")


@dataclass(frozen=True, slots=True)
class Clinician:
    """Anyone who can be assigned."""

    id: PartyId
    external_id: str
    name: str
    role: str
    home_place_id: PlaceId
    max_weekly_minutes: int | None
    languages: tuple[str, ...]
    credentials: tuple[Credential, ...]
    traits: Traits = field(default_factory=dict)


ELSEWHERE = "elsewhere"
"""The status of someone away who works for another branch."""


@dataclass(frozen=True, slots=True)
class Away:
    """Who is not among a day's clinicians, and why: a `status` that is not active, or another branch."""

    name: str
    status: str

    @property
    def is_unclear(self) -> bool:
        """Whether the last import could not read the status: no one plans for them or writes to them until then."""
        return self.status == "unclear"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who receives care. A patient whose `status` is not active gets no visit and no message."""

    id: PartyId
    external_id: str
    name: str
    lang: str
    place_id: PlaceId
    gender_preference: str | None = None
    traits: Traits = field(default_factory=dict)
    status: str = "active"

    @property
    def is_active(self) -> bool:
        """Whether care continues."""
        return self.status == "active"


class AvailabilityKind(StrEnum):
    """What a stretch of a clinician's time is."""

    AVAILABLE = "available"
    PREFERRED = "preferred"
    ON_CALL = "on_call"
    UNAVAILABLE = "unavailable"


FIRST_TIER, LAST_TIER = 1, 9
"""Who is called first, and the last tier that a file may name."""


@dataclass(frozen=True, slots=True)
class Availability:
    """One stretch of a clinician's time, as dated instants. `called_out`: an absence that was not planned.

    `tier`: of a stretch on call, whether this clinician is called first, second …
    """

    clinician_id: PartyId
    starts_at: datetime
    ends_at: datetime
    kind: AvailabilityKind
    called_out: bool = False
    tier: int = FIRST_TIER


@dataclass(frozen=True, slots=True)
class Shift:
    """A working period derived from availability minus time off; one planner row each.

    `tier` 0: ordinary hours. Else they are on-call hours: only what no one else can do is planned there.
    """

    clinician_id: PartyId
    starts_at: datetime
    ends_at: datetime
    tier: int = 0

    @property
    def is_on_call(self) -> bool:
        """Whether these are on-call hours."""
        return self.tier > 0


def shifts_of(availability: tuple[Availability, ...]) -> tuple[Shift, ...]:
    """Working periods: offered stretches joined where they touch, minus the unavailable ones; by clinician and time.

    On-call hours are shifts of their own, without those that are ordinary hours or on call in an earlier tier as well.
    """
    shifts: list[Shift] = []
    for clinician_id in sorted({a.clinician_id for a in availability}):
        own = [a for a in availability if a.clinician_id == clinician_id]
        taken = [(a.starts_at, a.ends_at) for a in own if a.kind is AvailabilityKind.UNAVAILABLE]
        found: list[Shift] = []
        for tier in sorted({t for a in own if (t := _tier_of(a)) is not None}):
            offered = _union([(a.starts_at, a.ends_at) for a in own if _tier_of(a) == tier])
            spans = _minus(offered, taken)
            found += [Shift(clinician_id, start, end, tier) for start, end in spans]
            taken += spans
        shifts += sorted(found, key=lambda s: s.starts_at)
    return tuple(shifts)


def _tier_of(stretch: Availability) -> int | None:
    """0 for ordinary hours; None where no time is offered."""
    if stretch.kind is AvailabilityKind.UNAVAILABLE:
        return None
    return stretch.tier if stretch.kind is AvailabilityKind.ON_CALL else 0


def _union(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _minus(
    spans: list[tuple[datetime, datetime]], holes: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    for hole_start, hole_end in holes:
        cut: list[tuple[datetime, datetime]] = []
        for start, end in spans:
            cut += [(a, b) for a, b in ((start, min(end, hole_start)), (max(start, hole_end), end)) if a < b]
        spans = cut
    return sorted(spans)
