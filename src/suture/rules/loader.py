"""Turns the files of a rulebook into checked rules and waivers, and collects what is wrong on the way."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from suture.rules import examples, relations, source, vocabulary
from suture.rules.base import Rule, Waiver
from suture.rules.cel import Condition
from suture.rules.confusables import looks_like
from suture.rules.errors import ConditionRefused, Problem, did_you_mean
from suture.rules.kinds import BY_NAME, LATER
from suture.rules.relations import CheckedRule, CheckedWaiver, Written
from suture.rules.source import Entries, Items, Node, Position, Scalar, Source

__all__ = ["CheckedRule", "CheckedWaiver", "Loader"]

_Model = TypeVar("_Model", bound=BaseModel)

MAX_RULES: Final = 1_000
MAX_PROBLEMS: Final = 200
_TOP_LEVEL: Final = ("version", "packs", "rules", "waivers")
_HINTS: Final = {
    "because": "say in one sentence why the rule is there, people read it",
    "owner": "name the role or person who answers for the rule",
    "kind": "there are " + ", ".join(BY_NAME),
    "id": "2 to 64 small letters, digits and dashes",
    "from": "a date as 2026-03-24",
    "until": "a date as 2026-03-24, the last day on which the rule holds",
    "severity": "law, contract, policy or preference",
    "approved_by": "a list of the people or roles who approved it",
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
            self._add(packs.position, "schema", "packs is not a list", hint="write packs: [us-federal-home-health]")
            return
        for item in packs.items:
            name = _text(item)
            file = source.pack_file(name)
            if any(used.name == file for used in self.used):
                continue
            text = self._pack(name)
            if text is None:
                self._add(
                    item.position, "ref", f"there is no pack {name!r}", hint="see docs/rules/index.md for the packs"
                )
            else:
                yield Source(file, text)

    def _file(self, root: Node) -> tuple[list[CheckedRule], list[CheckedWaiver]]:
        if not isinstance(root, Entries):
            self._add(root.position, "schema", "a rulebook starts with version: 1 and rules:")
            return [], []
        for key in root.keys.keys() - set(_TOP_LEVEL):
            self._add(root.keys[key], "schema", f"unknown key {key!r}", hint=did_you_mean(key, _TOP_LEVEL))
        version = root.values.get("version", root)
        if not isinstance(version, Scalar) or version.value != vocabulary.VERSION:
            hint = f"write version: {vocabulary.VERSION}"
            self._add(version.position, "schema", "version is missing or unknown", hint=hint)
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
            self._add((node or root).position, "schema", f"{key} is missing or not a list")
            return ()
        self._count += len(node.items)
        if self._count > MAX_RULES:
            self._add(node.position, "schema", f"{self._count} {key}, at most {MAX_RULES} are allowed")
            return ()
        return node.items

    def _rule(self, node: Node) -> CheckedRule | None:
        if not isinstance(node, Entries):
            self._add(node.position, "schema", "a rule is a mapping that starts with id and kind")
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
            self._add(node.position, "schema", "a waiver is a mapping that starts with id and rule")
            return None
        waiver = self._validated(Waiver, node, _text(node.values.get("id")))
        return None if waiver is None else CheckedWaiver(waiver, self._name, node)

    def _validated(self, kind: type[_Model], node: Entries, rule_id: str) -> _Model | None:
        try:
            return kind.model_validate(source.plain(node))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False)[:20]:
                self._schema_problem(node, kind, rule_id, detail)
            return None

    def _unknown_kind(self, node: Entries, rule_id: str) -> None:
        kind = _text(node.values.get("kind"))
        message = f"unknown kind {kind!r}" if kind else "the kind is missing"
        hint = did_you_mean(kind, BY_NAME) or _HINTS["kind"]
        if kind in LATER:
            message, hint = f"the kind {kind!r} is not built yet: {LATER[kind]}", _HINTS["kind"]
        self._add(source.find(node, ("kind",)), "schema", message, rule_id, hint=hint)

    def _conditions(self, node: Entries, kind: type[Rule], rule_id: str) -> Iterator[tuple[str, Condition]]:
        for slot, subjects in kind.slots.items():
            written = node.values.get(slot)
            if not isinstance(written, Scalar) or not isinstance(written.value, str):
                continue  # the schema says what is wrong, if anything is
            if trouble := written.plain_trouble():
                self._add(written.position, "yaml", trouble, rule_id, slot, source.QUOTE)
                continue
            try:
                condition = vocabulary.language().compile(written.value)
            except ConditionRefused as error:
                for p in error.problems:
                    self._add(written.locate(p.line, p.column), p.code, p.message, rule_id, slot, p.hint)
                continue
            outside = [field for field in condition.reads if vocabulary.subject(field) not in subjects]
            if outside:
                allowed = ", ".join(sorted(subjects))
                message = f"{', '.join(outside)} cannot be read here"
                self._add(written.position, "slot", message, rule_id, slot, f"this slot may read {allowed}")
                continue
            yield slot, condition

    def _schema_problem(self, node: Entries, kind: type[BaseModel], rule_id: str, detail: ErrorDetails) -> None:
        path = detail["loc"]
        slot = ".".join(str(step) for step in path)
        hint = _HINTS.get(slot, "")
        where = source.find(node, path)
        code, message = "schema", detail["msg"]
        if detail["type"] == "missing":
            message = f"{slot} is missing"
        elif detail["type"] == "extra_forbidden":
            where, message = _key_position(node, path), f"unknown key {slot!r}"
            hint = _known_keys(kind, path)
        elif detail["type"] == "range":
            code = "range"
        elif path == ("id",) and looks_like(rule_id):
            message = f"the id has letters that only look like those of {looks_like(rule_id)!r}"
        self._add(where, code, message, rule_id, slot, hint)

    def _add(self, where: Position, code: str, message: str, rule_id: str = "", slot: str = "", hint: str = "") -> None:
        self.problems.append(Problem(self._name, where.line, where.column, code, message, rule_id, slot, hint))


def _key_position(node: Entries, path: tuple[Any, ...]) -> Position:
    """Where the key at the end of `path` stands."""
    inner: Node = node
    for step in path[:-1]:
        inner = (
            inner.values[step]
            if isinstance(inner, Entries)
            else inner.items[step]
            if isinstance(inner, Items)
            else inner
        )
    return inner.keys.get(path[-1], inner.position) if isinstance(inner, Entries) else inner.position


def _known_keys(kind: type[BaseModel], path: tuple[Any, ...]) -> str:
    if path[0] == "scope":
        return "a scope may name branch, clinician or patient"
    names = [field.alias or name for name, field in kind.model_fields.items()]
    return did_you_mean(str(path[-1]), names) or ("this kind has " + ", ".join(names) if len(path) == 1 else "")


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
