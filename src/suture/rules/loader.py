"""Turns the files of a rulebook into checked rules and waivers, and collects what is wrong on the way."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from suture.rules import examples, relations, source, vocabulary
from suture.rules.cel import Condition
from suture.rules.errors import ConditionRefused, Problem, did_you_mean
from suture.rules.families import Rule
from suture.rules.kinds import BY_NAME, LATER
from suture.rules.packs import PACKS
from suture.rules.parts import Waiver
from suture.rules.relations import CheckedRule, CheckedWaiver, Written
from suture.rules.schema_errors import kinds, refused
from suture.rules.source import Entries, Items, Node, Position, Scalar, Source
from suture.words.catalog import _, marked

__all__ = ["CheckedRule", "CheckedWaiver", "Loader"]

_Model = TypeVar("_Model", bound=BaseModel)

MAX_RULES: Final = 1_000
MAX_PROBLEMS: Final = 200
_TOP_LEVEL: Final = ("version", "packs", "rules", "waivers")
_BEGIN: Final = marked("a rulebook has version, packs, rules and waivers")
_ITEMS: Final = marked("write - id: … under it, one for each")
_TOO_MANY: Final = {
    "rules": marked("{n} rules, at most {most} are allowed"),
    "waivers": marked("{n} waivers, at most {most} are allowed"),
}


class Loader:
    """Reads files; `problems` and `used` (the files and packs read) tell what it met.

    `halves` are rules that cannot be used, with the conditions that can be read; `cut` counts problems not kept.
    """

    def __init__(self, pack: Callable[[str], str | None]) -> None:
        self.problems: list[Problem] = []
        self.used: list[Source] = []
        self.halves: list[Written] = []
        self.cut = 0
        self._pack = pack
        self._name = ""
        self._count = 0

    def read(self, sources: Sequence[Source]) -> tuple[tuple[CheckedRule, ...], tuple[CheckedWaiver, ...]]:
        """Rules and waivers of all files, sorted by id."""
        rules: list[CheckedRule] = []
        waivers: list[CheckedWaiver] = []
        waiting = list(sources)
        for one in waiting:  # grows by the packs they name
            if self._is_used(one):
                continue
            self.used.append(one)
            self._name = one.name
            try:
                root, problems = source.read(one.text, one.name)
            except source.Unreadable as error:
                self.problems.append(error.problem)
                continue
            self.problems += problems
            more, own = self._file(root)
            rules += more
            waivers += own
            waiting += self._packs(root)
        self.problems += relations.problems(rules, waivers)
        self.cut += max(len(self.problems) - MAX_PROBLEMS, 0)
        del self.problems[MAX_PROBLEMS:]
        rules.sort(key=lambda checked: checked.rule.id)
        return tuple(rules), tuple(sorted(waivers, key=lambda w: w.waiver.id))

    def _is_used(self, one: Source) -> bool:
        return any(one.name == used.name and one.text == used.text for used in self.used)

    def _packs(self, root: Node) -> Iterator[Source]:
        packs = root.values.get("packs") if isinstance(root, Entries) else None
        if packs is None:
            return
        if not isinstance(packs, Items):
            hint = _("write packs: [us-federal-home-health]")
            self._add(packs.position, "schema", _("packs is not a list"), hint=hint)
            return
        for item in packs.items:
            name = _text(item)
            file = source.pack_file(name)
            if any(used.name == file for used in self.used):
                continue
            text = self._pack(name)
            if text is None:
                hint = did_you_mean(name, PACKS) or _("there are {names}", names=", ".join(PACKS))
                self._add(item.position, "ref", _("there is no pack {name}", name=repr(name)), hint=hint)
            else:
                yield Source(file, text)

    def _file(self, root: Node) -> tuple[list[CheckedRule], list[CheckedWaiver]]:
        if not isinstance(root, Entries):
            self._add(root.position, "schema", _("a rulebook starts with version: 1 and rules:"), hint=_(_BEGIN))
            return [], []
        unknown = [key for key in root.keys if key not in _TOP_LEVEL]
        self.cut += len(unknown[MAX_PROBLEMS:])
        for key in unknown[:MAX_PROBLEMS]:
            hint = did_you_mean(key, _TOP_LEVEL) or _(_BEGIN)
            self._add(root.keys[key], "schema", _("unknown key {key}", key=repr(key)), hint=hint)
        version = root.values.get("version", root)
        if not isinstance(version, Scalar) or version.value != vocabulary.VERSION:
            hint = _("write version: {version}", version=vocabulary.VERSION)
            self._add(version.position, "schema", _("version is missing or unknown"), hint=hint)
        optional = "packs" in root.values or "waivers" in root.values
        rules = self._items(root, "rules", optional=optional)
        checked = [rule for node in rules if (rule := self._rule(node)) is not None]
        waivers = self._items(root, "waivers", optional=True)
        return checked, [waiver for node in waivers if (waiver := self._waiver(node)) is not None]

    def _items(self, root: Entries, key: str, *, optional: bool) -> tuple[Node, ...]:
        node = root.values.get(key)
        if node is None and optional:
            return ()
        if not isinstance(node, Items):
            self._add((node or root).position, "schema", _("{key} is missing or not a list", key=key), hint=_(_ITEMS))
            return ()
        self._count += len(node.items)
        if self._count > MAX_RULES:
            hint = _("leave out those that are over, or split the agency's rulebooks")
            self._add(node.position, "schema", _(_TOO_MANY[key], n=self._count, most=MAX_RULES), hint=hint)
            return ()
        return node.items

    def _rule(self, node: Node) -> CheckedRule | None:
        if not isinstance(node, Entries):
            self._add(node.position, "schema", _("a rule is a mapping that starts with id and kind"), hint=_(_ITEMS))
            return None
        rule_id = _text(node.values.get("id"))
        kind = BY_NAME.get(_text(node.values.get("kind")))
        if kind is None:
            self._unknown_kind(node, rule_id)
            return None
        conditions = dict(self._conditions(node, kind, rule_id))
        rule = self._validated(kind, node, rule_id)
        if rule is None:
            self.halves.append(Written(rule_id, conditions, self._name, node))
            return None
        checked = CheckedRule(rule, conditions, self._name, node)
        if checked.is_whole:
            for failure in examples.failures(rule, conditions):
                where = source.find(node, ("tests", failure.index))
                self._add(where, failure.code, failure.message, rule_id, "tests", failure.hint)
        return checked

    def _waiver(self, node: Node) -> CheckedWaiver | None:
        if not isinstance(node, Entries):
            self._add(node.position, "schema", _("a waiver is a mapping that starts with id and rule"), hint=_(_ITEMS))
            return None
        waiver = self._validated(Waiver, node, _text(node.values.get("id")))
        return None if waiver is None else CheckedWaiver(waiver, self._name, node)

    def _validated(self, kind: type[_Model], node: Entries, rule_id: str) -> _Model | None:
        try:
            return kind.model_validate(source.plain(node))
        except ValidationError as error:
            problems, more = refused(kind, node, error)
            self.problems += [replace(problem, file=self._name, rule_id=rule_id) for problem in problems]
            self.cut += more
            return None

    def _unknown_kind(self, node: Entries, rule_id: str) -> None:
        kind = _text(node.values.get("kind"))
        message = _("unknown kind {kind}", kind=repr(kind)) if kind else _("the kind is missing")
        hint = did_you_mean(kind, BY_NAME) or kinds()
        if kind in LATER:
            message = _("the kind {kind} is not built yet: {why}", kind=repr(kind), why=_(LATER[kind]))
            hint = kinds()
        self._add(source.find(node, ("kind",)), "schema", message, rule_id, hint=hint)

    def _conditions(self, node: Entries, kind: type[Rule], rule_id: str) -> Iterator[tuple[str, Condition]]:
        for slot, subjects in kind.slots.items():
            written = node.values.get(slot)
            if not isinstance(written, Scalar) or not isinstance(written.value, str):
                continue  # the schema says what is wrong, if anything is
            if trouble := written.plain_trouble():
                self._add(written.position, "yaml", trouble, rule_id, slot, _(source.QUOTE))
                continue
            try:
                condition = vocabulary.language().compile(written.value)
            except ConditionRefused as error:
                for p in error.problems:
                    self._add(written.locate(p.line, p.column), p.code, p.message, rule_id, slot, p.hint)
                continue
            outside = [field for field in condition.reads if vocabulary.subject(field) not in subjects]
            if outside:
                message = _("{fields} cannot be read here", fields=", ".join(outside))
                hint = _("this slot may read {subjects}", subjects=", ".join(sorted(subjects)))
                self._add(written.position, "slot", message, rule_id, slot, hint)
                continue
            yield slot, condition

    def _add(self, where: Position, code: str, message: str, rule_id: str = "", slot: str = "", hint: str = "") -> None:
        self.problems.append(Problem(self._name, where.line, where.column, code, message, rule_id, slot, hint))


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
