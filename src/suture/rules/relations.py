"""What must hold between the rules of a rulebook: unique ids, what replaces what, what is waived."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from suture.rules import source
from suture.rules.base import PairRule, RowRule, Rule, Severity, Waiver
from suture.rules.cel import Condition
from suture.rules.confusables import skeleton
from suture.rules.errors import Problem, did_you_mean
from suture.rules.source import Entries, Position

_NOWHERE: Final = Entries(Position(1, 1), {}, {})


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule whose conditions are compiled, by slot; and where it stands, for whoever reports on it later."""

    rule: Rule
    conditions: dict[str, Condition]
    file: str = field(default="", compare=False)
    node: Entries = field(default=_NOWHERE, compare=False, repr=False)

    def problem(self, code: str, message: str, slot: str = "id", hint: str = "", level: str = "error") -> Problem:
        """A problem of this rule, at one of its keys."""
        where = source.find(self.node, (slot,))
        shown = "" if slot == "id" else slot
        return Problem(self.file, where.line, where.column, code, message, self.rule.id, shown, hint, level)


@dataclass(frozen=True, slots=True)
class CheckedWaiver:
    """A waiver and where it stands."""

    waiver: Waiver
    file: str = field(default="", compare=False)
    node: Entries = field(default=_NOWHERE, compare=False, repr=False)

    def problem(self, code: str, message: str, slot: str = "id", hint: str = "") -> Problem:
        """A problem of this waiver, at one of its keys."""
        where = source.find(self.node, (slot,))
        return Problem(self.file, where.line, where.column, code, message, self.waiver.id, slot, hint)


def problems(rules: Sequence[CheckedRule], waivers: Sequence[CheckedWaiver]) -> Iterator[Problem]:
    """Every problem between rules."""
    first: dict[str, CheckedRule] = {}
    shapes: dict[str, str] = {}
    for checked in rules:
        rule_id = checked.rule.id
        if rule_id in first:
            line, file = source.find(first[rule_id].node, ("id",)).line, first[rule_id].file
            there = f"line {line}" + (f" of {file}" if file != checked.file else "")
            hint = f"{there} has a rule of this id already"
            yield replace(checked.problem("schema", "the id is not unique", "id", hint), slot="id")
        elif (taken := shapes.setdefault(skeleton(rule_id), rule_id)) != rule_id:
            yield checked.problem("schema", f"people cannot tell this id from {taken!r}", hint="choose another word")
        first.setdefault(rule_id, checked)
    yield from _replacements(first)
    yield from _waivers(first, waivers)


def _replacements(rules: dict[str, CheckedRule]) -> Iterator[Problem]:
    for checked in rules.values():
        rule = checked.rule
        if rule.replaces is None:
            continue
        old = rules.get(rule.replaces)
        if old is None:
            message, hint = f"there is no rule {rule.replaces!r}", did_you_mean(rule.replaces, rules)
            yield checked.problem("ref", message, "replaces", hint)
            continue
        yield from (
            checked.problem(code, said, "replaces", hint) for code, said, hint in _not_replaceable(rule, old.rule)
        )


def _not_replaceable(new: Rule, old: Rule) -> Iterable[tuple[str, str, str]]:
    if old.severity is Severity.LAW:
        yield "law", f"{old.id!r} is law and cannot be replaced", "a dated waiver with its authority can suspend it"
    if not new.scope.is_narrow:
        yield (
            "ref",
            "a rule that replaces another has a narrower scope",
            "name a branch, clinicians or patients in scope",
        )
    if not (isinstance(new, PairRule) and isinstance(old, PairRule)) and new.kind != old.kind:
        yield "ref", f"a {new.kind} cannot take the place of a {old.kind}", ""
    if old.replaces is not None:
        yield "ref", f"{old.id!r} replaces another rule itself", f"replace {old.replaces!r}"
    if isinstance(new, RowRule) and new.scope.patient is not None:
        yield "ref", "a limit of some patients cannot replace one", "scope it by branch or clinician"


def _waivers(rules: dict[str, CheckedRule], waivers: Sequence[CheckedWaiver]) -> Iterator[Problem]:
    seen: set[str] = set()
    for checked in waivers:
        waiver = checked.waiver
        if waiver.id in seen:
            yield checked.problem("schema", "the id is not unique")
        seen.add(waiver.id)
        old = rules.get(waiver.rule)
        if old is None:
            yield checked.problem("ref", f"there is no rule {waiver.rule!r}", "rule", did_you_mean(waiver.rule, rules))
        elif old.rule.severity is Severity.LAW and waiver.authority is None:
            hint = "add authority: who suspended the law, and where that is written"
            yield checked.problem("law", f"{waiver.rule!r} is law: a waiver quotes an authority", "rule", hint)
        elif isinstance(old.rule, RowRule) and waiver.scope.patient is not None:
            yield checked.problem("ref", "a limit cannot be waived for some patients", "scope")
