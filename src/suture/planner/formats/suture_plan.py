"""`suture-plan/1` JSON: a plan with its reasons, and the way back."""

import json
from typing import Any

from suture import __version__
from suture.planner.explain import Explanation, explain
from suture.planner.formats.errors import Unreadable
from suture.planner.formats.suture_json import Document, why_forbidden
from suture.planner.formats.suture_models import PlanJson, StopJson
from suture.planner.plan import Plan, left_out
from suture.planner.reference import breaches, busy_of, legs, price
from suture.planner.trial import Blocked, Trial

MOST_EXPLAINED = 50
"""So many uncovered positions get reasons; more would keep the file waiting."""


def write(doc: Document, plan: Plan, *, run: dict[str, Any], version: int = 1, before: PlanJson | None = None) -> bytes:
    """The plan with starts, travel, reasons and price. `before`: the plan that `changes` are counted against."""
    p = doc.problem
    parts = price(p, plan)
    document = {
        "schema": "suture-plan/1",
        "problem_sha256": doc.sha256,
        "service_date": doc.json.horizon.first_service_date.isoformat(),
        "version": version,
        "routes": [_route(doc, plan, r) for r in range(p.r)],
        "uncovered": [_uncovered(doc, plan, v, i < MOST_EXPLAINED) for i, v in enumerate(plan.uncovered)],
        "score": {
            "hard": len([b for b in breaches(p, plan)]),
            "medium": sum(bool(p.nodes.required[v]) for v in plan.uncovered),
            "soft_seconds": parts.total,
            "parts": {name: cost for name, cost in parts.as_dict().items() if cost},
        },
        "changes": [] if before is None else _changes(doc, before, plan),
        "run": {"engine": f"suture {__version__}", "iterations": plan.iterations, **run},
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _route(doc: Document, plan: Plan, r: int) -> dict[str, Any]:
    p, shift = doc.problem, doc.json.shifts[r]
    route, starts, ways = plan.routes[r], plan.starts[r], legs(doc.problem, r, plan.routes[r])
    found: dict[str, Any] = {"clinician_id": shift.clinician_id, "shift_id": shift.id}
    if route:
        back = starts[-1] + busy_of(p, route[-1]) + ways[-1]
        found["leave"] = doc.instant(starts[0] - ways[0])
        found["return"] = doc.instant(back)
        found["overtime_minutes"] = -(-max(0, back - int(p.rows.shift_end[r])) // p.minute)
    clock = starts[0] - ways[0] if route else 0
    stops = []
    for v, start, way in zip(route, starts, ways, strict=False):
        stop: dict[str, Any] = {"start": doc.instant(start)}
        if v < p.n:
            visit, position = doc.visits[v]
            stop = {
                "visit_id": visit.id,
                "position": position,
                **stop,
                "end": doc.instant(start + int(p.nodes.service[v])),
                "travel_seconds": way,
                "wait_seconds": start - clock - way,
                "pinned": visit.pin is not None,
            }
        else:
            stop = {"break_id": shift.breaks[0].id, **stop, "end": doc.instant(start + busy_of(p, v))}
        clock = start + busy_of(p, v)
        stops.append(stop)
    return {**found, "stops": stops}


def _uncovered(doc: Document, plan: Plan, v: int, with_reasons: bool) -> dict[str, Any]:
    visit, position = doc.visits[v]
    found: dict[str, Any] = {"visit_id": visit.id, "position": position}
    if with_reasons:
        why = explain(doc.problem, plan, v)
        found |= reasons(doc, why.blocked, v)
        found["cheapest_fix"] = list(why.cheapest_fix)
    return found


def rules_of(doc: Document, blocked: Blocked, v: int) -> tuple[str, ...]:
    """The rules by name: what the pair fails in the file, or what time says."""
    if "forbidden" not in blocked.rules:
        return blocked.rules
    shift = doc.json.shifts[blocked.row]
    clinician = next(c for c in doc.json.clinicians if c.id == shift.clinician_id)
    return why_forbidden(doc.visits[v][0], clinician, shift.start.date()) or ("forbidden",)


def reasons(doc: Document, blocked: tuple[Blocked, ...], v: int) -> dict[str, Any]:
    """`reasons`: how many rows each rule blocks, and how many it blocks alone."""
    named = [rules_of(doc, x, v) for x in blocked]
    rules = sorted({rule for x in named for rule in x})
    found = [
        {"rule": rule, "blocked": sum(rule in x for x in named), "sole": sum(x == (rule,) for x in named)}
        for rule in rules
    ]
    return {"reasons": found}


def _changes(doc: Document, before: PlanJson, plan: Plan) -> list[dict[str, Any]]:
    """What differs from a plan file, also from rows that are gone since."""
    told = {
        (stop.visit_id, stop.position): (route.clinician_id, doc.seconds(stop.start))
        for route in before.routes
        for stop in route.stops
    }
    found = []
    for v, (visit, position) in enumerate(doc.visits):
        row = plan.row_of(v)
        who = None if row is None else doc.json.shifts[row].clinician_id
        was, start = told.get((visit.id, position), (None, None))
        if (was, start) == (who, plan.start_of(v)):
            continue
        kind = "start" if was == who else "uncovered" if who is None else "assigned" if was is None else "person"
        found.append(
            {
                "visit_id": visit.id,
                "position": position,
                "kind": kind,
                "from_clinician_id": was,
                "to_clinician_id": who,
            }
        )
    return found


def read(doc: Document, given: PlanJson) -> tuple[Plan, list[str]]:
    """(plan, what of it the problem no longer has). Raises Unreadable for ids that never were in it."""
    p = doc.problem
    routes: list[list[tuple[int, int]]] = [[] for _ in range(p.r)]
    lost: list[str] = []
    for i, route in enumerate(given.routes):
        r = doc.row_of.get(route.shift_id)
        if r is None:
            lost.append(f"routes.{i}.shift_id: {route.shift_id!r} is no shift of the problem")
            continue
        for k, stop in enumerate(route.stops):
            v = _node(doc, stop, r, f"routes.{i}.stops.{k}")
            if v is None:
                lost.append(f"routes.{i}.stops.{k}: {stop.visit_id!r} is no visit of the problem")
            else:
                routes[r].append((doc.seconds(stop.start), v))
    orders = tuple(tuple(v for _, v in route) for route in routes)
    return Plan(orders, tuple(tuple(s for s, _ in route) for route in routes), left_out(p.n, orders)), lost


def _node(doc: Document, stop: StopJson, r: int, path: str) -> int | None:
    if stop.break_id is not None:
        return doc.problem.n + r
    if stop.visit_id is None:
        raise Unreadable(f"{path}: neither visit_id nor break_id; expected one of them")
    return doc.node_of.get((stop.visit_id, stop.position))


def explained(doc: Document, found: Explanation) -> dict[str, Any]:
    """An explanation with names: the chosen clinician, the others with their price, the blocked with their rules."""
    visit, position = doc.visits[found.node]
    return {
        "visit_id": visit.id,
        "position": position,
        "chosen": None if found.chosen is None else _trial(doc, found.chosen),
        "others": [_trial(doc, x) for x in found.others],
        "blocked": [
            {
                "clinician_id": doc.json.shifts[x.row].clinician_id,
                "shift_id": doc.json.shifts[x.row].id,
                "rules": list(rules_of(doc, x, found.node)),
                "excess_minutes": -(-x.excess // doc.problem.minute),
            }
            for x in found.blocked
        ],
        **reasons(doc, found.blocked, found.node),
        "cheapest_fix": list(found.cheapest_fix),
    }


def _trial(doc: Document, trial: Trial) -> dict[str, Any]:
    return {
        "clinician_id": doc.json.shifts[trial.row].clinician_id,
        "shift_id": doc.json.shifts[trial.row].id,
        "start": doc.instant(trial.start),
        "cost_seconds": trial.cost,
        "parts": trial.parts,
        "visits_moved": [
            {"visit_id": doc.visits[v][0].id, "from": doc.instant(old), "to": doc.instant(new)}
            for v, old, new in trial.moved
            if v < doc.problem.n
        ],
    }
