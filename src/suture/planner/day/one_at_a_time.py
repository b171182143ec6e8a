"""One patient is in one visit at a time, unless a visit has several positions.

The searches know clinicians, not patients. So the day is solved as it is; where two visits of one patient come out at
once, their windows are cut apart in a fitting order, and it is solved again. A day without such visits costs nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

from suture.model.ids import PartyId, VisitId
from suture.model.visit import Visit, VisitKind
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import score
from suture.planner.day.rows import Node
from suture.planner.day.solution import Solution

MOST_ROUNDS = 6
"""How often a day is solved again at most; what still overlaps then is left out, for a person."""
MOST_TRIED = 5
"""Up to this many visits to one patient, every order is tried; beyond, those the plan and their windows suggest."""

Solve = Callable[[DayProblem], Solution]


@dataclass(frozen=True, slots=True)
class _Stay:
    """One visit to a patient: its nodes (none: it has begun), when it may start, its care, and where it would like to.

    `fixed`: it can no longer be moved.
    """

    visit: VisitId
    nodes: tuple[int, ...]
    open: int
    close: int
    care: int
    wanted: int
    fixed: bool
    price: int


Order = Sequence[_Stay]


def one_at_a_time(problem: DayProblem, solve: Solve) -> tuple[DayProblem, Solution]:
    """The best solution in which no patient is in two visits at once, and the problem with the windows it took."""
    solution = solve(problem)
    for _ in range(MOST_ROUNDS):
        crowded = sorted(_crowded(problem, solution))
        if not crowded:
            return problem, solution
        problem, solution = _cut_apart(problem, solution, crowded, solve)
    out = {v for patient in _crowded(problem, solution) for v in _movable(problem, solution, patient)[1:]}
    one_each = _without(solution, out)  # which may still meet what is fixed
    out |= {v for patient in _crowded(problem, one_each) for v in _movable(problem, one_each, patient)}
    return replace(problem, crowded=problem.crowded | out), _without(solution, out)


def _without(solution: Solution, out: Collection[int]) -> Solution:
    routes = tuple(tuple(v for v in route if v not in out) for route in solution.routes)
    starts = {v: at for v, at in solution.starts.items() if v not in out}
    return replace(solution, routes=routes, starts=starts, uncovered=tuple(sorted({*solution.uncovered, *out})))


def overlaps(problem: DayProblem, solution: Solution) -> Iterator[tuple[int, int]]:
    """Where one patient would be in two visits at once: a node of one that could be moved, and by how many seconds."""
    for stays in _by_patient(problem, solution).values():
        placed = [s for s in stays if not s.nodes or any(v in solution.starts for v in s.nodes)]
        last: _Stay | None = None
        for stay in sorted(placed, key=lambda s: (s.wanted, s.visit)):
            excess = last.wanted + last.care - stay.wanted if last else 0
            movable = [s.nodes[0] for s in (stay, last) if s and s.nodes and not s.fixed]
            if excess > 0 and movable:  # what has begun, or a person pinned, is not ours to part
                yield movable[0], excess
            last = stay if last is None or stay.wanted + stay.care > last.wanted + last.care else last


def _crowded(problem: DayProblem, solution: Solution) -> set[PartyId]:
    found = (problem.nodes[v].visit.patient_id for v, _ in overlaps(problem, solution))
    return {patient for patient in found if patient is not None}


def _movable(problem: DayProblem, solution: Solution, patient: PartyId) -> list[int]:
    own = [v for v in solution.starts if problem.nodes[v].visit.patient_id == patient and not problem.is_pinned(v)]
    return sorted(own, key=lambda v: (-problem.nodes[v].uncovered_price, solution.starts[v], v))


def _by_patient(problem: DayProblem, solution: Solution) -> dict[PartyId, list[_Stay]]:
    """The visits to each patient who has several, where the solution has them."""
    found: dict[PartyId, dict[VisitId, _Stay]] = defaultdict(dict)
    for stop in problem.frozen:
        if (patient := _whose(stop.visit)) is not None:
            start = problem.seconds(stop.starts_at)
            left = problem.seconds(stop.left_at) - 60 * stop.visit.documentation_minutes
            found[patient][stop.visit.id] = _Stay(
                stop.visit.id, (), start, start, max(0, left - start), start, fixed=True, price=0
            )
    for v, node in enumerate(problem.nodes):
        patient = _whose(node.visit)
        known = found[patient].get(node.visit.id) if patient is not None else None
        if patient is None or (known is not None and not known.nodes):  # another carer of it has begun
            continue
        wanted = solution.starts.get(v, known.wanted if known else node.open)
        found[patient][node.visit.id] = _stay(problem, v, node, known, wanted)
    return {patient: list(stays.values()) for patient, stays in found.items() if len(stays) > 1}


def _stay(problem: DayProblem, v: int, node: Node, known: _Stay | None, wanted: int) -> _Stay:
    """A visit by this node, and those of its other positions that came before."""
    nodes = (*known.nodes, v) if known else (v,)
    opens = max(node.open, known.open) if known else node.open
    closes = min(node.close, known.close) if known else node.close
    fixed = problem.is_pinned(v) or (known is not None and known.fixed)
    return _Stay(node.visit.id, nodes, opens, closes, node.care, wanted, fixed, node.uncovered_price)


def _whose(visit: Visit) -> PartyId | None:
    """Whom no one else may be with meanwhile; a shift at a patient's side is there for others to come."""
    return None if visit.kind is VisitKind.OPEN_SHIFT else visit.patient_id


