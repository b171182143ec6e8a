"""Asks the rulebook about one branch-day: a verdict for every pair, and the bounds of every clinician.

The answers are compiled to arrays (`CompiledRules`); verdicts are read off its bits when someone looks at a pair.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules import vocabulary
from suture.rules.book import CheckedRule, Rulebook
from suture.rules.cel import RULE_FAULT, Values
from suture.rules.compile import areas, compile_rules
from suture.rules.compiled import CompiledRules
from suture.rules.on_day import effects_on, findings_of, only, seats_of, shapes_of, spreads_of
from suture.rules.shapes import shaped, shaping
from suture.rules.verdicts import DayRules, Finding, Gate, Limit, Rest, Series, Term, Unknown, Verdict

CLEAR = Verdict()
MOST_KEPT = 20_000
"""Verdicts of larger days are not kept for the next decision: their bits are."""


def evaluate(rulebook: Rulebook, day: Day) -> DayRules:
    """What the rules in force on the day say: all its clinicians × its plannable visits, shift or no shift."""
    with rulebook.kept.lock:
        return _evaluated(rulebook, day, compile_day(rulebook, day))


def _evaluated(rulebook: Rulebook, day: Day, compiled: CompiledRules) -> DayRules:
    effects = effects_on(compiled, day)
    return DayRules(
        rulebook_hash=rulebook.hash,
        pairs=PairVerdicts(compiled, findings_of(effects)),
        limits=(*only(effects, Limit), *spreads_of(compiled, effects)),
        rests=only(effects, Rest),
        titles={asked.rule.id: asked.rule.heading for asked in compiled.asked},
        because={asked.rule.id: asked.rule.because for asked in compiled.asked},
        shapes=shapes_of(compiled),
        series=only(effects, Series),
        gates=only(effects, Gate),
        seats=seats_of(effects),
        waivers=tuple(waiver.id for waiver in rulebook.waived(day.service_date)),
    )


def compile_day(rulebook: Rulebook, day: Day) -> CompiledRules:
    """The rules in force on the day as arrays; of a day asked about before, only what has changed is asked again."""
    values = vocabulary.day_values(day)

    def from_scratch() -> CompiledRules:
        rules = areas(rulebook.effective(day.service_date), rulebook.waived(day.service_date), day.branch)
        return compile_rules(rules, values.clinicians, values.visits)

    return rulebook.kept.compiled((day.branch, day.service_date), values, from_scratch)


def shape(rulebook: Rulebook, day: Day) -> Day:
    """The day with its visits and ways as the rules in force on it make them; the same day where none does."""
    if not any(shaping(checked.rule) for checked in rulebook.effective(day.service_date)):
        return day
    return shaped(day, evaluate(rulebook, day))


class PairVerdicts(Mapping[tuple[PartyId, VisitId], Verdict]):
    """The verdict of every pair of a day, made when it is looked at. `compiled` holds the arrays behind it.

    `findings`: what rules say of pairs in view of the whole day, such as of who had the patient earlier in the week.
    """

    def __init__(
        self, compiled: CompiledRules, findings: Mapping[tuple[PartyId, VisitId], Sequence[Finding]] | None = None
    ) -> None:
        self.compiled = compiled
        self.findings = findings or {}
        self._made = compiled.verdicts if len(self) <= MOST_KEPT else {}
        self._rules = {asked.rule.id: asked.checked for asked in compiled.asked}

    def __getitem__(self, pair: tuple[PartyId, VisitId]) -> Verdict:
        if (made := self._made.get(pair)) is None:
            made = self._made[pair] = self._verdict(pair)
        return _with_findings(made, more) if (more := self.findings.get(pair)) else made

    def __iter__(self) -> Iterator[tuple[PartyId, VisitId]]:
        return ((c, v) for c in self.compiled.clinicians for v in self.compiled.visits)

    def __len__(self) -> int:
        return len(self.compiled.clinicians) * len(self.compiled.visits)

    def _verdict(self, pair: tuple[PartyId, VisitId]) -> Verdict:
        clinician, visit = pair
        failed, unknown, priced = self.compiled.broken(clinician, visit)
        if not (failed or unknown or priced):
            return CLEAR
        values = {**self.compiled.clinicians[clinician], **self.compiled.visits[visit]}
        terms = [Term(name, self._rules[name].rule.price()) for name in priced]
        return Verdict(
            failed=failed,
            unknown=tuple(Unknown(name, _lacking(self._rules[name], values)) for name in unknown),
            terms=tuple(term for term in terms if term.minutes),
        )


def _with_findings(verdict: Verdict, more: Sequence[Finding]) -> Verdict:
    return replace(
        verdict,
        failed=(*verdict.failed, *(f for f in more if isinstance(f, str))),
        terms=(*verdict.terms, *(f for f in more if isinstance(f, Term))),
    )


def _lacking(checked: CheckedRule, values: Values) -> tuple[str, ...]:
    finding = judge(checked, values)
    return finding.fields if isinstance(finding, Unknown) else (RULE_FAULT,)


def judge(checked: CheckedRule, values: Values) -> Finding:
    """What one rule of pairs says of one pair, from the values of both sides."""
    rule = checked.rule
    answers = {slot: condition.evaluate(values) for slot, condition in checked.conditions.items()}
    kept = rule.kept(answers)
    if kept.truth is None:
        return Unknown(rule.id, kept.missing or (RULE_FAULT,))
    if not kept.truth:
        return rule.id
    return Term(rule.id, rule.price()) if rule.price() and rule.applies(answers).truth else None


def compiled_of(rules: DayRules) -> CompiledRules:
    """The arrays behind what the rulebook said of a day."""
    if not isinstance(rules.pairs, PairVerdicts):
        raise TypeError(f"The rules of {rules.rulebook_hash} were not compiled. Maybe they were made by hand.")
    return rules.pairs.compiled
