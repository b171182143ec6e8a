"""What every driver is told, and how it answers: a solution in the instance's own format, and a small report."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from suture.planner.formats import NATIVE
from suture.planner.plan import Plan, left_out
from suture.planner.problem import FORBIDDEN, Problem

MOVED_COST = 600
"""Price of a visit that changes hands in a repair, the checker's own default."""
NEVER = 10_000_000
"""A distance that no prize is worth."""
MATRIX_LIMIT = 300
"""Up to this many visits a peer gets a matrix for each clinician; above that, memory forbids it."""

Routes = Sequence[Sequence[int]]


@dataclass(slots=True)
class Task:
    """One run. Budgets count CPU seconds of this process from the reading of the instance on."""

    problem: Problem
    kind: str
    seconds: float
    seed: int
    output: Path
    report: Path
    base: list[list[int]] | None
    """In a repair: the published plan without the busiest clinician's visits."""
    began: float
    facts: dict[str, float | int | str] = field(default_factory=dict)

    def spent(self) -> float:
        """CPU seconds used so far."""
        return time.process_time() - self.began

    def left(self) -> float:
        """CPU seconds left; never below a tenth, since some engines take 0 for endless."""
        return max(0.1, self.seconds - self.spent())

    def first_plan(self) -> None:
        """Note the time of the first plan, once."""
        self.facts.setdefault("first_plan_seconds", round(self.spent(), 4))

    def order(self) -> NDArray[np.int64]:
        """The order in which an engine without seeds is given the nodes."""
        return np.random.default_rng(self.seed).permutation(self.problem.n)

    def answer(self, routes: Routes, starts: Routes | None = None) -> None:
        """Write the solution and the report. Without starts, what breaks a route is left out of it, and counted."""
        if starts is None:
            kept = [legal(self.problem, r, route) for r, route in enumerate(routes)]
            self.facts["dropped"] = sum(map(len, routes)) - sum(map(len, kept))
            routes, starts = kept, [[0] * len(route) for route in kept]
        orders = tuple(tuple(route) for route in routes)
        plan = Plan(orders, tuple(tuple(s) for s in starts), left_out(self.problem.n, orders))
        self.output.write_bytes(NATIVE[self.kind].write(self.problem, plan))
        self.say()

    def say(self) -> None:
        """Write the report alone: there is no plan."""
        self.report.write_text(json.dumps(self.facts))


def one_depot(problem: Problem) -> bool:
    """All rows alike: one depot, one kind of vehicle."""
    return not problem.pair_cost.any() and len(set(problem.rows.start_place.tolist())) == 1


def priced(problem: Problem, row: int) -> NDArray[np.int64]:
    """[N + R, N + R] distances of one row between nodes and homes, the price of the pair on every arc into a node."""
    matrix = flat_travel(problem)
    price = problem.pair_cost[:, row].astype(np.int64)
    matrix[:, : problem.n] += np.where(price >= FORBIDDEN, NEVER, price)
    np.fill_diagonal(matrix, 0)
    return matrix


def flat_travel(problem: Problem) -> NDArray[np.int64]:
    """[N + R, N + R] travel between nodes, then homes."""
    places = np.concatenate([problem.nodes.place, problem.rows.start_place])
    return np.asarray(problem.travel[np.ix_(places, places)], dtype=np.int64)


def legal(problem: Problem, r: int, route: Sequence[int]) -> list[int]:
    """The route without what row r may not do, cannot reach in time, or would come home late from."""
    kept: list[int] = []
    rows, nodes = problem.rows, problem.nodes
    here, clock = int(rows.start_place[r]), int(rows.leave[r])
    for v in route:
        place = int(nodes.place[v])
        (early, late), *_ = nodes.windows[v]
        start = max(clock + int(problem.travel[here, place]), early)
        left = start + int(nodes.busy[v])
        home = left + int(problem.travel[place, rows.end_place[r]])
        if problem.pair_cost[v, r] < FORBIDDEN and start <= late and home <= rows.hard_end[r]:
            kept.append(v)
            here, clock = place, left
    return kept


def repair_of(problem: Problem, routes: list[list[int]]) -> tuple[Problem, list[list[int]]]:
    """The problem after the busiest clinician left, and what remains of the plan; moving a visit costs."""
    lost = max(range(len(routes)), key=lambda r: (len(routes[r]), -r))
    pair = problem.pair_cost.copy()
    for r, route in enumerate(routes):
        if r != lost:
            for v in route:
                others = (np.arange(problem.r) != r) & (pair[v] < FORBIDDEN)
                pair[v, others] += MOVED_COST
    pair[:, lost] = FORBIDDEN
    changed = Problem(problem.travel, problem.nodes, problem.rows, pair, minute=problem.minute)
    return changed, [[] if r == lost else list(route) for r, route in enumerate(routes)]


def read_task(argv: Sequence[str] | None = None) -> Task:
    """The command line of every driver."""
    parser = argparse.ArgumentParser()
    parser.add_argument("instance", type=Path)
    parser.add_argument("--format", required=True, choices=list(NATIVE))
    parser.add_argument("--cpu-seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--base", type=Path)
    given = parser.parse_args(argv)
    began = time.process_time()
    problem, base = NATIVE[given.format].read(given.instance.read_bytes()), None
    if given.base:
        problem, base = repair_of(problem, json.loads(given.base.read_text())["routes"])
    return Task(problem, given.format, given.cpu_seconds, given.seed, given.output, given.report, base, began)
