"""Puts every version of a day's plan through the rulebook and the time checks again, from its stored rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey
from suture.model.people import AvailabilityKind, Branch, shifts_of
from suture.model.plan import Assignment, Plan, Source, Stage
from suture.model.visit import VisitStatus
from suture.planner.day.check import check
from suture.planner.day.live import shift_index
from suture.planner.day.problem import build
from suture.planner.day.reference import Violation
from suture.planner.day.solution import from_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate, shape
from suture.service.context import Context
from suture.service.in_force import rulebook_of_plan
from suture.service.state import with_travel
from suture.store import facts
from suture.store.day import day_bounds, load_day
from suture.store.transaction import Tx

NOT_A_BREACH = {"lost", "twice"}
"""Counted by `facts.lost_visits` instead: an uncovered position has a case."""

OFF_DUTY = "off_duty"
"""An assignment at a time at which its clinician has no shift: absent, or never there."""


def hard_rule_breaches(tx: Tx, tools: Context, branch: Branch, service_date: date) -> list[tuple[int, Violation]]:
    """Every breach by an automatic assignment, with its version. What was recorded as done is fact, not assignment."""
    day = with_travel(tools, load_day(tx, branch, service_date))
    written = facts.absent_from_version(tx, list(day.clinicians))
    found: list[tuple[int, Violation]] = []
    before: Mapping[PositionKey, Assignment] = {}
    for version, made_at in facts.version_times(tx, branch.id, service_date).items():
        rows = _still_of(day, facts.rows_at(tx, branch.id, service_date, version))
        book = rulebook_of_plan(tx, tools, branch.id, service_date, version)
        as_of = _as_of(shape(book, day), rows, written, version)
        decided = {
            key: a
            for key, a in rows.items()
            if a.source is Source.AUTO and not _is_fact(a, day, made_at) and not _is_past(a, before.get(key), made_at)
        }
        found += [(version, v) for v in _breaches(book, as_of, rows, decided)]
        before = rows
    return found


def _still_of(day: Day, rows: Mapping[PositionKey, Assignment]) -> Mapping[PositionKey, Assignment]:
    """The rows of visits that are on the day still: what was asked of one that moved since is no longer known."""
    return {key: a for key, a in rows.items() if key.visit_id in day.visits}


def _breaches(
    book: Rulebook, day: Day, rows: Mapping[PositionKey, Assignment], automatic: Mapping[PositionKey, Assignment]
) -> list[Violation]:
    plannable = {
        v.id: replace(v, status=VisitStatus.SCHEDULED, started_at=None, ended_at=None, expected_end=None)
        for v in day.visits.values()
    }
    called_in = tuple(replace(s, tier=0) for s in day.shifts)  # whoever was on call may have been called in
    neutral = replace(day, visits=plannable, shifts=called_in)
    rules = evaluate(book, neutral)
    problem = build(neutral, rules, now=day_bounds(day.branch, day.service_date)[0])
    stored = Plan(day.branch.id, day.service_date, 1, Stage.DRAFT, rows)
    off_duty = [
        Violation(OFF_DUTY, a.clinician_id, key) for key, a in rows.items() if shift_index(day.shifts, a) is None
    ]
    planned_for = {a.clinician_id for a in automatic.values()}
    return [
        v
        for v in (*off_duty, *check(problem, from_assignments(problem, stored)))
        if v.rule not in NOT_A_BREACH and (v.key in automatic if v.key else v.clinician_id in planned_for)
    ]


def _is_fact(assignment: Assignment, day: Day, made_at: datetime) -> bool:
    """Whether the visit had begun when the version was made: from then on its row is a record, not a decision."""
    started_at = day.visits[assignment.key.visit_id].started_at
    return started_at is not None and started_at <= made_at


def _is_past(assignment: Assignment, before: Assignment | None, made_at: datetime) -> bool:
    """Whether the version only kept a start that had passed with no clinician, as of a visit its patient declined."""
    if before is None or assignment.starts_at > made_at:
        return False
    return (assignment.clinician_id, assignment.starts_at) == (before.clinician_id, before.starts_at)


def _as_of(
    day: Day,
    rows: Mapping[PositionKey, Assignment],
    written: Mapping[tuple[PartyId, object, object], int],
    version: int,
) -> Day:
    """The day as that version knew it: absences written later had not happened, visits lasted as its rows say."""
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
