"""A branch-day as `suture-problem/1`: what the rulebook says of it as pairs, prices, hours and limits.

Ids are the agency's own; there are no names, addresses or coordinates. The format has no words for these, so they are
left out: series that one clinician should have, told windows, who is on her way already, and that of two carers one may
come alone.
"""

from collections.abc import Iterator
from typing import Any

from suture.model.ids import PartyId
from suture.model.instants import rfc3339
from suture.planner.day import limits
from suture.planner.day.problem import DayProblem
from suture.planner.day.rows import Node, Row
from suture.rules.verdicts import Limit, LimitMeasure

FURTHEST_WAY = 1_000_000_000


def export(day: DayProblem) -> dict[str, Any]:
    """The problem of a day, ready to be written as JSON; it is planned and priced as the day itself is."""
    return {
        "schema": "suture-problem/1",
        "time_zone": day.day.branch.tz,
        "now": _at(day, day.seconds(day.now)),
        "horizon": {"first_service_date": day.day.service_date.isoformat()},
        **_map(day),
        "clinicians": [{"id": _who(day, c), "disciplines": [day.day.clinicians[c].role]} for c in day.rows_of],
        "shifts": [_shift(day, r, row) for r, row in enumerate(day.rows)],
        "visits": [_visit(day, nodes) for nodes in _by_visit(day)],
        "limits": [_limit(day, c, limit) for c, own in day.limits.items() for limit in own],
        "weights": {
            "fairness": day.weights.fairness,
            "disruption": {
                "person": day.weights.person_changed,
                "start_per_minute": day.weights.start_per_minute,
                "start_cap_minutes": day.weights.start_cap_minutes,
            },
        },
        **_published(day),
    }


def _at(day: DayProblem, seconds: int) -> str:
    return rfc3339(day.instant(seconds), day.day.branch.tz)


def _who(day: DayProblem, clinician: PartyId) -> str:
    return day.day.clinicians[clinician].external_id


def _shift_id(day: DayProblem, r: int) -> str:
    """The clinician's id, and which of the day's shifts it is where there are several."""
    own = day.rows_of[day.rows[r].clinician_id]
    return _who(day, day.rows[r].clinician_id) + (f"/{own.index(r) + 1}" if len(own) > 1 else "")


def _place(node: Node) -> str:
    """An open shift is a place of its own: the ways to it and from it are the clinician's own time."""
    return f"shift-{node.visit.external_id}" if node.is_open_shift else f"place-{node.place}"


def _map(day: DayProblem) -> dict[str, Any]:
    homes = {f"place-{place}": place for row in day.rows for place in (row.home, row.start_place)}
    at = homes | {_place(node): node.place for node in day.nodes}
    commuted = {_place(node) for node in day.nodes if node.is_open_shift}

    def way(a: str, b: str) -> int | None:
        if (a in commuted and b in homes) or (b in commuted and a in homes):
            return 0
        seconds = day.travel(at[a], at[b])
        return seconds if seconds < FURTHEST_WAY else None

    return {
        "places": [{"id": place} for place in at],
        "travel": {
            "place_ids": list(at),
            "seconds": [[way(a, b) for b in at] for a in at],
            "source": day.day.travel.matrix.source,
        },
    }


def _shift(day: DayProblem, r: int, row: Row) -> dict[str, Any]:
    ends = _at(day, max(row.return_by, row.leave_from + 1))
    found: dict[str, Any] = {
        "id": _shift_id(day, r),
        "clinician_id": _who(day, row.clinician_id),
        "start": _at(day, row.leave_from),
        "end": ends,
        "start_place_id": f"place-{row.home}",
    }
    if row.frozen:
        found["live"] = {"place_id": f"place-{row.start_place}", "ready_at": _at(day, row.ready)}
    return found


def _by_visit(day: DayProblem) -> Iterator[list[int]]:
    """The nodes of each visit."""
    found: dict[int, list[int]] = {}
    for v, node in enumerate(day.nodes):
        found.setdefault(node.visit.id, []).append(v)
    yield from found.values()


