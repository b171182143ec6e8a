"""Those on call: a repair that finds no one else calls them in, first tier first, and says so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from suture.model.day import Day
from suture.model.decision import Change
from suture.model.ids import PartyId, PositionKey
from suture.model.plan import Assignment
from suture.planner.day.live import shift_index
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.solution import Solution
from suture.rules.verdicts import DayRules
from suture.words.reason import Reason, all_of, reason

CallIn = Callable[[DayProblem, Solution], tuple[DayProblem, Solution]]
"""A better solution than this one, with the on-call hours of the problem, and the problem with the windows it took."""


def with_those_on_call(
    day: Day, rules: DayRules, apart: DayProblem, solution: Solution, call_in: CallIn
) -> tuple[DayProblem, DayProblem, Solution]:
    """The solution with as much more covered as those on call can take, the problem, and the same as `apart` is.

    A tier is asked only for what those before it leave; no visit that has a clinician loses them.
    """
    problem, called = apart, dict[int, frozenset[PositionKey]]()
    for tier in sorted({shift.tier for shift in day.shifts if shift.is_on_call}):
        left = frozenset(apart.nodes[v].key for v in solution.uncovered)
        if not left:
            break
        called[tier] = left
        problem = build(day, rules, now=apart.now, weights=apart.weights, called=dict(called))
        kept = _with_more_rows(solution, problem)
        # the windows of one patient's visits stay cut apart, as the solution needs them
        apart = replace(problem, nodes=apart.nodes, crowded=apart.crowded)
        if _may_help(apart, solution, tier):
            found, more = call_in(apart, kept)
            if set(more.uncovered) < set(kept.uncovered):
                apart, kept = found, more
        solution = kept
    return problem, apart, solution


def _with_more_rows(solution: Solution, problem: DayProblem) -> Solution:
    more = len(problem.rows) - len(solution.routes)
    return replace(solution, routes=(*solution.routes, *[()] * more))


def _may_help(problem: DayProblem, solution: Solution, tier: int) -> bool:
    """Whether someone of this tier may do something that is left, at its time."""
    rows = [r for r, row in enumerate(problem.rows) if row.tier == tier]
    return any(
        problem.prices[r][v] is not None and problem.meets_window(r, v) for r in rows for v in solution.uncovered
    )


def called_in(changes: Sequence[Change], day: Day) -> tuple[Change, ...]:
    """The changes; where someone is called in who is on call, their reason says so."""
    if not any(shift.is_on_call for shift in day.shifts):
        return tuple(changes)
    return tuple(
        replace(c, because=all_of((c.because, reason("change.on_call", who=(_name(c.after, day),)))))
        if c.after and _is_called_in(c, day)
        else c
        for c in changes
    )


def called(changes: Sequence[Change], day: Day) -> frozenset[PartyId]:
    """Those whom these changes call in."""
    return frozenset(c.after.clinician_id for c in changes if c.after and _is_called_in(c, day))


def who_is_called_in(changes: Sequence[Change], day: Day) -> Iterator[Reason]:
    """One reason that names those on call who are called in by these changes; none where there are none."""
    names = dict.fromkeys(_name(c.after, day) for c in changes if c.after and _is_called_in(c, day))
    if names:
        yield reason("change.on_call", who=tuple(names))


def _is_called_in(change: Change, day: Day) -> bool:
    """Whether it gives a clinician something in on-call hours that was not theirs there before, and has not begun."""
    visit = day.visits[change.key.visit_id]
    if visit.is_started or visit.is_closed or not _is_on_call(change.after, day):
        return False
    same = change.before and change.after and change.before.clinician_id == change.after.clinician_id
    return not (same and _is_on_call(change.before, day))


def _is_on_call(stop: Assignment | None, day: Day) -> bool:
    r = shift_index(day.shifts, stop) if stop else None
    return r is not None and day.shifts[r].is_on_call


def _name(stop: Assignment, day: Day) -> str:
    return day.clinicians[stop.clinician_id].name
