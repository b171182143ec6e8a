"""Trial insertions: what happens when one node is put at one place of a plan. Exact, by the reference."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from suture.planner.plan import Plan, left_out
from suture.planner.problem import FORBIDDEN, Counter, Problem, Rows
from suture.planner.reference import Breach, breaches, price, timed, usage


@dataclass(frozen=True, slots=True)
class Trial:
    """A node put at `position` of row `row`: its start, what the plan costs more by part, and whose start moves."""

    row: int
    position: int
    start: int
    cost: int
    parts: dict[str, int]
    moved: tuple[tuple[int, int, int], ...]
    """(node, start before, start after)"""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A row that cannot take the node: the rules that fail at the place that comes nearest, by so much."""

    row: int
    rules: tuple[str, ...]
    excess: int


def without(problem: Problem, plan: Plan, v: int) -> Plan:
    """The plan with the node left out, other starts as early as may be. Raises AssertionError for an illegal plan."""
    routes = [tuple(u for u in route if u != v) for route in plan.routes]
    found = timed(problem, routes)
    if isinstance(found, Breach):
        raise AssertionError(f"The plan is not legal without node {v}: {found}. Maybe it was not before.")
    return found


def try_row(problem: Problem, plan: Plan, v: int, r: int) -> Trial | Blocked:
    """The cheapest legal place of an absent node in a row, or why there is none."""
    if problem.pair_cost[v, r] >= FORBIDDEN:
        return Blocked(r, ("forbidden",), 0)
    view, before, node = _view(problem, plan, v, r)
    row = r if view is problem else 0
    base = price(view, before)
    best: Trial | None = None
    nearest: Blocked | None = None
    for position in range(len(before.routes[row]) + 1):
        after = _insert(view, before, row, position, node)
        if isinstance(after, Blocked):
            if nearest is None or (len(after.rules), after.excess) < (len(nearest.rules), nearest.excess):
                nearest = replace(after, row=r)
            continue
        parts = {
            k: x - y for (k, x), y in zip(price(view, after).as_dict().items(), base.as_dict().values(), strict=True)
        }
        cost = sum(parts.values())
        if best is None or cost < best.cost:
            own = {problem.n: problem.n + r} if view is not problem else {}  # the break has the row's own number
            moved = tuple((own.get(u, u), old, new) for u, old, new in _moved(before, after, node))
            start = after.starts[row][position]
            best = Trial(r, position, start, cost, {k: x for k, x in parts.items() if x}, moved)
    return best or nearest or Blocked(r, ("window",), 0)


def _insert(view: Problem, before: Plan, row: int, position: int, v: int) -> Plan | Blocked:
    old = before.routes[row]
    order = (*old[:position], v, *old[position:])
    after = timed(view, [order if q == row else route for q, route in enumerate(before.routes)])
    if isinstance(after, Breach):
        return Blocked(row, (after.rule,), after.excess)
    faults = [b for b in breaches(view, after) if b.rule not in ("required", "lost", "link_half")]
    if faults:
        return Blocked(row, tuple(sorted({b.rule for b in faults})), max(b.excess for b in faults))
    return after


def _moved(before: Plan, after: Plan, v: int) -> Iterator[tuple[int, int, int]]:
    was = {
        u: s
        for route, starts in zip(before.routes, before.starts, strict=True)
        for u, s in zip(route, starts, strict=True)
    }
    for route, starts in zip(after.routes, after.starts, strict=True):
        for u, start in zip(route, starts, strict=True):
            if u != v and was[u] != start:
                yield u, was[u], start


def _view(problem: Problem, plan: Plan, v: int, r: int) -> tuple[Problem, Plan, int]:
    """The row alone, as a problem of one row, where no link or largest value ties it to others; else everything."""
    tied = problem.weights.idle_max or problem.weights.late_max or any(r in (x.first, x.second) for x in problem.rests)
    if tied or any(u in problem.link_of for u in (v, *plan.routes[r])):
        return problem, plan, v
    n = problem.n
    route = tuple(u if u < n else n for u in plan.routes[r])
    rows = problem.rows
    alone = Rows(
        ids=(rows.ids[r],),
        breaks=(rows.breaks[r],),
        begun=rows.begun[r : r + 1],
        **{name: getattr(rows, name)[r : r + 1] for name in _ROW_ARRAYS},
    )
    counters = tuple(_counter_alone(problem, plan, c, r) for c in problem.counters if r in c.rows)
    view = Problem(
        problem.travel,
        problem.nodes,
        alone,
        problem.pair_cost[:, r : r + 1],
        (),
        counters,
        problem.weights,
        problem.minute,
    )
    return view, Plan((route,), (plan.starts[r],), left_out(n, (route,))), v


_ROW_ARRAYS = (
    "clinician",
    "start_place",
    "end_place",
    "leave",
    "shift_start",
    "shift_end",
    "hard_end",
    "overtime_cost",
    "capacity",
)


def _counter_alone(problem: Problem, plan: Plan, counter: Counter, r: int) -> Counter:
    """The counter of one row, with what the other rows use taken as used before."""
    others = sum(usage(problem, counter, q, plan.routes[q]) for q in counter.rows if q != r)
    return replace(counter, rows=(0,), used=counter.used + others)
