"""A branch-day on the compiled search. What it hands out is timed and judged by the day's own reference."""

from collections.abc import Collection
from dataclasses import replace

from suture.planner.budget import Budget, Iterations, clock_of
from suture.planner.day.problem import Problem as DayProblem
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.settle import settled
from suture.planner.day.solution import Solution
from suture.planner.day.to_problem import to_problem
from suture.planner.plan import Plan, left_out
from suture.planner.problem import FORBIDDEN
from suture.planner.rebalance import legal_part
from suture.planner.sisr.engine import Engine
from suture.planner.sisr.from_problem import supports
from suture.planner.sisr.search import Knobs

MOST_ROUNDS = 8
"""So many times the iterations of a repair at most, while it leaves out what somebody could take."""


class DayEngine:
    """One branch-day on the compiled search."""

    def __init__(self, day: DayProblem, engine: Engine) -> None:
        self._day = day
        self._engine = engine

    @classmethod
    def of(cls, day: DayProblem, seed: int) -> "DayEngine | None":
        """None where the compiled search cannot price the day: carers who agree on a time, or a series of visits."""
        problem = to_problem(day) if not day.series else None
        if problem is None or not supports(problem):
            return None
        return cls(day, Engine(problem, seed))

    def first_pass(self, budget: Budget, began: float) -> Solution | None:
        """Everything but what people pinned is free."""
        self._engine.load(self._day.pinned)
        self._engine.insert_absent()
        done = self._search(budget, began, self._engine.plan_knobs())
        return self._solution(done)

    def rebalance(self, published: Solution, freed: Collection[int], budget: Budget, began: float) -> Solution | None:
        """Keep what may stay, place what was freed, then look for a cheaper exchange around it."""
        standing = Plan(published.routes, tuple(() for _ in published.routes), published.uncovered)
        out = {v for v in freed if not self._day.is_pinned(v)}
        kept = legal_part(self._engine.problem, standing, out)
        loose = left_out(self._engine.problem.n, kept)
        self._engine.load(kept)
        self._engine.insert_absent()
        plain = self._solution(0)
        if plain is None:
            return None
        focus = [*loose, *self._broken_promises(plain)]
        plain = settled(self._day, plain)
        if not focus:
            return plain
        self._engine.focus(focus)
        done = self._search(budget, began, self._engine.repair_knobs())
        for _ in range(MOST_ROUNDS - 1):  # somebody without a visit is worth more search than a shorter drive
            if not isinstance(budget, Iterations) or not self._could_be_covered():
                break
            done += self._search(budget, began, self._engine.repair_knobs())
        better = self._solution(done)
        if better is None or better.routes == plain.routes:
            return replace(plain, iterations=done)
        better = settled(self._day, better)
        # settling may favour the plain repair once more; never hand out the dearer one
        if score(self._day, better).total <= score(self._day, plain).total:
            return better
        return replace(plain, iterations=done)

    def _search(self, budget: Budget, began: float, knobs: Knobs) -> int:
        before = self._engine.iterations
        self._engine.search(budget, stop=lambda: False, began=began, knobs=knobs)
        return self._engine.iterations - before

    def _solution(self, iterations: int) -> Solution | None:
        """The best plan with the reference's starts; None where the reference refuses it."""
        routes = tuple(tuple(route) for route in self._engine.routes())
        starts = evaluate(self._day, routes)
        if isinstance(starts, Failure):
            return None
        return Solution(routes, starts, left_out(self._engine.problem.n, routes), iterations)

    def _could_be_covered(self) -> bool:
        """Whether the best plan leaves out what some row may take."""
        pair = self._engine.problem.pair_cost
        return any((pair[v] < FORBIDDEN).any() for v in left_out(self._engine.problem.n, self._engine.routes()))

    def _broken_promises(self, solution: Solution) -> list[int]:
        """Placed nodes that would now start outside their told window."""
        told = {v: self._day.nodes[v].published for v in solution.starts}
        return [v for v, at in solution.starts.items() if (t := told[v]) and not t.told_open <= at <= t.told_close]


def day_engine(day: DayProblem, budget: Budget, seed: int) -> tuple[DayEngine | None, float]:
    """(the engine or None, when the budget began to count)."""
    began = clock_of(budget)()
    return DayEngine.of(day, seed), began
