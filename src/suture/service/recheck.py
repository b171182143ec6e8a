"""Puts every version of a day's plan through the rulebook and the time checks again, from its stored rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.people import AvailabilityKind, Branch, shifts_of
from suture.model.plan import Assignment, Plan, Source, Stage
from suture.model.visit import VisitStatus
from suture.planner.check import check
from suture.planner.problem import build
from suture.planner.reference import Violation
from suture.planner.solution import from_assignments
from suture.rules.evaluate import evaluate
from suture.service.context import Context
from suture.service.state import load_state
from suture.store import facts
from suture.store.day import day_bounds
from suture.store.transaction import Tx

NOT_A_BREACH = {"lost", "twice"}
"""Counted by `facts.lost_visits` instead: an uncovered position has a case."""


def hard_rule_breaches(ctx: Context, tx: Tx, branch: Branch, service_date: date) -> list[tuple[int, Violation]]:
    """Every breach by an automatic assignment, with its version. What was recorded as done is fact, not assignment."""
    day = load_state(ctx, tx, branch, service_date)
    versions = range(1, facts.plan_versions(tx, branch.id, service_date) + 1)
    found: list[tuple[int, Violation]] = []
    for version in versions:
        rows = facts.rows_at(tx, branch.id, service_date, version)
        found += [(version, v) for v in _breaches(ctx, _as_of(tx, day, rows, version), rows)]
    return found


def _breaches(ctx: Context, day: Day, rows: Mapping[PositionKey, Assignment]) -> list[Violation]:
    by_fact = {key for key, a in rows.items() if a.source is not Source.AUTO or _is_fact(a, day)}
    plannable = {
        v.id: replace(v, status=VisitStatus.SCHEDULED, started_at=None, ended_at=None, expected_end=None)
        for v in day.visits.values()
    }
    neutral = replace(day, visits=plannable)
    rules = evaluate(ctx.rulebook, neutral)
    problem = build(neutral, rules, now=day_bounds(day.branch, day.service_date)[0])
    stored = Plan(day.branch.id, day.service_date, 1, Stage.DRAFT, rows)
    return [
        v
        for v in check(problem, from_assignments(problem, stored))
        if v.rule not in NOT_A_BREACH and v.key not in by_fact and not (v.key is None and by_fact)
    ]


def _is_fact(assignment: Assignment, day: Day) -> bool:
    return day.visits[assignment.key.visit_id].started_at == assignment.starts_at


def _as_of(tx: Tx, day: Day, rows: Mapping[PositionKey, Assignment], version: int) -> Day:
    """The day as that version knew it: absences written later had not happened, visits lasted as its rows say."""
    written = facts.absent_from_version(tx, list(day.clinicians))
    availability = tuple(
        a
        for a in day.availability
        if a.kind is not AvailabilityKind.UNAVAILABLE
        or written.get((a.clinician_id, a.starts_at, a.ends_at), 0) <= version
    )
    visits = dict(day.visits)
    for key, a in rows.items():
        minutes = int((a.ends_at - a.starts_at).total_seconds() // 60)
        visits[key.visit_id] = replace(visits[key.visit_id], duration_minutes=max(1, minutes))
    empty = Plan(day.branch.id, day.service_date, 0, Stage.DRAFT, {})
    return replace(
        day,
        availability=availability,
        shifts=shifts_of(availability),
        visits=visits,
        plan=empty,
        promises=(),
        declined=frozenset(),
    )
