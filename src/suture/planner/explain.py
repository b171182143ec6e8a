"""Why a visit is where it is, and why not elsewhere: read off the arrays that the searches price with."""

from collections import Counter as Bag
from dataclasses import dataclass

from suture.planner.plan import Plan
from suture.planner.problem import UNREACHABLE, Problem
from suture.planner.trial import Blocked, Trial, try_row, without

NO_WAY = UNREACHABLE // 2
"""What is late by this much is out of reach: no loosening helps."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node against every row asked about.

    `chosen`: where it is, priced as if it were put there now; None where it is left out. `others`: legal rows,
    cheapest first. `blocked`: the rest, nearest first. `count`: rows blocked by a rule; `sole`: by nothing else.
    `cheapest_fix`: the least loosening that would let one row take it, such as `window+12min`.
    """

    node: int
    chosen: Trial | None
    others: tuple[Trial, ...]
    blocked: tuple[Blocked, ...]
    count: dict[str, int]
    sole: dict[str, int]
    cheapest_fix: tuple[str, ...]


def explain(problem: Problem, plan: Plan, v: int, *, clinician: int | None = None) -> Explanation:
    """Why node `v` is where it is; with `clinician` (a number of `Rows.clinician`), only that person's rows."""
    asked = [r for r in range(problem.r) if clinician is None or problem.rows.clinician[r] == clinician]
    rest = without(problem, plan, v)
    here = plan.row_of(v)
    found = {r: try_row(problem, rest, v, r) for r in {*asked, *([] if here is None else [here])}}
    legal = sorted((x for x in found.values() if isinstance(x, Trial)), key=lambda x: (x.cost, x.row))
    blocked = sorted((x for x in found.values() if isinstance(x, Blocked)), key=_distance)
    return Explanation(
        v,
        next((x for x in legal if x.row == here), None),
        tuple(x for x in legal if x.row != here),
        tuple(blocked),
        dict(Bag(rule for x in blocked for rule in x.rules)),
        dict(Bag(x.rules[0] for x in blocked if len(x.rules) == 1)),
        _fix(problem, blocked),
    )


def _distance(x: Blocked) -> tuple[bool, int, int, int]:
    return "forbidden" in x.rules, len(x.rules), x.excess, x.row


def _fix(problem: Problem, blocked: list[Blocked]) -> tuple[str, ...]:
    """The rules of the row that comes nearest, each with the minutes (or items) it lacks; never a forbidden pair, nor a
    place out of reach."""
    nearest = next((x for x in blocked if x.excess < NO_WAY), None)
    if nearest is None or "forbidden" in nearest.rules:
        return ()
    minutes = -(-nearest.excess // problem.minute)
    return tuple(f"{rule}+{minutes}min" for rule in nearest.rules)
