"""Random small days for property tests: any windows, shifts, limits, rests, wishes, and any trouble on the way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.builders import a_past_visit, at
from tests.unit.planner.day.days import LATE_EVENING, a_limit, clinician, day, published, rules, visit

from suture.model.day import Day
from suture.model.ids import VisitId
from suture.model.people import Clinician, Shift
from suture.model.plan import Assignment
from suture.model.visit import Priority, TimeWindow, Visit, VisitKind, VisitStatus
from suture.planner.budget import Iterations
from suture.planner.day.first_pass import first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.solution import Solution, to_assignments
from suture.rules.verdicts import DayRules, Limit, LimitMeasure, Rest, Series


@dataclass(frozen=True)
class Morning:
    """A day and what the rulebook says of it."""

    day: Day
    rules: DayRules

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis shows of a failing example: short enough to read."""
        printer.text("\n".join([*self._demand(), *self._supply()]))

    def _demand(self) -> list[str]:
        return [
            f"{v.external_id} ×{v.positions} mile {v.place_id} {v.kind} {v.status} "
            f"{_clock(v.window.earliest_start)}-{_clock(v.window.latest_start)} "
            f"for {v.duration_minutes}+{v.documentation_minutes} min, priority {v.priority}"
            for v in self.day.visits.values()
        ]

    def _supply(self) -> list[str]:
        homes = [f"{c.external_id} lives at mile {c.home_place_id}" for c in self.day.clinicians.values()]
        shifts = [f"E-0{s.clinician_id - 100} {_clock(s.starts_at)}-{_clock(s.ends_at)}" for s in self.day.shifts]
        plan = [
            f"V-0{a.key.visit_id}.{a.key.position} by E-0{a.clinician_id - 100} at {_clock(a.starts_at)}, told "
            f"{_clock(a.told.open)}-{_clock(a.told.close)}{' pinned' * a.pinned}"
            for a in self.day.plan.assignments.values()
        ]
        return [*homes, *shifts, *plan, *map(str, self.rules.limits), *map(str, self.rules.series)]


def _clock(instant: datetime) -> str:
    return f"{instant:%H:%M}"


@st.composite
def a_random_visit(draw: st.DrawFn, number: int, carers: int) -> Visit:
    opens = at("07:30") + timedelta(minutes=draw(st.integers(0, 16)) * 15)
    care = draw(st.sampled_from([15, 30, 45]))
    slack = 0 if (exact := draw(st.integers(0, 5)) == 0) else draw(st.integers(0, 8)) * 15
    window = TimeWindow(opens, opens + timedelta(minutes=slack), opens + timedelta(minutes=slack + care))
    return visit(
        number,
        mile_no=draw(st.integers(0, 30)),
        kind=VisitKind.APPOINTMENT if exact else VisitKind.HOME_VISIT,
        window=window,
        duration_minutes=care,
        documentation_minutes=draw(st.sampled_from([0, 5])),
        positions=1 if exact else draw(st.integers(1, carers)),
        priority=draw(st.sampled_from(list(Priority))),
    )


@st.composite
def a_random_limit(draw: st.DrawFn, of: Clinician) -> Limit:
    measure = draw(st.sampled_from(list(LimitMeasure)))
    most = draw(st.integers(1, 3)) if measure is LimitMeasure.COUNT else draw(st.integers(30, 150))
    counted = draw(st.none() | st.frozensets(st.integers(1, 4).map(VisitId)))
    if draw(st.booleans()):
        return a_limit(of, most, measure=measure, visits=counted)
    return a_limit(of, most, measure=measure, over_minutes=draw(st.integers(0, 3)), hard_maximum=None, visits=counted)


@st.composite
def a_random_series(draw: st.DrawFn, of: list[Visit]) -> Series:
    members = draw(st.frozensets(st.sampled_from([v.id for v in of]), min_size=1, max_size=4))
    return Series("series", members, draw(st.none() | st.integers(0, 60)))


