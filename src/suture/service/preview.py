"""What a draft rulebook would change on a day, before anyone puts it in force: the day is planned under both."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from suture.dispatch.repair import propose
from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey
from suture.model.plan import Assignment, Plan, Stage
from suture.model.visit import VisitStatus
from suture.rules import vocabulary
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate, shape
from suture.service.branch_named import the_branch
from suture.service.caller import Caller
from suture.service.configuration import RULES
from suture.service.in_force import loaded, rulebook_in_force
from suture.service.state import with_travel
from suture.service.versions import find
from suture.store.day import day_bounds, load_day

DAY_MINUTES = 480
"""Work above this in a day is shown as overtime, whatever either rulebook says of it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One plan of the day. Continuity counts visits whose patient had someone in 60 days; minutes are whole."""

    positions: int
    filled: int
    continuity_of: int
    continuity: int
    travel_minutes: int
    overtime_minutes: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The day under the rulebook in force and under the draft; `blocked` and `freed` count pairs."""

    service_date: date
    hashes: tuple[str, str]
    now: Figures
    then: Figures
    blocked: int
    freed: int
    moved: int

    def as_dict(self) -> dict[str, object]:
        """Plain data, for programs."""
        return asdict(self) | {"service_date": self.service_date.isoformat()}


def preview(caller: Caller, start: str, branch: str | None, service_date: date) -> Preview:
    """Plan a stored day under the rulebook in force and under the draft whose hash starts so; nothing is saved.

    Raises NoSuchVersion or UnknownBranch.
    """
    with caller.transaction() as tx:
        active = rulebook_in_force(tx, caller.tools)
        draft = loaded(tx, caller.tools, RULES, find(tx, RULES, start))
        raw = load_day(tx, the_branch(tx, branch), service_date)
    day = _untouched(with_travel(caller.tools, raw))
    now, old = _planned(caller, active, day)
    then, new = _planned(caller, draft, day)
    before, after = evaluate(active, day).pairs, evaluate(draft, day).pairs
    changes = [(before[pair].eligible, after[pair].eligible) for pair in before]
    return Preview(
        service_date=service_date,
        hashes=(active.hash, draft.hash),
        now=now,
        then=then,
        blocked=changes.count((True, False)),
        freed=changes.count((False, True)),
        moved=sum(_holder(old, key) != _holder(new, key) for key in {*old, *new}),
    )


def _untouched(day: Day) -> Day:
    """The day as if it had not been planned and nothing had begun, for days that are past as well."""
    visits = {
        v.id: replace(v, status=VisitStatus.SCHEDULED, started_at=None, ended_at=None, expected_end=None)
        for v in day.visits.values()
        if v.status not in (VisitStatus.CANCELLED, VisitStatus.MISSED)
    }
    empty = Plan(day.branch.id, day.service_date, 0, Stage.DRAFT, {})
    return replace(day, visits=visits, plan=empty, promises=(), declined=frozenset())


def _planned(caller: Caller, book: Rulebook, raw: Day) -> tuple[Figures, Mapping[PositionKey, Assignment]]:
    day = shape(book, raw)
    before = day_bounds(day.branch, day.service_date)[0] - timedelta(hours=9)
    solved = propose(day, book, before, caller.tools.plan_budget, caller.tools.seed).assignments
    seen = vocabulary.last_seen(day)
    known = kept = 0
    for key, assignment in solved.items():
        visit = day.visits[key.visit_id]
        had = seen.get((visit.patient_id, visit.discipline), ()) if visit.patient_id is not None else ()
        known += bool(had)
        kept += day.clinicians[assignment.clinician_id].external_id in had
    travel, overtime = _minutes(day, solved)
    return Figures(len(day.open_positions()), len(solved), known, kept, travel, overtime), solved


def _minutes(day: Day, solved: Mapping[PositionKey, Assignment]) -> tuple[int, int]:
    """Driving of everyone, ways from and to home included, and work above eight hours, which excludes those."""
    routes: dict[PartyId, list[Assignment]] = {}
    for assignment in sorted(solved.values(), key=lambda a: a.starts_at):
        routes.setdefault(assignment.clinician_id, []).append(assignment)
    driving = overtime = 0
    for clinician, route in routes.items():
        places = [day.visits[a.key.visit_id].place_id for a in route]
        home = day.clinicians[clinician].home_place_id
        between = sum(day.travel.seconds(a, b) for a, b in pairwise(places) if a != b)
        ways = sum(day.travel.seconds(a, b) for a, b in ((home, places[0]), (places[-1], home)) if a != b)
        busy = sum(day.visits[a.key.visit_id].busy.total_seconds() for a in route)
        driving += between + ways
        overtime += max(0, int(busy + between) - DAY_MINUTES * 60)
    return driving // 60, overtime // 60


def _holder(plan: Mapping[PositionKey, Assignment], key: PositionKey) -> PartyId | None:
    return plan[key].clinician_id if key in plan else None
