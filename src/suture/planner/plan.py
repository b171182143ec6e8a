"""A plan of a problem: who does what, in which order, when."""

from collections.abc import Sequence
from dataclasses import dataclass

Route = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of nodes by row, and what they leave out. In a problem of N nodes, N + r is the break of row r.

    `starts` has the shape of `routes`. `iterations`: how many the search took; `cost`: its own figure, None where it
    has none; the truth is `reference.price`.
    """

    routes: tuple[Route, ...]
    starts: tuple[tuple[int, ...], ...]
    uncovered: tuple[int, ...]
    iterations: int = 0
    cost: int | None = None

    def row_of(self, v: int) -> int | None:
        """The row a node is in; None where it is left out."""
        return next((r for r, route in enumerate(self.routes) if v in route), None)

    def start_of(self, v: int) -> int | None:
        """When a node starts; None where it is left out."""
        for route, starts in zip(self.routes, self.starts, strict=True):
            if v in route:
                return starts[route.index(v)]
        return None


def left_out(n: int, routes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The nodes in no route."""
    served = {v for route in routes for v in route}
    return tuple(v for v in range(n) if v not in served)
