"""uhhc JSON: shifts, overtime, lunch, several windows, optional patients, preferences, idle. Whole minutes."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.native_json import Found, gap_of, parse
from suture.planner.plan import Plan
from suture.planner.problem import (
    FORBIDDEN,
    FOREVER,
    Break,
    Int32,
    Link,
    Problem,
    Rows,
    Weights,
    Who,
    Windows,
    make_nodes,
    make_rows,
)
from suture.words.catalog import _, marked

_HARD = 10**9
_PRICED = (
    "travel_time",
    "total_tardiness",
    "highest_tardiness",
    "total_waiting_time",
    "total_extra_time",
    "max_idle_time",
    "caregiver_preferences",
    "optional_patients",
    "missed_lunch_break",
)

COST_UNIT = marked("as the file weighs it")
_HARD_UNLESS_GIVEN = ("caregiver_preferences", "optional_patients", "missed_lunch_break")
_SPELLINGS = {
    "incompabilities": "incompatibilities",
    "preferences": "caregiver_preferences",
    "unscheduled": "optional_patients",
}
_ALWAYS_HARD = {"qualification", "incompatibilities"}


@dataclass
class _Demand:
    """What the patients want, node by node."""

    ids: list[str] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    windows: list[Windows] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)
    uncovered: list[int] = field(default_factory=list)
    required: list[bool] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    of: list[tuple[Found, str]] = field(default_factory=list)


def read(data: bytes) -> Problem:
    """Instance -> problem; where lateness counts at the end of a service, closes are moved to the start."""
    file = parse(data)
    weights = _weights(file["metadata"]["cost_components"])
    met = file["metadata"].get("time_window_met")
    by_end = met is not None and met.text() == "at_service_end"
    usual = {s["id"].text(): s.get("default_duration") for s in file["services"].each()}
    demand = _Demand()
    for patient in file["patients"].each():
        _add(demand, patient, usual, weights, by_end)
    nodes = make_nodes(
        tuple(demand.ids),
        demand.place,
        tuple(demand.windows),
        demand.busy,
        demand.uncovered,
        required=demand.required,
        late_cost=weights["total_tardiness"],
        late_limit=FOREVER,
    )
    return Problem(
        np.array([[x.number() for x in row.each()] for row in file["distances"].each()]).astype(np.int32),
        nodes,
        _rows(file, weights, by_end),
        _pair_costs(file, demand, weights["caregiver_preferences"]),
        tuple(demand.links),
        weights=Weights(
            travel=weights["travel_time"],
            waiting=weights["total_waiting_time"],
            idle_max=weights["max_idle_time"],
            late_max=weights["highest_tardiness"],
        ),
        minute=1,
    )


def _weights(given: Found) -> dict[str, int]:
    weights = dict.fromkeys(_PRICED, 0) | dict.fromkeys(_HARD_UNLESS_GIVEN, _HARD)
    for key, value in given.value.items():
        name = _SPELLINGS.get(key, key)
        if name in _ALWAYS_HARD or value is None:
            continue
        if name not in _PRICED:
            said = _("not a cost this planner prices; expected one of {names}", names=", ".join(_PRICED))
            raise Unreadable(at(f"{given.path}.{key}", said))
        weights[name] = _HARD if value == "HARD" else int(value)
    return weights


def _add(
    demand: _Demand, patient: Found, usual: Mapping[str, Found | None], weights: Mapping[str, int], by_end: bool
) -> None:
    windows = sorted(_window(w) for w in patient["time_windows"].each())
    needs = patient["required_services"].each()
    optional = patient.get("optional")
    free = optional is not None and bool(optional.value) and weights["optional_patients"] < _HARD
    for i, need in enumerate(needs):
        service = need["service"].text()
        duration = need.get("duration") or usual.get(service)
        if duration is None:
            raise Unreadable(at(need.path, _("no duration; expected one here or as the default of its service")))
        length = math.ceil(duration.number())
        demand.ids.append(f"{patient['id'].text()}/{service}")
        demand.place.append(int(patient["distance_matrix_index"].number()))
        demand.windows.append(tuple((low, high - (length if by_end else 0)) for low, high in windows))
        demand.busy.append(length)
        demand.uncovered.append(weights["optional_patients"] if free and i == 0 else 0)
        demand.required.append(not free)
        demand.of.append((patient, service))
    last = len(demand.ids) - 1
    if len(needs) == 2:
        gap = _gap(patient.get("synchronization"))
        demand.links.append(Link(last - 1, last, gap, Who.ANY if gap is None else Who.DIFFERENT))
    elif len(needs) != 1:
        raise Unreadable(at(patient.path, _("{n} services; expected one or two", n=len(needs))))


def _window(window: Found) -> tuple[int, int]:
    if isinstance(window.value, dict):
        return math.floor(window["start"].number()), math.floor(window["end"].number())
    low, high = (x.number() for x in window.each())
    return math.floor(low), math.floor(high)


def _gap(sync: Found | None) -> tuple[int, int] | None:
    match "independent" if sync is None else sync["type"].text():
        case "simultaneous":
            return 0, 0
        case "sequential" if sync is not None:
            return gap_of(sync, 1)
    return None


def _rows(file: Found, weights: Mapping[str, int], by_end: bool) -> Rows:
    points: dict[str, int] = {}
    for point in file["terminal_points"].each():
        points.setdefault(point["id"].text(), int(point["distance_matrix_index"].number()))
    names, starts, ends, shifts, pauses = [], [], [], [], []
    for c in file["caregivers"].each():
        leaves = c["departing_point"].text()
        names.append(c["id"].text())
        starts.append(points[leaves])
        arrives = c.get("arrival_point")
        ends.append(points[arrives.text() if arrives else leaves])
        shifts.append(_window(c["working_shift"]))
        pauses.append(_pause(file, c, weights["missed_lunch_break"], by_end))
    return make_rows(
        tuple(names),
        starts,
        ends,
        leave=[s[0] for s in shifts],
        shift_end=[s[1] for s in shifts],
        hard_end=FOREVER,
        overtime_cost=weights["total_extra_time"],
        breaks=tuple(pauses),
    )


def _pause(file: Found, caregiver: Found, missed: int, by_end: bool) -> Break | None:
    lunch, wanted = file.get("lunch_breaks"), caregiver.get("lunch_break")
    if lunch is None or wanted is None or not wanted.value:
        return None
    length = math.ceil(lunch["min_duration"].number())
    latest = math.floor(lunch["end"].number()) - (length if by_end else 0)
    return Break(math.ceil(lunch["start"].number()), latest, length, missed)


def _pair_costs(file: Found, demand: _Demand, unwanted: int) -> Int32:
    """[N, R]: forbidden by ability or incompatibility, `unwanted` outside a patient's preferred list."""
    caregivers = [(c["id"].text(), {x.text() for x in c["abilities"].each()}) for c in file["caregivers"].each()]
    cost = np.zeros((len(demand.ids), len(caregivers)), dtype=np.int32)
    for v, (patient, service) in enumerate(demand.of):
        preferred, barred = (
            None if x is None else {y.text() for y in x.each()}
            for x in (patient.get("preferred_caregivers"), patient.get("incompatible_caregivers"))
        )
        for r, (name, able) in enumerate(caregivers):
            if service not in able or name in (barred or ()):
                cost[v, r] = FORBIDDEN
            elif preferred is not None and name not in preferred:
                cost[v, r] = min(FORBIDDEN, unwanted)
    return cost


def write(problem: Problem, plan: Plan) -> bytes:
    """Locations by caregiver; a lunch is taken at the patient before it."""
    document = []
    for r, (route, starts) in enumerate(zip(plan.routes, plan.starts, strict=True)):
        locations: list[dict[str, Any]] = []
        here = None
        for v, start in zip(route, starts, strict=True):
            if v >= problem.n:
                pause = problem.rows.breaks[r]
                end = start + (pause.length if pause else 0)
                locations.append({"patient": here, "service": "lunch_break", "start_time": start, "end_time": end})
                continue
            here, _, service = problem.nodes.ids[v].rpartition("/")
            left = start + int(problem.nodes.busy[v])
            locations.append({"patient": here, "service": service, "arrival_time": start, "departure_time": left})
        document.append({"caregiver_id": problem.rows.ids[r], "locations": locations})
    return json.dumps({"routes": document}).encode()
