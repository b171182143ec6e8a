"""Why a pair may or may not be: one trace, from which solver, API, console and messages speak.

`explain` asks every rule in force about one pair and shows the values it looked at; `cheapest_fix` names the fewest
rules to relax, never one of law. What a relaxation would cost is the planner's to say (planner/explain.py tries it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules import vocabulary
from suture.rules.base import HardRule, PairRule, PricedRule, RowRule, Severity, VisitRule
from suture.rules.book import Rulebook
from suture.rules.cel import RULE_FAULT, Answer, Value, Values
from suture.rules.compile import areas
from suture.rules.compiled import Area
from suture.rules.evaluate import evaluate
from suture.rules.kinds.window import Window
from suture.rules.relations import CheckedRule
from suture.rules.verdicts import DayRules, Term, Unknown, Verdict


class Said(StrEnum):
    """What a rule says of a pair. `applies`: a price, a bound or a shape holds; `silent`: it does not concern them."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    APPLIES = "applies"
    SILENT = "silent"
    WAIVED = "waived"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's part of the trace.

    `values` are the facts it read and found, `missing` those it lacked; `minutes` a price; `limits` its numbers in
    words. `by`: the waiver or rule that suspends it here, `until` the waiver's last day.
    """

    rule_id: str
    kind: str
    severity: Severity
    said: Said
    title: str
    because: str
    values: Mapping[str, Value]
    missing: tuple[str, ...] = ()
    minutes: int = 0
    limits: str = ""
    by: str = ""
    until: date | None = None

    @property
    def blocks(self) -> bool:
        """Whether it alone keeps the pair apart."""
        return self.said in (Said.FAIL, Said.UNKNOWN)

    def __str__(self) -> str:
        facts = ", ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())
        lacking = f"; missing: {', '.join(self.missing)}" if self.missing else ""
        price = f" ({self.minutes:+} min of driving)" if self.minutes else ""
        waived = f" by {self.by}" + (f" until {self.until}" if self.until else "") if self.by else ""
        limits = f" [{self.limits}]" if self.limits else ""
        return f"{self.said}{waived}: {self.title}{limits}{price} – {self.because}" + (
            f" ({facts}{lacking})" if facts or lacking else ""
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """What every rule in force says of one pair, by id."""

    rulebook_hash: str
    clinician: PartyId
    visit: VisitId
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """The same as the compiled verdict of the pair."""
        return Verdict(
            failed=tuple(line.rule_id for line in self.lines if line.said is Said.FAIL),
            unknown=tuple(Unknown(x.rule_id, x.missing) for x in self.lines if x.said is Said.UNKNOWN),
            terms=tuple(Term(x.rule_id, x.minutes) for x in self.lines if x.minutes),
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """What would let a pair be: facts to verify first, then the fewest rules to relax.

    `law`: rules of law that it breaks; where there is one, nothing here can be relaxed and `relax` is empty.
    """

    clinician: PartyId
    visit: VisitId
    verify: tuple[str, ...]
    relax: tuple[str, ...]
    law: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether there is a fix at all."""
        return not self.law

    @property
    def steps(self) -> int:
        """How many things must happen: verified facts and relaxed rules."""
        return len(self.verify) + len(self.relax)


def explain(rulebook: Rulebook, day: Day, clinician: PartyId, visit: VisitId, rules: DayRules | None = None) -> Trace:
    """What every rule in force says of this pair. Raises KeyError for whoever is not of the day.

    `rules` is `evaluate(rulebook, day)`, for callers with many pairs.
    """
    values = vocabulary.day_values(day)
    own, facts = values.clinicians[clinician], values.visits[visit]
    known = rules or evaluate(rulebook, day)
    in_force = areas(rulebook.effective(day.service_date), rulebook.waived(day.service_date), day.branch)
    lines = tuple(
        _line(rulebook, known, day, checked, area, own, facts, (clinician, visit)) for checked, area in in_force
    )
    return Trace(rulebook.hash, clinician, visit, lines)


def cheapest_fix(trace: Trace) -> Fix:
    """The fewest rules to relax for this pair: all that stand against it, none of law."""
    stands = [line for line in trace.lines if line.blocks]
    law = tuple(line.rule_id for line in stands if line.said is Said.FAIL and line.severity is Severity.LAW)
    missing = {field: None for line in stands if line.said is Said.UNKNOWN for field in line.missing}
    faults = tuple(x.rule_id for x in stands if x.said is Said.UNKNOWN and RULE_FAULT in x.missing)
    relax = tuple(line.rule_id for line in stands if line.said is Said.FAIL)
    verify = tuple(field for field in missing if field != RULE_FAULT)
    return Fix(trace.clinician, trace.visit, verify, () if law else (*relax, *faults), law)


