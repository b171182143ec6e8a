"""The least cost of a small problem, proven by CP-SAT: a second description of the model.

Not here: promises (the searches start everything as early as they may, an exact plan would wait), priced waiting, idle,
and the square price of load.
"""

from typing import Any

from ortools.sat.python import cp_model

from suture.planner.problem import FORBIDDEN, Measure, Problem, Who

DAY = 40_000


class Oracle:
    """One circuit a row over start, its nodes, its break; a start for each node; every price as a linear term."""

    def __init__(self, p: Problem) -> None:
        self.p = p
        self.m = cp_model.CpModel()
        self.terms: list[Any] = []
        self.start = [self.m.new_int_var(0, DAY, f"s{v}") for v in range(p.n)]
        self.does = [[self.m.new_bool_var(f"d{v},{r}") for r in range(p.r)] for v in range(p.n)]
        self.time_used: list[Any] = []
        for v in range(p.n):
            self._node(v)
        for r in range(p.r):
            self._row(r)
        self._links()
        self._counters()

    def least_cost(self) -> int:
        """Solve to proven optimality."""
        self.m.minimize(sum(self.terms))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = 60
        assert solver.solve(self.m) == cp_model.OPTIMAL
        return int(solver.objective_value + 0.5)

    def _ceil(self, units: Any, price: int) -> Any:
        """ceil(units x price / minute), as small as the objective wants it."""
        cost = self.m.new_int_var(0, 10**7, "")
        self.m.add(cost * self.p.minute >= units * price)
        return cost

    def _positive(self, value: Any) -> Any:
        over = self.m.new_int_var(0, 10 * DAY, "")
        self.m.add(over >= value)
        return over

    def _node(self, v: int) -> None:
        nodes, served = self.p.nodes, sum(self.does[v])
        self.m.add(served <= 1)
        self.terms.append(int(nodes.uncovered[v]) * (1 - served))
        for r in range(self.p.r):
            if self.p.pair_cost[v, r] >= FORBIDDEN:
                self.m.add(self.does[v][r] == 0)
            else:
                self.terms.append(int(self.p.pair_cost[v, r]) * self.does[v][r])
        inside = [self.m.new_bool_var("") for _ in nodes.windows[v]]
        self.m.add_exactly_one(inside)
        late = self.m.new_int_var(0, int(nodes.late_limit[v]), "")
        for (opens, closes), chosen in zip(nodes.windows[v], inside, strict=True):
            self.m.add(self.start[v] >= opens).only_enforce_if(chosen)
            self.m.add(self.start[v] <= closes + late).only_enforce_if(chosen)
        self.terms.append(self._ceil(late, int(nodes.late_cost[v])))

    def _row(self, r: int) -> None:
        p, rows = self.p, self.p.rows
        n, pause = p.n, p.rows.breaks[r]
        arcs: list[tuple[int, int, Any]] = []
        used = self.m.new_bool_var("")
        arcs.append((0, 0, ~used))
        home, end = int(rows.start_place[r]), int(rows.end_place[r])
        back = self.m.new_int_var(0, int(rows.hard_end[r]), "")
        stops = list(range(n)) + ([n] if pause else [])
        taken = self.m.new_bool_var("") if pause else None
        clock = {v: self.start[v] for v in range(n)}
        place = {v: self.m.new_int_var(0, len(p.travel) - 1, "") for v in stops} if pause else {}
        if pause is not None and taken is not None:
            clock[n] = self.m.new_int_var(pause.earliest, pause.latest, "")
            self.terms.append(pause.missed_cost * (1 - taken))
            arcs.append((n + 1, n + 1, ~taken))
        busy = {v: int(p.nodes.busy[v]) for v in range(n)} | ({n: pause.length} if pause else {})
        for v in range(n):
            arcs.append((v + 1, v + 1, ~self.does[v][r]))
            if pause:
                self.m.add(place[v] == int(p.nodes.place[v]))
        for u in stops:
            out, into = self.m.new_bool_var(""), self.m.new_bool_var("")
            arcs += [(0, u + 1, out), (u + 1, 0, into)]
            way = self._way(r, home, u, place, out)
            self.m.add(clock[u] >= int(rows.leave[r]) + way).only_enforce_if(out)
            self._pay(way, out)
            way = self._way_home(u, end, place, into)
            self.m.add(back >= clock[u] + busy[u] + way).only_enforce_if(into)
            self._pay(way, into)
            for w in stops:
                if u != w:
                    arc = self.m.new_bool_var("")
                    arcs.append((u + 1, w + 1, arc))
                    way = self._between(u, w, place, arc)
                    self.m.add(clock[w] >= clock[u] + busy[u] + way).only_enforce_if(arc)
                    self._pay(way, arc)
                    if u < n and w < n and not pause:
                        self.time_used.append((r, way, arc))
        self.m.add_circuit(arcs)
        self.terms.append(self._ceil(self._positive(back - int(rows.shift_end[r])), int(rows.overtime_cost[r])))
        if p.nodes.demand.any():
            self.m.add(sum(int(p.nodes.demand[v]) * self.does[v][r] for v in range(n)) <= int(rows.capacity[r]))

    def _pay(self, way: Any, arc: Any) -> None:
        if isinstance(way, int):
            self.terms.append(way * arc)
            return
        paid = self.m.new_int_var(0, DAY, "")
        self.m.add(paid >= way).only_enforce_if(arc)
        self.terms.append(paid)

    def _way(self, r: int, home: int, u: int, place: dict[int, Any], arc: Any) -> Any:
        if u < self.p.n:
            return int(self.p.travel[home, self.p.nodes.place[u]])
        self.m.add(place[u] == home).only_enforce_if(arc)
        return 0

    def _way_home(self, u: int, end: int, place: dict[int, Any], arc: Any) -> Any:
        if u < self.p.n:
            return int(self.p.travel[self.p.nodes.place[u], end])
        return self._looked_up(place[u], [int(x) for x in self.p.travel[:, end]])

    def _between(self, u: int, w: int, place: dict[int, Any], arc: Any) -> Any:
        n = self.p.n
        if w == n:
            self.m.add(place[w] == place[u]).only_enforce_if(arc)
            return 0
        if u == n:
            return self._looked_up(place[u], [int(x) for x in self.p.travel[:, self.p.nodes.place[w]]])
        return int(self.p.travel[self.p.nodes.place[u], self.p.nodes.place[w]])

    def _looked_up(self, index: Any, values: list[int]) -> Any:
        found = self.m.new_int_var(0, DAY, "")
        self.m.add_element(index, values, found)
        return found

    def _links(self) -> None:
        for link in self.p.links:
            a, b = link.first, link.second
            served = sum(self.does[a])
            both = self.m.new_bool_var("")
            self.m.add(served == both)
            self.m.add(sum(self.does[b]) == both)
            if link.who is Who.DIFFERENT:
                for r in range(self.p.r):
                    self.m.add(self.does[a][r] + self.does[b][r] <= 1)
            if link.gap is not None:
                self.m.add(self.start[b] - self.start[a] >= link.gap[0]).only_enforce_if(both)
                self.m.add(self.start[b] - self.start[a] <= link.gap[1]).only_enforce_if(both)

    def _counters(self) -> None:
        p = self.p
        for counter in p.counters:
            counted = range(p.n) if counter.counts is None else [v for v in range(p.n) if counter.counts[v]]
            if counter.measure is Measure.ITEMS:
                used: Any = sum(self.does[v][r] for v in counted for r in counter.rows)
            else:
                used = sum(int(p.nodes.busy[v]) * self.does[v][r] for v in counted for r in counter.rows)
                used += sum(way * arc for r, way, arc in self.time_used if r in counter.rows)
            self.m.add(counter.used + used <= max(counter.hard, counter.used))
            over = self._positive(counter.used + used - max(counter.soft, counter.used))
            timed = counter.measure is Measure.TIME
            self.terms.append(self._ceil(over, counter.over_cost) if timed else counter.over_cost * over)
