"""Why a pair may or may not be: one trace, from which solver, API, console and messages speak.

`explain` reads what the compiled rules say of one pair, the same bits that the solver plans by, and shows the values
they looked at; `cheapest_fix` names the fewest rules to relax, never one of law. What a relaxation costs is the
planner's to say (planner/day/fix.py tries it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from suture.model.ids import PartyId, VisitId
from suture.rules.area import Gap
from suture.rules.cel import RULE_FAULT, Value, Values
from suture.rules.cel_errors import fault_in_words
from suture.rules.compiled import Asked, CompiledRules
from suture.rules.evaluate import compiled_of
from suture.rules.families import About, Rule
from suture.rules.parts import Severity
from suture.rules.planes import NO, UNKNOWN
from suture.rules.verdicts import DayRules, Term, Unknown, Verdict
from suture.words.catalog import _, marked
from suture.words.reason import Reason, in_each_language, reason, some_of, text_of_rule


class Said(StrEnum):
    """What a rule says of a pair. `applies`: a price, a bound or a shape holds; `silent`: it does not concern them."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    APPLIES = "applies"
    SILENT = "silent"
    WAIVED = "waived"
    REPLACED = "replaced"


_SAID = {
    Said.PASS: marked("pass"),
    Said.FAIL: marked("fail"),
    Said.UNKNOWN: marked("unknown"),
    Said.APPLIES: marked("applies"),
    Said.SILENT: marked("silent"),
    Said.WAIVED: marked("waived"),
    Said.REPLACED: marked("replaced"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's part of the trace.

    `values` are the facts it read and found, `missing` those it lacked; `minutes` a price; `limits` its numbers in
    words. `by`: the waiver or rule that suspends it here, `until` the waiver's last day. `fault`: why its condition
    fails for this pair, which is the rule's own mistake.
    """

    rule_id: str
    kind: str
    severity: Severity
    said: Said
    title: str | Reason
    because: str
    values: Mapping[str, Value]
    missing: tuple[str, ...] = ()
    minutes: int = 0
    limits: str = ""
    by: str = ""
    until: date | None = None
    fault: Reason | None = None

    @property
    def blocks(self) -> bool:
        """Whether it alone keeps the pair apart."""
        return self.said in (Said.FAIL, Said.UNKNOWN)

    @property
    def untold(self) -> Reason:
        """Why it is unknown: its own condition fails, or a fact is not there."""
        if self.fault:
            return reason("cover.rule_fails", title=self.title, fault=self.fault)
        return reason("cover.facts_missing", title=self.title, fields=some_of(self.missing))

    def __str__(self) -> str:
        facts = ", ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())
        missing = ", ".join(field for field in self.missing if field != RULE_FAULT)
        title, because = text_of_rule(self.title), text_of_rule(self.because)
        limits = f" [{self.limits}]" if self.limits.rstrip(".") not in ("", title) else ""
        minutes = f"{self.minutes:+}"
        price = " " + _("({minutes} min of driving)", minutes=minutes) if self.minutes else ""
        failed = (
            " – " + _("the condition of rule {rule} fails: {fault}", rule=self.rule_id, fault=self.fault)
            if self.fault
            else ""
        )
        read = "; ".join(part for part in (facts, _("missing: {fields}", fields=missing) if missing else "") if part)
        shown = f" ({read})" if read else ""
        return f"{self._said()}: {title}{limits}{price}{failed} – {because}{shown}"

    def _said(self) -> str:
        """What the rule says, and who suspends it."""
        if not self.by:
            return _(_SAID[self.said])
        if self.until:
            return _("waived by {by} until {until}", by=self.by, until=self.until)
        return _("replaced by {by}", by=self.by)


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
    `price_minutes` of driving, all prices together: what the pair costs once that is done; None where the planner was
    not asked, or where `blocked` says what no rule can fix, such as the time.
    """

    clinician: PartyId
    visit: VisitId
    verify: tuple[str, ...]
    relax: tuple[str, ...]
    law: tuple[str, ...]
    price_minutes: int | None = None
    blocked: Reason | None = None

    @property
    def possible(self) -> bool:
        """Whether there is a fix at all."""
        return not self.law and self.blocked is None

    @property
    def steps(self) -> int:
        """How many things must happen: verified facts and relaxed rules."""
        return len(self.verify) + len(self.relax)


def explain(rules: DayRules, clinician: PartyId, visit: VisitId) -> Trace:
    """What every rule in force says of this pair. Raises KeyError for whoever is not of the day."""
    compiled = compiled_of(rules)
    lines = tuple(_line(rules, compiled, asked, (clinician, visit)) for asked in compiled.asked)
    return Trace(rules.rulebook_hash, clinician, visit, lines)


def blocking_lines(rules: DayRules, clinician: PartyId, visit: VisitId) -> tuple[Line, ...]:
    """The lines of the trace that keep a pair apart."""
    verdict, compiled = rules.pairs[clinician, visit], compiled_of(rules)
    blocking = {*verdict.failed, *(unknown.rule_id for unknown in verdict.unknown)}
    return tuple(
        _line(rules, compiled, asked, (clinician, visit)) for asked in compiled.asked if asked.rule.id in blocking
    )


def cheapest_fix(trace: Trace) -> Fix:
    """The fewest rules to relax for this pair: all that forbid it, none of law."""
    against = [line for line in trace.lines if line.blocks]
    breaks = [x for x in against if x.said is Said.FAIL or RULE_FAULT in x.missing]
    law = tuple(line.rule_id for line in breaks if line.severity is Severity.LAW)
    missing = {field: None for line in against if line.said is Said.UNKNOWN for field in line.missing}
    faults = tuple(x.rule_id for x in against if x.said is Said.UNKNOWN and RULE_FAULT in x.missing)
    relax = tuple(line.rule_id for line in against if line.said is Said.FAIL)
    verify = tuple(field for field in missing if field != RULE_FAULT)
    return Fix(trace.clinician, trace.visit, verify, () if law else (*relax, *faults), law)


def _line(rules: DayRules, compiled: CompiledRules, asked: Asked, pair: tuple[PartyId, VisitId]) -> Line:
    rule = asked.rule
    own, facts = compiled.clinicians[pair[0]], compiled.visits[pair[1]]
    both = {**own, **facts}
    reads = {field: None for condition in asked.checked.conditions.values() for field in condition.reads}
    gap: Gap | None = None
    if asked.area.covers(rule.about, own, facts):
        said, missing, minutes = _said(rules, compiled, asked, pair)
    else:
        gap = next((gap for gap in asked.area.without if gap.covers(own, facts)), None)
        waived = Said.WAIVED if gap and gap.until else Said.REPLACED
        said, missing, minutes = (waived if gap else Said.SILENT), (), 0
    return Line(
        rule_id=rule.id,
        kind=rule.kind,
        severity=rule.severity,
        said=said,
        title=rule.heading,
        because=rule.because,
        values={field: both[field] for field in reads if field in both},
        missing=missing,
        minutes=minutes,
        limits=_limits(rules, rule, pair[0]),
        by=gap.by if gap else "",
        until=gap.until if gap else None,
        fault=_fault(asked, both) if RULE_FAULT in missing else None,
    )


def _said(
    rules: DayRules, compiled: CompiledRules, asked: Asked, pair: tuple[PartyId, VisitId]
) -> tuple[Said, tuple[str, ...], int]:
    """Read off what the solver reads: the verdict of the pair, the limits, and the truths of rules of visits."""
    rule, verdict = asked.rule, rules.pairs[pair]
    if rule.id in verdict.failed:
        return Said.FAIL, (), 0
    if unknown := next((x for x in verdict.unknown if x.rule_id == rule.id), None):
        return Said.UNKNOWN, unknown.fields, 0
    minutes = sum(term.minutes for term in verdict.terms if term.rule_id == rule.id)
    if rule.about is About.PAIR and not rule.refuses and not minutes:
        return Said.SILENT, _lacking(compiled, asked, pair), 0
    missing: tuple[str, ...] = ()
    if rule.about is About.VISIT:
        truth = int(compiled.applies_to(asked)[compiled.column_of[pair[1]]])
        if truth == NO:
            return Said.SILENT, (), minutes
        missing = _lacking(compiled, asked, pair) if truth == UNKNOWN else ()
    elif rule.about is About.CLINICIAN:
        counted = next((x.visits for x in rules.limits if (x.rule_id, x.clinician_id) == (rule.id, pair[0])), None)
        if counted is not None and pair[1] not in counted:
            return Said.SILENT, (), 0
    return (Said.PASS if rule.refuses else Said.APPLIES), missing, minutes


def _lacking(compiled: CompiledRules, asked: Asked, pair: tuple[PartyId, VisitId]) -> tuple[str, ...]:
    """The facts without which it could not be told whether a rule applies."""
    values = {**compiled.clinicians[pair[0]], **compiled.visits[pair[1]]}
    answers = {slot: condition.evaluate(values) for slot, condition in asked.checked.conditions.items()}
    return asked.rule.applies(answers).missing


def _fault(asked: Asked, values: Values) -> Reason | None:
    """Why a condition of the rule fails for these values."""
    answers = (condition.evaluate(values) for condition in asked.checked.conditions.values())
    fault = next((answer.fault for answer in answers if answer.fault), "")
    return in_each_language(lambda: fault_in_words(fault)) if fault else None


def _limits(rules: DayRules, rule: Rule, clinician: PartyId) -> str:
    """The numbers of a rule in words, and what earlier days took of them."""
    if rule.about is About.PAIR:
        return ""
    used = next((x.used for x in rules.limits if (x.rule_id, x.clinician_id) == (rule.id, clinician)), 0)
    said = rule.sentence()
    return _("{said} Earlier days took {used}.", said=said, used=used) if used else said


def _shown(value: Value) -> str:
    return (
        f"[{', '.join(value)}]" if isinstance(value, tuple) else repr(value) if isinstance(value, str) else str(value)
    )
