"""One clinician's own day with names and addresses, as she sees it once it is proven that it is hers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.ids import BranchId, PartyId, PlaceId, PromiseId, TouchId, VisitId
from suture.model.instants import day_span
from suture.model.plan import ToldWindow
from suture.model.visit import WAITING_STATUSES, VisitStatus
from suture.words.reason import Reason

NIGHT = timedelta(hours=6)
"""How long after a day what happened at its doors can still be said."""


@dataclass(frozen=True, slots=True)
class OwnPromise:
    """What she was last told of a visit, by which message, and what she answered."""

    id: PromiseId
    touch_id: TouchId
    window: ToldWindow
    answer: ConfirmationState


class Mark(StrEnum):
    """What is otherwise about a visit than she was last told."""

    NEW = "new"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class OwnStop:
    """One visit of hers. `patient` and `phone` are empty for a shift, `point` None where it was not looked up.

    `because`: what made the plan what it is for this visit; None for the first pass. `set_out_at`: when she said that
    she was on her way.
    """

    visit_id: VisitId
    external_id: str
    branch_id: BranchId
    service_date: date
    starts_at: datetime
    ends_at: datetime
    window: ToldWindow
    patient: str
    address: tuple[str, ...]
    site: str
    place_id: PlaceId
    point: tuple[float, float] | None
    tz: str
    phone: str
    kind: str
    discipline: str
    visit_type: str
    skills: tuple[str, ...]
    care_minutes: int
    documentation_minutes: int
    status: VisitStatus
    started_at: datetime | None
    ended_at: datetime | None
    is_kept_back: bool
    pets: tuple[str, ...] = ()
    promise: OwnPromise | None = None
    because: Reason | None = None
    set_out_at: datetime | None = None

    @property
    def is_ahead(self) -> bool:
        """Whether it has neither begun nor closed."""
        return self.status in WAITING_STATUSES

    @property
    def mark(self) -> Mark | None:
        """What she has not been told yet."""
        if not self.is_ahead:
            return None
        if self.promise is None or self.promise.answer is ConfirmationState.DECLINED:
            return Mark.NEW
        return None if self.promise.window == self.window else Mark.MOVED

    @property
    def seen(self) -> str:
        """A name for its time and what she was told of it: another one has another name."""
        promise = self.promise.id if self.promise else 0
        return f"{self.starts_at.timestamp():.0f}.{self.window.open.timestamp():.0f}.{promise}"

    @property
    def waits(self) -> bool:
        """Whether she was told it as it is and has not answered."""
        promise = self.promise
        is_open = promise is not None and promise.answer is ConfirmationState.NEEDS_ACTION
        return self.is_ahead and self.mark is None and is_open

    @property
    def may_answer(self) -> bool:
        """Whether there is something she was told that she can still say yes or no to."""
        return self.is_ahead and self.promise is not None and self.promise.answer is not ConfirmationState.DECLINED


@dataclass(frozen=True, slots=True)
class GoneStop:
    """A visit she was told of and does not have anymore. Of the patient only a short name: she has no more need.

    `cancelled_by`: patient or agency; empty for one that takes place.
    """

    visit_id: VisitId
    who: str
    window: ToldWindow
    cancelled_by: str
    is_declined: bool
    because: Reason | None


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What she said on this page: a signal of hers, decided or not yet. `visit_id` is None for what is about hours."""

    kind: str
    visit_id: VisitId | None
    said: str
    at: datetime
    is_waiting: bool
    from_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """Hours of the day that she called out of."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ClinicianDay:
    """Everything her page says. `drives`: minutes to each stop from the one before, from home to the first.

    `week_minutes` counts care and documentation of her week's published plans; `most_week_minutes` is None where her
    record has no limit.
    """

    clinician_id: PartyId
    external_id: str
    name: str
    agency: str
    phone: str
    lang: str
    tz: str
    service_date: date
    home_id: PlaceId
    home: tuple[float, float] | None
    is_published: bool
    stops: tuple[OwnStop, ...]
    gone: tuple[GoneStop, ...]
    reports: tuple[OwnReport, ...]
    absences: tuple[Absence, ...]
    hours: tuple[Absence, ...]
    week_minutes: int
    most_week_minutes: int | None
    drives: tuple[int | None, ...] = ()

    def stop(self, visit_id: int) -> OwnStop | None:
        """One of her visits; None for anyone else's, as for one that does not exist."""
        return next((stop for stop in self.stops if stop.visit_id == visit_id), None)

    @property
    def unanswered(self) -> tuple[OwnStop, ...]:
        """What a yes to everything is about."""
        return tuple(stop for stop in self.stops if stop.waits)

    @property
    def seen_all(self) -> str:
        """`seen` of what a yes to everything is about."""
        return "-".join(f"{stop.visit_id}.{stop.seen}" for stop in self.unanswered)

    def is_on(self, instant: datetime) -> bool:
        """Whether it is the day itself where she works, or the night after it."""
        begins, ends = day_span(self.service_date, self.tz)
        return begins <= instant < ends + NIGHT

    @property
    def next_stop(self) -> OwnStop | None:
        """What she is at, or goes to next."""
        under_way = next((s for s in self.stops if s.status is VisitStatus.IN_PROGRESS), None)
        return under_way or next((s for s in self.stops if s.is_ahead), None)

    @property
    def day_minutes(self) -> int:
        """Care, documentation and driving between visits of this day."""
        busy = sum((s.ends_at - s.starts_at for s in self.stops), timedelta())
        written = sum(s.documentation_minutes for s in self.stops)
        return busy // timedelta(minutes=1) + written + self.driving_minutes

    @property
    def driving_minutes(self) -> int:
        """Driving between the visits of this day."""
        return sum(d or 0 for d in self.drives[1:])

    @property
    def all_week_minutes(self) -> int:
        """What a weekly limit counts: the week's care and documentation, and this day's driving."""
        return self.week_minutes + self.driving_minutes
