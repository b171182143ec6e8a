"""A visit: one planned encounter at a place (home visit, clinic appointment or open shift)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from suture.model.ids import BranchId, PartyId, PlaceId, PositionKey, VisitId
from suture.words.reason import Reason, reason, some_of


class VisitKind(StrEnum):
    """What kind of demand a visit is."""

    HOME_VISIT = "home_visit"
    APPOINTMENT = "appointment"
    OPEN_SHIFT = "open_shift"


class VisitStatus(StrEnum):
    """Where a visit is in its life; `held` is a separate flag, not a status."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    CONFIRMED = "confirmed"
    EN_ROUTE = "en_route"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    MISSED = "missed"


CLOSED_STATUSES = frozenset({VisitStatus.COMPLETED, VisitStatus.CANCELLED, VisitStatus.NO_SHOW, VisitStatus.MISSED})
STARTED_STATUSES = frozenset({VisitStatus.EN_ROUTE, VisitStatus.IN_PROGRESS})
WAITING_STATUSES = frozenset(VisitStatus) - CLOSED_STATUSES - STARTED_STATUSES


class GateState(StrEnum):
    """Whether a visit is dispatched. An unconfirmed visit may be planned and not dispatched: see docs/gate.md."""

    OPEN = "open"
    """Dispatched: no gate is in front of it, or what the gate needs is there."""
    WAITS = "waits"
    """Planned, not dispatched yet: the patient may still answer in time."""
    HELD = "held"
    """Not dispatched: the answer did not come in time. A late yes dispatches it."""
    RELEASED = "released"
    """Dispatched without an answer, and flagged."""
    WAITLIST = "waitlist"
    """Not dispatched, and its place was given up: it takes what becomes free, and a yes to that time dispatches it."""

    @property
    def is_dispatched(self) -> bool:
        """Whether its clinician sets out."""
        return self in (GateState.OPEN, GateState.RELEASED)


class Priority(IntEnum):
    """How much an uncovered visit weighs; multiplies the price of leaving it uncovered."""

    ROUTINE = 1
    URGENT = 2
    STAT = 3


PLACE_GAP, PATIENT_GAP = "place", "patient"
"""What may be unclear of a visit besides what its own file says."""

_WINDOW = ("earliest_start", "latest_end")
_OUTSIDE = {PLACE_GAP: reason("import.place_unclear"), PATIENT_GAP: reason("import.patient_unclear")}


def gap_sentences(unclear: Iterable[str]) -> tuple[Reason, ...]:
    """Why a visit cannot be planned yet, free of names."""
    gaps = tuple(unclear)
    own = [reason(f"import.visit_gap.{name}") for name in gaps if name not in _OUTSIDE and name not in _WINDOW]
    return (
        *([reason("import.window_unclear")] if set(gaps) & {*_WINDOW} else []),
        *([reason("import.visit_unclear", what=some_of(own))] if own else []),
        *(_OUTSIDE[name] for name in gaps if name in _OUTSIDE),
    )


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """When a visit may happen. Solvers bound the start, files bound the end: here all three are explicit."""

    earliest_start: datetime
    latest_start: datetime
    latest_end: datetime

    def __post_init__(self) -> None:
        if not self.earliest_start <= self.latest_start <= self.latest_end:
            raise ValueError(
                f"time window out of order: {self.earliest_start} .. {self.latest_start} .. {self.latest_end}. "
                "Maybe the window is shorter than the visit."
            )


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one service date, with the facts the planner and the rules read."""

    id: VisitId
    external_id: str
    branch_id: BranchId
    service_date: date
    patient_id: PartyId | None
    place_id: PlaceId
    kind: VisitKind
    discipline: str
    visit_type: str
    roles: tuple[str, ...]
    required_skills: tuple[str, ...]
    window: TimeWindow
    duration_minutes: int
    documentation_minutes: int
    positions: int
    priority: Priority
    status: VisitStatus
    held: bool
    rev: int
    visit_rev: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expected_end: datetime | None = None
    done_by: PartyId | None = None
    expected_start: datetime | None = None
    """When it will begin at the earliest, where its clinician is known to be late."""
    late_from: datetime | None = None
    """When it was planned to begin before that."""
    late_by: PartyId | None = None
    """Which of its clinicians is late."""
    gate: GateState = GateState.OPEN
    gate_else: str = ""
    """What happens where a gate's answer does not come in time; empty where there is no gate in front of it."""
    answer_by: datetime | None = None
    """Until when the patient's answer still helps, by the plan as it stands."""
    unclear: tuple[str, ...] = ()
    """What is unknown about it that limits who may come, when or where: nothing is planned for it until it is known."""

    @property
    def is_closed(self) -> bool:
        """Nothing remains to be planned for it."""
        return self.status in CLOSED_STATUSES

    @property
    def is_started(self) -> bool:
        """Pinned by fact: someone is on the way or there."""
        return self.status in STARTED_STATUSES

    @property
    def is_plannable(self) -> bool:
        """Needs a clinician: neither closed nor on hold."""
        return not self.is_closed and not self.held

    @property
    def is_waitlisted(self) -> bool:
        """Takes only what becomes free: the gate gave its place up."""
        return self.gate is GateState.WAITLIST and not self.is_closed

    @property
    def is_clear(self) -> bool:
        """Enough is known of it to send someone."""
        return not self.unclear

    @property
    def file_gaps(self) -> tuple[str, ...]:
        """What is not known of it because a file could not be read."""
        return tuple(name for name in self.unclear if name not in _OUTSIDE)

    @property
    def busy(self) -> timedelta:
        """How long the clinician is occupied at the place: care and documentation."""
        return timedelta(minutes=self.duration_minutes + self.documentation_minutes)

    def position_keys(self) -> tuple[PositionKey, ...]:
        """Every seat of this visit, in order."""
        return tuple(PositionKey(self.id, n) for n in range(1, self.positions + 1))
