"""What a repair has changed for no gain: rows that it could have left as they were.

A search around what was freed may also find a shorter drive somewhere else. People were told the plan in force, so
whatever is not connected with what was freed goes back to where it was.
"""

from collections.abc import Collection, Iterable, Sequence

from suture.planner.plan import Route
from suture.planner.problem import Problem


def undisturbed(
    problem: Problem, first: Sequence[Sequence[int]], found: Sequence[Sequence[int]], freed: Collection[int]
) -> tuple[Route, ...]:
    """The routes found, with every row as in `first` that no exchange connects with a `freed` node.

    Two rows are connected where a node moved between them, and where a link or a limit looks at both.
    """
    was, now = _row_of(first), _row_of(found)
    group = _Groups(len(first))
    for v in was.keys() | now.keys():
        group.join(x for x in (was.get(v), now.get(v)) if x is not None)
    for link in problem.links:
        group.join(row[v] for row in (was, now) for v in (link.first, link.second) if v in row)
    for counter in problem.counters:
        group.join(counter.rows)
    wanted = {group.of(row[v]) for row in (was, now) for v in freed if v in row}
    return tuple(
        tuple(after if group.of(r) in wanted else before)
        for r, (before, after) in enumerate(zip(first, found, strict=True))
    )


def _row_of(routes: Sequence[Sequence[int]]) -> dict[int, int]:
    return {v: r for r, route in enumerate(routes) for v in route}


class _Groups:
    """Rows that hang together."""

    def __init__(self, rows: int) -> None:
        self._parent = list(range(rows))

    def of(self, r: int) -> int:
        while self._parent[r] != r:
            self._parent[r] = self._parent[self._parent[r]]
            r = self._parent[r]
        return r

    def join(self, rows: Iterable[int]) -> None:
        first, *others = [self.of(r) for r in rows] or [0]
        for r in others:
            self._parent[self.of(r)] = self.of(first)
