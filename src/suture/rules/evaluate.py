"""Asks the rulebook about one branch-day: a verdict for every pair, and the bounds of every clinician.

The answers are compiled to arrays (`CompiledRules`); verdicts are read off its bits when somebody looks at a pair.
"""

from collections.abc import Iterator, Mapping, Sequence

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules import vocabulary
from suture.rules.base import HardRule, PricedRule, RowRule
from suture.rules.book import CheckedRule, Rulebook
from suture.rules.cel import RULE_FAULT, Values
from suture.rules.compile import areas, compile_rules
from suture.rules.compiled import Area, CompiledRules
from suture.rules.effects import gates_of, groups_of, second_seats, shapes_of, with_series
from suture.rules.kinds.pair import Pair
from suture.rules.kinds.stretch import Stretch
from suture.rules.kinds.window import Window
from suture.rules.shapes import shaped
from suture.rules.verdicts import DayRules, Limit, Rest, Term, Unknown, Verdict

Finding = str | Unknown | Term | None
"""What one rule says of one pair: the id of the rule it breaks, what cannot be told, a price, or nothing."""

CLEAR = Verdict()


def evaluate(rulebook: Rulebook, day: Day) -> DayRules:
    """What the rules in force on the day say: all its clinicians × its plannable visits, shift or no shift."""
    values = vocabulary.day_values(day)
    waivers = rulebook.waived(day.service_date)
    rules = areas(rulebook.effective(day.service_date), waivers, day.branch)
    compiled = compile_rules(rules, values.clinicians, values.visits)
    bounds = _bounds(rules, day, values)
    return DayRules(
        rulebook_hash=rulebook.hash,
        pairs=PairVerdicts(compiled, with_series(compiled, day)),
        limits=tuple(bound for bound in bounds if isinstance(bound, Limit)),
        rests=tuple(bound for bound in bounds if isinstance(bound, Rest)),
        titles={checked.rule.id: checked.rule.title or checked.rule.sentence() for checked, _ in rules},
        because={checked.rule.id: checked.rule.because for checked, _ in rules},
        shapes=shapes_of(compiled),
        groups=groups_of(compiled, day),
        gates=gates_of(compiled),
        second_seats=second_seats(compiled),
        waivers=tuple(waiver.id for waiver in waivers),
    )


def compile_day(rulebook: Rulebook, day: Day) -> CompiledRules:
    """The rules in force on the day as arrays."""
    values = vocabulary.day_values(day)
    rules = areas(rulebook.effective(day.service_date), rulebook.waived(day.service_date), day.branch)
    return compile_rules(rules, values.clinicians, values.visits)


def shape(rulebook: Rulebook, day: Day) -> Day:
    """The day with its visits and ways as the rules in force on it make them; the same day where none does."""
    if not any(isinstance(checked.rule, Window | Stretch | Pair) for checked in rulebook.effective(day.service_date)):
        return day
    return shaped(day, evaluate(rulebook, day))


class PairVerdicts(Mapping[tuple[PartyId, VisitId], Verdict]):
    """The verdict of every pair of a day, made when it is looked at. `compiled` holds the arrays behind it.

    `series`: further findings of pairs, from rules that look at who has a patient's other visits.
    """

    def __init__(
        self, compiled: CompiledRules, series: Mapping[tuple[PartyId, VisitId], Sequence[Finding]] | None = None
    ) -> None:
        self.compiled = compiled
        self._series = series or {}
        self._rules = {asked.rule.id: asked.checked for asked in compiled.asked}
        self._made: dict[tuple[PartyId, VisitId], Verdict] = {}

    def __getitem__(self, pair: tuple[PartyId, VisitId]) -> Verdict:
        if (made := self._made.get(pair)) is None:
            made = self._made[pair] = self._verdict(pair)
        return made

    def __iter__(self) -> Iterator[tuple[PartyId, VisitId]]:
        return ((c, v) for c in self.compiled.clinicians for v in self.compiled.visits)

    def __len__(self) -> int:
        return len(self.compiled.clinicians) * len(self.compiled.visits)

    def _verdict(self, pair: tuple[PartyId, VisitId]) -> Verdict:
        clinician, visit = pair
        failed, unknown, priced = self.compiled.broken(clinician, visit)
        more = self._series.get(pair, ())
        if not (failed or unknown or priced or more):
            return CLEAR
        values = {**self.compiled.clinicians[clinician], **self.compiled.visits[visit]}
        terms = [Term(name, rule.price()) for name in priced if isinstance(rule := self._rules[name].rule, PricedRule)]
        return Verdict(
            failed=(*failed, *(f for f in more if isinstance(f, str))),
            unknown=tuple(Unknown(name, _lacking(self._rules[name], values)) for name in unknown),
            terms=(*(t for t in terms if t.minutes), *(f for f in more if isinstance(f, Term))),
        )


def _lacking(checked: CheckedRule, values: Values) -> tuple[str, ...]:
    finding = judge(checked, values)
    return finding.fields if isinstance(finding, Unknown) else (RULE_FAULT,)


def judge(checked: CheckedRule, values: Values) -> Finding:
    """What one pair rule says of one pair, from the values of both sides."""
    rule = checked.rule
    answers = {slot: condition.evaluate(values) for slot, condition in checked.conditions.items()}
    if isinstance(rule, HardRule):
        kept = rule.kept(answers)
        if kept.truth is None:
            return Unknown(rule.id, kept.missing or (RULE_FAULT,))
        return None if kept.truth else rule.id
    if isinstance(rule, PricedRule) and answers["when"].truth and rule.price():
        return Term(rule.id, rule.price())
    return None


def _bounds(rules: Sequence[tuple[CheckedRule, Area]], day: Day, values: vocabulary.DayValues) -> list[Limit | Rest]:
    bounds: list[Limit | Rest] = []
    for checked, area in rules:
        rule = checked.rule
        if isinstance(rule, RowRule):
            bound = [c for c, own in values.clinicians.items() if area.binds(own)]
            bounds += rule.bounds([day.clinicians[c] for c in bound], day, _counted(checked, day, values))
    return bounds


def _counted(checked: CheckedRule, day: Day, values: vocabulary.DayValues) -> frozenset[VisitId] | None:
    """The visits a limit counts, None for all. Where it cannot be told whether one counts, it does."""
    rule, condition = checked.rule, checked.conditions.get("visits")
    if condition is None and rule.scope.patient is None:
        return None
    return frozenset(
        visit
        for visit, facts in values.visits.items()
        if rule.scope.has_patient(vocabulary.patient_of(day, day.visits[visit]))
        and (condition is None or condition.evaluate(facts).truth is not False)
    )


def compiled_of(rules: DayRules) -> CompiledRules | None:
    """The arrays behind what the rulebook said of a day, where there are some."""
    return rules.pairs.compiled if isinstance(rules.pairs, PairVerdicts) else None