def _cut_apart(
    problem: DayProblem, solution: Solution, crowded: Sequence[PartyId], solve: Solve
) -> tuple[DayProblem, Solution]:
    """Solve again with these patients' visits one after the other: as promised, else as it came, else by their windows.

    The first order that leaves out no more than before will do; else the best of them.
    """
    best: tuple[DayProblem, Solution] | None = None
    tried: list[DayProblem] = []
    for wish in (_promised, _as_it_came, _by_window):
        cut = problem
        for patient in crowded:
            cut = _apart(cut, _by_patient(problem, solution)[patient], wish)
        if any(cut.nodes == x.nodes and cut.crowded == x.crowded for x in tried):
            continue
        tried.append(cut)
        found = cut, solve(cut)
        if best is None or score(problem, found[1]).total < score(problem, best[1]).total:
            best = found
        if len(found[1].uncovered) <= len(solution.uncovered):
            break
    assert best is not None  # noqa: S101 - the first wish is always tried
    return best


_Wish = Callable[[DayProblem, _Stay], int]


def _promised(problem: DayProblem, stay: _Stay) -> int:
    told = problem.nodes[stay.nodes[0]].published if stay.nodes else None
    return told.start if told else stay.wanted


def _as_it_came(problem: DayProblem, stay: _Stay) -> int:
    return stay.wanted


def _by_window(problem: DayProblem, stay: _Stay) -> int:
    return stay.close + stay.care if not stay.fixed else stay.wanted


def _apart(problem: DayProblem, stays: Order, wish: _Wish) -> DayProblem:
    """The problem with these visits' windows cut so that none meets another; what has no room is left out."""
    nodes = list(problem.nodes)
    kept, out = list(stays), set[int]()
    while (starts := _laid_out(problem, kept, wish)) is None:
        movable = [s for s in kept if not s.fixed]
        if not movable:  # people fixed them so, or they have begun: nothing of it is ours to change
            return problem
        least = min(movable, key=lambda s: (s.price, -s.wanted, -s.visit))
        kept.remove(least)
        out |= set(least.nodes)
    for (before, _), (after, begins) in pairwise(starts):
        for v in () if before.fixed else before.nodes:
            nodes[v] = replace(nodes[v], close=min(nodes[v].close, begins - before.care))
        for v in () if after.fixed else after.nodes:
            nodes[v] = replace(nodes[v], open=max(nodes[v].open, begins))
    cut = {v for s in kept for v in s.nodes if nodes[v] != problem.nodes[v]}
    prices = tuple(tuple(None if v in out else price for v, price in enumerate(row)) for row in problem.prices)
    return replace(
        problem, nodes=tuple(nodes), prices=prices if out else problem.prices, crowded=problem.crowded | cut | out
    )


def _laid_out(problem: DayProblem, stays: Order, wish: _Wish) -> list[tuple[_Stay, int]] | None:
    """A start for each visit, one after the other; None where no order has room for all."""
    wanted = sorted(stays, key=lambda s: (wish(problem, s), s.close + s.care, s.visit))
    orders: list[Order] = [wanted, sorted(stays, key=lambda s: (s.close + s.care, s.visit))]
    if len(stays) <= MOST_TRIED:
        orders += list(permutations(wanted))
    for order in orders:
        for earliest in (False, True):
            if (starts := _in_order(order, earliest=earliest)) is not None:
                return list(zip(order, starts, strict=True))
    return None


def _in_order(order: Order, *, earliest: bool) -> list[int] | None:
    """Starts in this order, where they were wanted or as early as may be; None where one begins too late.

    Of two that are fixed, both stay where they are, whether or not they meet.
    """
    starts: list[int] = []
    free = ours_until = 0
    for stay in order:
        if stay.fixed:
            begins = stay.wanted
        else:
            begins = max(stay.open, free) if earliest else max(stay.open, free, min(stay.wanted, stay.close))
        if begins < ours_until or (not stay.fixed and begins > stay.close):
            return None
        starts.append(begins)
        free = max(free, begins + stay.care)
        ours_until = ours_until if stay.fixed else free
    return starts
