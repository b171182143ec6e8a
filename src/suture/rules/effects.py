"""What rules of visits come to on one day: shapes, seats, groups, gates, and whom a series favours."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules.base import Rule
from suture.rules.compiled import CompiledRules
from suture.rules.kinds.apart import Apart
from suture.rules.kinds.gate import GateRule
from suture.rules.kinds.pair import Pair
from suture.rules.kinds.stretch import Stretch
from suture.rules.kinds.together import Together
from suture.rules.kinds.window import Window
from suture.rules.planes import NO, YES
from suture.rules.shapes import shape_of
from suture.rules.verdicts import Gate, Group, GroupKind, Shape, Term


def shapes_of(compiled: CompiledRules) -> dict[VisitId, Shape]:
    """The visits that windows, stretches and pairs change."""
    speaking: dict[VisitId, list[tuple[Rule, int]]] = defaultdict(list)
    for asked in compiled.asked:
        if isinstance(asked.rule, Window | Stretch | Pair):
            for visit, truth in zip(compiled.visits, compiled.speaks_of(asked).tolist(), strict=True):
                if truth != NO:
                    speaking[visit].append((asked.rule, truth))
    shapes = {visit: shape_of(rules, compiled.visits[visit]) for visit, rules in speaking.items()}
    return {visit: shape for visit, shape in shapes.items() if shape is not None}


def second_seats(compiled: CompiledRules) -> dict[VisitId, frozenset[PartyId]]:
    """Who may take the second seat of each visit that needs two; of several rules all must agree."""
    seats: dict[VisitId, frozenset[PartyId]] = {}
    for asked in compiled.asked:
        if not isinstance(asked.rule, Pair) or "second" not in asked.questions:
            continue
        may = compiled.of_clinicians(asked, "second").tolist()
        people = frozenset(c for c, truth in zip(compiled.clinicians, may, strict=True) if truth == YES)
        for visit, truth in zip(compiled.visits, compiled.speaks_of(asked).tolist(), strict=True):
            if truth != NO:
                seats[visit] = seats.get(visit, people) & people
    return seats


def gates_of(compiled: CompiledRules) -> tuple[Gate, ...]:
    """The gates in front of visits."""
    return tuple(
        Gate(asked.rule.id, visit, asked.rule.needs, asked.rule.by_minutes, asked.rule.otherwise)
        for asked in compiled.asked
        if isinstance(asked.rule, GateRule)
        for visit, truth in zip(compiled.visits, compiled.speaks_of(asked).tolist(), strict=True)
        if truth != NO
    )


def groups_of(compiled: CompiledRules, day: Day) -> tuple[Group, ...]:
    """A patient's visits of the day that hang together, two or more."""
    groups = []
    for asked in compiled.asked:
        rule = asked.rule
        if isinstance(rule, Together | Apart):
            kind = GroupKind.SAME if isinstance(rule, Together) else GroupKind.DIFFERENT
            most = rule.max_items if isinstance(rule, Apart) else 1
            for visits in _by_patient(compiled, day, rule).values():
                if len(visits) > most:
                    groups.append(Group(rule.id, kind, frozenset(visits), most, rule.weight))
    return tuple(groups)


def _by_patient(compiled: CompiledRules, day: Day, rule: Rule) -> Mapping[PartyId, list[VisitId]]:
    asked = next(a for a in compiled.asked if a.rule is rule)
    found: dict[PartyId, list[VisitId]] = defaultdict(list)
    for visit, truth in zip(compiled.visits, compiled.speaks_of(asked).tolist(), strict=True):
        patient = day.visits[visit].patient_id
        if truth != NO and patient is not None:
            found[patient].append(visit)
    return found


def with_series(compiled: CompiledRules, day: Day) -> dict[tuple[PartyId, VisitId], list[str | Term]]:
    """What `together … week` says of pairs: those who did not have the patient earlier in the week pay, or may not."""
    found: dict[tuple[PartyId, VisitId], list[str | Term]] = defaultdict(list)
    for asked in compiled.asked:
        rule = asked.rule
        if not isinstance(rule, Together) or rule.per[1] != "week" or rule.weight == 0:
            continue
        for patient, visits in _by_patient(compiled, day, rule).items():
            for visit in visits:
                had = _had_this_week(day, patient, day.visits[visit].discipline)
                for clinician in compiled.clinicians if had else ():
                    if clinician not in had:
                        said = rule.id if rule.weight is None else Term(rule.id, rule.weight)
                        found[clinician, visit].append(said)
    return dict(found)


def _had_this_week(day: Day, patient: PartyId, discipline: str) -> frozenset[PartyId]:
    """Who saw the patient for this discipline earlier in the branch's week, and still works here."""
    first = day.service_date - timedelta(days=(day.service_date.isoweekday() - day.branch.week_starts_on) % 7)
    begins, today = (datetime.combine(d, time(), ZoneInfo(day.branch.tz)) for d in (first, day.service_date))
    return frozenset(
        past.clinician_id
        for past in day.past
        if past.patient_id == patient
        and past.discipline == discipline
        and begins <= past.starts_at < today
        and past.clinician_id in day.clinicians
    )
