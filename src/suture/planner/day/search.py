"""The search both the first pass and the repair use: regret insertion, ruin and recreate, annealing.

Deterministic by seed and iteration count: one `random.Random`, no sets in any loop that decides something.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from suture.planner.budget import Budget, Iterations, Stop
from suture.planner.day.pricing import Insertion, Order, Pricing
from suture.planner.day.solution import Solution

BLINK = 0.03
"""Share of rows an insertion overlooks at random, so that the same hole is not always refilled the same way."""
NEIGHBORS = 30


class State:
    """Routes that are legal, what they leave uncovered, and their cost. Mutable; `copy` before trying something."""

    __slots__ = ("absent", "cost", "pricing", "routes", "where")

    def __init__(self, pricing: Pricing, routes: list[Order], cost: int) -> None:
        self.pricing = pricing
        self.routes = routes
        self.cost = cost
        self.where: list[int] = [-1] * len(pricing.open)
        for r, order in enumerate(routes):
            for v in order:
                self.where[v] = r
        self.absent = [v for v, r in enumerate(self.where) if r < 0]

    @property
    def total(self) -> int:
        """Cost with the uncovered positions: what the search makes small."""
        uncovered = self.pricing.uncovered
        return self.cost + sum([uncovered[v] for v in self.absent])

    def copy(self) -> "State":
        """An independent copy; orders are shared, being immutable."""
        twin = object.__new__(State)
        twin.pricing, twin.routes, twin.cost = self.pricing, self.routes.copy(), self.cost
        twin.where, twin.absent = self.where.copy(), self.absent.copy()
        return twin

    def insertion(self, v: int, r: int) -> Insertion | None:
        """The cheapest legal place for `v` in row `r`."""
        return self.pricing.insertion(self.routes, v, r)

    def insert(self, v: int, r: int, place: Insertion) -> None:
        """Put an absent node where `place` says."""
        self.routes[r] = place.order
        self.where[v] = r
        self.cost += place.delta
        self.absent.remove(v)

    def remove(self, nodes: Sequence[int]) -> list[int]:
        """Take nodes out of their rows, row by row; those whose going would break a row, or that are pinned, stay."""
        gone: list[int] = []
        where, pinned = self.where, self.pricing.pinned
        rows: dict[int, list[int]] = {}
        for v in nodes:
            if where[v] >= 0 and not pinned[v]:
                rows.setdefault(where[v], []).append(v)
        for r, out in rows.items():
            order = tuple([v for v in self.routes[r] if v not in out])
            delta = self.pricing.change(self.routes, r, order)
            if delta is None:
                continue
            self.routes[r] = order
            self.cost += delta
            for v in out:
                where[v] = -1
            gone += out
        self.absent += gone
        self.absent.sort()
        return gone

    def solution(self, iterations: int = 0) -> Solution:
        """The solution with its start times."""
        timings = self.pricing.timings(self.routes)
        if timings is None:
            raise AssertionError(f"State of {len(self.routes)} rows is not legal. Maybe a move was not checked.")
        starts = {
            v: at for order, t in zip(self.routes, timings, strict=True) for v, at in zip(order, t.starts, strict=True)
        }
        return Solution(tuple(self.routes), starts, tuple(self.absent), iterations)


def regret_insertion(state: State) -> None:
    """Insert absent nodes, each time the one that loses most by waiting, at its cheapest place; no chance involved.

    A node whose every place costs more than leaving it uncovered stays absent.
    """
    while state.absent:
        chosen: tuple[int, int, int, Insertion] | None = None
        for v in state.absent:
            bid = _bid(state, v)
            if bid is not None and (chosen is None or bid[0] > chosen[0]):
                chosen = (bid[0], v, bid[1], bid[2])
        if chosen is None:
            return
        _, v, r, place = chosen
        state.insert(v, r, place)


def _bid(state: State, v: int) -> tuple[int, int, Insertion] | None:
    """(regret, row, place) of a node: how much more its second-best row costs; leaving it uncovered counts as one."""
    best: Insertion | None = None
    row = -1
    first = second = state.pricing.uncovered[v]
    for r in state.pricing.rows_for[v]:
        place = state.insertion(v, r)
        if place is None or place.delta >= second:
            continue
        if place.delta < first:
            best, row, second, first = place, r, first, place.delta
        else:
            second = place.delta
    return None if best is None else (second - first, row, best)


def cheapest_row(state: State, v: int, rng: Random | None = None) -> tuple[int, Insertion] | None:
    """The row where `v` costs least, if less than leaving it uncovered; with `rng`, some rows are overlooked."""
    best: tuple[int, Insertion] | None = None
    bound = state.pricing.uncovered[v]
    for r in state.pricing.rows_for[v]:
        if rng is not None and rng.random() < BLINK:
            continue
        place = state.insertion(v, r)
        if place is not None and place.delta < bound:
            best, bound = (r, place), place.delta
    return best


def eject(state: State) -> State:
    """Try to place what is left by evicting one other stop, which must find another row or be cheaper to leave."""
    for v in list(state.absent):
        best: State | None = None
        for r in state.pricing.rows_for[v]:
            for evicted in state.routes[r]:
                trial = _evict(state, v, r, evicted)
                if trial is not None and trial.total < (best or state).total:
                    best = trial
        state = best or state
    return state


def _evict(state: State, v: int, r: int, evicted: int) -> State | None:
    trial = state.copy()
    if not trial.remove([evicted]):
        return None
    place = trial.insertion(v, r)
    if place is None:
        return None
    trial.insert(v, r, place)
    home = cheapest_row(trial, evicted)
    if home is not None:
        trial.insert(evicted, *home)
    return trial


@dataclass(frozen=True, slots=True)
class Heat:
    """How much worse a step may be, in seconds, from the first to the last iteration of a cycle."""

    hot: float
    cold: float
    cycle: int

    def at(self, iteration: int) -> float:
        """Temperature of one iteration; a search longer than a cycle is heated again."""
        share = (iteration % self.cycle) / self.cycle
        return self.hot * float((self.cold / self.hot) ** share)


def cycle_length(budget: Budget, usual: int) -> int:
    """Iterations of one cooling: the whole budget where it is short and known, else the usual number."""
    return max(1, min(budget.n, usual)) if isinstance(budget, Iterations) else usual


class Ruin(Protocol):
    """Chooses the nodes to take out."""

    def __call__(self, state: State, rng: Random) -> Sequence[int]: ...


def anneal(state: State, *, ruin: Ruin, heat: Heat, stop: Stop, rng: Random) -> State:
    """Ruin and recreate until the budget is spent; the best state seen, never worse than the given one."""
    best = state
    best_total = total = state.total
    iteration = 0
    while not stop.spent():
        trial = state.copy()
        gone = trial.remove(_with_series(state.pricing, ruin(trial, rng)))
        recreate(trial, [*gone, *state.absent], rng)
        found = trial.total
        if found < total - heat.at(iteration) * math.log(1.0 - rng.random()):
            state, total = trial, found
        if found < best_total:
            best, best_total = trial, found
        iteration += 1
    regret_insertion(best)  # what a blink may have overlooked
    return best


def _with_series(pricing: Pricing, nodes: Sequence[int]) -> Sequence[int]:
    """The nodes with all that hang together with them: a series moves whole or hardly ever."""
    return list(dict.fromkeys(u for v in nodes for u in pricing.series_of.get(v, (v,)))) if pricing.series_of else nodes


def recreate(state: State, nodes: list[int], rng: Random) -> None:
    """Put nodes back one by one, in an order drawn by lot among some that make sense."""
    key = _insertion_order(state, rng)
    if key is None:
        rng.shuffle(nodes)
    else:
        nodes.sort(key=key)
    for v in nodes:
        place = cheapest_row(state, v, rng)
        if place is not None:
            state.insert(v, *place)


def _insertion_order(state: State, rng: Random) -> Callable[[int], tuple[int, int]] | None:
    pricing = state.pricing
    draw = rng.random()
    if draw < 0.4:
        return None
    if draw < 0.6:
        return lambda v: (pricing.close[v] - pricing.open[v], v)  # narrow windows first
    if draw < 0.8:
        return lambda v: (len(pricing.rows_for[v]), v)  # few possible rows first
    return lambda v: (-pricing.uncovered[v], v)  # expensive ones first


def neighbors(pricing: Pricing) -> list[list[int]]:
    """For each node the others it could swap with: some row may take both; nearest in place and time first."""
    n = range(len(pricing.open))
    rows = [frozenset(own) for own in pricing.rows_for]

    def distance(a: int, b: int) -> int:
        apart = max(pricing.open[a] - pricing.close[b], pricing.open[b] - pricing.close[a], 0)
        return pricing.travel[a][b] + pricing.travel[b][a] + apart

    found = []
    for v in n:
        near = [u for u in n if u != v and not pricing.pinned[u] and not rows[v].isdisjoint(rows[u])]
        found.append(sorted(near, key=lambda u, v=v: (distance(v, u), u))[:NEIGHBORS])  # type: ignore[misc]
    return found


def strings(state: State, near: Iterable[int], rng: Random, *, most: int, rows: int) -> list[int]:
    """Adjacent strings of up to `most` stops around the nodes of `near`, in up to this many rows."""
    ruined: list[int] = []
    out: list[int] = []
    for v in near:
        r = state.where[v]
        if r < 0 or r in ruined:
            continue
        order = state.routes[r]
        length = 1 + int(rng.random() * min(len(order), most))
        i = order.index(v)
        first = max(0, min(i - int(rng.random() * length), len(order) - length))
        out += order[first : first + length]
        ruined.append(r)
        if len(ruined) == rows:
            break
    return out
