"""This search on a `Problem`: a whole plan, or a given one improved, within a budget."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from suture.planner.budget import Budget, CpuSeconds, Iterations
from suture.planner.problem import Problem
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State, make_state
from suture.planner.sisr.build import GRANULAR, compile_arrays
from suture.planner.sisr.from_problem import breaks_as_nodes
from suture.planner.sisr.kernel_construct import spread_out
from suture.planner.sisr.kernel_repair import UNASKED, begin, commit, eject, publish, regret_insert
from suture.planner.sisr.plans import best_routes, load
from suture.planner.sisr.search import Knobs, search_iterations, search_seconds

Stop = Callable[[], bool]
Report = Callable[[], None]

_REPAIR = Knobs(removed=15.0, first_heat=60.0, last_heat=1.0, seed_absent=0.5, seed_focus=0.8)
_HEAT_OF_TRAVEL = 0.6
"""First temperature as a share of the travel to the ten nearest nodes …"""
_HEAT_OF_PAIRS = 0.4
"""… and of the mean price of a pair (both measured: planner-a's table in docs/planner.md)."""
_COOLING = 40.0
_NEAREST = 10


class Engine:
    """One problem compiled for this search, and the state of the search. Keep it: signals patch it in milliseconds."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.arrays: Arrays = compile_arrays(breaks_as_nodes(problem))
        self.state: State = make_state(self.arrays, seed)
        self._breaks = [r for r, pause in enumerate(problem.rows.breaks) if pause is not None]

    # -- plans in and out ----------------------------------------------------------------------------------------------

    def load(self, routes: Sequence[Sequence[int]]) -> int:
        """Start from a plan, taken as it is; returns how many rows are late."""
        inner = {self.problem.n + r: self.problem.n + i for i, r in enumerate(self._breaks)}
        return load(self.arrays, self.state, [[inner.get(v, v) for v in route] for route in routes])

    def routes(self) -> list[list[int]]:
        """The best plan found so far."""
        n, found = self.problem.n, best_routes(self.arrays, self.state)
        return [[v if v < n else n + self._breaks[v - n] for v in route] for route in found]

    @property
    def cost(self) -> int:
        """Its cost by this search's own arithmetic, without what required nodes add."""
        return int(self.state.number[at.BEST_COST]) % at.REQUIRED_COST

    @property
    def uncovered(self) -> int:
        """How many nodes the current plan leaves out."""
        return int(self.state.number[at.ABSENT])

    @property
    def iterations(self) -> int:
        """Iterations done."""
        return int(self.state.number[at.ITERATION])

    # -- steps ---------------------------------------------------------------------------------------------------------

    def construct(self) -> None:
        """A first plan: spread over interchangeable rows, else by regret over all rows."""
        if len(self.arrays.class_ptr) > 1:
            with np.errstate(over="ignore"):
                spread_out(self.arrays, self.state, 0.0)
        else:
            self.insert_absent()

    def insert_absent(self) -> None:
        """Put what is left out where it costs least, by regret over all rows, then try one eviction each. No chance."""
        n = len(self.arrays.uncovered)
        first, second = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        second_row, where = np.full(n, UNASKED, dtype=np.int32), np.full(n, -1, dtype=np.int32)
        with np.errstate(over="ignore"):
            begin(self.state)
            regret_insert(self.arrays, self.state, first, second, second_row, where)
            commit(self.state)
            if self.uncovered:
                eject(self.arrays, self.state)
            publish(self.arrays, self.state)

    def search(self, budget: Budget, *, stop: Stop, began: float, knobs: Knobs, note: Report = lambda: None) -> None:
        """Ruin and recreate until the budget, counted from `began` on its clock, is used up or `stop` says so."""

        def noted() -> bool:
            note()
            return stop()

        if self.problem.n == 0 or self.problem.r == 0:
            return
        if isinstance(budget, Iterations):
            search_iterations(self.arrays, self.state, knobs, budget.n, stop=noted)
        else:
            clock = time.process_time if isinstance(budget, CpuSeconds) else time.perf_counter
            search_seconds(self.arrays, self.state, knobs, began + budget.seconds, clock, noted)
        note()

    def focus(self, nodes: Sequence[int]) -> None:
        """Let ruins begin mostly at these nodes and what is near them."""
        near = self.arrays.near[list(nodes), :20].ravel() if len(nodes) else np.zeros(0, dtype=np.int32)
        around = np.unique(np.r_[np.asarray(nodes, dtype=np.int32), near[near >= 0]]).astype(np.int32)
        if len(around):
            flag = self.arrays.flag.copy()
            flag[at.FOCUS] = len(around)
            self.arrays = self.arrays._replace(focus=around, flag=flag)

    # -- temperatures --------------------------------------------------------------------------------------------------

    def plan_knobs(self) -> Knobs:
        """Temperatures from what is near and what pairs cost; longer ruins where rows differ."""
        first = max(1.0, _HEAT_OF_TRAVEL * self._near_travel() + _HEAT_OF_PAIRS * self._mean_pair())
        alike = len(self.arrays.class_ptr) > 1
        removed = 10.0 if alike else 15.0
        return Knobs(removed=removed, first_heat=first, last_heat=first / _COOLING, scan_all=self._scan_all())

    def repair_knobs(self) -> Knobs:
        """A cool search that stays near the damage; it never frees more than a third of a small day at once."""
        removed = min(_REPAIR.removed, max(4.0, self.problem.n / 3))
        return replace(_REPAIR, removed=removed, scan_all=self._scan_all())

    def _scan_all(self) -> float:
        """1 on a small day: all its positions are fewer than what the near lists would make it look at."""
        return float(self.problem.n + self.problem.r <= 2 * GRANULAR)

    def _near_travel(self) -> float:
        near = self.arrays.near[: self.problem.n, :_NEAREST]
        place = np.maximum(self.arrays.node[:, at.PLACE], 0)
        ways = self.arrays.travel[place[: len(near), None], place[np.maximum(near, 0)]]
        known = (near >= 0) & (ways < at.UNREACHABLE)
        return float(ways[known].mean()) if known.any() else 1.0

    def _mean_pair(self) -> float:
        pair = self.arrays.pair_cost
        allowed = pair[pair < at.INF]
        return float(allowed.mean()) if len(allowed) else 0.0
