"""hhcrsp JSON (mankowska, kummer, italian): one office, soft window ends, pairs.

A unit of time is 1 / 10,000 minute, of cost a third of it: the objective is (travel + lateness + latest) / 3.
"""

import json
import math

import numpy as np

from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.native_json import Found, gap_of, parse
from suture.planner.plan import Plan
from suture.planner.problem import FORBIDDEN, FOREVER, Link, Problem, Weights, Who, Windows, make_nodes, make_rows
from suture.words.catalog import _, marked

COST_UNIT = marked("in 1/30,000 of the file's unit")

SCALE = 10_000


def read(data: bytes) -> Problem:
    """Instance -> problem. Window openings are cut to whole minutes (binary noise in the italian set)."""
    file = parse(data)
    usual = {s["id"].text(): s.get("default_duration") for s in file["services"].each()}
    able = [{x.text() for x in c["abilities"].each()} for c in file["caregivers"].each()]
    ids: list[str] = []
    place: list[int] = []
    windows: list[Windows] = []
    busy: list[int] = []
    services: list[str] = []
    links: list[Link] = []
    for number, patient in enumerate(file["patients"].each(), start=1):
        low, high = (x.number() for x in patient["time_window"].each())
        needs = patient["required_caregivers"].each()
        for need in needs:
            duration = need.get("duration") or usual.get(need["service"].text())
            if duration is None:
                raise Unreadable(at(need.path, _("no duration; expected one here or as the default of its service")))
            ids.append(f"{patient['id'].text()}/{need['service'].text()}")
            place.append(number)
            windows.append(((math.floor(low) * SCALE, math.floor(high * SCALE + 1e-6)),))
            busy.append(math.ceil(duration.number() * SCALE - 1e-6))
            services.append(need["service"].text())
        if len(needs) == 2:
            links.append(Link(len(ids) - 2, len(ids) - 1, _gap(patient["synchronization"]), Who.DIFFERENT))
        elif len(needs) != 1:
            raise Unreadable(at(patient.path, _("{n} services; expected one or two", n=len(needs))))
    travel = np.array([[x.number() for x in row.each()] for row in file["distances"].each()])
    nodes = make_nodes(tuple(ids), place, tuple(windows), busy, 0, required=True, late_cost=SCALE, late_limit=FOREVER)
    names = tuple(c["id"].text() for c in file["caregivers"].each())
    return Problem(
        np.ceil(travel * SCALE - 1e-6).astype(np.int32),
        nodes,
        make_rows(names, 0, 0),
        np.array([[0 if s in a else FORBIDDEN for a in able] for s in services], dtype=np.int32),
        tuple(links),
        weights=Weights(late_max=1),
        minute=SCALE,
    )


def _gap(sync: Found) -> tuple[int, int] | None:
    match sync["type"].text():
        case "simultaneous":
            return 0, 0
        case "sequential":
            return gap_of(sync, SCALE)
        case _:
            return None


def write(problem: Problem, plan: Plan) -> bytes:
    """Locations by caregiver, times in minutes."""
    document = []
    for name, route, starts in zip(problem.rows.ids, plan.routes, plan.starts, strict=True):
        locations = []
        for v, start in zip(route, starts, strict=True):
            patient, _, service = problem.nodes.ids[v].rpartition("/")
            left = start + int(problem.nodes.busy[v])
            locations.append(
                {
                    "patient": patient,
                    "service": service,
                    "arrival_time": start / SCALE,
                    "departure_time": left / SCALE,
                }
            )
        document.append({"caregiver_id": name, "locations": locations})
    return json.dumps({"routes": document}).encode()
