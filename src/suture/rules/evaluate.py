"""Asks the rulebook about one branch-day: a verdict for every pair, and the bounds of every clinician.

People and visits share few distinct values, and a rule reads few fields. So each rule is asked once for each distinct
pair of what it reads, and the answer is handed to all pairs alike; tests hold that against asking for every pair.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.model.visit import Visit
from suture.rules import vocabulary
from suture.rules.base import HardRule, PairRule, PricedRule, RowRule, Rule
from suture.rules.book import CheckedRule, Rulebook
from suture.rules.cel import RULE_FAULT, Value, Values
from suture.rules.verdicts import DayRules, Limit, Rest, Term, Unknown, Verdict

Finding = str | Unknown | Term | None
"""What one rule says of one pair: the id of the rule it breaks, what cannot be told, a price, or nothing."""

CLEAR = Verdict()

_Key = tuple[Value | None, ...]
_ANSWERS: dict[tuple[str, str, _Key, _Key], Finding] = {}
"""What rules said before, by rulebook hash, rule and all the values it read: most pairs of a day never change."""
_MOST_ANSWERS = 200_000


def evaluate(rulebook: Rulebook, day: Day) -> DayRules:
    """What the rules in force on the day say: all its clinicians × its plannable visits, shift or no shift."""
    rules = [c for c in rulebook.effective(day.service_date) if c.rule.scope.has_branch(day.branch)]
    values = vocabulary.day_values(day)
    bounds = _bounds(rules, day, values)
    return DayRules(
        rulebook_hash=rulebook.hash,
        pairs=_pairs(rulebook.hash, rules, day, values),
        limits=tuple(bound for bound in bounds if isinstance(bound, Limit)),
        rests=tuple(bound for bound in bounds if isinstance(bound, Rest)),
        titles={checked.rule.id: checked.rule.title or checked.rule.sentence() for checked in rules},
        because={checked.rule.id: checked.rule.because for checked in rules},
    )


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


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the pairs seen by one rule: which class each member is of, and the values of each class."""

    classes: Sequence[int]
    keys: Sequence[_Key]
    values: Sequence[Values]
    spoken_of: Sequence[bool]


def _pairs(
    rulebook_hash: str, rules: Sequence[CheckedRule], day: Day, values: vocabulary.DayValues
) -> Mapping[tuple[PartyId, VisitId], Verdict]:
    clinicians, visits = list(values.clinicians), list(values.visits)
    findings: dict[tuple[PartyId, VisitId], list[Finding]] = {(c, v): [] for c in clinicians for v in visits}
    for checked in rules:
        if isinstance(checked.rule, PairRule):
            _ask(rulebook_hash, checked, day, values, findings)
    return {pair: _verdict(found) if found else CLEAR for pair, found in findings.items()}


def _ask(
    rulebook_hash: str,
    checked: CheckedRule,
    day: Day,
    values: vocabulary.DayValues,
    findings: Mapping[tuple[PartyId, VisitId], list[Finding]],
) -> None:
    """Adds what one rule says to the findings of each pair it says something of."""
    scope = checked.rule.scope
    reads = {field for condition in checked.conditions.values() for field in condition.reads}
    own = sorted(field for field in reads if vocabulary.subject(field) == "c")
    left = _side(own, values.clinicians.values(), [scope.has_clinician(day.clinicians[c]) for c in values.clinicians])
    patients = [_patient_in_scope(checked.rule, day, day.visits[v]) for v in values.visits]
    right = _side(sorted(reads - set(own)), values.visits.values(), patients)
    table = _answers(rulebook_hash, checked, left, right)
    for clinician, row_class, is_spoken_of in zip(values.clinicians, left.classes, left.spoken_of, strict=True):
        if not is_spoken_of:
            continue
        row = table[row_class]
        for visit, column_class, also in zip(values.visits, right.classes, right.spoken_of, strict=True):
            finding = row[column_class]
            if finding is not None and also:
                findings[clinician, visit].append(finding)


def _answers(rulebook_hash: str, checked: CheckedRule, left: "_Side", right: "_Side") -> list[list[Finding]]:
    """What the rule says of each pair of classes; asked once in the life of the process."""
    if len(_ANSWERS) > _MOST_ANSWERS:
        _ANSWERS.clear()
    table = []
    for own, a in zip(left.keys, left.values, strict=True):
        row = []
        for other, b in zip(right.keys, right.values, strict=True):
            key = (rulebook_hash, checked.rule.id, own, other)
            if key not in _ANSWERS:
                _ANSWERS[key] = judge(checked, {**a, **b})
            row.append(_ANSWERS[key])
        table.append(row)
    return table


def _side(fields: Sequence[str], members: Iterable[Values], spoken_of: Sequence[bool]) -> _Side:
    numbers: dict[tuple[Value | None, ...], int] = {}
    classes = [numbers.setdefault(tuple(values.get(f) for f in fields), len(numbers)) for values in members]
    distinct = [{f: v for f, v in zip(fields, key, strict=True) if v is not None} for key in numbers]
    return _Side(classes, list(numbers), distinct, spoken_of)


def _patient_in_scope(rule: Rule, day: Day, visit: Visit) -> bool:
    return rule.scope.has_patient(day.patients.get(visit.patient_id) if visit.patient_id is not None else None)


def _verdict(found: Sequence[Finding]) -> Verdict:
    return Verdict(
        failed=tuple(f for f in found if isinstance(f, str)),
        unknown=tuple(f for f in found if isinstance(f, Unknown)),
        terms=tuple(f for f in found if isinstance(f, Term)),
    )


def _bounds(rules: Sequence[CheckedRule], day: Day, values: vocabulary.DayValues) -> list[Limit | Rest]:
    bounds: list[Limit | Rest] = []
    for checked in rules:
        rule = checked.rule
        if isinstance(rule, RowRule):
            clinicians = [day.clinicians[c] for c in values.clinicians if rule.scope.has_clinician(day.clinicians[c])]
            bounds += rule.bounds(clinicians, day, _counted(checked, day, values))
    return bounds


def _counted(checked: CheckedRule, day: Day, values: vocabulary.DayValues) -> frozenset[VisitId] | None:
    """The visits a limit counts, None for all. Where it cannot be told whether one counts, it does."""
    rule, condition = checked.rule, checked.conditions.get("visits")
    if condition is None and rule.scope.patient is None:
        return None
    return frozenset(
        visit
        for visit, facts in values.visits.items()
        if _patient_in_scope(rule, day, day.visits[visit])
        and (condition is None or condition.evaluate(facts).truth is not False)
    )
