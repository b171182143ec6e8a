"""What must hold between the rules of a rulebook: unique ids, what replaces what, what is waived."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from suture.rules import source
from suture.rules.cel import Condition
from suture.rules.confusables import skeleton
from suture.rules.errors import ConditionProblem, Problem, did_you_mean
from suture.rules.families import About, Rule
from suture.rules.parts import Severity, Waiver
from suture.rules.source import Entries, Position, Scalar

_BY_BRANCH: Final = "scope it by branch or clinician"
_NOWHERE: Final = Entries(Position(1, 1), {}, {})


@dataclass(frozen=True, slots=True)
class Written:
    """Where a rule is, and those of its conditions that can be read, though the rule itself may not."""

    rule_id: str
    conditions: dict[str, Condition]
    file: str = field(default="", compare=False)
    node: Entries = field(default=_NOWHERE, compare=False, repr=False)

    def problem(self, code: str, message: str, slot: str = "id", hint: str = "", level: str = "error") -> Problem:
        """A problem of this rule, at one of its keys."""
        return self._problem(source.find(self.node, (slot,)), code, message, slot, hint, level)

    def problem_of(self, slot: str, found: ConditionProblem) -> Problem:
        """A problem of one of its conditions, at its place in the condition."""
        text = self.node.values.get(slot)
        where = text.locate(found.line, found.column) if isinstance(text, Scalar) else self.node.position
        return self._problem(where, found.code, found.message, slot, found.hint, "error")

    def _problem(self, where: Position, code: str, message: str, slot: str, hint: str, level: str) -> Problem:
        shown = "" if slot == "id" else slot
        return Problem(self.file, where.line, where.column, code, message, self.rule_id, shown, hint, level)


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule whose conditions are compiled, by slot; and where it is, for whoever reports on it later."""

    rule: Rule
    conditions: dict[str, Condition]
    file: str = field(default="", compare=False)
    node: Entries = field(default=_NOWHERE, compare=False, repr=False)

    def problem(self, code: str, message: str, slot: str = "id", hint: str = "", level: str = "error") -> Problem:
        """A problem of this rule, at one of its keys."""
        return self.written.problem(code, message, slot, hint, level)

    @property
    def written(self) -> Written:
        """Where the rule is."""
        return Written(self.rule.id, self.conditions, self.file, self.node)

    @property
    def is_whole(self) -> bool:
        """Whether all its conditions can be read."""
        return self.conditions.keys() == self.rule.conditions().keys()


@dataclass(frozen=True, slots=True)
class CheckedWaiver:
    """A waiver and where it is."""

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


def _nearest(rule_id: str, rules: dict[str, CheckedRule]) -> str:
    some = ", ".join(sorted(rules)[:10]) + (" …" if len(rules) > 10 else "")
    return did_you_mean(rule_id, rules) or (f"the rules are {some}" if rules else "no rule can be read")


def _replacements(rules: dict[str, CheckedRule]) -> Iterator[Problem]:
    for checked in rules.values():
        rule = checked.rule
        if rule.replaces is None:
            continue
        old = rules.get(rule.replaces)
        if old is None:
            yield checked.problem(
                "ref", f"there is no rule {rule.replaces!r}", "replaces", _nearest(rule.replaces, rules)
            )
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
    if new.kind != old.kind and not (new.about is old.about is About.PAIR):
        yield "ref", f"a {new.kind} cannot take the place of a {old.kind}", f"write kind: {old.kind}"
    if old.replaces is not None:
        yield "ref", f"{old.id!r} replaces another rule itself", f"replace {old.replaces!r}"
    if new.about is About.CLINICIAN and new.scope.patient is not None:
        yield "ref", "a limit of some patients cannot replace one", _BY_BRANCH


def _waivers(rules: dict[str, CheckedRule], waivers: Sequence[CheckedWaiver]) -> Iterator[Problem]:
    seen: set[str] = set()
    for checked in waivers:
        waiver = checked.waiver
        if waiver.id in seen:
            yield checked.problem("schema", "the id is not unique", hint="another waiver has it: choose another word")
        seen.add(waiver.id)
        old = rules.get(waiver.rule)
        if old is None:
            yield checked.problem("ref", f"there is no rule {waiver.rule!r}", "rule", _nearest(waiver.rule, rules))
        elif old.rule.severity is Severity.LAW and waiver.authority is None:
            hint = "add authority: who suspended the law, and where that is written"
            yield checked.problem("law", f"{waiver.rule!r} is law: a waiver quotes an authority", "rule", hint)
        elif old.rule.about is About.CLINICIAN and waiver.scope.patient is not None:
            yield checked.problem("ref", "a limit cannot be waived for some patients", "scope", _BY_BRANCH)
