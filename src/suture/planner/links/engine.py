"""This search on a `Problem`: a whole plan, or a given one improved, within a budget."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from suture.planner.budget import Budget, CpuSeconds, Iterations
from suture.planner.links.build import compile_arrays
from suture.planner.links.kernel_links import run
from suture.planner.links.kernel_load import load_rows
from suture.planner.links.kernel_output import movable_cost, plan_cost, row_times
from suture.planner.links.layout import (
    BEST_COST,
    FOCUS,
    FOCUSED,
    ITERATION,
    MUST_SERVE,
    SCALE,
    SPREAD_START,
    UNIT,
    new_scratch,
    new_state,
)
from suture.planner.links.settings import settings_for
from suture.planner.problem import Problem

_SLICE_SECONDS = 0.01
_FIRST_SLICE = 1
_UNKNOWN = 10**9
_FOCUS_NEAR = 20


class LinksEngine:
    """One problem compiled for this search, and the state of the search."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.arrays = compile_arrays(problem)
        self.state = new_state(self.arrays, seed)
        self.scratch = new_scratch(self.arrays)
        self._setting = settings_for(self.arrays, 1)

    def load(self, routes: Sequence[Sequence[int]]) -> int:
        """Start from a plan, taken as it is; 1 where its links wait for each other in a circle."""
        stops = np.array([v for route in routes for v in route], dtype=np.int64)
        pointer = np.r_[0, np.cumsum([len(route) for route in routes])].astype(np.int64)
        with np.errstate(over="ignore"):
            return int(
                not load_rows(self.arrays, self.state, self.scratch, stops, pointer, self._setting[SPREAD_START])
            )

    def construct(self) -> None:
        """Insert what is left out; the result is the best plan so far."""
        with np.errstate(over="ignore"):
            run(self.arrays, self.state, self.scratch, self._setting, 1, 1, True)
            self._setting = settings_for(self.arrays, int(movable_cost(self.arrays, self.state)))

    def focus(self, nodes: Sequence[int]) -> None:
        """Let ruins begin mostly at these nodes and what is near them."""
        if len(nodes):
            around = np.r_[np.asarray(nodes, dtype=np.int64), self.arrays.near[list(nodes), :_FOCUS_NEAR].ravel()]
            units = np.unique(self.arrays.node[around, UNIT])
            unit, parameter = self.arrays.unit.copy(), self.arrays.parameter.copy()
            unit[: len(units), FOCUS] = units
            parameter[FOCUSED] = len(units)
            self.arrays = self.arrays._replace(unit=unit, parameter=parameter)

    def search(
        self,
        budget: Budget,
        *,
        stop: Callable[[], bool],
        began: float,
        heat: float = 1.0,
        note: Callable[[], None] = lambda: None,
    ) -> None:
        """Ruin and recreate until the budget, counted from `began` on its clock, is used up or `stop` says so.

        `heat`: share of the usual temperatures.
        """
        setting = self._setting.copy()
        setting[:2] *= heat
        with np.errstate(over="ignore"):
            if isinstance(budget, Iterations):
                self._count(budget.n, setting, stop)
            else:
                clock = time.process_time if isinstance(budget, CpuSeconds) else time.perf_counter
                self._timed(began + budget.seconds, clock, setting, stop, note)

    def _count(self, iterations: int, setting: np.ndarray, stop: Callable[[], bool]) -> None:
        first, done = self.iterations, 0
        while done < iterations and not stop():
            size = min(1000, iterations - done)
            run(self.arrays, self.state, self.scratch, setting, size, first + iterations, False)
            done += size

    def _timed(
        self,
        deadline: float,
        clock: Callable[[], float],
        setting: np.ndarray,
        stop: Callable[[], bool],
        note: Callable[[], None],
    ) -> None:
        """Slices of about 10 ms; the planned total follows the measured speed."""
        began, first, done, size, planned = clock(), self.iterations, 0, _FIRST_SLICE, _UNKNOWN
        while (now := clock()) < deadline and not stop():
            if done:
                speed = done / max(now - began, 1e-6)
                planned = done + max(1, int(speed * (deadline - now)))
                size = max(1, min(int(speed * _SLICE_SECONDS), planned - done, 4 * size))
            run(self.arrays, self.state, self.scratch, setting, size, first + planned, False)
            done += size
            note()

    def routes(self) -> tuple[list[list[int]], list[list[int]]]:
        """(routes, starts) of the best plan found so far; node N + r is the break of row r."""
        routes, starts = [], []
        with np.errstate(over="ignore"):
            kept = self.state.stop.copy(), self.state.price.copy(), self.state.use.copy()
            self.state.stop[:] = self.state.stop_best
            plan_cost(self.arrays, self.state, self.scratch)
            for r in range(self.problem.r):
                times = row_times(self.arrays, self.state, self.scratch, r)
                routes.append([int(v) for v in times[:, 0]])
                starts.append([int(t) for t in times[:, 1]])
            self.state.stop[:], self.state.price[:], self.state.use[:] = kept
        return routes, starts

    @property
    def cost(self) -> int:
        """Cost of the best plan by this search's own arithmetic, without what required nodes add."""
        return (int(self.state.counter[BEST_COST]) % MUST_SERVE) // int(self.arrays.parameter[SCALE])

    @property
    def iterations(self) -> int:
        """Iterations done."""
        return int(self.state.counter[ITERATION])
