"""What the peers are told, and what is taken from their answers."""

import json
from pathlib import Path

import numpy as np

from suture.bench.drivers.task import MOVED_COST, NEVER, legal, priced, read_task, repair_of
from suture.bench.growth import write_day
from suture.planner.formats import hh_npz
from suture.planner.problem import FORBIDDEN, Problem


def a_day(folder: Path, visits: int = 30) -> Problem:
    write_day(folder / "day.npz", visits)
    return hh_npz.read((folder / "day.npz").read_bytes())


def test_a_day_of_our_own_is_the_same_each_time_and_can_be_read(tmp_path: Path) -> None:
    one, two = a_day(tmp_path), a_day(tmp_path)
    assert (one.travel == two.travel).all()
    assert (one.pair_cost == two.pair_cost).all()
    assert (one.pair_cost < FORBIDDEN).any(axis=1).all()
    assert one.n == 30


def test_what_breaks_a_route_is_left_out_of_it(tmp_path: Path) -> None:
    problem = a_day(tmp_path)
    forbidden = int(np.flatnonzero(problem.pair_cost[:, 1] >= FORBIDDEN)[0])
    kept = legal(problem, 1, range(problem.n))
    assert forbidden not in kept
    assert kept == legal(problem, 1, kept)
    assert len(kept) < problem.n


def test_a_repair_forbids_the_busiest_and_prices_moves_of_the_others(tmp_path: Path) -> None:
    problem = a_day(tmp_path)
    routes: list[list[int]] = [[] for _ in range(problem.r)]
    routes[0], routes[1] = [0], [1, 2]
    changed, left = repair_of(problem, routes)
    assert left[1] == []
    assert (changed.pair_cost[:, 1] == FORBIDDEN).all()
    others = [r for r in range(2, problem.r) if problem.pair_cost[0, r] < FORBIDDEN]
    assert (changed.pair_cost[0, others] == problem.pair_cost[0, others] + MOVED_COST).all()
    assert changed.pair_cost[0, 0] == problem.pair_cost[0, 0]
    assert (changed.pair_cost[1, others] == problem.pair_cost[1, others]).all(), "a lost clinician's visits move anyway"


def test_pair_prices_stand_on_the_arcs_into_a_visit(tmp_path: Path) -> None:
    problem = a_day(tmp_path)
    matrix = priced(problem, 1)
    for v in range(1, problem.n):
        cost = int(problem.pair_cost[v, 1])
        price = NEVER if cost >= FORBIDDEN else cost
        assert matrix[0, v] == problem.travel[0, v] + price
    assert not matrix.diagonal().any()


def test_an_answer_is_a_file_in_the_form_of_the_instance(tmp_path: Path) -> None:
    problem = a_day(tmp_path)
    where = [str(tmp_path / "day.npz"), "--format", "hh-npz", "--cpu-seconds", "1", "--seed", "3"]
    task = read_task([*where, "--output", str(tmp_path / "s"), "--report", str(tmp_path / "r")])
    task.first_plan()
    task.answer([list(range(problem.n)), *[[] for _ in range(problem.r - 1)]])
    routes = json.loads((tmp_path / "s").read_text())["routes"]
    assert routes[0] == legal(problem, 0, range(problem.n))
    assert json.loads((tmp_path / "r").read_text())["dropped"] == problem.n - len(routes[0])
