"""A compiled problem that signals patch in place: a published plan in it is repaired in milliseconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from suture.planner.budget import Budget, clock_of
from suture.planner.sisr import layout as at
from suture.planner.sisr.engine import Engine
from suture.planner.sisr.kernel_repair import begin, commit, drop_row


@dataclass(frozen=True, slots=True)
class Repaired:
    """CPU milliseconds since the signal; None = not reached within the budget."""

    first_legal_ms: float
    zero_unassigned_ms: float | None


class LiveEngine:
    """An engine that holds a published plan."""

    def __init__(self, engine: Engine, routes: Sequence[Sequence[int]], moved_cost: int) -> None:
        """Take the plan over; from now on every other row costs each node `moved_cost` more."""
        self.engine = engine
        self.published = [list(route) for route in routes]
        self._moved_cost = moved_cost
        for r, route in enumerate(routes):
            self._add_to_others(route, r, moved_cost)
        engine.load(routes)

    def _add_to_others(self, nodes: Sequence[int], row: int, cost: int) -> None:
        for v in nodes:
            pair = self.engine.arrays.pair_cost[v]
            legal = pair < at.INF
            legal[row] = False
            pair[legal] += cost

    def lose_row(self, row: int, budget: Budget, *, stop: Callable[[], bool] = lambda: False) -> Repaired:
        """Give the row's nodes to others: a legal plan at once, then a better one within the budget."""
        started, began = time.process_time(), clock_of(budget)()
        engine, freed = self.engine, self.published[row]
        self._add_to_others(freed, row, -self._moved_cost)  # they must move anyway
        with np.errstate(over="ignore"):
            begin(engine.state)
            drop_row(engine.arrays, engine.state, row)
            commit(engine.state)
        engine.insert_absent()
        first = time.process_time() - started
        reached = [] if engine.uncovered else [first]

        def note() -> None:
            if not reached and not engine.uncovered:
                reached.append(time.process_time() - started)

        engine.focus(freed)
        engine.search(budget, stop=stop, began=began, knobs=engine.repair_knobs(), note=note)
        return Repaired(first * 1000, reached[0] * 1000 if reached else None)
