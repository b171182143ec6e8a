"""Problems at the edge: nothing to do, nobody to do it, no way, no time, everything pinned, a great deal."""

import time
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.planner.problems import a_problem

from suture.planner.budget import CpuSeconds, Iterations, WallSeconds
from suture.planner.choose import engine_for, insert_absent, search_whole
from suture.planner.first_pass import first_pass
from suture.planner.plan import Plan
from suture.planner.problem import FORBIDDEN, UNREACHABLE, Hold, Link, Problem, Who, make_nodes, make_rows
from suture.planner.rebalance import improve
from suture.planner.reference import breaches


def planned(problem: Problem, n: int = 50) -> Plan:
    plan = first_pass(problem, budget=Iterations(n), seed=1)
    assert [b for b in breaches(problem, plan) if b.rule != "required"] == []
    return plan


@pytest.mark.parametrize("features", [("plain",), ("waiting",)])
def test_nothing_to_do(features: tuple[str, ...]):
    assert planned(a_problem(1, *features, n=0)).routes == ((), (), ())


@pytest.mark.parametrize("features", [("plain",), ("waiting",)])
def test_one_visit(features: tuple[str, ...]):
    assert planned(a_problem(4, *features, n=1)).uncovered == ()


def test_no_one_to_do_it():
    assert len(planned(a_problem(1, "plain", rows=0)).uncovered) == 12


def test_no_one_may():
    problem = a_problem(1, "plain")
    barred = replace(problem, pair_cost=np.full_like(problem.pair_cost, FORBIDDEN))
    assert len(planned(barred).uncovered) == problem.n


def test_no_way_there():
    problem = a_problem(1, "plain")
    travel = problem.travel.copy()
    travel[:, 0] = travel[0, :] = UNREACHABLE
    assert 0 in planned(replace(problem, travel=travel)).uncovered


def test_no_distance_at_all():
    problem = a_problem(1, "plain")
    assert planned(replace(problem, travel=np.zeros_like(problem.travel))).cost is not None


def test_what_is_pinned_stays():
    problem = a_problem(2, "plain")
    before = planned(problem)
    held = replace(problem, nodes=replace(problem.nodes, hold=np.full(problem.n, Hold.IN_ITS_ROW, dtype=np.int32)))
    after = improve(held, before, budget=Iterations(200), seed=2)
    assert [set(route) & set(old) for route, old in zip(after.routes, before.routes, strict=True)] == [
        set(route) for route in before.routes
    ]


def a_large_problem(n: int, rows: int) -> Problem:
    g = np.random.default_rng(1)
    points = g.integers(0, 20_000, (n + rows, 2)).astype(np.int32)
    travel = (np.abs(points[:, None, 0] - points[None, :, 0]) + np.abs(points[:, None, 1] - points[None, :, 1])) // 10
    opens = g.integers(0, 20_000, n)
    nodes = make_nodes(
        tuple(map(str, range(n))), np.arange(n), tuple(((int(a), int(a) + 7200),) for a in opens), 1800, 7200
    )
    homes = np.arange(n, n + rows)
    return Problem(
        travel.astype(np.int32),
        nodes,
        make_rows(tuple(map(str, range(rows))), homes, homes, hard_end=32_000),
        np.zeros((n, rows), dtype=np.int32),
    )


def test_two_thousand_visits_are_planned():
    assert len(planned(a_large_problem(2000, 250)).uncovered) < 200


@pytest.mark.parametrize(
    ("n", "rows", "linked"),
    [(30, 6, False), (30, 6, True), (300, 40, False), (300, 40, True)],
)
@pytest.mark.parametrize(("budget", "clock"), [(CpuSeconds(0.5), "process_time"), (WallSeconds(0.5), "perf_counter")])
@pytest.mark.parametrize("iteration_s", [5e-4, 4e-3])
def test_the_clock_is_asked_often_enough(
    monkeypatch: pytest.MonkeyPatch,
    n: int,
    rows: int,
    linked: bool,
    budget: CpuSeconds | WallSeconds,
    clock: str,
    iteration_s: float,
):
    """Counted in iterations, on a clock that only they move: a busy machine changes nothing."""
    problem = a_large_problem(n, rows)
    pairs = tuple(Link(v, v + 1, (0, 0), Who.DIFFERENT) for v in range(0, n // 5, 2)) if linked else ()
    engine = engine_for(replace(problem, links=pairs), 1)
    insert_absent(engine)
    first = engine.iterations
    monkeypatch.setattr(time, clock, lambda: (engine.iterations - first) * iteration_s)
    search_whole(engine, budget, began=0.0)
    assert 0.5 <= (engine.iterations - first) * iteration_s < 0.6