def _visit(day: DayProblem, nodes: list[int]) -> dict[str, Any]:
    node = day.nodes[nodes[0]]
    visit, pair = node.visit, _pair_prices(day, nodes[0])
    highest = max(pair.values(), default=0)
    found: dict[str, Any] = {
        "id": visit.external_id,
        "kind": {"home_visit": "visit"}.get(visit.kind.value, visit.kind.value),
        "place_id": _place(node),
        "service_minutes": visit.duration_minutes,
        "documentation_minutes": visit.documentation_minutes,
        "positions": len(nodes),
        "priority": int(visit.priority),
        "uncovered_cost_seconds": node.uncovered_price - node.shift_seconds,
        "time_windows": [{"earliest_start": _at(day, node.open), "latest_start": _at(day, max(node.open, node.close))}],
        "only_clinician_ids": [_who(day, c) for c in pair],
        "forbidden_clinician_ids": [] if pair else [_who(day, c) for c in day.rows_of],
        "preferred": [
            {"clinician_id": _who(day, c), "saving_seconds": highest - price}
            for c, price in pair.items()
            if price < highest
        ],
        "unusual_cost_seconds": 0,
    }
    if node.pinned_row is not None and len(nodes) == 1:
        who = _who(day, day.rows[node.pinned_row].clinician_id)
        found["pin"] = {"scope": "both", "reason": "pinned", "clinician_id": who, "start": _at(day, node.open)}
    return found


def _pair_prices(day: DayProblem, v: int) -> dict[PartyId, int]:
    """What each clinician who may do a node costs, the commute to an open shift included."""
    node = day.nodes[v]
    found: dict[PartyId, int] = {}
    for r, row in enumerate(day.rows):
        price = day.prices[r][v]
        if price is not None:
            commute = 2 * day.travel(row.home, node.place) if node.is_open_shift and not row.frozen else 0
            found[row.clinician_id] = min(price + commute, found.get(row.clinician_id, price + commute))
    return found


def _limit(day: DayProblem, clinician: PartyId, limit: Limit) -> dict[str, Any]:
    timed = limit.measure is LimitMeasure.MINUTES
    used = limits.used_before(limit) + sum(limits.usage(day, r, (), limit) for r in day.rows_of[clinician])
    price = 60 * limit.over_minutes
    found: dict[str, Any] = {
        "id": f"{limit.rule_id}/{_who(day, clinician)}",
        "kind": "minutes" if timed else "count",
        "clinician_ids": [_who(day, clinician)],
    }
    names = ("used_minutes", "max_minutes", "hard_max_minutes", "over_cost_per_minute")
    values = (used // 60 if timed else used, limit.maximum, limit.hard_maximum, price)
    found |= dict(zip(names if timed else ("used", "max", "hard_max", "over_cost"), values, strict=True))
    if limit.visits is not None:
        planned = {node.visit.id: node.visit.external_id for node in day.nodes}
        found["visit_ids"] = [name for v, name in planned.items() if v in limit.visits]
    return found


def _published(day: DayProblem) -> dict[str, Any]:
    """The plan that people were told, for what has not begun."""
    routes: dict[str, dict[str, Any]] = {}
    seen: dict[str, int] = {}
    for node in day.nodes:
        name = node.visit.external_id
        seen[name] = seen.get(name, 0) + 1
        told = node.published
        own = day.rows_of.get(told.assignment.clinician_id) if told else None
        if told is None or own is None:
            continue
        r = max((x for x in own if day.rows[x].shift_start <= told.start), default=own[0])
        route = {"clinician_id": _who(day, told.assignment.clinician_id), "shift_id": _shift_id(day, r), "stops": []}
        stop = {"visit_id": name, "position": seen[name], "start": _at(day, told.start)}
        routes.setdefault(_shift_id(day, r), route)["stops"].append(stop)
    return {"published_plan": {"schema": "suture-plan/1", "routes": list(routes.values())}} if routes else {}
