"""What rules of visits come to on one day: shapes, seats, series, spreads, gates, and whom a series favours."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules.compiled import Asked, CompiledRules
from suture.rules.families import Rule
from suture.rules.kinds.apart import Apart
from suture.rules.kinds.gate import GateRule
from suture.rules.kinds.pair import Pair
from suture.rules.kinds.stretch import Stretch
from suture.rules.kinds.together import Together
from suture.rules.kinds.window import Window
from suture.rules.planes import NO, YES
from suture.rules.shapes import shape_of
from suture.rules.verdicts import Gate, Limit, LimitMeasure, Seat, Series, Shape, Term


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


def seats_of(compiled: CompiledRules) -> dict[tuple[VisitId, int], Seat]:
    """Who may take each seat of a visit that needs two; of several rules all must agree."""
    seats: dict[tuple[VisitId, int], Seat] = {}
    for asked in compiled.asked:
        if not isinstance(asked.rule, Pair):
            continue
        visits = _spoken_of(compiled, asked)
        for position, slot in enumerate(("first", "second"), start=1):
            if slot not in asked.questions:
                continue
            may = compiled.of_clinicians(asked, slot).tolist()
            people = frozenset(c for c, truth in zip(compiled.clinicians, may, strict=True) if truth == YES)
            for visit in visits:
                others = seats.get((visit, position), Seat((), people))
                seats[visit, position] = Seat((*others.rule_ids, asked.rule.id), others.clinicians & people)
    return seats


def gates_of(compiled: CompiledRules) -> tuple[Gate, ...]:
    """The gates in front of visits."""
    return tuple(
        Gate(asked.rule.id, visit, asked.rule.needs, asked.rule.by_minutes, asked.rule.otherwise)
        for asked in compiled.asked
        if isinstance(asked.rule, GateRule)
        for visit in _spoken_of(compiled, asked)
    )


def series_of(compiled: CompiledRules, day: Day) -> tuple[Series, ...]:
    """A patient's visits of the day for one discipline that go to one clinician, two or more."""
    found = []
    for asked in compiled.asked:
        if isinstance(asked.rule, Together):
            for visits in _by_patient(compiled, day, asked).values():
                own: dict[str, set[VisitId]] = defaultdict(set)
                for visit in visits:
                    own[day.visits[visit].discipline].add(visit)
                found += [Series(asked.rule.id, frozenset(x), asked.rule.weight) for x in own.values() if len(x) > 1]
    return tuple(found)


def spreads_of(compiled: CompiledRules, day: Day) -> tuple[Limit, ...]:
    """A patient's visits of the day that do not all go to one clinician: a limit for each who may have some."""
    limits: list[Limit] = []
    eligible = compiled.eligible
    for asked in compiled.asked:
        rule = asked.rule
        if not isinstance(rule, Apart):
            continue
        hard = rule.max_items if rule.weight is None else None
        for visits in _by_patient(compiled, day, asked).values():
            if len(visits) <= rule.max_items:
                continue
            spread = frozenset(visits)
            may = eligible[:, [compiled.column_of[visit] for visit in visits]].sum(axis=1).tolist()
            limits += [
                Limit(rule.id, clinician, LimitMeasure.COUNT, 0, rule.max_items, rule.weight or 0, hard, spread)
                for clinician, n in compiled.row_of.items()
                if may[n]
            ]
    return tuple(limits)


def _spoken_of(compiled: CompiledRules, asked: Asked) -> list[VisitId]:
    truths = compiled.speaks_of(asked).tolist()
    return [visit for visit, truth in zip(compiled.visits, truths, strict=True) if truth != NO]


def _by_patient(compiled: CompiledRules, day: Day, asked: Asked) -> Mapping[PartyId, list[VisitId]]:
    found: dict[PartyId, list[VisitId]] = defaultdict(list)
    for visit in _spoken_of(compiled, asked):
        patient = day.visits[visit].patient_id
        if patient is not None:
            found[patient].append(visit)
    return found


def with_series(compiled: CompiledRules, day: Day) -> dict[tuple[PartyId, VisitId], list[str | Term]]:
    """What `together … week` says of pairs: those who did not have the patient earlier in the week pay, or may not."""
    found: dict[tuple[PartyId, VisitId], list[str | Term]] = defaultdict(list)
    for asked in compiled.asked:
        rule = asked.rule
        if not isinstance(rule, Together) or rule.per[1] != "week" or rule.weight == 0:
            continue
        for patient, visits in _by_patient(compiled, day, asked).items():
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
