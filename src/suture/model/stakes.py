"""What an import may take away: the staff at work, and the seats of published days from today on.

Everything is named by the agency's own ids, as an export does.
"""

from dataclasses import dataclass
from datetime import date, datetime

from suture.model.people import AvailabilityKind, Credential
from suture.model.visit import VisitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSeat:
    """A position of an open visit of a published day; the last three are None while no clinician has it."""

    branch: str
    day: date
    visit: str
    position: int
    patient: str | None
    patient_is_active: bool
    status: VisitStatus
    held: bool
    earliest_start: datetime
    latest_end: datetime
    required_skills: tuple[str, ...]
    roles: tuple[str, ...]
    updated_at: datetime | None
    clinician: str | None
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredHours:
    """A stretch of the time of someone who has a published seat. `from_file`: a file wrote it, and may take it back."""

    clinician: str
    starts_at: datetime
    ends_at: datetime
    kind: AvailabilityKind
    from_file: bool


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A credential of someone who has a published seat; `jurisdiction` and `number` tell two of one code apart."""

    clinician: str
    jurisdiction: str
    number: str
    credential: Credential


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is there to lose. `active`: the role of everyone who is at work now, by id."""

    active: dict[str, str]
    seats: tuple[PublishedSeat, ...]
    hours: tuple[StoredHours, ...]
    credentials: tuple[StoredCredential, ...]
