"""A branch-day as a planner file: the same plans are legal, and cost the same."""

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from tests.unit.planner.day.days import LATE_EVENING
from tests.unit.planner.day.mornings import Morning, mornings, troubled

from suture.planner.budget import Iterations
from suture.planner.check import check
from suture.planner.day.first_pass import first_pass
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.reference import score
from suture.planner.day.rows import TO_BE_PLANNED
from suture.planner.day.solution import Solution
from suture.planner.formats import suture_json, suture_plan
from suture.planner.formats.day_export import export
from suture.planner.formats.suture_models import parse_plan

SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def as_file(problem: DayProblem) -> suture_json.Document:
    return suture_json.read(json.dumps(export(problem)).encode())


def as_plan(problem: DayProblem, solution: Solution, document: suture_json.Document) -> bytes:
    """The solution as a plan file of the exported problem."""
    seen: dict[str, int] = {}
    names = []
    for node in problem.nodes:
        seen[node.visit.external_id] = seen.get(node.visit.external_id, 0) + 1
        names.append({"visit_id": node.visit.external_id, "position": seen[node.visit.external_id]})
    routes: list[dict[str, Any]] = [
        {
            "clinician_id": shift.clinician_id,
            "shift_id": shift.id,
            "stops": [{**names[v], "start": document.instant(solution.starts[v])} for v in route],
        }
        for shift, route in zip(document.shifts, solution.routes, strict=True)
    ]
    plan = {"schema": "suture-plan/1", "routes": routes, "uncovered": [names[v] for v in solution.uncovered]}
    return json.dumps(plan).encode()


@SOME
@given(mornings())
def test_what_the_product_plans_is_legal_in_the_file_and_costs_the_same(morning: Morning):
    problem = build(morning.day, morning.rules, now=LATE_EVENING, weights=TO_BE_PLANNED)
    assume(not problem.series and all(len(node.partners) < 2 for node in problem.nodes))
    solution = first_pass(problem, budget=Iterations(50), seed=1)
    assume(not any(problem.nodes[v].partners for v in solution.uncovered))
    document = as_file(problem)
    plan, lost = suture_plan.read(document, parse_plan(as_plan(problem, solution, document)))
    assert lost == []
    broken, parts = check(document.problem, plan)
    assert broken == ()
    saved = sum(node.shift_seconds for node in problem.nodes)
    assert parts.total + saved == score(problem, solution).total


@SOME
@given(troubled())
def test_a_day_under_way_can_be_read_as_well(trouble: tuple[Morning, Any]):
    morning, now = trouble
    problem = build(morning.day, morning.rules, now=now, weights=TO_BE_PLANNED)
    assume(all(len(node.partners) < 2 for node in problem.nodes))
    document = as_file(problem)
    assert len(document.visits) == len(problem.nodes)
    assert len(document.shifts) == len(problem.rows)
