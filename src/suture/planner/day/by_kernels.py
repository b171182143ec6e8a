"""A branch-day on the compiled search. What it hands out is timed and judged by the day's own reference."""

from collections.abc import Callable, Collection
from dataclasses import replace

from suture.planner.budget import Budget, Iterations, clock_of
from suture.planner.choose import (
    AnyEngine,
    engine_for,
    insert_absent,
    routes_of,
    search_repair,
    search_whole,
    supported,
)
from suture.planner.day.known_starts import with_known_starts
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.series import Holders, Routes, held, holders_of, others_tried
from suture.planner.day.solution import Solution
from suture.planner.day.to_problem import to_problem
from suture.planner.plan import Plan, Route, left_out
from suture.planner.problem import FORBIDDEN, Problem
from suture.planner.rebalance import legal_part
from suture.planner.undisturbed import undisturbed

MOST_ROUNDS = 8
"""At most this many times the iterations of a repair, while it leaves out what someone could take."""
MOST_HOLDERS = 3
"""How many clinicians are tried for a series of which something is left out."""


class DayEngine:
    """One branch-day on the compiled search."""

    def __init__(self, day: DayProblem, problem: Problem, engine: AnyEngine, seed: int) -> None:
        self._day = day
        self._problem = problem
        self._engine = engine
        self._seed = seed

    @classmethod
    def of(cls, day: DayProblem, seed: int) -> "DayEngine | None":
        """None where no compiled search can price the day: visits whose three carers have to agree on a time."""
        problem = to_problem(day)
        if problem is None or not supported(problem):
            return None
        return cls(day, problem, engine_for(problem, seed), seed)

    def first_pass(self, budget: Budget, began: float) -> Solution | None:
        """Everything but what people pinned is free."""
        if self._day.series:
            self._engine.load(self._day.pinned)
            insert_absent(self._engine)
            return self._best_held(routes_of(self._engine), lambda held: held._first_pass(budget, began))
        return self._first_pass(budget, began)

    def _first_pass(self, budget: Budget, began: float) -> Solution | None:
        self._engine.load(self._day.pinned)
        insert_absent(self._engine)
        before = self._engine.iterations
        search_whole(self._engine, budget, began=began)
        return self._solution(self._engine.iterations - before)

    def rebalance(self, published: Solution, freed: Collection[int], budget: Budget, began: float) -> Solution | None:
        """Keep what may stay, place what was freed, then look for a cheaper exchange around it."""
        if self._day.series:
            return self._best_held(published.routes, lambda held: held._rebalance(published, freed, budget, began))
        return self._rebalance(published, freed, budget, began)

    def _best_held(self, routes: Routes, solve: "Callable[[DayEngine], Solution | None]") -> Solution | None:
        """The best solution with each series given to someone; another one where something of it is left out."""
        best: Solution | None = None
        tried: list[Holders] = [holders_of(self._day, routes)]
        while True:
            held_by = held(self._problem, self._day, tried[-1])
            found = solve(DayEngine(self._day, held_by, engine_for(held_by, self._seed), self._seed))
            if found is None:
                return None
            if best is None or score(self._day, found).total < score(self._day, best).total:
                best = found
            others = others_tried(self._day, routes, found.uncovered, tried)
            if others is None or len(tried) == MOST_HOLDERS:
                return best
            tried.append(others)

    def _rebalance(self, published: Solution, freed: Collection[int], budget: Budget, began: float) -> Solution | None:
        published_plan = Plan(published.routes, tuple(() for _ in published.routes), published.uncovered)
        out = {v for v in freed if not self._day.is_pinned(v)}
        kept = legal_part(self._problem, published_plan, out)
        loose = left_out(self._problem.n, kept)
        self._engine.load(kept)
        insert_absent(self._engine)
        plain = self._solution(0)
        if plain is None:
            return None
        focus = [*loose, *self._broken_promises(plain)]
        plain = with_known_starts(self._day, plain)
        if not focus:
            return plain
        self._engine.focus(focus)
        before = self._engine.iterations
        for rounds in range(MOST_ROUNDS):  # someone without a visit is worth more search than a shorter drive
            if rounds and not (isinstance(budget, Iterations) and self._could_be_covered()):
                break
            search_repair(self._engine, budget, began=began)
        done = self._engine.iterations - before
        routes = undisturbed(self._problem, plain.routes, self._best_routes(), focus)
        better = None if routes == plain.routes else self._timed(routes, done)
        if better is None:
            return replace(plain, iterations=done)
        better = with_known_starts(self._day, better)
        # smoothing may favor the plain repair once more; never hand out the more expensive one
        if score(self._day, better).total <= score(self._day, plain).total:
            return better
        return replace(plain, iterations=done)

    def _solution(self, iterations: int) -> Solution | None:
        """The best plan with the reference's starts; None where the reference refuses it."""
        return self._timed(self._best_routes(), iterations)

    def _timed(self, routes: tuple[Route, ...], iterations: int) -> Solution | None:
        starts = evaluate(self._day, routes)
        if isinstance(starts, Failure):
            return None
        return Solution(routes, starts, left_out(self._problem.n, routes), iterations)

    def _best_routes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(route) for route in routes_of(self._engine))

    def _could_be_covered(self) -> bool:
        """Whether the best plan leaves out what some row may take."""
        pair = self._problem.pair_cost
        return any((pair[v] < FORBIDDEN).any() for v in left_out(self._problem.n, routes_of(self._engine)))

    def _broken_promises(self, solution: Solution) -> list[int]:
        """Placed nodes that would now start outside their told window."""
        told = {v: self._day.nodes[v].published for v in solution.starts}
        return [v for v, at in solution.starts.items() if (t := told[v]) and not t.told_open <= at <= t.told_close]


def day_engine(day: DayProblem, budget: Budget, seed: int) -> tuple[DayEngine | None, float]:
    """(the engine or None, when the budget began to count)."""
    began = clock_of(budget)()
    return DayEngine.of(day, seed), began
