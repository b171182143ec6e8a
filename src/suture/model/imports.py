"""What an upstream export holds, record by record, and what could not be accepted of it.

Records name people, sites and services by the export's own ids; the store resolves them. Instants are aware UTC.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from suture.model.geo import great_circle_km
from suture.model.messages import Channel
from suture.model.people import FIRST_TIER, AvailabilityKind, Traits
from suture.model.visit import Priority, VisitKind, VisitStatus
from suture.words.reason import Reason, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _FromFile:
    """Where a record is in its file; `raw` may name people and is kept out of logs.

    `unreadable`: fields of which the file says something that cannot be read; what they hold here is no fact. What is
    stored for them stays. With nothing stored, whoever is limited by one (`LIMITS`) is kept and not planned. `absent`:
    fields that limit and for which the file has no column (`KEPT_WITHOUT_COLUMN`); what is stored for them stays too.
    """

    line: int
    raw: str = field(repr=False, default="")
    unreadable: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS84 degrees."""

    lat: float
    lon: float

    def km_to(self, other: "GeoPoint") -> float:
        """Great-circle distance."""
        return great_circle_km(self.lat, self.lon, other.lat, other.lon)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """An address as the export spells it."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRecord(_FromFile):
    """The operating unit the rest of the export belongs to. `week_starts_on`: 1 = Monday … 7 = Sunday.

    Phones are as people write them; the store reads them in the country of the branch.
    """

    external_id: str
    agency: str
    name: str
    phone: str
    tz: str
    point: GeoPoint | None
    week_starts_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecord(_FromFile):
    """A clinic or office."""

    external_id: str
    name: str
    point: GeoPoint | None
    tz: str
    address: PostalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord(_FromFile):
    """A kind of visit: who may do it and how long it takes."""

    code: str
    kind: VisitKind
    discipline: str
    visit_type: str
    roles: tuple[str, ...]
    duration_minutes: int
    documentation_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord(_FromFile):
    """Who receives care. Without a `tz` the branch's counts; without a `point` someone has to look it up."""

    external_id: str
    family: str = field(repr=False)
    given: str = field(repr=False)
    status: str
    lang: str
    tz: str
    point: GeoPoint | None = field(repr=False)
    address: PostalAddress = field(repr=False)
    gender_preference: str | None
    traits: Traits = field(default_factory=dict)
    sms: str | None = field(repr=False)
    email: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRecord(_FromFile):
    """Anyone who can be assigned. Without a `home` the day starts at the site, or else at the branch."""

    external_id: str
    family: str = field(repr=False)
    given: str = field(repr=False)
    status: str
    role: str
    tz: str
    home: GeoPoint | None = field(repr=False)
    address: PostalAddress = field(repr=False)
    site: str | None
    max_weekly_minutes: int | None
    languages: tuple[str, ...]
    traits: Traits = field(default_factory=dict)
    sms: str | None = field(repr=False)
    email: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRecord(_FromFile):
    """A role license or a skill. `valid_until` is inclusive; None: not verified."""

    staff: str
    code: str
    number: str
    jurisdiction: str
    valid_from: date | None
    valid_until: date | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityRecord(_FromFile):
    """One row of working hours or time off as dated (start, end) spans; a recurring row is expanded already.

    `tier`: of on-call hours, in which turn they are called.
    Where the spans are `unreadable`, these are the whole days on which the row may be time off, as far as known.
    """

    staff: str
    kind: AvailabilityKind
    spans: tuple[tuple[datetime, datetime], ...]
    reason: str
    tier: int = FIRST_TIER


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord(_FromFile):
    """A frequency order; the frequency is kept as written."""

    external_id: str
    patient: str
    discipline: str
    service: str | None
    frequency: str
    start_date: date
    end_date: date | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord(_FromFile):
    """A patient's or clinician's word on being contacted through one channel; None only where it is `unreadable`."""

    party: str
    channel: Channel | None
    granted: bool
    wording: str
    source: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord(_FromFile):
    """Dated demand. `duration_minutes` None: the service's own. A done visit began at `earliest_start`."""

    external_id: str
    patient: str | None
    service: str
    site: str | None
    status: VisitStatus
    held: bool
    cancel_reason: str | None
    service_date: date
    earliest_start: datetime
    latest_end: datetime
    duration_minutes: int | None
    positions: int
    required_skills: tuple[str, ...]
    preferred_staff: tuple[str, ...]
    barred_staff: tuple[str, ...]
    priority: Priority
    done_by: str | None
    updated_at: datetime


