"""Why a position has no clinician: read off the same arrays and words as the evaluator's.

No patient's name and no service appears in a sentence; clinicians are named by the caller.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from suture.model.ids import PartyId, PositionKey, VisitId
from suture.planner.day.problem import DayProblem
from suture.planner.day.reference import Failure, evaluate, score
from suture.planner.day.solution import Solution
from suture.rules.explain import Said, blocking_lines
from suture.rules.verdicts import DayRules, Unknown
from suture.words.reason import Reason, all_of, reason


class ReasonKind(StrEnum):
    """What keeps a clinician from a position."""

    RULES = "rules"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    NO_SHIFT = "no_shift"
    THERE_ALREADY = "there_already"
    TIME = "time"
    TOO_DEAR = "too_dear"


@dataclass(frozen=True, slots=True)
class ClinicianReason:
    """Why one clinician does not have the position.

    `rule_ids`: failed rules, or the time rule (`window`, `shift_end`, `rest:<id>`, `limit:<id>`, …). `excess_minutes`:
    how far that rule fails at the best place of the clinician's day. `price_seconds`: what taking it would cost where
    that is legal but costs more than leaving it.
    """

    clinician_id: PartyId
    kind: ReasonKind
    said: Reason
    rule_ids: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    excess_minutes: int = 0
    price_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A node put at one place of one row: the starts and cost of the whole solution with it."""

    row: int
    solution: Solution
    cost: int


def why_uncovered(
    problem: DayProblem, rules: DayRules, solution: Solution, key: PositionKey
) -> tuple[ClinicianReason, ...]:
    """One reason for each clinician of the day, those who come nearest to taking it first."""
    v = problem.node_of.get(key)
    if v is None:
        return ()
    reasons = [_reason(problem, rules, solution, v, c) for c in sorted(problem.day.clinicians)]
    return tuple(sorted(reasons, key=_distance))


def _distance(reason: ClinicianReason) -> tuple[int, int, PartyId]:
    order = (
        ReasonKind.TOO_DEAR,
        ReasonKind.TIME,
        ReasonKind.NO_SHIFT,
        ReasonKind.THERE_ALREADY,
        ReasonKind.DECLINED,
        ReasonKind.UNKNOWN,
    )
    rank = order.index(reason.kind) if reason.kind in order else len(order) + len(reason.rule_ids)
    return rank, reason.excess_minutes, reason.clinician_id


def _reason(problem: DayProblem, rules: DayRules, solution: Solution, v: int, clinician_id: PartyId) -> ClinicianReason:
    against = reason_against(problem, rules, solution, v, clinician_id)
    return against or _by_time(problem, rules, solution, v, clinician_id)


def reason_against(
    problem: DayProblem, rules: DayRules, solution: Solution, v: int, clinician_id: PartyId
) -> ClinicianReason | None:
    """What keeps a clinician from a node wherever it is put in their day: rules, their own no, no hours then."""
    visit, key = problem.nodes[v].visit, problem.nodes[v].key
    verdict = rules.pairs.get((clinician_id, visit.id))
    if verdict is None or not verdict.eligible:
        return _by_rules(rules, clinician_id, visit.id)
    if refused := rules.refused_seat(clinician_id, visit.id, key.position):
        because = all_of(reason("cover.because", because=_because(rules, rule)) for rule in refused)
        said = reason("cover.seat_because", seat=key.position, because=because)
        return ClinicianReason(clinician_id, ReasonKind.RULES, said, refused)
    if _has_another_seat(problem, solution, v, clinician_id):
        return ClinicianReason(clinician_id, ReasonKind.THERE_ALREADY, reason("cover.there_already"))
    if (clinician_id, visit.id) in problem.day.declined:
        return ClinicianReason(clinician_id, ReasonKind.DECLINED, reason("cover.declined"))
    rows = problem.rows_of.get(clinician_id, ())
    if not any(problem.meets_window(r, v) for r in rows):
        return ClinicianReason(clinician_id, ReasonKind.NO_SHIFT, reason("cover.no_shift"))
    return None


