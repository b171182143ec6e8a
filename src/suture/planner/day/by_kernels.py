"""A branch-day on the compiled search. What it hands out is timed and judged by the day's own reference."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from suture.planner.budget import Budget, Iterations, clock_of
from suture.planner.day.limits import pinned_order
from suture.planner.day.problem import Problem as DayProblem
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.series import Holders, Routes, held, holders_of, others_tried
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
MOST_HOLDERS = 3
"""So many clinicians are tried for a series of which something is left out."""


class DayEngine:
    """One branch-day on the compiled search."""

    def __init__(self, day: DayProblem, engine: Engine, seed: int) -> None:
        self._day = day
        self._engine = engine
        self._seed = seed

    @classmethod
    def of(cls, day: DayProblem, seed: int) -> "DayEngine | None":
        """None where the compiled search cannot price the day: visits whose two carers have to agree on a time."""
        problem = to_problem(day)
        if problem is None or not supports(problem):
            return None
        return cls(day, Engine(problem, seed), seed)

    def first_pass(self, budget: Budget, began: float) -> Solution | None:
        """Everything but what people pinned is free."""
        pinned = [pinned_order(self._day, r) for r in range(len(self._day.rows))]
        if self._day.series:
            self._engine.load(pinned)
            self._engine.insert_absent()
            return self._best_held(self._engine.routes(), lambda held: held._first_pass(pinned, budget, began))
        return self._first_pass(pinned, budget, began)

    def _first_pass(self, pinned: Sequence[Sequence[int]], budget: Budget, began: float) -> Solution | None:
        self._engine.load(pinned)
        self._engine.insert_absent()
        done = self._search(budget, began, self._engine.plan_knobs())
        return self._solution(done)

    def rebalance(self, published: Solution, freed: Collection[int], budget: Budget, began: float) -> Solution | None:
        """Keep what may stay, place what was freed, then look for a cheaper exchange around it."""
        if self._day.series:
            return self._best_held(published.routes, lambda held: held._rebalance(published, freed, budget, began))
        return self._rebalance(published, freed, budget, began)

    def _best_held(self, routes: Routes, solve: "Callable[[DayEngine], Solution | None]") -> Solution | None:
        """The best solution with each series given to somebody; another one where something of it is left out."""
        best: Solution | None = None
        tried: list[Holders] = [holders_of(self._day, routes)]
        while True:
            held_by = held(self._engine.problem, self._day, tried[-1])
            found = solve(DayEngine(self._day, Engine(held_by, self._seed), self._seed))
            if found is None:
                return None
            if best is None or score(self._day, found).total < score(self._day, best).total:
                best = found
            others = others_tried(self._day, routes, found.uncovered, tried)
            if others is None or len(tried) == MOST_HOLDERS:
                return best
            tried.append(others)

    def _rebalance(self, published: Solution, freed: Collection[int], budget: Budget, began: float) -> Solution | None:
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
