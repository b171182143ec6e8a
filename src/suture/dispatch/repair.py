"""Solves a day: rules to verdicts, verdicts and travel to a problem, the problem to assignments with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from suture import __version__
from suture.dispatch.day_cases import Obstacles
from suture.dispatch.on_call import with_those_on_call
from suture.dispatch.uncovered import conflict_cases, unknown_cases
from suture.dispatch.why import in_words
from suture.model.day import Day
from suture.model.ids import PositionKey
from suture.model.plan import Assignment, Stage
from suture.model.visit import gap_sentences
from suture.planner.budget import Budget, DayBudget, budget_for
from suture.planner.day.conflict import conflicts
from suture.planner.day.explain import ClinicianReason, why_uncovered
from suture.planner.day.first_pass import first_pass
from suture.planner.day.fit import Work
from suture.planner.day.one_at_a_time import one_at_a_time
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.reference import score
from suture.planner.day.rows import IN_A_FIRST_PASS, IN_A_REPAIR
from suture.planner.day.solution import Solution, from_assignments, to_assignments
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate
from suture.rules.verdicts import DayRules, Gate
from suture.words.reason import Reason, reason

CROWDED, NOT_LOOKED_AT = reason("cover.crowded"), reason("cover.not_looked_at")
ENGINE = f"suture {__version__}"


@dataclass(frozen=True, slots=True)
class Solved:
    """New assignments for everything that needs planning, why the rest has no clinician, and what a replay needs."""

    assignments: Mapping[PositionKey, Assignment]
    why_uncovered: Mapping[PositionKey, tuple[Reason, ...]]
    run: Mapping[str, object]
    gates: tuple[Gate, ...] = ()
    obstacles: Obstacles = field(default_factory=Obstacles)


def propose(day: Day, rulebook: Rulebook, now: datetime, budget: DayBudget, seed: int) -> Solved:
    """A first pass over the whole day; it calls no one in who is on call."""
    rules = evaluate(rulebook, day)
    problem = build(day, rules, now=now, weights=IN_A_FIRST_PASS)
    enough = budget_for(budget, len(problem.nodes))
    apart, solution = one_at_a_time(problem, lambda p: first_pass(p, budget=enough, seed=seed))
    return _solved(problem, apart, rules, solution, seed)


def repair(
    day: Day, freed: Sequence[PositionKey], rulebook: Rulebook, now: datetime, budget: Budget, seed: int
) -> Solved:
    """The plan of the day with `freed` positions given to others, at the least disturbance.

    Where that leaves something without a clinician and the plan is published, those on call are called in, by tier.
    """
    rules = evaluate(rulebook, day)
    problem = build(day, rules, now=now, weights=IN_A_REPAIR)

    def solve(problem: DayProblem) -> Solution:
        published = from_assignments(problem, day.plan)
        return rebalance(problem, published, freed=freed, budget=budget, seed=seed)

    def call_in(problem: DayProblem, kept: Solution) -> tuple[DayProblem, Solution]:
        return one_at_a_time(problem, lambda p: rebalance(p, kept, freed=(), budget=budget, seed=seed))

    apart, solution = one_at_a_time(problem, solve)
    if day.plan.stage is Stage.PUBLISHED and any(shift.is_on_call for shift in day.shifts):
        problem, apart, solution = with_those_on_call(day, rules, apart, solution, call_in)
    return _solved(problem, apart, rules, solution, seed)


def _solved(problem: DayProblem, apart: DayProblem, rules: DayRules, solution: Solution, seed: int) -> Solved:
    """`apart`: the problem with the windows of one patient's visits cut apart, of which `solution` is one."""
    day, assignments = problem.day, to_assignments(apart, solution)
    uncovered = [
        key for key in day.open_positions() if key not in assignments and not day.visits[key.visit_id].is_started
    ]
    found = {key: why_uncovered(apart, rules, solution, key) for key in uncovered if key in problem.node_of}
    sets, unknown = conflicts(problem, rules, [problem.node_of[key] for key in found], Work())
    not_looked_at = {problem.nodes[v].key for v in unknown}
    return Solved(
        assignments,
        {
            key: (*_why(apart, rules, key, found.get(key, ())), *((NOT_LOOKED_AT,) if key in not_looked_at else ()))
            for key in uncovered
        },
        {
            "engine": ENGINE,
            "seed": seed,
            "iterations": solution.iterations,
            "rulebook_hash": rules.rulebook_hash,
            "travel": day.travel.matrix.source,
            "score": score(apart, solution).as_dict(),
        },
        rules.gates,
        Obstacles((*unknown_cases(problem, rules, found), *conflict_cases(day, rules, sets)), bool(unknown)),
    )


def _why(
    problem: DayProblem, rules: DayRules, key: PositionKey, found: Sequence[ClinicianReason]
) -> tuple[Reason, ...]:
    day, visit = problem.day, problem.day.visits[key.visit_id]
    if not visit.is_clear:
        return gap_sentences(visit.unclear)
    if not day.has_place(visit):
        return (reason("cover.waitlist"),)
    v = problem.node_of.get(key)
    if v is None or v not in problem.crowded:
        return in_words(day, rules, key, found)
    if all(row[v] is None for row in problem.prices):
        return (CROWDED,)
    return (CROWDED, *in_words(day, rules, key, found))
