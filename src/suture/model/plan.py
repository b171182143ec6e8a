"""A plan: who goes where, when, in one version; and the window each patient is promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.ids import BranchId, PartyId, PositionKey
from suture.model.instants import wall_clock
from suture.model.visit import Visit, VisitKind

TOLD_STEP_MINUTES = 30
TOLD_LEAD = timedelta(minutes=15)
TOLD_LENGTH = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class ToldWindow:
    """What a patient is told: the clinician arrives between `open` and `close` (equal for an appointment)."""

    open: datetime
    close: datetime

    def contains(self, instant: datetime) -> bool:
        """Whether arriving at `instant` keeps the promise."""
        return self.open <= instant <= self.close


def told_window(visit: Visit, start: datetime, tz: str) -> ToldWindow:
    """The window to tell for a planned start: half-hour steps of local time, cut to the visit's own window.

    It holds its start, even that of a visit which someone began before its time.
    """
    if visit.kind is not VisitKind.HOME_VISIT:
        return ToldWindow(start, start)
    earliest = start - TOLD_LEAD
    local = wall_clock(earliest, tz)
    opens = earliest - timedelta(
        minutes=local.minute % TOLD_STEP_MINUTES, seconds=local.second, microseconds=local.microsecond
    )
    return ToldWindow(
        min(start, max(opens, visit.window.earliest_start)),
        max(start, min(opens + TOLD_LENGTH, visit.window.latest_end)),
    )


class Source(StrEnum):
    """Who decided an assignment."""

    AUTO = "auto"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One position given to one clinician. `ends_at` is the end of care, documentation follows it.

    `told` is the window this plan promises; a repair keeps it while the start stays inside.
    """

    key: PositionKey
    clinician_id: PartyId
    route_order: int
    starts_at: datetime
    ends_at: datetime
    told: ToldWindow
    pinned: bool = False
    source: Source = Source.AUTO


class Stage(StrEnum):
    """Which head of a branch-day a version is."""

    DRAFT = "draft"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Plan:
    """The assignments of one branch-day at one version; version 0 is the empty plan before the first pass."""

    branch_id: BranchId
    service_date: date
    version: int
    stage: Stage
    assignments: Mapping[PositionKey, Assignment]

    def route(self, clinician_id: PartyId) -> tuple[Assignment, ...]:
        """One clinician's stops in order."""
        own = (a for a in self.assignments.values() if a.clinician_id == clinician_id)
        return tuple(sorted(own, key=lambda a: (a.starts_at, a.key)))
