"""What it costs to relax the rules that keep a clinician from a visit: the pair is tried in the plan as it stands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.model.plan import Stage
from suture.planner.day.explain import try_row, why_not_then
from suture.planner.day.problem import DayProblem, build, called_for
from suture.planner.day.rebalance import legal_part
from suture.planner.day.reference import Failure, score
from suture.planner.day.solution import from_assignments
from suture.rules.evaluate import compiled_of
from suture.rules.explain import Fix
from suture.rules.parts import Severity
from suture.rules.verdicts import DayRules, Verdict
from suture.words.reason import reason


def priced(fix: Fix, day: Day, rules: DayRules, *, now: datetime) -> Fix:
    """The fix with its price, and with the limits, rests and series that the clinician's day would break as well.

    The price is that of the cheapest place in her route once all of it is relaxed, above the plan without the visit.
    """
    relaxed = _without_pair_rules(rules, fix)
    called = called_for(day, day.visits[fix.visit].position_keys()) if day.plan.stage is Stage.PUBLISHED else {}
    while fix.possible:
        problem = build(day, relaxed, now=now, called=called)
        found = _tried(problem, fix.clinician, fix.visit)
        if found is None:
            return replace(fix, blocked=reason("cover.cannot_move"))
        if not isinstance(found, Failure):
            return replace(fix, price_minutes=-(-found // 60))
        _, _, rule_id = found.rule.partition(":")
        if not rule_id or rule_id in fix.relax:
            minutes = -(-found.excess // 60)
            return replace(fix, blocked=why_not_then(rules, found, minutes, own=_is_own(problem, found, fix.visit)))
        if _severity(rules, rule_id) is Severity.LAW:
            return replace(fix, relax=(), law=(rule_id,))
        fix = replace(fix, relax=(*fix.relax, rule_id))
        relaxed = _without(relaxed, rule_id, fix.clinician)
    return fix


def _tried(problem: DayProblem, clinician: PartyId, visit: VisitId) -> int | Failure | None:
    """Seconds the cheapest place costs, or what fails at the nearest one; None where there is nothing to try."""
    planned = from_assignments(problem, problem.day.plan)
    costs: list[int] = []
    failures: list[Failure] = []
    for v, node in enumerate(problem.nodes):
        if node.visit.id != visit or problem.is_pinned(v):
            continue
        rows = [r for r in problem.rows_of.get(clinician, ()) if problem.prices[r][v] is not None]
        base = legal_part(problem, planned, {v}) if rows else planned
        for r in rows:
            trial = try_row(problem, base, v, r)
            if isinstance(trial, Failure):
                failures.append(trial)
            else:
                costs.append(trial.cost - score(problem, base).total + node.uncovered_price)
    return min(costs) if costs else min(failures, key=lambda x: x.excess, default=None)


def _is_own(problem: DayProblem, failure: Failure, visit: VisitId) -> bool:
    return failure.node is not None and problem.nodes[failure.node].visit.id == visit


def _without_pair_rules(rules: DayRules, fix: Fix) -> DayRules:
    """The rules as if nothing ruled the pair out: its facts verified, its rules relaxed."""
    pair = (fix.clinician, fix.visit)
    pairs: Mapping[tuple[PartyId, VisitId], Verdict] = {**rules.pairs, pair: Verdict(terms=rules.pairs[pair].terms)}
    return replace(rules, pairs=pairs)


def _without(rules: DayRules, rule_id: str, clinician: PartyId) -> DayRules:
    """The rules without a limit or a rest of this clinician, or without a series."""
    return replace(
        rules,
        limits=tuple(x for x in rules.limits if (x.rule_id, x.clinician_id) != (rule_id, clinician)),
        rests=tuple(x for x in rules.rests if (x.rule_id, x.clinician_id) != (rule_id, clinician)),
        series=tuple(x for x in rules.series if x.rule_id != rule_id),
    )


def _severity(rules: DayRules, rule_id: str) -> Severity:
    return next(asked.rule.severity for asked in compiled_of(rules).asked if asked.rule.id == rule_id)
