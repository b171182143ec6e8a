"""The rulebook: loads a file, finds every problem in it, and names the result by its content.

A rulebook never changes. Its hash covers what the rules say, not how the file is written: the order of rules and keys,
comments and quoting do not matter, defaults are filled in.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from suture.rules import examples, source, vocabulary
from suture.rules.base import Rule
from suture.rules.cel import Condition
from suture.rules.errors import ConditionRefused, Problem, RulebookRefused, did_you_mean
from suture.rules.kinds import BY_NAME
from suture.rules.source import Entries, Items, Node, Position, Scalar

MAX_RULES: Final = 1_000
_TOP_LEVEL: Final = ("version", "rules")
_HINTS: Final = {
    "because": "say in one sentence why the rule is there, people read it",
    "owner": "name the role or person who answers for the rule",
    "kind": "there are " + ", ".join(BY_NAME),
    "id": "2 to 64 small letters, digits and dashes",
    "from": "a date as 2026-03-24",
    "until": "a date as 2026-03-24, the last day on which the rule holds",
    "severity": "law, contract, policy or preference",
}


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule whose conditions are compiled, by slot."""

    rule: Rule
    conditions: Mapping[str, Condition]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A checked set of rules, sorted by id. `hash` (SHA-256, hex) is its version."""

    name: str
    rules: tuple[CheckedRule, ...]
    hash: str

    def effective(self, service_date: date) -> tuple[CheckedRule, ...]:
        """The rules in force on a service date, sorted by id."""
        return tuple(checked for checked in self.rules if checked.rule.is_effective(service_date))


def load(text: str, *, name: str) -> Rulebook:
    """The rulebook of a file's text; `name` is the file's name in messages.

    Raises RulebookRefused, which holds every problem found.
    """
    try:
        root, problems = source.read(text, name)
    except source.Unreadable as error:
        raise RulebookRefused([error.problem]) from None
    loader = _Loader(name, problems)
    rules = sorted(loader.rules(root), key=lambda checked: checked.rule.id)
    if loader.problems:
        raise RulebookRefused(loader.problems)
    return Rulebook(name, tuple(rules), _hash(rules))


def _hash(rules: list[CheckedRule]) -> str:
    canonical = {"version": vocabulary.VERSION, "rules": [checked.rule.canonical() for checked in rules]}
    written = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(unicodedata.normalize("NFC", written).encode()).hexdigest()


class _Loader:
    """Turns located data into rules and collects what is wrong on the way."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.name = name
        self.problems = problems
        self._seen: dict[str, int] = {}

    def rules(self, root: Node) -> Iterator[CheckedRule]:
        if not isinstance(root, Entries):
            self._add(root.position, "schema", "a rulebook starts with version: 1 and rules:")
            return
        for key in root.keys.keys() - set(_TOP_LEVEL):
            self._add(root.keys[key], "schema", f"unknown key {key!r}", hint=did_you_mean(key, _TOP_LEVEL))
        version = root.values.get("version", root)
        if not isinstance(version, Scalar) or version.value != vocabulary.VERSION:
            self._add(
                version.position, "schema", "version is missing or unknown", hint=f"write version: {vocabulary.VERSION}"
            )
        rules = root.values.get("rules", root)
        if not isinstance(rules, Items):
            self._add(rules.position, "schema", "rules is missing or not a list")
            return
        if len(rules.items) > MAX_RULES:
            self._add(rules.position, "schema", f"{len(rules.items)} rules, at most {MAX_RULES} are allowed")
            return
        for node in rules.items:
            checked = self._rule(node)
            if checked is not None:
                yield checked

    def _rule(self, node: Node) -> CheckedRule | None:
        if not isinstance(node, Entries):
            self._add(node.position, "schema", "a rule is a mapping that starts with id and kind")
            return None
        rule_id = _text(node.values.get("id"))
        self._note_id(node, rule_id)
        kind = BY_NAME.get(_text(node.values.get("kind")))
        if kind is None:
            self._unknown_kind(node, rule_id)
            return None
        conditions = dict(self._conditions(node, kind, rule_id))
        try:
            rule = kind.model_validate(source.plain(node))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                self._schema_problem(node, kind, rule_id, detail)
            return None
        checked = CheckedRule(rule, conditions)
        if conditions.keys() == rule.conditions().keys():
            for failure in examples.failures(rule, conditions):
                where = source.find(node, ("tests", failure.index))
                self._add(where, failure.code, failure.message, rule_id, "tests", failure.hint)
        return checked

    def _note_id(self, node: Entries, rule_id: str) -> None:
        where = source.find(node, ("id",))
        if rule_id and rule_id in self._seen:
            hint = f"line {self._seen[rule_id]} has a rule of this id already"
            self._add(where, "schema", "the id is not unique", rule_id, "id", hint)
        self._seen.setdefault(rule_id, where.line)

    def _unknown_kind(self, node: Entries, rule_id: str) -> None:
        kind = _text(node.values.get("kind"))
        message = f"unknown kind {kind!r}" if kind else "the kind is missing"
        self._add(
            source.find(node, ("kind",)), "schema", message, rule_id, hint=did_you_mean(kind, BY_NAME) or _HINTS["kind"]
        )

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

    def _schema_problem(self, node: Entries, kind: type[Rule], rule_id: str, detail: ErrorDetails) -> None:
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
        self._add(where, code, message, rule_id, slot, hint)

    def _add(self, where: Position, code: str, message: str, rule_id: str = "", slot: str = "", hint: str = "") -> None:
        self.problems.append(Problem(self.name, where.line, where.column, code, message, rule_id, slot, hint))


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


def _known_keys(kind: type[Rule], path: tuple[Any, ...]) -> str:
    if path[0] == "scope":
        return "a scope may name branch, clinician or patient"
    names = [field.alias or name for name, field in kind.model_fields.items()]
    return did_you_mean(str(path[-1]), names) or ("this kind has " + ", ".join(names) if len(path) == 1 else "")


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
