"""What somebody sees behind a link in a message: their own visit or day, and no name but a patient's initials."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.ids import VisitId
from suture.model.plan import ToldWindow


class Profession(StrEnum):
    """Who comes, in a word that gives nothing away."""

    NURSE = "nurse"
    THERAPIST = "therapist"
    AIDE = "aide"
    SOCIAL_WORKER = "social_worker"


@dataclass(frozen=True, slots=True)
class PatientLink:
    """A patient's visit as they were last told it. `seen` names what is shown: hand it back with the answer.

    `clinic` is where an appointment takes place. `has_cancelled`: the patient called it off.
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
    has_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class DayStop:
    """One stop of a clinician's day: planned times, the window the patient is told, the patient's initials."""

    starts_at: datetime
    ends_at: datetime
    window: ToldWindow
    label: str


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


LinkView = PatientLink | PatientDayLink | ClinicianLink


class LinkResult(StrEnum):
    """What became of an answer given by a link."""

    RECORDED = "recorded"
    MOVED_ON = "moved_on"
    CLOSED = "closed"
