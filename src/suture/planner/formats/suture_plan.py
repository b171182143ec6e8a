"""`suture-plan/1` JSON: a plan with its reasons, and the way back."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from suture import __version__
from suture.planner.explain import NO_WAY, Explanation, explain
from suture.planner.formats.errors import Unreadable, at
from suture.planner.formats.suture_json import Document, why_forbidden
from suture.planner.formats.suture_models import PlanJson, StopJson
from suture.planner.plan import Plan, left_out
from suture.planner.rebalance import legal_part
from suture.planner.reference import breaches, busy_of, legs, price, timed
from suture.planner.trial import Blocked, Trial
from suture.words.catalog import _

MOST_EXPLAINED = 50
"""This many uncovered positions get reasons; more would keep the file waiting."""


@dataclass(frozen=True, slots=True)
class Before:
    """The plan that `changes` are counted against; `forced`: the nodes that could not stay as they were.

    `causes` names the signal that hit a visit itself; the others moved because of all `labels`.
    """

    plan: PlanJson
    forced: frozenset[int] = frozenset()
    causes: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


def write(doc: Document, plan: Plan, *, run: dict[str, Any], version: int = 1, before: Before | None = None) -> bytes:
    """The plan with starts, travel, reasons and price."""
    p = doc.problem
    parts = price(p, plan)
    document = {
        "schema": "suture-plan/1",
        "problem_sha256": doc.sha256,
        "service_date": doc.json.horizon.first_service_date.isoformat(),
        "version": version,
        "routes": [_route(doc, plan, own) for own in doc.rows.values() if own],
        "uncovered": [_uncovered(doc, plan, v, i < MOST_EXPLAINED) for i, v in enumerate(plan.uncovered)],
        "score": {
            "hard": len([b for b in breaches(p, plan)]),
            "medium": sum(bool(p.nodes.required[v]) for v in plan.uncovered),
            "soft_seconds": parts.total,
            "parts": {name: cost for name, cost in parts.as_dict().items() if cost},
        },
        "changes": [] if before is None else list(_changes(doc, before, plan)),
        "run": {"engine": f"suture {__version__}", "iterations": plan.iterations, **run},
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _route(doc: Document, plan: Plan, rows: list[int]) -> dict[str, Any]:
    """One shift; the rows that absences leave of it follow each other."""
    p, shift = doc.problem, doc.shifts[rows[0]]
    found: dict[str, Any] = {"clinician_id": shift.clinician_id, "shift_id": shift.id}
    stops: list[dict[str, Any]] = []
    for r in rows:
        route, starts, ways = plan.routes[r], plan.starts[r], legs(p, r, plan.routes[r])
        if not route:
            continue
        back = starts[-1] + busy_of(p, route[-1]) - doc.held.get(route[-1], 0) + ways[-1]
        over = -(-max(0, back - int(p.rows.shift_end[r])) // p.minute)
        found.setdefault("leave", doc.instant(starts[0] - ways[0]))
        found["return"] = doc.instant(back)
        found["overtime_minutes"] = found.get("overtime_minutes", 0) + over
        stops += _stops(doc, plan, r, ways)
    return {**found, "stops": stops}


def _stops(doc: Document, plan: Plan, r: int, ways: list[int]) -> Iterator[dict[str, Any]]:
    p = doc.problem
    clock = plan.starts[r][0] - ways[0]
    for v, start, way in zip(plan.routes[r], plan.starts[r], ways, strict=False):
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
            pause = doc.shifts[r].breaks[0].id
            stop = {"break_id": pause, **stop, "end": doc.instant(start + busy_of(p, v))}
        clock = start + busy_of(p, v) - doc.held.get(v, 0)
        yield stop


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
    if blocked.excess >= NO_WAY:
        return ("no_way",)
    if "forbidden" not in blocked.rules:
        return blocked.rules
    shift = doc.shifts[blocked.row]
    clinician = next(c for c in doc.json.clinicians if c.id == shift.clinician_id)
    return why_forbidden(doc.visits[v][0], clinician, doc.on(shift), doc.json.now) or ("forbidden",)


def reasons(doc: Document, blocked: tuple[Blocked, ...], v: int) -> dict[str, Any]:
    """`reasons`: how many rows each rule blocks, and how many it blocks alone."""
    if not doc.shifts:
        return {"reasons": [{"rule": "no_staff", "blocked": 0, "sole": 0}]}
    named = [rules_of(doc, x, v) for x in blocked]
    rules = sorted({rule for x in named for rule in x})
    found = [
        {"rule": rule, "blocked": sum(rule in x for x in named), "sole": sum(x == (rule,) for x in named)}
        for rule in rules
    ]
    return {"reasons": found}


def _changes(doc: Document, before: Before, plan: Plan) -> Iterator[dict[str, Any]]:
    """What differs from a plan file, also from rows and visits that are gone since."""
    told = {
        (stop.visit_id, stop.position): (route.clinician_id, doc.seconds(stop.start))
        for route in before.plan.routes
        for stop in route.stops
        if stop.visit_id is not None
    }
    everything = ", ".join(before.labels)
    for v, (visit, position) in enumerate(doc.visits):
        row = plan.row_of(v)
        who = None if row is None else doc.shifts[row].clinician_id
        was, start = told.get((visit.id, position), (None, None))
        if (was, start) == (who, plan.start_of(v)):
            continue
        yield {
            "visit_id": visit.id,
            "position": position,
            "kind": "start" if was == who else "uncovered" if who is None else "assigned" if was is None else "person",
            "from_clinician_id": was,
            "to_clinician_id": who,
            "forced": v in before.forced,
            "because": before.causes.get(visit.id, everything),
        }
    for (visit_id, position), (was, _start) in told.items():
        if (visit_id, position) not in doc.node_of:
            yield {
                "visit_id": visit_id,
                "position": position,
                "kind": "cancelled",
                "from_clinician_id": was,
                "to_clinician_id": None,
                "forced": True,
                "because": before.causes.get(visit_id, everything),
            }


def overtaken(doc: Document, plan: Plan) -> set[int]:
    """The nodes that a plan has before one that has begun, and that have not."""
    found: set[int] = set()
    for route in plan.routes:
        last = max((i for i, v in enumerate(route) if v in doc.held), default=0)
        found |= {v for v in route[:last] if v < doc.problem.n and v not in doc.held}
    return found


def as_it_happened(doc: Document, plan: Plan) -> Plan:
    """The plan with what has begun first in its row, in the order of facts."""
    kept = [
        [(v, s) for v, s in zip(route, starts, strict=True) if v not in doc.held]
        for route, starts in zip(plan.routes, plan.starts, strict=True)
    ]
    facts = [[(v, doc.problem.nodes.windows[v][0][0]) for v in begun] for begun in doc.begun]
    rows = [[*first, *rest] for first, rest in zip(facts, kept, strict=True)]
    orders = tuple(tuple(v for v, _ in row) for row in rows)
    return Plan(orders, tuple(tuple(s for _, s in row) for row in rows), left_out(doc.problem.n, orders))


def forced(doc: Document, before: Plan, freed: Collection[int]) -> frozenset[int]:
    """The nodes that cannot stay where a plan has them: freed, begun otherwise, out of place, or only later now."""
    p = doc.with_holds()
    kept = timed(p, legal_part(p, before, freed))
    if not isinstance(kept, Plan):
        return frozenset(freed)
    return frozenset(
        v
        for v in range(p.n)
        if v in doc.held or (start := kept.start_of(v)) is None or start > (before.start_of(v) or start)
    )


def read(doc: Document, given: PlanJson) -> tuple[Plan, list[str]]:
    """(plan, what of it the problem no longer has). Raises Unreadable for stops that name nothing."""
    p = doc.problem
    routes: list[list[tuple[int, int]]] = [[] for _ in range(p.r)]
    lost: list[str] = []
    for i, route in enumerate(given.routes):
        if not doc.rows.get(route.shift_id):
            lost.append(at(f"routes.{i}.shift_id", _lost_shift(doc, route.shift_id)))
            continue
        for k, stop in enumerate(route.stops):
            start = doc.seconds(stop.start)
            r, v = _node(doc, stop, route.shift_id, start, f"routes.{i}.stops.{k}")
            if r is None or v is None:
                said = _("{id} is not in the problem", id=repr(stop.visit_id or stop.break_id))
                lost.append(at(f"routes.{i}.stops.{k}", said))
            else:
                routes[r].append((start, v))
    orders = tuple(tuple(v for _, v in route) for route in routes)
    return Plan(orders, tuple(tuple(s for s, _ in route) for route in routes), left_out(p.n, orders)), lost


def _lost_shift(doc: Document, shift_id: str) -> str:
    if shift_id in doc.rows:
        return _("{id} is away all day", id=repr(shift_id))
    return _("{id} is not a shift of the problem", id=repr(shift_id))


def _node(doc: Document, stop: StopJson, shift_id: str, start: int, path: str) -> tuple[int | None, int | None]:
    """(row, node)"""
    if stop.break_id is not None:
        breaks = doc.problem.rows.breaks
        r = next((r for r in doc.rows[shift_id] if breaks[r] is not None), None)
        return r, None if r is None else doc.problem.n + r
    if stop.visit_id is None:
        raise Unreadable(at(path, _("neither visit_id nor break_id; expected one of them")))
    return doc.row_of(shift_id, start), doc.node_of.get((stop.visit_id, stop.position))


def unlike(doc: Document, given: PlanJson, found: Plan) -> list[dict[str, Any]]:
    """Why a plan is not one of this problem, whatever its routes: it says so itself, or it is silent on a visit."""
    wrong: list[dict[str, Any]] = []
    if given.problem_sha256 not in ("", doc.sha256):
        values = {"value": repr(given.problem_sha256), "wanted": repr(doc.sha256)}
        said = at("problem_sha256", _("{value}; expected {wanted}: the plan is for another problem", **values))
        wrong.append({"rule": "other_problem", "detail": said})
    out = {(x.visit_id, x.position) for x in given.uncovered}
    for v in found.uncovered:
        visit, position = doc.visits[v]
        if (visit.id, position) not in out:
            said = _("position {position} is neither in routes nor in uncovered", position=position)
            wrong.append({"rule": "lost", "visit_id": visit.id, "detail": said})
    for x in given.uncovered:
        node = doc.node_of.get((x.visit_id, x.position))
        if node is None:
            said = at("uncovered", _("{id} is not a visit of the problem", id=repr(x.visit_id)))
            wrong.append({"rule": "unknown_id", "detail": said})
        elif node not in found.uncovered:
            wrong.append({"rule": "twice", "visit_id": x.visit_id, "detail": _("it is in routes and in uncovered")})
    return wrong


def explained(doc: Document, plan: Plan, found: Explanation) -> dict[str, Any]:
    """An explanation with names: the chosen clinician at the plan's start, the others with their price, the blocked
    with their rules."""
    visit, position = doc.visits[found.node]
    start = plan.start_of(found.node)
    return {
        "visit_id": visit.id,
        "position": position,
        "chosen": None
        if found.chosen is None or start is None
        else {**_trial(doc, found.chosen), "start": doc.instant(start)},
        "others": [_trial(doc, x) for x in found.others],
        "blocked": [
            {
                "clinician_id": doc.shifts[x.row].clinician_id,
                "shift_id": doc.shifts[x.row].id,
                "rules": list(rules_of(doc, x, found.node)),
                "excess_minutes": None if x.excess >= NO_WAY else -(-x.excess // doc.problem.minute),
            }
            for x in found.blocked
        ],
        **reasons(doc, found.blocked, found.node),
        "cheapest_fix": list(found.cheapest_fix),
    }


def _trial(doc: Document, trial: Trial) -> dict[str, Any]:
    return {
        "clinician_id": doc.shifts[trial.row].clinician_id,
        "shift_id": doc.shifts[trial.row].id,
        "start": doc.instant(trial.start),
        "cost_seconds": trial.cost,
        "parts": trial.parts,
        "visits_moved": [
            {"visit_id": doc.visits[v][0].id, "from": doc.instant(old), "to": doc.instant(new)}
            for v, old, new in trial.moved
            if v < doc.problem.n
        ],
    }
