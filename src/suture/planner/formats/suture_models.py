"""The JSON of `suture-problem/1`, `suture-plan/1` and signal files. Unknown keys are an error: they are typos.

Instants carry an offset; durations and prices carry their unit in the name; prices are seconds of driving.
"""

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from suture.planner.formats.errors import Unreadable

Id = str
Whole = int


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Horizon(_Strict):
    first_service_date: date
    days: int = Field(1, ge=1, le=14)


class PlaceJson(_Strict):
    id: Id
    lat: float | None = Field(None, ge=-90, le=90)
    lon: float | None = Field(None, ge=-180, le=180)


class Travel(_Strict):
    place_ids: list[Id]
    seconds: list[list[int]]
    source: str = ""


class Credential(_Strict):
    code: str
    jurisdiction: str | None = None
    valid_until: date | None = None


class ClinicianJson(_Strict):
    id: Id
    disciplines: list[str] = []
    credentials: list[Credential] = []


class BreakJson(_Strict):
    id: Id = "break"
    earliest_start: AwareDatetime
    latest_start: AwareDatetime
    duration_minutes: int = Field(gt=0)
    paid: bool = False
    missed_cost_seconds: int = Field(3600, ge=0)


class Live(_Strict):
    place_id: Id
    ready_at: AwareDatetime


class ShiftJson(_Strict):
    id: Id
    clinician_id: Id
    start: AwareDatetime
    end: AwareDatetime
    hard_end: AwareDatetime | None = None
    overtime_cost_per_minute: int = Field(0, ge=0)
    start_place_id: Id
    end_place_id: Id | None = None
    breaks: list[BreakJson] = Field(default=[], max_length=1)
    live: Live | None = None


class WindowJson(_Strict):
    earliest_start: AwareDatetime
    latest_start: AwareDatetime
    latest_end: AwareDatetime | None = None


class SoftWindow(_Strict):
    open: AwareDatetime
    close: AwareDatetime
    late_cost_per_minute: int = Field(ge=0)


class Preferred(_Strict):
    clinician_id: Id
    saving_seconds: int = Field(ge=0)


class Pin(_Strict):
    scope: Literal["person", "time", "both"]
    reason: str = ""
    clinician_id: Id | None = None
    start: AwareDatetime | None = None


class VisitJson(_Strict):
    id: Id
    patient_id: Id | None = None
    kind: Literal["visit", "appointment", "open_shift"] = "visit"
    place_id: Id
    discipline: str | None = None
    visit_type: str = ""
    service_minutes: int = Field(gt=0)
    documentation_minutes: int = Field(0, ge=0)
    positions: int = Field(1, ge=1, le=9)
    priority: int = Field(1, ge=1, le=3)
    uncovered_cost_seconds: int | None = Field(None, ge=0)
    required: bool = False
    time_windows: list[WindowJson] = Field(min_length=1)
    soft_window: SoftWindow | None = None
    candidate_dates: None = None
    needs: list[str] = []
    forbidden_clinician_ids: list[Id] = []
    only_clinician_ids: list[Id] = []
    unusual_cost_seconds: int = Field(0, ge=0)
    preferred: list[Preferred] = []
    gate: str = "accepted"
    status: str = "scheduled"
    pin: Pin | None = None


class LinkJson(_Strict):
    kind: Literal["simultaneous", "sequential"]
    visit_ids: list[Id] = Field(min_length=2, max_length=2)
    min_gap_minutes: int = 0
    max_gap_minutes: int = 1440
    gap_from: Literal["start", "end"] = Field("start", alias="from")
    clinicians: Literal["same", "different", "any"] = "any"


class LimitJson(_Strict):
    id: Id
    kind: Literal["minutes", "count"]
    clinician_ids: list[Id]
    first_date: date | None = Field(None, alias="from")
    last_date: date | None = Field(None, alias="to")
    visit_ids: list[Id] | None = None
    used_minutes: int = Field(0, ge=0)
    used: int = Field(0, ge=0)
    max_minutes: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)
    over_cost_per_minute: int = Field(0, ge=0)
    over_cost: int = Field(0, ge=0)
    hard_max_minutes: int | None = Field(None, ge=0)
    hard_max: int | None = Field(None, ge=0)


class Disruption(_Strict):
    person: int = Field(300, ge=0)
    window: int = Field(240, ge=0)
    start_per_minute: int = Field(1, ge=0)
    start_cap_minutes: int = Field(120, ge=0)
    day: int = Field(480, ge=0)
    messaged_today: int = Field(360, ge=0)


class WeightsJson(_Strict):
    travel_per_second: int = Field(1, ge=0)
    waiting_per_second: int = Field(0, ge=0)
    fairness: int = Field(0, ge=0)
    max_idle_per_minute: int = Field(0, ge=0)
    disruption: Disruption = Disruption.model_validate({})


class StopJson(_Strict):
    visit_id: Id | None = None
    position: int = 1
    break_id: Id | None = None
    start: AwareDatetime
    end: AwareDatetime | None = None
    travel_seconds: int = 0
    wait_seconds: int = 0
    pinned: bool = False


class RouteJson(_Strict):
    clinician_id: Id
    shift_id: Id
    leave: AwareDatetime | None = None
    return_: AwareDatetime | None = Field(None, alias="return")
    overtime_minutes: int = 0
    stops: list[StopJson]


class PlanJson(_Strict):
    version_of_format: Literal["suture-plan/1"] = Field(alias="schema")
    problem_sha256: str = ""
    service_date: date | None = None
    version: int = 0
    routes: list[RouteJson]
    uncovered: list[dict[str, Any]] = []
    score: dict[str, Any] = {}
    changes: list[dict[str, Any]] = []
    run: dict[str, Any] = {}


class ProblemJson(_Strict):
    version_of_format: Literal["suture-problem/1"] = Field(alias="schema")
    time_zone: str = "UTC"
    now: AwareDatetime | None = None
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
    occurred_at: AwareDatetime
    clinician_id: Id | None = None
    visit_id: Id | None = None
    since: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = None
    expected_end: AwareDatetime | None = None
    at: AwareDatetime | None = None
    visit: VisitJson | None = None
    shift: ShiftJson | None = None


class SignalsJson(_Strict):
    signals: list[SignalJson]


def faults_of(error: ValidationError, *, drop: int = 0) -> Unreadable:
    """Each fault as `path: value; expected …`."""
    lines = []
    for fault in error.errors():
        path = ".".join(str(x) for x in fault["loc"][drop:]) or "file"
        value = repr(fault.get("input"))
        value = value if len(value) <= 60 else value[:57] + "..."
        lines.append(f"{path}: {value}; expected: {fault['msg']}")
    return Unreadable(*lines)


def parse_problem(data: bytes) -> ProblemJson:
    """Bytes -> checked document. Raises Unreadable naming every fault."""
    try:
        return ProblemJson.model_validate_json(data)
    except ValidationError as error:
        raise faults_of(error) from None


def parse_plan(data: bytes) -> PlanJson:
    """Bytes -> checked document. Raises Unreadable naming every fault."""
    try:
        return PlanJson.model_validate_json(data)
    except ValidationError as error:
        raise faults_of(error) from None


def parse_signals(data: bytes) -> list[SignalJson]:
    """Bytes -> checked signals; a bare list is the form of signal files. Raises Unreadable naming every fault."""
    try:
        return SignalsJson.model_validate_json(b'{"signals": ' + data + b"}").signals
    except ValidationError as error:
        raise faults_of(error) from None
