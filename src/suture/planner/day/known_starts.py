"""Gives visits back the starts people already know, where the search's earliest ones gain nothing."""

from dataclasses import replace

from suture.planner.day.problem import DayProblem
from suture.planner.day.solution import Solution


def with_known_starts(problem: DayProblem, solution: Solution) -> Solution:
    """The same routes, each visit of the published plan at its published start as far as all that follows allows.

    The search starts everything as early as it may, to see what fits. Left so, one cancellation would pull the rest of
    a route forward by a quarter of an hour, to no one's benefit. Visits with two carers stay at their common start.
    """
    starts = dict(solution.starts)
    for r, route in enumerate(solution.routes):
        for i in range(len(route) - 1, -1, -1):
            v, node = route[i], problem.nodes[route[i]]
            if node.published is None or node.partners:
                continue
            if i + 1 < len(route):
                following = problem.nodes[route[i + 1]]
                leave_by = starts[route[i + 1]] - problem.travel(node.place, following.place)
            else:
                leave_by = problem.last_departure(r, v)
            starts[v] = max(starts[v], min(node.published.start, node.close, leave_by - node.busy))
    return replace(solution, starts=starts)
