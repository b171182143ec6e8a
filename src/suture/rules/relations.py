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
from suture.words.catalog import _, marked

_BY_BRANCH: Final = marked("scope it by branch or clinician")
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
            hint = _("line {line} has a rule of this id already", line=line)
            if file != checked.file:
                hint = _("line {line} of {file} has a rule of this id already", line=line, file=file)
            yield replace(checked.problem("schema", _("the id is not unique"), "id", hint), slot="id")
        elif (taken := shapes.setdefault(skeleton(rule_id), rule_id)) != rule_id:
            said = _("people cannot tell this id from {other}", other=repr(taken))
            yield checked.problem("schema", said, hint=_("choose another word"))
        first.setdefault(rule_id, checked)
    yield from _replacements(first)
    yield from _waivers(first, waivers)


def _nearest(rule_id: str, rules: dict[str, CheckedRule]) -> str:
    if near := did_you_mean(rule_id, rules):
        return near
    some = ", ".join(sorted(rules)[:10]) + (" …" if len(rules) > 10 else "")
    return _("the rules are {ids}", ids=some) if rules else _("no rule can be read")


def _replacements(rules: dict[str, CheckedRule]) -> Iterator[Problem]:
    for checked in rules.values():
        rule = checked.rule
        if rule.replaces is None:
            continue
        old = rules.get(rule.replaces)
        if old is None:
            said = _("there is no rule {id}", id=repr(rule.replaces))
            yield checked.problem("ref", said, "replaces", _nearest(rule.replaces, rules))
            continue
        yield from (
            checked.problem(code, said, "replaces", hint) for code, said, hint in _not_replaceable(rule, old.rule)
        )


def _not_replaceable(new: Rule, old: Rule) -> Iterable[tuple[str, str, str]]:
    if old.severity is Severity.LAW:
        said = _("{id} is law and cannot be replaced", id=repr(old.id))
        yield "law", said, _("a dated waiver with its authority can suspend it")
    if not new.scope.is_narrow:
        said = _("a rule that replaces another has a narrower scope")
        yield "ref", said, _("name a branch, clinicians or patients in scope")
    if new.kind != old.kind and not (new.about is old.about is About.PAIR):
        said = _("a {kind} cannot take the place of a {other}", kind=new.kind, other=old.kind)
        yield "ref", said, _("write kind: {kind}", kind=old.kind)
    if old.replaces is not None:
        said = _("{id} replaces another rule itself", id=repr(old.id))
        yield "ref", said, _("replace {id}", id=repr(old.replaces))
    if new.about is About.CLINICIAN and new.scope.patient is not None:
        yield "ref", _("a limit for some patients cannot replace one"), _(_BY_BRANCH)


def _waivers(rules: dict[str, CheckedRule], waivers: Sequence[CheckedWaiver]) -> Iterator[Problem]:
    seen: set[str] = set()
    for checked in waivers:
        waiver = checked.waiver
        if waiver.id in seen:
            hint = _("another waiver has it: choose another word")
            yield checked.problem("schema", _("the id is not unique"), hint=hint)
        seen.add(waiver.id)
        old = rules.get(waiver.rule)
        if old is None:
            said = _("there is no rule {id}", id=repr(waiver.rule))
            yield checked.problem("ref", said, "rule", _nearest(waiver.rule, rules))
        elif old.rule.severity is Severity.LAW and waiver.authority is None:
            hint = _("add authority: who suspended the law, and where that is written")
            said = _("{id} is law: a waiver quotes an authority", id=repr(waiver.rule))
            yield checked.problem("law", said, "rule", hint)
        elif old.rule.about is About.CLINICIAN and waiver.scope.patient is not None:
            yield checked.problem("ref", _("a limit cannot be waived for some patients"), "scope", _(_BY_BRANCH))
