"""Budgeted search over the kernels: settings from the instance, slices, best plan out."""

from dataclasses import dataclass
from time import process_time

import numpy as np

from suture.planner.links.build import Description, compile_problem
from suture.planner.links.kernel_links import run, start_plan
from suture.planner.links.kernel_output import movable_cost, plan_cost, row_times
from suture.planner.links.layout import (
    BEST_COST,
    BLINK,
    ITERATION,
    RUIN_MEAN,
    SETTINGS,
    SHIFT_END,
    SHIFT_START,
    SPREAD_END,
    SPREAD_START,
    STRING_MAX,
    T_END,
    T_START,
    Float64,
    Problem,
    Scratch,
    State,
    new_scratch,
    new_state,
)

_SLICE_SECONDS = 0.05


@dataclass(frozen=True)
class Outcome:
    """Best plan of a search."""

    routes: list[list[tuple[int, int]]]  # per row: (node, start); node N + r = lunch of row r
    cost: int
    iterations: int
    schedule: list[tuple[int, int]]  # (iteration, planned iterations) of every slice: replays a timed run
    trace: list[tuple[float, int, int]]  # (CPU seconds, iterations, best cost)


def settings_for(problem: Problem, movable: int, overrides: dict[int, float] | None = None) -> Float64:
    """Temperatures and ruin sizes from the instance.

    `movable`: cost of a first plan without idle and unserved required visits. Half of it per unit is where the search
    still moves freely on all three hhcrsp sets and on uhhc (measured: 0.1 too cold, 1.0 too hot at 10 s).
    """
    setting = np.zeros(SETTINGS, dtype=np.float64)
    per_unit = movable / max(1, problem.unit.shape[0])
    setting[T_START] = 0.5 * per_unit
    setting[T_END] = 0.005 * per_unit
    setting[RUIN_MEAN] = 11.0
    setting[STRING_MAX] = 10.0
    setting[BLINK] = 0.01
    shift = float(np.mean(problem.row[:, SHIFT_END] - problem.row[:, SHIFT_START]))
    setting[SPREAD_START] = 0.1 * shift
    setting[SPREAD_END] = 0.002 * shift
    for key, value in (overrides or {}).items():
        setting[key] = value * per_unit if key in (T_START, T_END) else value
    return setting


def solve(
    description: Description,
    *,
    seed: int,
    cpu_seconds: float | None = None,
    iterations: int | None = None,
    started: float | None = None,
    overrides: dict[int, float] | None = None,
) -> Outcome:
    """Search until the CPU budget (counted from `started`) or the iteration count is used up."""
    began = process_time() if started is None else started
    with np.errstate(over="ignore"):
        problem = compile_problem(description)
        state, scratch = new_state(problem, seed), new_scratch(problem)
        start_plan(problem, state, scratch, settings_for(problem, 1, overrides))
        setting = settings_for(problem, int(movable_cost(problem, state)), overrides)
        schedule: list[tuple[int, int]] = []
        trace: list[tuple[float, int, int]] = [(process_time() - began, 0, int(state.counter[BEST_COST]))]
        if iterations is not None:
            run(problem, state, scratch, setting, iterations, iterations)
            schedule.append((0, iterations))
        elif cpu_seconds is not None:
            _run_timed(problem, state, scratch, setting, began, cpu_seconds, schedule, trace)
        routes, cost = _best_plan(problem, state, scratch)
    trace.append((process_time() - began, int(state.counter[ITERATION]), cost))
    return Outcome(routes, cost, int(state.counter[ITERATION]), schedule, trace)


def _run_timed(
    problem: Problem,
    state: State,
    scratch: Scratch,
    setting: Float64,
    began: float,
    cpu_seconds: float,
    schedule: list[tuple[int, int]],
    trace: list[tuple[float, int, int]],
) -> None:
    """Slices of about 50 ms; the planned total follows the measured speed."""
    budget = cpu_seconds - 0.03 - 0.00005 * problem.node.shape[0]
    loop_began = process_time()
    size, done, planned = 20, 0, 10**9
    best = int(state.counter[BEST_COST])
    while True:
        before = process_time()
        if before - began >= budget:
            break
        if done:
            speed = done / (before - loop_began)
            planned = done + max(1, int(speed * (budget - (before - began))))
            size = max(1, min(int(speed * _SLICE_SECONDS), planned - done))
        schedule.append((done, planned))
        run(problem, state, scratch, setting, size, planned)
        done += size
        if state.counter[BEST_COST] < best:
            best = int(state.counter[BEST_COST])
            trace.append((process_time() - began, done, best))


def _best_plan(problem: Problem, state: State, scratch: Scratch) -> tuple[list[list[tuple[int, int]]], int]:
    """Routes with final starts of the best plan, and its cost priced from zero."""
    state.stop[:] = state.stop_best
    cost = int(plan_cost(problem, state, scratch))
    routes = []
    for r in range(problem.row.shape[0]):
        times = row_times(problem, state, scratch, r)
        routes.append([(int(v), int(t)) for v, t in times])
    return routes, cost
