"""Solves a day: rules to verdicts, verdicts and travel to a problem, the problem to assignments with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suture import __version__
from suture.dispatch.why import in_words
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.plan import Assignment
from suture.model.visit import gap_sentences
from suture.planner.budget import Budget, DayBudget, budget_for
from suture.planner.day.explain import why_uncovered
from suture.planner.day.first_pass import first_pass
from suture.planner.day.one_at_a_time import one_at_a_time
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.reference import score
from suture.planner.day.rows import IN_A_FIRST_PASS, IN_A_REPAIR
from suture.planner.day.solution import Solution, from_assignments, to_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import DayRules
from suture.words.reason import Reason, reason

CROWDED = reason("cover.crowded")
ENGINE = f"suture {__version__}"


@dataclass(frozen=True, slots=True)
class Solved:
    """New assignments for everything that needs planning, why the rest has no clinician, and what a replay needs."""

    assignments: Mapping[PositionKey, Assignment]
    why_uncovered: Mapping[PositionKey, tuple[Reason, ...]]
    run: Mapping[str, object]


def propose(day: Day, rulebook: Rulebook, now: datetime, budget: DayBudget, seed: int) -> Solved:
    """A first pass over the whole day."""
    rules = evaluate(rulebook, day)
    problem = build(day, rules, now=now, weights=IN_A_FIRST_PASS)
    enough = budget_for(budget, len(problem.nodes))
    problem, solution = one_at_a_time(problem, lambda p: first_pass(p, budget=enough, seed=seed))
    return _solved(day, problem, rules, solution, seed)


def repair(
    day: Day, freed: Sequence[PositionKey], rulebook: Rulebook, now: datetime, budget: Budget, seed: int
) -> Solved:
    """The plan of the day with `freed` positions given to others, at the least disturbance."""
    rules = evaluate(rulebook, day)
    problem = build(day, rules, now=now, weights=IN_A_REPAIR)

    def solve(problem: DayProblem) -> Solution:
        published = from_assignments(problem, day.plan)
        return rebalance(problem, published, freed=freed, budget=budget, seed=seed)

    problem, solution = one_at_a_time(problem, solve)
    return _solved(day, problem, rules, solution, seed)


def _solved(day: Day, problem: DayProblem, rules: DayRules, solution: Solution, seed: int) -> Solved:
    assignments = to_assignments(problem, solution)
    uncovered = [
        key for key in day.open_positions() if key not in assignments and not day.visits[key.visit_id].is_started
    ]
    return Solved(
        assignments,
        {key: _why(day, problem, rules, solution, key) for key in uncovered},
        {
            "engine": ENGINE,
            "seed": seed,
            "iterations": solution.iterations,
            "rulebook_hash": rules.rulebook_hash,
            "travel": day.travel.matrix.source,
            "score": score(problem, solution).as_dict(),
        },
    )


def _why(day: Day, problem: DayProblem, rules: DayRules, solution: Solution, key: PositionKey) -> tuple[Reason, ...]:
    visit = day.visits[key.visit_id]
    if not visit.is_clear:
        return gap_sentences(visit.unclear)
    v = problem.node_of.get(key)
    if v is None or v not in problem.crowded:
        return in_words(day, rules, key, why_uncovered(problem, rules, solution, key))
    if all(row[v] is None for row in problem.prices):
        return (CROWDED,)
    return (CROWDED, *in_words(day, rules, key, why_uncovered(problem, rules, solution, key)))