def cheapest_fixes(rulebook: Rulebook, day: Day, visit: VisitId, most: int = 3) -> tuple[Fix, ...]:
    """The nearest fixes for a visit that nobody may do, over all clinicians: possible and shortest ones first."""
    rules = evaluate(rulebook, day)
    fixes = [cheapest_fix(explain(rulebook, day, clinician, visit, rules)) for clinician in sorted(day.clinicians)]
    return tuple(sorted(fixes, key=lambda f: (not f.possible, f.steps, f.clinician))[:most])


def _line(
    rulebook: Rulebook,
    rules: DayRules,
    day: Day,
    checked: CheckedRule,
    area: Area,
    own: Values,
    facts: Values,
    pair: tuple[PartyId, VisitId],
) -> Line:
    rule = checked.rule
    both = {**own, **facts}
    answers = {slot: condition.evaluate(both) for slot, condition in checked.conditions.items()}
    reads = {field: None for condition in checked.conditions.values() for field in condition.reads}
    said, missing, minutes = _said(rules, checked, answers, pair)
    by, until = "", None
    if not _speaks(area, rule, own, facts):
        said, missing, minutes = Said.SILENT, (), 0
        by, until = _suspended(rulebook, day, checked, own, facts)
        if by:
            said = Said.WAIVED if until else Said.REPLACED
    return Line(
        rule_id=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        said=said,
        title=rule.title or rule.sentence(),
        because=rule.because,
        values={field: both[field] for field in reads if field in both},
        missing=missing,
        minutes=minutes,
        limits=rule.sentence() if isinstance(rule, RowRule | VisitRule) else "",
        by=by,
        until=until,
    )


def _said(
    rules: DayRules, checked: CheckedRule, answers: Mapping[str, Answer], pair: tuple[PartyId, VisitId]
) -> tuple[Said, tuple[str, ...], int]:
    rule = checked.rule
    if isinstance(rule, HardRule):
        kept = rule.kept(answers)
        if kept.truth is None:
            return Said.UNKNOWN, kept.missing or (RULE_FAULT,), 0
        return (Said.PASS if kept.truth else Said.FAIL), (), 0
    if isinstance(rule, PricedRule):
        when = answers["when"]
        return (Said.APPLIES, (), rule.price()) if when.truth else (Said.SILENT, when.missing, 0)
    if isinstance(rule, RowRule):
        counted = next((x.visits for x in rules.limits if (x.rule_id, x.clinician_id) == (rule.id, pair[0])), None)
        return (Said.SILENT if counted is not None and pair[1] not in counted else Said.APPLIES), (), 0
    return _of_visit(rules, checked, answers, pair)


def _of_visit(
    rules: DayRules, checked: CheckedRule, answers: Mapping[str, Answer], pair: tuple[PartyId, VisitId]
) -> tuple[Said, tuple[str, ...], int]:
    rule, verdict = checked.rule, rules.pairs[pair]
    if rule.id in verdict.failed:
        return Said.FAIL, (), 0
    minutes = sum(term.minutes for term in verdict.terms if term.rule_id == rule.id)
    when = answers.get("when", Answer(True))
    missing = when.missing if when.truth is None else ()
    if isinstance(rule, Window) and when.truth is not False:
        return Said.PASS, missing, 0
    return (Said.SILENT if when.truth is False else Said.APPLIES), missing, minutes


def _speaks(area: Area, rule: object, own: Values, facts: Values) -> bool:
    if isinstance(rule, RowRule):
        return area.binds(own)
    mask = area.mask([own], [facts]) if isinstance(rule, PairRule) else area.mask([{}], [facts])
    return mask is None or bool(mask[0, 0])


def _suspended(
    rulebook: Rulebook, day: Day, checked: CheckedRule, own: Values, facts: Values
) -> tuple[str, date | None]:
    """The waiver, or the rule in its place, that keeps a rule silent here; nothing where its own scope does."""
    for waiver in rulebook.waived(day.service_date):
        if waiver.rule == checked.rule.id and _covers(Area(waiver.scope), own, facts):
            return waiver.id, waiver.until
    for other in rulebook.effective(day.service_date):
        if other.rule.replaces == checked.rule.id and _covers(Area(other.rule.scope), own, facts):
            return other.rule.id, None
    return "", None


def _covers(area: Area, own: Values, facts: Values) -> bool:
    mask = area.mask([own], [facts])
    return mask is None or bool(mask[0, 0])


def _shown(value: Value) -> str:
    return (
        f"[{', '.join(value)}]" if isinstance(value, tuple) else repr(value) if isinstance(value, str) else str(value)
    )
