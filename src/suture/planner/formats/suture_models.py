"""The JSON of `suture-problem/1`, `suture-plan/1` and signal files. Unknown keys are an error: they are typos.

Instants carry an offset; durations and prices carry their unit in the name; prices are seconds of driving.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from suture.planner.formats.faults import faults_of
from suture.words.catalog import _

_YEARS = range(1970, 2200)
_When = TypeVar("_When", date, datetime)


def _in_our_time(value: _When) -> _When:
    if value.year not in _YEARS:
        raise ValueError(_("a year from {first} to {last}", first=_YEARS.start, last=_YEARS.stop - 1))
    return value


Id = str
Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Day = Annotated[date, AfterValidator(_in_our_time)]
Minutes = Annotated[int, Field(ge=0, le=20_160)]
"""Up to fourteen days."""
SomeMinutes = Annotated[int, Field(gt=0, le=20_160)]
Gap = Annotated[int, Field(ge=-20_160, le=20_160)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Price = Annotated[int, Field(ge=0, le=10_000_000)]
Rate = Annotated[int, Field(ge=0, le=100_000)]
"""A price per minute, per second or per item."""
Way = Annotated[int, Field(ge=0, le=1_000_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, strict=True)


class Horizon(_Strict):
    first_service_date: Day
    days: int = Field(1, ge=1, le=14)


class PlaceJson(_Strict):
    id: Id
    lat: float | None = Field(None, ge=-90, le=90)
    lon: float | None = Field(None, ge=-180, le=180)


class Travel(_Strict):
    place_ids: list[Id]
    seconds: list[list[Way | None]]
    """From each place to each; null: there is no way."""
    source: str = ""


class Credential(_Strict):
    code: str
    jurisdiction: str | None = None
    valid_until: Day | None = None


class ClinicianJson(_Strict):
    id: Id
    disciplines: list[str] = []
    credentials: list[Credential] = []


class BreakJson(_Strict):
    id: Id = "break"
    earliest_start: Instant
    latest_start: Instant
    duration_minutes: SomeMinutes
    paid: bool = False
    missed_cost_seconds: Price = 3600


class Live(_Strict):
    place_id: Id
    ready_at: Instant


class AbsenceJson(_Strict):
    """No visit may overlap it; the ways to and from it are the clinician's own. `until` null: gone for good."""

    since: Instant = Field(alias="from")
    until: Instant | None = None


class ShiftJson(_Strict):
    id: Id
    clinician_id: Id
    start: Instant
    end: Instant
    hard_end: Instant | None = None
    overtime_cost_per_minute: Rate = 0
    start_place_id: Id
    end_place_id: Id | None = None
    breaks: list[BreakJson] = Field(default=[], max_length=1)
    live: Live | None = None
    absences: list[AbsenceJson] = []


class WindowJson(_Strict):
    earliest_start: Instant
    latest_start: Instant
    latest_end: Instant | None = None


class SoftWindow(_Strict):
    open: Instant
    close: Instant
    late_cost_per_minute: Rate


class Preferred(_Strict):
    clinician_id: Id
    saving_seconds: Price


class Pin(_Strict):
    scope: Literal["person", "time", "both"]
    reason: str = ""
    clinician_id: Id | None = None
    start: Instant | None = None


class VisitJson(_Strict):
    id: Id
    patient_id: Id | None = None
    kind: Literal["visit", "appointment", "open_shift"] = "visit"
    place_id: Id
    discipline: str | None = None
    visit_type: str = ""
    service_minutes: SomeMinutes
    documentation_minutes: Minutes = 0
    positions: int = Field(1, ge=1, le=9)
    priority: int = Field(1, ge=1, le=3)
    uncovered_cost_seconds: Price | None = None
    required: bool = False
    time_windows: list[WindowJson] = Field(min_length=1)
    soft_window: SoftWindow | None = None
    candidate_dates: None = None
    needs: list[str] = []
    forbidden_clinician_ids: list[Id] = []
    only_clinician_ids: list[Id] = []
    unusual_cost_seconds: Price = 0
    preferred: list[Preferred] = []
    gate: str = "accepted"
    status: str = "scheduled"
    pin: Pin | None = None


class LinkJson(_Strict):
    kind: Literal["simultaneous", "sequential"]
    visit_ids: list[Id] = Field(min_length=2, max_length=2)
    min_gap_minutes: Gap = 0
    max_gap_minutes: Gap = 1440
    gap_from: Literal["start", "end"] = Field("start", alias="from")
    clinicians: Literal["same", "different", "any"] = "any"


