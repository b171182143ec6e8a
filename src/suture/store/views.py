"""What pages and the API are shown: finished views, with no more of a patient in them than the viewer needs.

A patient on the console is a first name and an initial. Times are aware UTC, as in the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from suture.model.cases import DEFAULT, PREPARED, RULE_TEXT, UNCOVERED, Band, CaseKind, default_of
from suture.model.day import ConfirmationState
from suture.model.events import EventKind
from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel, TouchState
from suture.model.people import Branch
from suture.model.plan import ToldWindow
from suture.model.visit import CLOSED_STATUSES, WAITING_STATUSES, GateState, VisitKind, VisitStatus
from suture.words.reason import Reason, text_of_rule, values_of


@dataclass(frozen=True, slots=True)
class HeadView:
    """The version a day is at, and when it was made.

    `travel` names where its driving times come from; empty before the first pass.
    """

    version: int
    stage: str
    because: Reason
    travel: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SeatView:
    """One position as planned."""

    clinician_id: PartyId
    order: int
    starts_at: datetime
    ends_at: datetime
    told_open: datetime
    told_close: datetime
    pinned: bool


@dataclass(frozen=True, slots=True)
class StopView:
    """One position of the day, planned or not. `who` is a short name, empty for an open shift.

    `patient_answer` and `staff_answer` answer what each was last told; None: not told yet, or no one to tell.
    `patient_told` is the window the patient really was told last; the seat's is the one the plan means to tell.
    """

    visit_id: VisitId
    external_id: str
    position: int
    kind: VisitKind
    discipline: str
    who: str
    status: VisitStatus
    held: bool
    earliest_start: datetime
    latest_start: datetime
    latest_end: datetime
    duration_minutes: int
    documentation_minutes: int
    started_at: datetime | None
    ended_at: datetime | None
    expected_end: datetime | None
    seat: SeatView | None
    patient_answer: ConfirmationState | None
    staff_answer: ConfirmationState | None
    patient_told: ToldWindow | None = None
    gate: GateState = GateState.OPEN
    set_out: bool = False
    """Whether its clinician said that they are on their way."""

    @property
    def is_kept_back(self) -> bool:
        """Planned and not dispatched: no one sets out before its patient has said yes."""
        return self.seat is not None and self.status in WAITING_STATUSES and not self.gate.is_dispatched

    @property
    def waits_to_be_told(self) -> bool:
        """The plan has a time for the patient that is not the one they were told."""
        seat = self.seat
        if seat is None or not self.who or self.status in CLOSED_STATUSES:
            return False
        return self.patient_told != ToldWindow(seat.told_open, seat.told_close)

    @property
    def wants_cover(self) -> bool:
        """No clinician is planned for it, and one should be."""
        return self.seat is None and self.status not in CLOSED_STATUSES and not self.held


@dataclass(frozen=True, slots=True)
class SpanView:
    """A stretch of a clinician's time."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ClinicianView:
    """One clinician of the branch on the day: working hours, absences, of which some are call-outs, on-call hours."""

    id: PartyId
    external_id: str
    name: str
    role: str
    hours: tuple[SpanView, ...]
    absences: tuple[SpanView, ...]
    called_out: tuple[SpanView, ...] = ()
    on_call: tuple[SpanView, ...] = ()


@dataclass(frozen=True, slots=True)
class TextView:
    """A text that a person must read: who has the number it came from (empty: no one), what it says, and when."""

    who: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CalledView:
    """A message about a case to someone on call: `at` is when it was sent, or planned where it has not left."""

    who: str
    channel: Channel
    state: TouchState
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """An open exception. `who` is a clinician's name or a patient's short one, empty where it is about neither.

    `phone` is the number to call about it, that of `call`; empty where no number is known, and of a patient who is not
    active: the sentence is about them, and no one there should be called. `positions`: how many cases of one
    visit's positions say exactly this. `called`: whom messages to those on call went to, in order.
    """

    id: int
    kind: CaseKind
    band: Band
    reasons: tuple[Reason, ...]
    deadline_at: datetime | None
    opened_at: datetime
    who: str
    visit: str
    visit_starts: datetime | None
    visit_ends: datetime | None
    phone: str = ""
    call: str = ""
    text: TextView | None = None
    positions: int = 1
    taken_by: str = ""
    taken_at: datetime | None = None
    called: tuple[CalledView, ...] = ()
    position: int = 0
    ladder: tuple[Reason, ...] = ()
    """What was tried for a position without a clinician, step by step."""

    @property
    def can_be_filled(self) -> bool:
        """Whether people may be asked to take it."""
        return self.kind in UNCOVERED and bool(self.visit)

    @property
    def waits_for_someone(self) -> bool:
        """It is critical, and no one has taken it."""
        return self.band is Band.CRITICAL and not self.taken_by

    @property
    def file(self) -> str:
        """The file that a case is about, which its reasons name (`quarantine.refresh_case`); else empty."""
        about_file = self.kind is CaseKind.IMPORT_SET_ASIDE and self.reasons
        return str(values_of(self.reasons[0]).get("file", "")) if about_file else ""

    @property
    def short(self) -> tuple[Reason, ...]:
        """The reasons without the texts of rules, what happens by default, and the repair that is ready."""
        return tuple(r for r in self.reasons if r.code != RULE_TEXT and not r.code.startswith((DEFAULT, PREPARED)))

    @property
    def prepared(self) -> tuple[Reason, ...]:
        """The repair that is ready: when it was worked out, then what it would change; empty where there is none."""
        return tuple(r for r in self.reasons if r.code.startswith(PREPARED))

    @property
    def default(self) -> Reason:
        """What happens if no one acts."""
        return default_of(self.kind, self.reasons)

    @property
    def rules(self) -> tuple[str, ...]:
        """The texts of the rules among the reasons."""
        found = (values_of(r) for r in self.reasons if r.code == RULE_TEXT)
        return tuple(f"{text_of_rule(rule['title'])}. {text_of_rule(rule['because'])}" for rule in found)


