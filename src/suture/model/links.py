"""What someone sees behind a link in a message: their own visit or day, and no name but a patient's initials."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.ids import VisitId
from suture.model.plan import ToldWindow
from suture.words.reason import Reason


class Profession(StrEnum):
    """Who comes, in a word that gives nothing away."""

    NURSE = "nurse"
    THERAPIST = "therapist"
    AIDE = "aide"
    SOCIAL_WORKER = "social_worker"


class ToldState(StrEnum):
    """Whether what someone was told is still what is planned."""

    HOLDS = "holds"
    CHANGING = "changing"
    """Another time or day is planned, and they have not heard of it yet."""
    CHECKING = "checking"
    """No clinician is planned for it, it waits, or something about it is still to be decided."""


@dataclass(frozen=True, slots=True)
class PatientLink:
    """A patient's visit as they were last told it. `seen` names what is shown: hand it back with the answer.

    `clinic` is where an appointment takes place. `told_state`: of a visit that has neither begun nor closed, whether it
    may be promised; only then it can be accepted. `is_cancelled`: it is closed for good; `has_cancelled`: by the
    patient. `will_hear`: they are written to when it changes.
    """

    agency: str
    phone: str
    lang: str
    tz: str
    window: ToldWindow
    profession: Profession
    answer: ConfirmationState
    is_open: bool
    seen: str
    clinic: str = ""
    told_state: ToldState = ToldState.HOLDS
    is_cancelled: bool = False
    has_cancelled: bool = False
    will_hear: bool = True


@dataclass(frozen=True, slots=True)
class DayStop:
    """One stop of a clinician's day: planned times, the window the patient is to be told, the patient's initials.

    `told` is the window they were really told last, None before they have been told any. `is_kept_back`: no one sets
    out before the patient has said yes.
    """

    starts_at: datetime
    ends_at: datetime
    window: ToldWindow
    label: str
    told: ToldWindow | None = None
    is_kept_back: bool = False


@dataclass(frozen=True, slots=True)
class ClinicianLink:
    """A clinician's day as planned now. `answer` is accepted once every stop is. `seen` as for a patient."""

    agency: str
    phone: str
    lang: str
    tz: str
    service_date: date
    stops: tuple[DayStop, ...]
    answer: ConfirmationState
    is_open: bool
    seen: str


@dataclass(frozen=True, slots=True)
class PatientDayLink:
    """A patient's visits of one day, in order, each with an answer of its own."""

    agency: str
    phone: str
    lang: str
    tz: str
    visits: tuple[tuple[VisitId, PatientLink], ...]

    def visit(self, visit_id: int) -> PatientLink | None:
        """One of them."""
        return next((view for own, view in self.visits if own == visit_id), None)


class OfferLinkState(StrEnum):
    """What someone who was asked to take a visit finds behind the link."""

    OPEN = "open"
    WAITING = "waiting"
    """They said yes, and it is still to be decided whether they have it."""
    YOURS = "yours"
    COVERED = "covered"
    UNFIT = "unfit"
    OVER = "over"
    EXPIRED = "expired"

    @property
    def may_answer(self) -> bool:
        """Whether they can say yes or no."""
        return self in (OfferLinkState.OPEN, OfferLinkState.WAITING)


@dataclass(frozen=True, slots=True)
class OfferLink:
    """A visit that someone was asked to take, without a word of whose it is. `seen` as for a patient.

    `area`: where, as far as a text may say it; `until`: when it is no longer open; `why`: what it would take of them,
    one by one; `passed`: they said no.
    """

    agency: str
    phone: str
    lang: str
    tz: str
    service_date: date
    window: ToldWindow
    is_shift: bool
    area: str
    discipline: str
    minutes: int
    documentation_minutes: int
    until: datetime
    why: tuple[Reason, ...]
    state: OfferLinkState
    passed: bool
    seen: str


LinkView = PatientLink | PatientDayLink | ClinicianLink | OfferLink


@dataclass(frozen=True, slots=True)
class UnsubscribeLink:
    """What the link that ends e-mail shows. `is_done`: no more goes to that address."""

    agency: str
    phone: str
    lang: str
    is_done: bool


class LinkResult(StrEnum):
    """What became of an answer given by a link."""

    RECORDED = "recorded"
    MOVED_ON = "moved_on"
    CLOSED = "closed"
    TOO_MANY = "too_many"
