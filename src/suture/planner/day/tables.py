"""The numbers of a problem laid out for the search: plain lists by node and row, looked up millions of times."""

from suture.planner.day import limits
from suture.planner.day.problem import DayProblem
from suture.rules.verdicts import Limit

FAR = 2**30
"""Price of what may not be."""


class Tables:
    """Everything about one problem that does not change while it is solved. Seconds throughout."""

    def __init__(self, problem: DayProblem) -> None:
        self.problem = problem
        nodes, rows = problem.nodes, problem.rows
        n, m = range(len(nodes)), range(len(rows))
        self.open = [x.open for x in nodes]
        self.close = [x.close for x in nodes]
        self.busy = [x.busy for x in nodes]
        self.uncovered = [x.uncovered_price - x.shift_seconds for x in nodes]
        self.pinned = [problem.is_pinned(v) for v in n]
        self.told = [self._told(v) for v in n]
        self.series_of = {v: series.nodes for series in problem.series for v in series.nodes}
        self.linked = frozenset(v for v in n if nodes[v].partners) | self.series_of.keys()
        self.travel = [[problem.travel(a.place, b.place) for b in nodes] for a in nodes]
        self.out = [[problem.travel(row.start_place, x.place) for x in nodes] for row in rows]
        self.back = [[problem.travel(x.place, row.home) for x in nodes] for row in rows]
        self.straight = [problem.travel(row.start_place, row.home) for row in rows]
        self.first_at = [[problem.first_arrival(r, v) for v in n] for r in m]
        self.last_by = [[problem.last_departure(r, v) for v in n] for r in m]
        self.begun = [bool(row.frozen) for row in rows]
        self.pinned_busy = [limits.busy_seconds(problem, r, ()) for r in m]
        self.price = [[self._entry_price(r, v) for v in n] for r in m]
        self.window_price = [[self._window_price(r, v) for v in n] for r in m]
        self.rows_for = [[r for r in m if self.price[r][v] < FAR] for v in n]
        self.own_limits = [self._own_limits(r) for r in m]
        self.shared = [self._is_shared(r) for r in m]

    def _entry_price(self, r: int, v: int) -> int:
        """What it costs that this row's clinician does the node, wherever in the row; FAR where it may not be."""
        pair, published = self.problem.prices[r][v], self.problem.nodes[v].published
        if pair is None:
            return FAR
        if published is None or published.assignment.clinician_id == self.problem.rows[r].clinician_id:
            return pair
        weights = self.problem.weights
        return pair + weights.person_changed + (weights.messaged_today if published.messaged_today else 0)

    def _told(self, v: int) -> tuple[int, int, int] | None:
        published = self.problem.nodes[v].published
        return (published.told_open, published.told_close, published.start) if published else None

    def _window_price(self, r: int, v: int) -> int:
        published, weights = self.problem.nodes[v].published, self.problem.weights
        if published is None:
            return 0
        same = published.assignment.clinician_id == self.problem.rows[r].clinician_id
        return weights.window_changed + (weights.messaged_today if same and published.messaged_today else 0)

    def _own_limits(self, r: int) -> list[tuple[Limit, int | None]]:
        """Limits that this row alone decides, with their ceilings; those over several rows are summed in `total`."""
        clinician_id = self.problem.rows[r].clinician_id
        if len(self.problem.rows_of[clinician_id]) > 1:
            return []
        return [(x, limits.ceiling(self.problem, clinician_id, x)) for x in self.problem.limits[clinician_id]]

    def _is_shared(self, r: int) -> bool:
        """Whether limits or the fair share of load bind this row together with another one of its clinician."""
        clinician_id = self.problem.rows[r].clinician_id
        is_bound = bool(self.problem.weights.fairness or self.problem.limits[clinician_id])
        return is_bound and len(self.problem.rows_of[clinician_id]) > 1
