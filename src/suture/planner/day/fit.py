"""Whether some positions can all be done, with nothing else to do: exact, for a few positions, within a limit.

Orders are legal as the reference says. Of a legal order any part is legal, so positions are put in one by one, the one
with the fewest places first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suture.model.ids import PartyId
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import Failure, evaluate, over_hard_limits, row_starts

MOST_WORK, LEAST_SHARE = 8_000, 1_000
"""What one decision may spend, some 5 ms, and one of several things to look at."""
TIMING = 10
"""What it costs to time an order of stops; to look one up costs 1."""

Order = tuple[int, ...]


class OutOfWork(Exception):
    """The limit is reached: what is not known by now stays unknown."""


@dataclass(slots=True)
class Work:
    """What may still be spent, in all, and down to `floor` for what is being looked at."""

    left: int = MOST_WORK
    floor: int = 0

    def share_among(self, number: int) -> None:
        """Let the next of this many things to look at have its share, or a little more."""
        self.floor = max(0, self.left - max(self.left // number, LEAST_SHARE))

    def spend(self, amount: int) -> None:
        """Raise OutOfWork where that is more than is left."""
        if self.left - amount < self.floor:
            raise OutOfWork
        self.left -= amount


class Fit:
    """Answers for one problem, and remembers them. `most`: how many clinicians a node may have before it is free."""

    def __init__(self, problem: DayProblem, work: Work, *, most: int) -> None:
        self.problem = problem
        self.work = work
        self._most = most
        self._rows: dict[int, tuple[int, ...]] = {}
        self._legal: dict[tuple[int, Order, bool], Order | None] = {}
        self._on_row: dict[int, tuple[int, ...]] = {}
        self._routes: list[Order] = [()] * len(problem.rows)
        self._in_series = {v for series in problem.series if series.weight is None for v in series.nodes}
        self._limited = {c for c, own in problem.limits.items() if any(x.hard_maximum is not None for x in own)}

    def rows_for(self, v: int) -> tuple[int, ...]:
        """The rows that can do the node and nothing else, up to those of `most` clinicians."""
        if v not in self._rows:
            people, found = set[PartyId](), []
            for r, row in enumerate(self.problem.rows):
                if self.problem.prices[r][v] is not None and self.problem.meets_window(r, v) and self._alone(r, v):
                    people.add(row.clinician_id)
                    found.append(r)
                    if len(people) == self._most:
                        break
            self._rows[v] = tuple(found)
        return self._rows[v]

    def is_free(self, v: int) -> bool:
        """Whether more can do the node than a small set could keep busy."""
        return self._clinicians(v) >= self._most

    def gap(self, v: int, u: int) -> int:
        """Seconds between the windows of two nodes."""
        a, b = self.problem.nodes[v], self.problem.nodes[u]
        return max(a.open - b.close - b.busy, b.open - a.close - a.busy, 0)

    def nearest(self, r: int, v: int, most: int) -> tuple[int, ...]:
        """The nodes that a row may do, those nearest to `v` in time."""
        if r not in self._on_row:
            self.work.spend(1 + len(self.problem.nodes) // TIMING)
            may = [u for u, price in enumerate(self.problem.prices[r]) if price is not None]
            self._on_row[r] = tuple(sorted(may, key=lambda u: (self.gap(u, v), u)))
        return self._on_row[r][:most]

    def fits(self, nodes: Iterable[int]) -> bool:
        """Whether all of them can be done. Raises OutOfWork where the limit comes first."""
        wanted = self._not_free(frozenset(nodes))
        try:
            return self._place(wanted, wanted)
        finally:
            self._routes = [()] * len(self.problem.rows)

    def _not_free(self, wanted: frozenset[int]) -> frozenset[int]:
        """Without those that more can do than the others need: each of them has someone to herself."""
        while True:
            free = {v for v in wanted if self._clinicians(v) >= len(wanted) and not self._is_tied(v)}
            if not free:
                return wanted
            wanted -= {min(free)}

    def _clinicians(self, v: int) -> int:
        return len({self.problem.rows[r].clinician_id for r in self.rows_for(v)})

    def _is_tied(self, v: int) -> bool:
        """Whether where it is done depends on other nodes, besides the time they take."""
        return bool(self.problem.nodes[v].partners) or v in self._in_series

    def _place(self, left: frozenset[int], wanted: frozenset[int]) -> bool:
        if not left:
            return not any(map(self._is_tied, wanted)) or self._is_joint(wanted)
        v, places = self._fewest_places(left, wanted)
        for r, order in places:
            before, self._routes[r] = self._routes[r], order
            if self._place(left - {v}, wanted):
                return True
            self._routes[r] = before
        return False

    def _is_joint(self, wanted: frozenset[int]) -> bool:
        """Whether colleagues can begin together, and series are with one clinician."""
        self.work.spend(TIMING * len(wanted))
        forms = [self._legal_form(r, route, wanted) or () for r, route in enumerate(self._routes)]
        return not isinstance(evaluate(self.problem, forms), Failure)

    def _fewest_places(self, left: frozenset[int], wanted: frozenset[int]) -> tuple[int, list[tuple[int, Order]]]:
        chosen: tuple[int, list[tuple[int, Order]]] | None = None
        for v in sorted(left):
            places = self._places(v, wanted, most=len(chosen[1]) if chosen else None)
            if places is not None and (chosen is None or len(places) < len(chosen[1])):
                chosen = v, places
                if not places:
                    break
        assert chosen is not None  # noqa: S101 - the first node has no bound
        return chosen

    def _places(self, v: int, wanted: frozenset[int], most: int | None) -> list[tuple[int, Order]] | None:
        """Where the node can go beside what is placed; None where there are at least `most` places."""
        found: list[tuple[int, Order]] = []
        for r in self.rows_for(v):
            route = self._routes[r]
            for i in range(len(route) + 1):
                order = (*route[:i], v, *route[i:])
                if self._legal_form(r, order, wanted) is not None and self._is_within_limits(r, order):
                    found.append((r, order))
                    if most is not None and len(found) >= most:
                        return None
        return found

    def _alone(self, r: int, v: int) -> bool:
        return self._legal_form(r, (v,), frozenset({v})) is not None and self._is_within_limits(r, (v,))

    def _legal_form(self, r: int, order: Order, wanted: frozenset[int]) -> Order | None:
        """The order, or behind the stop that the clinician is driving to: whoever is on the road is further ahead."""
        on_way = self.problem.rows[r].on_way
        may_lead = on_way is not None and on_way not in wanted
        known = (r, order, may_lead)
        self.work.spend(1)
        if known not in self._legal:
            forms: Sequence[Order] = [order, (on_way, *order)] if may_lead and on_way is not None else [order]
            self._legal[known] = next((form for form in forms if self._is_timed(r, form)), None)
        return self._legal[known]

    def _is_timed(self, r: int, order: Order) -> bool:
        self.work.spend(TIMING)
        return not isinstance(row_starts(self.problem, r, order), Failure)

    def _is_within_limits(self, r: int, order: Order) -> bool:
        clinician_id = self.problem.rows[r].clinician_id
        if clinician_id not in self._limited:
            return True
        self.work.spend(TIMING // 2)
        before, self._routes[r] = self._routes[r], order
        broken = over_hard_limits(self.problem, self._routes, clinician_id)
        self._routes[r] = before
        return not broken