@dataclass(frozen=True, slots=True)
class MoveView:
    """One position that went to someone else, or to another time. Names are empty where there was or is no one."""

    kind: EventKind
    who: str
    visit: str
    from_name: str
    to_name: str
    old_start: datetime | None
    new_start: datetime | None
    old_end: datetime | None
    new_end: datetime | None
    told_changed: bool
    because: Reason


@dataclass(frozen=True, slots=True)
class MomentView:
    """What one decision did: its plan event, its moves in visit order, and the cases it opened and closed."""

    at: datetime
    kind: EventKind | None
    version: int | None
    because: Reason | None
    moves: tuple[MoveView, ...]
    opened: tuple[CaseKind, ...]
    closed: tuple[CaseKind, ...]


@dataclass(frozen=True, slots=True)
class WaitingView:
    """What the worker has still to do for the day."""

    signals: int
    messages: int
    next_message_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayView:
    """Everything the console shows of one branch-day."""

    branch: Branch
    service_date: date
    head: HeadView | None
    clinicians: tuple[ClinicianView, ...]
    stops: tuple[StopView, ...]
    cases: tuple[CaseView, ...]
    moments: tuple[MomentView, ...]
    waiting: WaitingView

    def route(self, clinician_id: PartyId) -> tuple[StopView, ...]:
        """One clinician's stops in order of time."""
        own = [(s.seat.starts_at, s.visit_id, s) for s in self.stops if s.seat and s.seat.clinician_id == clinician_id]
        return tuple(stop for _, _, stop in sorted(own, key=lambda item: item[:2]))

    @property
    def wanted(self) -> tuple[StopView, ...]:
        """The positions that count: neither on hold nor cancelled."""
        return tuple(s for s in self.stops if not s.held and s.status is not VisitStatus.CANCELLED)

    @property
    def filled(self) -> float | None:
        """The share of the positions wanted that has someone at this moment, or is done; None where none is wanted."""
        return self.filled_of(late=0)

    def filled_of(self, late: int) -> float | None:
        """As `filled`, with those that were due and cancelled too late to count as never needed."""
        has = sum(s.seat is not None or s.status is VisitStatus.COMPLETED for s in self.wanted)
        due = len(self.wanted) + late
        return has / due if due else None

    def busiest_nurse(self) -> ClinicianView | None:
        """The RN with the most visits not yet begun who is not away already; of several the first by id."""
        todo = {c: sum(s.status in WAITING_STATUSES for s in self.route(c.id)) for c in self.clinicians}
        nurses = [c for c in self.clinicians if c.role == "RN" and not c.absences and todo[c]]
        return max(nurses, key=lambda c: todo[c], default=None)


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A service date that has a plan, and how many exceptions are open on it."""

    service_date: date
    cases: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan for a program to read: ids and times, no patient. `uncovered` gives the reasons of each open position."""

    branch: Branch
    service_date: date
    head: HeadView
    clinicians: tuple[ClinicianView, ...]
    stops: tuple[StopView, ...]
    reasons: Mapping[tuple[VisitId, int], tuple[Reason, ...]]

    @property
    def assigned(self) -> int:
        """Positions with a clinician."""
        return sum(1 for s in self.stops if s.seat)

    @property
    def uncovered(self) -> tuple[StopView, ...]:
        """Positions that need a clinician and have none."""
        return tuple(s for s in self.stops if s.wants_cover)


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A text that came in, and what was made of it. `provider_msg_id`: how whoever carried it calls it."""

    provider_msg_id: str
    at: datetime
    body: str
    meaning: str
    action: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """The state of a stored signal; once it is decided, what it changed, or why nothing, for each of its days."""

    id: int
    kind: str
    state: str
    handled_version: int | None
    because: tuple[Reason, ...] = ()
