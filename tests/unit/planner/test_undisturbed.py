"""A repair leaves alone what has nothing to do with what it repairs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.planner.planner_files import a_visit, at, problem_with, rebalanced, stops
from tests.unit.planner.problems import a_problem

from suture.planner.problem import Counter, Link, Measure, Who
from suture.planner.undisturbed import undisturbed

PLAIN = replace(a_problem(1, n=8, rows=4), links=(), counters=())
FIRST = [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_rows_that_no_exchange_connects_with_what_was_freed_stay_as_they_were():
    found = [[2, 1], [0, 3], [7, 5], [6, 4]]
    assert undisturbed(PLAIN, FIRST, found, freed=[0]) == ((2, 1), (0, 3), (4, 5), (6, 7))
    assert undisturbed(PLAIN, FIRST, found, freed=[5]) == ((0, 1), (2, 3), (7, 5), (6, 4))
    assert undisturbed(PLAIN, FIRST, found, freed=[]) == ((0, 1), (2, 3), (4, 5), (6, 7))


def test_a_chain_of_exchanges_is_one_exchange():
    found = [[1, 2], [3, 4], [5, 0], [7, 6]]
    assert undisturbed(PLAIN, FIRST, found, freed=[0]) == ((1, 2), (3, 4), (5, 0), (6, 7))


def test_what_was_freed_counts_where_it_was_put_first_and_where_it_ended():
    found = [[1], [0, 2], [4, 5, 3], [7, 6]]
    assert undisturbed(PLAIN, FIRST, found, freed=[0]) == ((1,), (0, 2), (4, 5, 3), (6, 7))


@pytest.mark.parametrize(
    "changes",
    [
        {"links": (Link(1, 4, (0, 0), Who.DIFFERENT),)},
        {"counters": (Counter("both", (0, 2), Measure.ITEMS, soft=3),)},
    ],
)
def test_rows_that_a_link_or_a_limit_looks_at_together_are_connected(changes):
    found = [[1, 0], [2, 3], [5, 4], [7, 6]]
    assert undisturbed(replace(PLAIN, **changes), FIRST, found, freed=[0]) == ((1, 0), (2, 3), (5, 4), (6, 7))


def test_a_repair_in_one_town_does_not_tidy_up_another(tmp_path: Path):
    """Cy and Di drive past each other, as someone wanted it; Ana's call-out is no reason to tell them otherwise."""
    miles = {"ana": 0, "bo": 1, "v1": 2, "v2": 3, "cy": 40, "v3": 41, "v5": 42, "v6": 58, "v4": 59, "di": 60}
    seconds = [[abs(a - b) * 120 for b in miles.values()] for a in miles.values()]
    discipline = {"ana": "SN", "bo": "SN", "cy": "PT", "di": "PT"}
    problem = problem_with(
        places=[{"id": x} for x in miles],
        travel={"place_ids": list(miles), "seconds": seconds},
        clinicians=[{"id": who, "disciplines": [what]} for who, what in discipline.items()],
        shifts=[
            {"id": who, "clinician_id": who, "start": at("07:00"), "end": at("17:00"), "start_place_id": who}
            for who in discipline
        ],
        visits=[a_visit(n, place_id=f"v{n}", discipline="SN" if n < 3 else "PT") for n in range(1, 7)],
        limits=[],
    )
    routes = {"ana": ["v1"], "bo": ["v2"], "cy": ["v4", "v6"], "di": ["v3", "v5"]}
    poor = {
        "schema": "suture-plan/1",
        "routes": [
            {
                "clinician_id": who,
                "shift_id": who,
                "stops": [{"visit_id": v, "start": at(f"{9 + i:02d}:00")} for i, v in enumerate(own)],
            }
            for who, own in routes.items()
        ],
    }
    (tmp_path / "problem.json").write_text(json.dumps(problem))
    (tmp_path / "plan.json").write_text(json.dumps(poor))
    after = rebalanced(tmp_path, {"kind": "call_out", "clinician_id": "ana", "occurred_at": at("06:30")})
    assert {v: who for v, (who, _) in stops(after).items()} == {
        **dict.fromkeys(("v1", "v2"), "bo"),
        **dict.fromkeys(("v4", "v6"), "cy"),
        **dict.fromkeys(("v3", "v5"), "di"),
    }
