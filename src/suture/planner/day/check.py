"""Every breach of a hard rule or a time check in a solution, judged by its own starts and its own arithmetic."""

from collections import Counter
from collections.abc import Iterator

from suture.planner.day.one_at_a_time import overlaps
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import Violation, over_hard_limits
from suture.planner.day.solution import Solution


def check(problem: DayProblem, solution: Solution) -> tuple[Violation, ...]:
    """All violations; empty for a legal solution. What people did or pinned is not the engine's breach."""
    found = list(_nothing_lost(problem, solution))
    for r in range(len(problem.rows)):
        found += _stops(problem, solution, r)
        found += _sequence(problem, solution, r)
    found += _partners(problem, solution)
    found += _series(problem, solution)
    found += [
        Violation("patient_twice", None, problem.nodes[v].key, excess) for v, excess in overlaps(problem, solution)
    ]
    for clinician_id in problem.limits:
        found += [
            Violation(rule, clinician_id, None, excess)
            for rule, excess in over_hard_limits(problem, solution.routes, clinician_id)
        ]
    return tuple(found)


def _nothing_lost(problem: DayProblem, solution: Solution) -> Iterator[Violation]:
    seen = Counter([v for route in solution.routes for v in route] + list(solution.uncovered))
    for v, node in enumerate(problem.nodes):
        if seen[v] != 1:
            yield Violation("lost" if seen[v] == 0 else "twice", None, node.key)


def _stops(problem: DayProblem, solution: Solution, r: int) -> Iterator[Violation]:
    """Each stop by itself: may this clinician, and does it start inside its window."""
    clinician_id = problem.rows[r].clinician_id
    for v in solution.routes[r]:
        node, start = problem.nodes[v], solution.starts[v]
        if problem.prices[r][v] is None:
            yield Violation("not_eligible", clinician_id, node.key)
        if start < node.open:
            yield Violation("window", clinician_id, node.key, node.open - start)
        if start > node.close:
            yield Violation("window", clinician_id, node.key, start - node.close)


def _sequence(problem: DayProblem, solution: Solution, r: int) -> Iterator[Violation]:
    """Stop after stop: can she be there in time, and back at the end of her duty."""
    row, route = problem.rows[r], solution.routes[r]
    for i, v in enumerate(route):
        node = problem.nodes[v]
        if i == 0:
            arrival, by_people = problem.first_arrival(r, v), problem.is_pinned(v)
        else:
            before = problem.nodes[route[i - 1]]
            arrival = solution.starts[route[i - 1]] + before.busy + problem.travel(before.place, node.place)
            by_people = problem.is_pinned(v) and problem.is_pinned(route[i - 1])
        if arrival > solution.starts[v] and not by_people:
            yield Violation("travel", row.clinician_id, node.key, arrival - solution.starts[v])
    if not route or all(problem.is_pinned(v) for v in route):
        return
    last = route[-1]
    late = solution.starts[last] + problem.nodes[last].busy - problem.last_departure(r, last)
    if late > 0:
        by_rest = row.rest_after is not None and row.rest_after.at < row.shift_end
        rule = f"rest:{row.rest_after.rule_id}" if row.rest_after and by_rest else "shift_end"
        yield Violation(rule, row.clinician_id, problem.nodes[last].key, late)


def _partners(problem: DayProblem, solution: Solution) -> Iterator[Violation]:
    """Positions of one visit: different clinicians, same start."""
    clinician = {v: problem.rows[r].clinician_id for r, route in enumerate(solution.routes) for v in route}
    for v, clinician_id in clinician.items():
        for p in problem.nodes[v].partners:
            if p < v or p not in clinician:
                continue
            if clinician[p] == clinician_id:
                yield Violation("same_clinician", clinician_id, problem.nodes[v].key)
            if solution.starts[p] != solution.starts[v]:
                late = abs(solution.starts[p] - solution.starts[v])
                yield Violation("same_start", clinician_id, problem.nodes[v].key, late)


def _series(problem: DayProblem, solution: Solution) -> Iterator[Violation]:
    """Visits that should all go to one clinician, and do not."""
    clinician = {v: problem.rows[r].clinician_id for r, route in enumerate(solution.routes) for v in route}
    for series in problem.series:
        placed = [v for v in series.nodes if v in clinician]
        odd = series.out_of_line([clinician[v] for v in placed])
        if odd and series.weight is None:
            most = Counter([*series.fixed, *(clinician[v] for v in placed)]).most_common(1)[0][0]
            v = next(v for v in placed if clinician[v] != most)
            yield Violation(f"together:{series.rule_id}", clinician[v], problem.nodes[v].key, odd)
