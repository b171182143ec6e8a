"""Which visits are in each other's way: a smallest set that cannot all be done by those who may, and the rules of it.

It is grown around a position without a clinician until it does not fit, then filtered: what it does not need is left
out. What has begun or is pinned is fixed and what is planned is not, so that it is true of every plan of the day. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from suture.model.ids import PartyId, VisitId
from suture.planner.day.fit import Fit, OutOfWork, Work
from suture.planner.day.problem import DayProblem
from suture.rules.verdicts import DayRules

MOST_NODES = 8
"""A set of more positions than this helps no one: it is not looked for."""
NEAR = 16
"""This many positions of one row, the nearest in time, are looked at."""

T = TypeVar("T", int, str)
Against = Mapping[tuple[PartyId, VisitId], frozenset[str]]
"""The rules that keep a clinician who works then from a visit."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nodes that cannot all be done, of which none can be left out, and the rules without which they could.

    `may`: who may do each of them and has the time for it alone. `kept_away`: whom those rules keep from any of them.
    `is_smallest`: not so where the limit on work ended the filter.
    """

    nodes: tuple[int, ...]
    may: Mapping[VisitId, tuple[PartyId, ...]]
    rules: tuple[str, ...]
    kept_away: tuple[PartyId, ...]
    is_smallest: bool

    @property
    def visits(self) -> tuple[VisitId, ...]:
        """The visits of the set, by id."""
        return tuple(sorted(self.may))


def conflicts(
    problem: DayProblem, rules: DayRules, uncovered: Sequence[int], work: Work
) -> tuple[tuple[Conflict, ...], frozenset[int]]:
    """What these nodes, which have no clinician, conflict with, the same set once.

    Besides, the nodes of which that stays unknown: the limit came first. Nothing is found for a node that no one may
    do, or has time for: that is its own matter. Nor where all would fit, so that only prices keep it out.
    """
    fit, found, seen = Fit(problem, work, most=MOST_NODES), list[Conflict](), set[frozenset[VisitId]]()
    unknown: set[int] = set()
    for i, v in enumerate(uncovered):
        work.share_among(len(uncovered) - i)
        try:
            grown = _grown(fit, v, frozenset(uncovered))
        except OutOfWork:
            unknown.add(v)
            continue
        nodes, is_smallest = _filtered(grown, lambda some: not fit.fits(some), keep=v)
        visits = frozenset(problem.nodes[u].visit.id for u in nodes)
        if len(visits) > 1 and visits not in seen:
            seen.add(visits)
            found.append(_described(fit, rules, nodes, is_smallest=is_smallest))
    return tuple(found), frozenset(unknown)


def _grown(fit: Fit, v: int, uncovered: frozenset[int]) -> tuple[int, ...]:
    """The node and planned ones that do not fit together; empty where no small set is like that."""
    found = [v]
    if not fit.rows_for(v) or fit.is_free(v):
        return ()
    while len(found) < MOST_NODES:
        rows = {r for u in found for r in fit.rows_for(u)}
        pool = {u for r in rows for u in fit.nearest(r, v, NEAR)} - uncovered - {*found}
        close = [
            (len(own - rows), fit.gap(u, v), u) for u in pool if (own := {*fit.rows_for(u)}) and not fit.is_free(u)
        ]
        if not close:
            return ()
        found.append(min(close)[2])
        if not fit.fits(found):
            return tuple(found) if fit.fits(found[1:]) else ()  # what is planned can be done, whatever is found here
    return ()


def _filtered(
    found: Sequence[T], still: Callable[[Sequence[T]], bool], keep: T | None = None
) -> tuple[tuple[T, ...], bool]:
    """What is left when nothing more can be left out; False where the limit came first."""
    kept = list(found)
    try:
        for one in reversed(found):
            fewer = [x for x in kept if x != one]
            if one != keep and still(fewer):
                kept = fewer
    except OutOfWork:
        return tuple(sorted(kept)), False
    return tuple(sorted(kept)), True


def _described(fit: Fit, rules: DayRules, nodes: tuple[int, ...], *, is_smallest: bool) -> Conflict:
    problem = fit.problem
    may: dict[VisitId, tuple[PartyId, ...]] = {}
    for v in nodes:
        own = {problem.rows[r].clinician_id for r in fit.rows_for(v)}
        visit_id = problem.nodes[v].visit.id
        may[visit_id] = tuple(sorted({*may.get(visit_id, ()), *own}))
    against, is_known = _against(fit, rules, nodes)

    def without_others(some: Sequence[str]) -> bool:
        return not Fit(_relaxed(problem, rules, nodes, against, {*some}), fit.work, most=MOST_NODES).fits(nodes)

    named = sorted({rule for found in against.values() for rule in found})
    needed, is_whole = _filtered(named, without_others)
    kept_away = tuple(sorted({c for (c, _), found in against.items() if not found.isdisjoint(needed)}))
    return Conflict(nodes, may, needed, kept_away, is_smallest and is_known and is_whole)


def _against(fit: Fit, rules: DayRules, nodes: Sequence[int]) -> tuple[Against, bool]:
    """What keeps those who work in the windows of the nodes from them; False where the limit came first."""
    problem, found = fit.problem, dict[tuple[PartyId, VisitId], frozenset[str]]()
    try:
        for v in nodes:
            for clinician_id, own in problem.rows_of.items():
                fit.work.spend(1)
                verdict = rules.pairs.get((clinician_id, problem.nodes[v].visit.id))
                if verdict and not verdict.eligible and any(problem.meets_window(r, v) for r in own):
                    names = frozenset({*verdict.failed, *(u.rule_id for u in verdict.unknown)})
                    found[clinician_id, problem.nodes[v].visit.id] = names
    except OutOfWork:
        return found, False
    return found, True


def _relaxed(
    problem: DayProblem, rules: DayRules, nodes: Sequence[int], against: Against, in_force: set[str]
) -> DayProblem:
    """The problem with only these of the rules that keep people away."""
    let_in = {pair for pair, found in against.items() if found.isdisjoint(in_force)} - problem.day.declined
    prices = list(problem.prices)
    for r, row in enumerate(problem.rows):
        own = list(prices[r])
        for v in nodes:
            pair = row.clinician_id, problem.nodes[v].visit.id
            if pair in let_in and not problem.is_pinned(v) and problem.admits(r, v):
                own[v] = None if rules.refused_seat(*pair, problem.nodes[v].key.position) else 0
        prices[r] = tuple(own)
    return replace(problem, prices=tuple(prices))