class LimitJson(_Strict):
    id: Id
    kind: Literal["minutes", "count"]
    clinician_ids: list[Id]
    first_date: Day | None = Field(None, alias="from")
    last_date: Day | None = Field(None, alias="to")
    visit_ids: list[Id] | None = None
    used_minutes: Count = 0
    used: Count = 0
    max_minutes: Count | None = None
    max: Count | None = None
    over_cost_per_minute: Rate = 0
    over_cost: Price = 0
    hard_max_minutes: Count | None = None
    hard_max: Count | None = None


class Disruption(_Strict):
    person: Price = 300
    window: Price = 240
    start_per_minute: Rate = 1
    start_cap_minutes: Minutes = 120
    day: Price = 480
    messaged_today: Price = 360


class WeightsJson(_Strict):
    travel_per_second: Rate = 1
    waiting_per_second: Rate = 0
    fairness: Rate = 0
    max_idle_per_minute: Rate = 0
    disruption: Disruption = Disruption.model_validate({})


class StopJson(_Strict):
    visit_id: Id | None = None
    position: int = Field(1, ge=1, le=9)
    break_id: Id | None = None
    start: Instant
    end: Instant | None = None
    travel_seconds: int = 0
    wait_seconds: int = 0
    pinned: bool = False


class RouteJson(_Strict):
    clinician_id: Id
    shift_id: Id
    leave: Instant | None = None
    return_: Instant | None = Field(None, alias="return")
    overtime_minutes: int = 0
    stops: list[StopJson]


class UncoveredJson(_Strict):
    visit_id: Id
    position: int = Field(1, ge=1, le=9)
    reasons: list[dict[str, Any]] = []
    cheapest_fix: list[str] = []


class PlanJson(_Strict):
    version_of_format: Literal["suture-plan/1"] = Field(alias="schema")
    problem_sha256: str = ""
    service_date: Day | None = None
    version: int = 0
    routes: list[RouteJson]
    uncovered: list[UncoveredJson] = []
    score: dict[str, Any] = {}
    changes: list[dict[str, Any]] = []
    run: dict[str, Any] = {}


class ProblemJson(_Strict):
    version_of_format: Literal["suture-problem/1"] = Field(alias="schema")
    time_zone: str = "UTC"
    now: Instant | None = None
    horizon: Horizon
    places: list[PlaceJson]
    travel: Travel | None = None
    clinicians: list[ClinicianJson]
    shifts: list[ShiftJson]
    visits: list[VisitJson]
    links: list[LinkJson] = []
    patterns: list[Any] = Field(default=[], max_length=0)
    limits: list[LimitJson] = []
    weights: WeightsJson = WeightsJson.model_validate({})
    rulebook: None = None
    published_plan: PlanJson | None = None


class SignalJson(_Strict):
    kind: Literal["call_out", "cancellation", "run_over", "new_visit", "roster_change", "check_in", "check_out"]
    occurred_at: Instant
    clinician_id: Id | None = None
    visit_id: Id | None = None
    since: Instant | None = Field(None, alias="from")
    until: Instant | None = None
    expected_end: Instant | None = None
    at: Instant | None = None
    visit: VisitJson | None = None
    shift: ShiftJson | None = None


class SignalsJson(_Strict):
    signals: list[SignalJson]


def parse_problem(data: bytes) -> ProblemJson:
    """Bytes -> checked document. Raises Unreadable naming every fault."""
    try:
        return ProblemJson.model_validate_json(data)
    except ValidationError as error:
        raise faults_of(error, ProblemJson) from None


def parse_plan(data: bytes) -> PlanJson:
    """Bytes -> checked document. Raises Unreadable naming every fault."""
    try:
        return PlanJson.model_validate_json(data)
    except ValidationError as error:
        raise faults_of(error, PlanJson) from None


def parse_signals(data: bytes) -> list[SignalJson]:
    """Bytes -> checked signals: `{"signals": [...]}` or the bare list. Raises Unreadable naming every fault."""
    try:
        if data.lstrip()[:1] == b"[":
            data = b'{"signals": ' + data + b"}"
        return SignalsJson.model_validate_json(data).signals
    except ValidationError as error:
        raise faults_of(error, SignalsJson) from None
