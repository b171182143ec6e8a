"""Row costs for the search, as `reference.py` defines them: each order priced once, insertions pre-tested in O(1).

Costs here are the reference's total without the uncovered positions and with `shift_seconds` taken off each pair, so
that every part is ≥ 0 and pruning is safe.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from suture.planner.day import limits
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import ROUNDS, Failure, row_starts
from suture.planner.day.tables import FAR, Tables
from suture.rules.verdicts import LimitMeasure

Order = tuple[int, ...]
MEMO_ENTRIES = 200_000  # per row; reached only in very long searches, then the memo starts over


class RowCost(NamedTuple):
    """One order of one row, in seconds: its cost, starts, and when each stop is left."""

    cost: int
    starts: Order
    departures: Order


class Insertion(NamedTuple):
    """A node put into a row at its cheapest place."""

    delta: int
    order: Order


class Pricing(Tables):
    """All prices of one problem. Routes are a list of orders, one a row; they must be legal."""

    def __init__(self, problem: DayProblem) -> None:
        super().__init__(problem)
        self.any_pinned = any(self.pinned)
        rows = range(len(problem.rows))
        self._memo: list[dict[Order, RowCost | None]] = [{} for _ in rows]
        self._latest_memo: list[dict[Order, Order]] = [{} for _ in rows]
        self._best: list[dict[tuple[Order, int], Insertion | None]] = [{} for _ in rows]

    # -- one row -----------------------------------------------------------------------------------------------

    def row(self, r: int, order: Order) -> RowCost | None:
        """Cost of a row with this order, its partners aside; None where it is not legal."""
        memo = self._memo[r]
        if order in memo:
            return memo[order]
        if len(memo) > MEMO_ENTRIES:
            memo.clear()
        found = memo[order] = self._price_row(r, order, {})
        return found

    def _price_row(self, r: int, order: Order, floors: dict[int, int]) -> RowCost | None:
        if not order:
            return RowCost(self.straight[r] + self._load(r, order, 0, 0), (), ())
        timing = self._times(r, order, floors)
        if timing is None:
            return None
        starts, departures, driven, cost = timing
        for v, start in zip(order, starts, strict=True):
            told = self.told[v]
            if told is not None:
                if not told[0] <= start <= told[1]:
                    cost += self.window_price[r][v]
                weights = self.problem.weights
                cost += min(abs(start - told[2]) // 60, weights.start_cap_minutes) * weights.start_per_minute
        load = self._load(r, order, driven, sum([self.busy[v] for v in order]))
        if load < 0:
            return None
        home = self.back[r][order[-1]]
        return RowCost(cost + self.out[r][order[0]] + driven + home + load, tuple(starts), tuple(departures))

    def _times(self, r: int, order: Order, floors: dict[int, int]) -> tuple[list[int], list[int], int, int] | None:
        """Starts, departures, driving between the stops and the sum of entry prices; None where times do not fit."""
        if self.any_pinned and any(self.pinned[v] for v in order):
            return self._pinned_times(r, order, floors)
        open_, close, busy, travel, price = self.open, self.close, self.busy, self.travel, self.price[r]
        starts, departures = [], []
        driven = cost = 0
        previous, at = -1, self.first_at[r][order[0]]
        for v in order:
            if previous >= 0:
                way = travel[previous][v]
                driven += way
                at += way
            if at < open_[v]:
                at = open_[v]
            if floors and floors.get(v, 0) > at:
                at = floors[v]
            if at > close[v]:
                return None
            starts.append(at)
            at += busy[v]
            departures.append(at)
            cost += price[v]
            previous = v
        if at > self.last_by[r][previous] or cost >= FAR:
            return None
        return starts, departures, driven, cost

    def _pinned_times(
        self, r: int, order: Order, floors: dict[int, int]
    ) -> tuple[list[int], list[int], int, int] | None:
        """The same for a row with a pinned stop: rare, so the reference itself does it."""
        starts = row_starts(self.problem, r, order, floors)
        if isinstance(starts, Failure):
            return None
        driven = sum(self.travel[a][b] for a, b in pairwise(order))
        departures = [at + self.busy[v] for at, v in zip(starts, order, strict=True)]
        return list(starts), departures, driven, sum(self.price[r][v] for v in order)

    def _load(self, r: int, order: Order, driven: int, busy: int) -> int:
        """Price of the work time and of limits that this row alone decides; −1 where a hard one is broken."""
        if order and self.begun[r]:
            driven += self.out[r][order[0]]  # from the last frozen stop: between clients
        work = self.pinned_busy[r] + driven + busy
        price = 0 if self.shared[r] else limits.load_price_of(self.problem, work)
        for limit, ceiling in self.own_limits[r]:
            if limit.visits is None and limit.measure is LimitMeasure.MINUTES:
                used = work
            else:
                used = limits.usage(self.problem, r, order, limit)
            if ceiling is not None and used > ceiling:
                return -1
            price += limits.over_price(limit, used)
        return price

    # -- all rows ----------------------------------------------------------------------------------------------

    def timings(self, routes: Sequence[Order]) -> list[RowCost] | None:
        """Every row with partners brought to the same start; None where that is not legal."""
        found: list[RowCost] = []
        for r, order in enumerate(routes):
            cost = self.row(r, order)
            if cost is None:
                return None
            found.append(cost)
        return self._joined(routes, found) if self.linked else found

    def _joined(self, routes: Sequence[Order], found: list[RowCost]) -> list[RowCost] | None:
        where = {v: r for r, order in enumerate(routes) for v in order if v in self.linked}
        meetings = [(v, p) for v in sorted(where) for p in self.problem.nodes[v].partners if p in where]
        rows = self.problem.rows
        if any(rows[where[v]].clinician_id == rows[where[p]].clinician_id for v, p in meetings):
            return None
        floors: dict[int, int] = {}
        for _ in range(ROUNDS):
            starts = {v: found[where[v]].starts[routes[where[v]].index(v)] for v in where}
            pushed = [(v, starts[p]) for v, p in meetings if starts[p] > starts[v]]
            if not pushed:
                return found
            for v, at in pushed:
                floors[v] = max(at, floors.get(v, at))
            for r in sorted({where[v] for v, _ in pushed}):
                cost = self._price_row(r, routes[r], floors)
                if cost is None:
                    return None
                found[r] = cost
        return None

    def total(self, routes: Sequence[Order]) -> int | None:
        """Cost of all rows; None where they are not legal together."""
        found = self.timings(routes)
        if found is None:
            return None
        cost = sum(x.cost for x in found)
        for r, shared in enumerate(self.shared):
            clinician_id = self.problem.rows[r].clinician_id
            own = self.problem.rows_of[clinician_id]
            if not shared or own[0] != r:
                continue
            cost += limits.load_price(self.problem, own, routes)
            for limit in self.problem.limits[clinician_id]:
                used = sum(limits.usage(self.problem, q, routes[q], limit) for q in own)
                ceiling = limits.ceiling(self.problem, clinician_id, limit)
                if ceiling is not None and used > ceiling:
                    return None
                cost += limits.over_price(limit, used)
        return self._with_series(routes, cost)

    def _with_series(self, routes: Sequence[Order], cost: int) -> int | None:
        """The cost with members of a series that are out of line; None where none may be."""
        where = {v: r for r, order in enumerate(routes) for v in order} if self.series_of else {}
        for series in self.problem.series:
            odd = series.out_of_line([self.problem.rows[where[v]].clinician_id for v in series.nodes if v in where])
            if odd and series.weight is None:
                return None
            cost += 60 * (series.weight or 0) * odd
        return cost

    def change(self, routes: list[Order], r: int, order: Order) -> int | None:
        """What the cost changes by when row `r` gets this order; None where that is not legal."""
        old = routes[r]
        if self._alone(r, old) and self._alone(r, order):
            before, after = self.row(r, old), self.row(r, order)
            return None if before is None or after is None else after.cost - before.cost
        before_all = self.total(routes)
        routes[r] = order
        after_all = self.total(routes)
        routes[r] = old
        return None if before_all is None or after_all is None else after_all - before_all

    def _alone(self, r: int, order: Order) -> bool:
        """Whether the row's cost depends on no other row."""
        return not self.shared[r] and (not self.linked or self.linked.isdisjoint(order))

    # -- insertion ---------------------------------------------------------------------------------------------

    def insertion(self, routes: list[Order], v: int, r: int) -> Insertion | None:
        """The cheapest legal place of node `v` in row `r`, or None."""
        order = routes[r]
        if v in self.linked or not self._alone(r, order):
            return self._joint_insertion(routes, v, r)
        memo = self._best[r]
        key = (order, v)
        if key in memo:
            return memo[key]
        if len(memo) > MEMO_ENTRIES:
            memo.clear()
        found = memo[key] = self._best_place(r, order, v)
        return found

    def _joint_insertion(self, routes: list[Order], v: int, r: int) -> Insertion | None:
        best: Insertion | None = None
        order = routes[r]
        for i in range(len(order) + 1):
            trial = (*order[:i], v, *order[i:])
            delta = self.change(routes, r, trial)
            if delta is not None and (best is None or delta < best.delta):
                best = Insertion(delta, trial)
        return best

    def _best_place(self, r: int, order: Order, v: int) -> Insertion | None:
        base = self.row(r, order)
        if base is None:
            return None
        best: Insertion | None = None
        floor = self.price[r][v]
        for detour, i in self._places(r, order, base, v):
            if best is not None and detour + floor >= best.delta:
                break
            trial = (*order[:i], v, *order[i:])
            cost = self.row(r, trial)
            if cost is not None and (best is None or cost.cost - base.cost < best.delta):
                best = Insertion(cost.cost - base.cost, trial)
        return best

    def _places(self, r: int, order: Order, base: RowCost, v: int) -> list[tuple[int, int]]:
        """(detour, position) of every place that passes the O(1) time test, cheapest detour first."""
        opens, closes, busy, to = self.open[v], self.close[v], self.busy[v], self.travel[v]
        latest, departures = self._latest(r, order), base.departures
        last = len(order)
        found = []
        for i in range(last + 1):
            if i:
                previous = order[i - 1]
                if departures[i - 1] > closes:
                    break
                detour = self.travel[previous][v]
                at = departures[i - 1] + detour
            else:
                detour, at = self.out[r][v], self.first_at[r][v]
            if at < opens:
                at = opens
            if at > closes:
                continue
            if i < last:
                following = order[i]
                if at + busy + to[following] > latest[i]:
                    continue
                old = self.travel[order[i - 1]][following] if i else self.out[r][following]
                detour += to[following] - old
            else:
                if at + busy > self.last_by[r][v]:
                    continue
                old = self.back[r][order[-1]] if i else self.straight[r]
                detour += self.back[r][v] - old
            found.append((detour, i))
        found.sort()
        return found

    def _latest(self, r: int, order: Order) -> Order:
        """The latest start of each stop that keeps all later ones legal, in this order."""
        memo = self._latest_memo[r]
        if order in memo:
            return memo[order]
        if len(memo) > MEMO_ENTRIES:
            memo.clear()
        found: list[int] = []
        for i in range(len(order) - 1, -1, -1):
            v = order[i]
            if found:
                bound = found[-1] - self.travel[v][order[i + 1]] - self.busy[v]
            else:
                bound = self.last_by[r][v] - self.busy[v]
            found.append(min(bound, self.close[v]))
        memo[order] = tuple(reversed(found))
        return memo[order]