ImportRecord = (
    BranchRecord
    | SiteRecord
    | ServiceRecord
    | PatientRecord
    | StaffRecord
    | CredentialRecord
    | AvailabilityRecord
    | OrderRecord
    | ConsentRecord
    | VisitRecord
)


LIMITS: Mapping[type, frozenset[str]] = {
    PatientRecord: frozenset({"gender_preference", "tags", "pets", "risk"}),
    StaffRecord: frozenset({"role", "max_weekly_minutes", "tags", "allergies"}),
    VisitRecord: frozenset(
        {"status", "earliest_start", "latest_end", "duration_minutes", "positions", "required_skills"}
        | {"preferred_staff", "barred_staff", "priority", "site", "done_by", "updated_at"}
    ),
}
"""Fields that planning needs, where nothing is stored for them: their empty value would allow too much."""

KEPT_WITHOUT_COLUMN: Mapping[type, frozenset[str]] = {
    PatientRecord: LIMITS[PatientRecord],
    StaffRecord: frozenset({"max_weekly_minutes", "tags", "allergies"}),
    CredentialRecord: frozenset({"valid_from", "valid_until", "status"}),
    VisitRecord: frozenset({"positions", "required_skills", "priority"}),
}
"""Fields that a file without their column says nothing of, so that it lifts no limit another file has set."""


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Why a row, a cell, or a whole file (`field` empty or a missing column) was not accepted, and what to do about it.

    `reason` and `hint` name no people, and are said after the field; `raw` is the row itself, for quarantine only.
    `subject`: the id of what the row is about. `left_out`: only the cell was not accepted, the row was. `names`: the id
    that the row waits for.
    """

    file: str
    line: int
    field: str
    code: str
    reason: Reason
    hint: Reason | None = None
    raw: str = dataclasses.field(repr=False, default="")
    subject: str = dataclasses.field(repr=False, default="")
    left_out: bool = False
    names: str = dataclasses.field(repr=False, default="")

    def __str__(self) -> str:
        """The one line a person reads, in their language."""
        where = f"{self.file}:{self.line}: {self.field}: " if self.field else f"{self.file}:{self.line}: "
        return f"{where}{self.why}"

    @property
    def why(self) -> Reason:
        """What is wrong, and what to do about it."""
        return self.reason if self.hint is None else reason("file.with_hint", problem=self.reason, hint=self.hint)


def _no_raws(numbers: Collection[int]) -> Mapping[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One file: what it holds and what is wrong with it. Refused: nothing of it is loaded.

    `raws` looks rows up by line, as they stand in the file: good rows do not carry their text along. `columns` are the
    file's own words for fields of its records, where they differ: what cannot be stored is told by them.
    """

    file: str
    sha256: str
    records: Sequence[ImportRecord] = ()
    problems: Sequence[ImportProblem] = ()
    notes: Sequence[Reason] = ()
    refused: bool = False
    raws: Callable[[Collection[int]], Mapping[int, str]] = dataclasses.field(
        default=_no_raws, compare=False, repr=False
    )
    columns: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: `loaded` rows are in the database, `changed` of them are news to it.

    `set_aside` rows are not; of a refused file it is unknown how many it has. `left_out` rows are, without a cell.
    """

    file: str
    sha256: str
    refused: bool
    loaded: int
    changed: int
    problems: Sequence[ImportProblem]
    notes: Sequence[Reason]
    set_aside: int = 0
    left_out: int = 0


def ids_of_faulty_rows(batch: ImportBatch) -> frozenset[str]:
    """What rows with a fault are about; of a row that does not say it, every cell, since it may be any of them."""
    names = ((p.subject,) if p.subject else (cell.strip(' "') for cell in p.raw.split(",")) for p in batch.problems)
    return frozenset(name for own in names for name in own)