def _has_another_seat(problem: DayProblem, solution: Solution, v: int, clinician_id: PartyId) -> bool:
    """Whether the clinician is in another seat of the same visit: a visit for two needs two people."""
    planned = {u for r in problem.rows_of.get(clinician_id, ()) for u in solution.routes[r]}
    begun = {s.visit.id for s in problem.frozen if s.assignment.clinician_id == clinician_id}
    return not planned.isdisjoint(problem.nodes[v].partners) or problem.nodes[v].visit.id in begun


def _by_rules(rules: DayRules, clinician_id: PartyId, visit_id: VisitId) -> ClinicianReason:
    """What the rules' own trace says against the pair."""
    if (clinician_id, visit_id) not in rules.pairs:
        return ClinicianReason(clinician_id, ReasonKind.RULES, reason("cover.not_asked"))
    against = blocking_lines(rules, clinician_id, visit_id)
    failed = [line for line in against if line.said is Said.FAIL]
    unknown = [line for line in against if line.said is Said.UNKNOWN]
    said = [reason("cover.because", because=line.because) for line in failed]
    said += [line.untold for line in unknown]
    return ClinicianReason(
        clinician_id,
        ReasonKind.RULES if failed else ReasonKind.UNKNOWN,
        all_of(said),
        tuple(line.rule_id for line in failed),
        tuple(Unknown(line.rule_id, line.missing) for line in unknown),
    )


def _by_time(
    problem: DayProblem, rules: DayRules, solution: Solution, v: int, clinician_id: PartyId
) -> ClinicianReason:
    found = [try_row(problem, solution, v, r) for r in problem.rows_of[clinician_id]]
    legal = [x for x in found if isinstance(x, Trial)]
    if legal:
        price = min(x.cost for x in legal) - score(problem, solution).total + problem.nodes[v].uncovered_price
        said = reason("cover.price", minutes=-(-price // 60))
        return ClinicianReason(clinician_id, ReasonKind.TOO_DEAR, said, price_seconds=price)
    nearest = min((x for x in found if isinstance(x, Failure)), key=lambda x: x.excess)
    minutes = -(-nearest.excess // 60)
    said = why_not_then(rules, nearest, minutes, own=nearest.node == v)
    return ClinicianReason(clinician_id, ReasonKind.TIME, said, (nearest.rule,), excess_minutes=minutes)


def why_not_then(rules: DayRules, failure: Failure, minutes: int, *, own: bool) -> Reason:
    """What fails at the best place. `own`: at the node itself, not at one behind it."""
    name, _, rule_id = failure.rule.partition(":")
    match name:
        case "window":
            return reason("plan.window" if own else "plan.window_later", minutes=minutes)
        case "shift_end":
            return reason("plan.shift_end", minutes=minutes)
        case "rest":
            return reason("plan.rest", minutes=minutes, because=_because(rules, rule_id))
        case "limit":
            return reason("plan.limit", rule=rule_id, because=_because(rules, rule_id))
        case "together":
            return reason("plan.together", rule=rule_id, because=_because(rules, rule_id))
        case "same_clinician":
            return reason("cover.needs_two")
        case _:
            return reason("cover.colleague")


def try_row(problem: DayProblem, solution: Solution, v: int, r: int) -> Trial | Failure:
    """The cheapest legal place of a node in a row, or the failure with the least excess."""
    route = solution.routes[r]
    best: Trial | None = None
    nearest: Failure | None = None
    for i in range(len(route) + 1):
        order = (*route[:i], v, *route[i:])
        routes = (*solution.routes[:r], order, *solution.routes[r + 1 :])
        starts = evaluate(problem, routes)
        if isinstance(starts, Failure):
            if nearest is None or starts.excess < nearest.excess:
                nearest = starts
            continue
        trial = replace(
            solution, routes=routes, starts=starts, uncovered=tuple(u for u in solution.uncovered if u != v)
        )
        cost = score(problem, trial).total
        if best is None or cost < best.cost:
            best = Trial(r, trial, cost)
    if best is not None:
        return best
    return nearest or Failure("window", v, 0)


def _because(rules: DayRules, rule_id: str) -> str | Reason:
    return rules.because.get(rule_id) or rules.title(rule_id)
