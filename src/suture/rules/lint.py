"""What a rulebook should not contain although it can be read; and what makes no sense on a given day."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from suture.rules.book import Rulebook
from suture.rules.compiled import CompiledRules
from suture.rules.confusables import looks_like
from suture.rules.errors import Problem
from suture.rules.kinds.gate import GateRule
from suture.rules.kinds.limit import LimitRule
from suture.rules.relations import CheckedRule

MAX_CLASHES: Final = 20
_TEXT: Final = re.compile(r"""'[^'\n]*'|"[^"\n]*"|\s+""")


def lint(book: Rulebook, today: date) -> Iterator[Problem]:
    """Identical rules, constant conditions, look-alike words, and waivers that have expired before `today`."""
    seen: dict[tuple[object, ...], CheckedRule] = {}
    for checked in book.rules:
        yield from _constants(checked)
        yield from _look_alikes(checked)
        key = _says(checked)
        if checked.conditions and key in seen:
            slot = next(iter(checked.conditions))
            yield checked.problem(
                "identical", f"it says the same as rule {seen[key].rule.id}", slot, "remove one of them"
            )
        seen.setdefault(key, checked)
    for waiver in book.waivers:
        if waiver.waiver.until < today:
            said = f"the waiver expired on {waiver.waiver.until}"
            yield waiver.problem("waiver", said, "until", "remove it, or have it approved anew")


def notes(book: Rulebook) -> Iterator[Problem]:
    """What is right as it stands and does not bind yet: gates, and conditions on a fact that nothing fills."""
    for checked in book.rules:
        if isinstance(checked.rule, GateRule):
            said = "it holds nothing back yet: a gate binds when visits are dispatched, which is a later step"
            yield checked.problem("later", said, level="note")
        for slot, condition in checked.conditions.items():
            if "v.only" in condition.reads:
                said = "v.only is '' for every visit yet: no file says whom a patient accepts alone"
                hint = "name both: scope {patient: […]}, and c.id in the condition"
                yield checked.problem("later", said, slot, hint, level="note")


def _says(checked: CheckedRule) -> tuple[object, ...]:
    said = {
        slot: _TEXT.sub(lambda m: m[0] if m[0].strip() else "", text)
        for slot, text in checked.rule.conditions().items()
    }
    rest = checked.rule.model_dump(
        exclude={"id", "title", "because", "owner", "tests", "severity", *checked.rule.slots}
    )
    return (repr(said), repr(rest))


def _constants(checked: CheckedRule) -> Iterator[Problem]:
    for slot, condition in checked.conditions.items():
        if not condition.reads:
            truth = {True: "always true", False: "always false", None: "never anything"}[condition.evaluate({}).truth]
            yield checked.problem(
                "constant", f"the condition reads no field, it is {truth}", slot, "name a field of c, v, p or day"
            )


def _look_alikes(checked: CheckedRule) -> Iterator[Problem]:
    for slot, text in checked.rule.conditions().items():
        for quoted in _TEXT.findall(text):
            if plain := looks_like(quoted):
                yield checked.problem(
                    "look-alike", f"{quoted} only looks like {plain}", slot, "type it again in plain letters"
                )
    scope = checked.rule.scope
    for external_id in (*(scope.branch or ()), *(scope.clinician or ()), *(scope.patient or ())):
        if plain := looks_like(external_id):
            said = f"{external_id!r} only looks like {plain!r}"
            yield checked.problem("look-alike", said, "scope", "type it again in plain letters")


def lint_day(book: Rulebook, compiled: CompiledRules, service_date: date) -> Iterator[Problem]:
    """Rules that contradict each other on a day, and rules that never fire on it."""
    rules = {checked.rule.id: checked for checked in book.rules}
    yield from _contradictions(compiled, rules, service_date)
    fires = compiled.fires()
    for asked in compiled.asked:
        rule = asked.rule
        if not fires.get(rule.id, True) or (isinstance(rule, LimitRule) and not compiled.visits):
            said = f"it never fires on {service_date}"
            yield rules[rule.id].problem("never", said, hint="fine if the day has no such case", level="warning")


def _contradictions(compiled: CompiledRules, rules: dict[str, CheckedRule], service_date: date) -> Iterator[Problem]:
    """Visits that nobody may do although each rule by itself leaves somebody: the rules that together leave nobody."""
    if not compiled.clinicians:
        return
    blocks = compiled.why | compiled.dunno
    for n in np.flatnonzero(~compiled.eligible.any(axis=0)).tolist()[:MAX_CLASHES]:
        column = {
            rule_id: (blocks[:, n, bit // 64] >> np.uint64(bit % 64)) & np.uint64(1) == 1
            for bit, rule_id in enumerate(compiled.hard)
        }
        clash = [rule_id for rule_id in column if column[rule_id].any() and not column[rule_id].all()]
        if any(blocked.all() for blocked in column.values()) or len(clash) < 2:
            continue
        for rule_id in list(clash):  # keep only what is needed for nobody to be left
            others = [column[other] for other in clash if other != rule_id]
            if others and np.logical_or.reduce(others).all():
                clash.remove(rule_id)
        visit = list(compiled.visits.values())[n].get("v.id", "?")
        said = f"with {', '.join(clash[1:])} it leaves nobody for visit {visit} on {service_date}"
        yield rules[clash[0]].problem("contradiction", said, hint="loosen one of them, or plan somebody who keeps all")