@st.composite
def mornings(draw: st.DrawFn, most_visits: int = 8, most_clinicians: int = 3, carers: int = 2) -> Morning:
    people = [clinician(n, home=draw(st.integers(0, 30))) for n in range(1, 1 + draw(st.integers(1, most_clinicians)))]
    visits = [draw(a_random_visit(n, carers)) for n in range(1, 1 + draw(st.integers(1, most_visits)))]
    shifts = []
    for person in people:
        cuts = sorted(draw(st.sets(st.integers(0, 12), min_size=2, max_size=4)))
        spans = list(zip(cuts[::2], cuts[1::2], strict=False))
        shifts += [
            Shift(person.id, at("07:00") + timedelta(minutes=30 * a), at("07:00") + timedelta(minutes=30 * b))
            for a, b in spans
        ]
    past = tuple(
        a_past_visit(p, starts_at=end - timedelta(minutes=30), ends_at=end)
        for p in people
        for end in draw(st.sampled_from([[], [at("21:45", days=-1)], [at("22:40")]]))
    )
    of = day(visits, people, shifts=shifts, past=past)
    pairs = [(p.id - 100, int(v.id)) for p in people for v in visits]
    pair = st.sampled_from(pairs)
    by = rules(
        of,
        minutes=draw(st.dictionaries(pair, st.integers(-20, 20))),
        barred=draw(st.sets(pair, max_size=4)),
        limits=[draw(a_random_limit(p)) for p in people if draw(st.booleans())],
        rests=[Rest("rest", p.id, 600) for p in people],
        series=[draw(a_random_series(visits))] if draw(st.integers(0, 3)) == 0 else (),
    )
    return Morning(of, by)


def planned(morning: Morning, n: int = 60) -> tuple[DayProblem, Solution]:
    problem = build(morning.day, morning.rules, now=LATE_EVENING)
    return problem, first_pass(problem, budget=Iterations(n), seed=3)


@st.composite
def troubled(draw: st.DrawFn) -> tuple[Morning, datetime]:
    """A published day, some way into it: started, cancelled, run over, called out, declined, pinned."""
    morning = draw(mornings())
    problem, solution = planned(morning, n=20)
    plan = to_assignments(problem, solution)
    if draw(st.booleans()) and plan:
        held = draw(st.sampled_from(sorted(plan)))
        plan[held] = replace(plan[held], pinned=True)
    of = published(morning.day, plan)
    now = at("07:00") + timedelta(minutes=draw(st.integers(0, 300)))
    visits = dict(of.visits)
    for assignment in plan.values():
        visits[assignment.key.visit_id] = _one_fate(draw, visits[assignment.key.visit_id], assignment, now)
    gone = draw(st.sampled_from([None, *of.clinicians]))
    shifts = tuple(s for s in of.shifts if s.clinician_id != gone)
    pairs = [(c, v) for c in of.clinicians for v in of.visits]
    declined = draw(st.frozensets(st.sampled_from(pairs), max_size=2))
    return Morning(replace(of, visits=visits, shifts=shifts, declined=declined), morning.rules), now


def _one_fate(draw: st.DrawFn, of: Visit, assignment: Assignment, now: datetime) -> Visit:
    fate = draw(st.integers(0, 9))
    if fate == 0:
        return replace(of, status=VisitStatus.CANCELLED)
    if assignment.starts_at > now or fate < 3:
        return of
    late = timedelta(minutes=draw(st.integers(0, 20)))
    start = min(now, assignment.starts_at + late)
    if fate < 7:
        return replace(of, status=VisitStatus.COMPLETED, started_at=start, ended_at=min(now, assignment.ends_at + late))
    expected = now + timedelta(minutes=draw(st.integers(0, 60)))
    return replace(of, status=VisitStatus.IN_PROGRESS, started_at=start, expected_end=expected)
