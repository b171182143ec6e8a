"""What the schema of a rule, a waiver or a setting refuses, in a writer's words: each fault once, at its place."""

import re
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from suture.rules import source
from suture.rules.confusables import looks_like
from suture.rules.errors import Problem, did_you_mean
from suture.rules.kinds import BY_NAME
from suture.rules.source import Entries, Items, Node, Position
from suture.words.catalog import _, marked, plural
from suture.words.expected import expected, is_ours
from suture.words.reason import either

MOST: Final = 20
"""This many faults of one rule are told; how many more there are is counted."""
_TIME: Final = marked("a time as 14:00")
_HINTS: Final = {
    "because": marked("say in one sentence why the rule is there, people read it"),
    "owner": marked("name the role or person who answers for the rule"),
    "id": marked("2 to 64 small letters, digits and dashes"),
    "rule": marked("the id of the rule that is suspended"),
    "replaces": marked("the id of the rule whose place it takes"),
    "from": marked("a date as 2026-03-24"),
    "until": marked("a date as 2026-03-24, the last day on which the rule holds"),
    "severity": marked("law, contract, policy or preference"),
    "approved_by": marked("a list of the people or roles who approved it"),
    "expect": marked("write pass, fail or unknown, or effects such as {cost: 20}"),
    "given": marked("write the facts by their subject: {c: {role: RN}, v: {dur: 30}}"),
    "opens": _TIME,
    "closes": _TIME,
    "earliest": _TIME,
}
_MAPPING: Final = marked("write a mapping: {key: value}")
_OF_TYPE: Final = {
    "int_type": marked("write a whole number without quotes"),
    "int_from_float": marked("write a whole number without quotes"),
    "float_type": marked("write a number without quotes"),
    "bool_type": marked("write true or false"),
    "string_type": marked("write a text, in quotes where it looks like something else"),
    "string_too_short": marked("write a text"),
    "tuple_type": marked("write a list: [one, another]"),
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
}
_SAID: Final = {
    "missing": marked("{key} is missing"),
    "int_type": marked("{key} must be a whole number"),
    "int_from_float": marked("{key} must be a whole number"),
    "float_type": marked("{key} must be a number"),
    "bool_type": marked("{key} must be true or false"),
    "string_type": marked("{key} must be text"),
    "string_too_short": marked("{key} must be text"),
    "string_pattern_mismatch": marked("{key} must be written differently"),
    "tuple_type": marked("{key} must be a list"),
    "model_type": marked("{key} must be a mapping"),
    "dict_type": marked("{key} must be a mapping"),
    "date_type": marked("{key} must be a date"),
    "date_from_datetime_parsing": marked("{key} must be a date"),
    "greater_than_equal": marked("{key} must be {ge} or more"),
    "less_than_equal": marked("{key} must be {le} or less"),
    "greater_than": marked("{key} must be greater than {gt}"),
    "less_than": marked("{key} must be less than {lt}"),
}
"""A sentence for each type of fault that pydantic has; the values are of its context."""
_OF_CHOICES: Final = {"literal_error", "enum"}
_NUMBERS: Final = {"int_type", "float_type", "int_from_float"}
_CHOICES: Final = re.compile(r"'([^']*)'")

Path = tuple[str | int, ...]


def refused(kind: type[BaseModel], node: Entries, error: ValidationError) -> tuple[list[Problem], int]:
    """The faults of a rule or a waiver, and how many more there are; file and id are for the caller to fill in."""
    found: dict[Path, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_written_path(node, detail), []).append(detail)
    outer = {path[:n] for path in found for n in range(1, len(path))}  # the fault inside is the one to fix
    inner = [path for path in found if path not in outer]
    problems = []
    for path in inner[:MOST]:
        problems.append(_told(kind, node, path, found[path]))
    return problems, len(inner) - len(problems)


def kinds() -> str:
    """Which kinds of rule there are, as a hint."""
    return _("there are {names}", names=", ".join(BY_NAME))


def _written_path(node: Node, detail: ErrorDetails) -> Path:
    """The steps of a path that are written in the file; between them are names of the types that were tried."""
    if detail["type"] == "missing":
        return detail["loc"]
    path: list[str | int] = []
    for step in detail["loc"]:
        if isinstance(node, Entries) and isinstance(step, str) and step in node.values:
            node = node.values[step]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            continue
        path.append(step)
    return tuple(path) or detail["loc"]


def _told(kind: type[BaseModel], node: Entries, path: Path, details: Sequence[ErrorDetails]) -> Problem:
    """The problem of what is at one path."""
    first, slot = details[0], ".".join(str(step) for step in path)
    where, code = source.find(node, path), "range" if first["type"] == "range" else "schema"
    message, names_slot = _in_words(slot, first)
    hint = _hint(kind, path, first)
    if first["type"] == "missing":
        hint = _own_hint(kind, slot)
    elif first["type"] == "extra_forbidden":
        where, hint = _key_position(node, path), _known_keys(kind, path)
    elif first["type"] != "literal_error" and len(details) > 1:
        is_number = {detail["type"] for detail in details} <= _NUMBERS
        message = _(_SAID["float_type"], key=slot) if is_number else _("{key} does not fit", key=slot)
        names_slot, hint = True, _(_OF_TYPE["float_type"]) if is_number else hint
    elif path == ("id",) and (plain := looks_like(str(first["input"]))):
        message, names_slot = _("the id has letters that only look like those of {id}", id=repr(plain)), False
    return Problem("", where.line, where.column, code, message, "", slot, hint, names_slot=names_slot)


def _hint(kind: type[BaseModel], path: Path, detail: ErrorDetails) -> str:
    """What to write at a path."""
    if detail["type"] in _OF_CHOICES and (near := did_you_mean(str(detail["input"]), _choices(detail))):
        return near
    last = next((step for step in reversed(path) if isinstance(step, str)), "")
    if own := _own_hint(kind, last):
        return own
    if "given" in path:
        return _("a fact is a text, a whole number, true or false, or a list of texts")
    return _(_OF_TYPE[detail["type"]]) if detail["type"] in _OF_TYPE else ""


def _own_hint(kind: type[BaseModel], name: str) -> str:
    """What to write in a field of this name."""
    if name == "kind":
        return kinds()
    return _(_HINTS[name]) if name in _HINTS else _example(kind, name)


def _in_words(key: str, detail: ErrorDetails) -> tuple[str, bool]:
    """What pydantic refuses, as a sentence; and whether it names the key itself."""
    values = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return _("unknown key {key}", key=repr(key)), False
        case kind if kind in _OF_CHOICES:
            choices = either([f"'{choice}'" for choice in _choices(detail)])
            return _("{key} must be {choices}", key=key, choices=choices), True
        case "string_too_long":
            most = values["max_length"]
            return plural(
                "{key} must have at most {n} character", "{key} must have at most {n} characters", most, key=key
            ), True
        case "too_short":
            least = values["min_length"]
            return plural(
                "{key} must have at least {n} item", "{key} must have at least {n} items", least, key=key
            ), True
        case "too_long":
            most = values["max_length"]
            return plural("{key} must have at most {n} item", "{key} must have at most {n} items", most, key=key), True
        case kind if kind in _SAID:
            return _(_SAID[kind], **{**values, "key": key}), True
        case _ if is_ours(detail):
            return detail["msg"], False
        case _:
            return _("{key} must be {expected}", key=key, expected=expected(detail)), True


def _choices(detail: ErrorDetails) -> list[str]:
    """The values that may be written."""
    return _CHOICES.findall(detail["msg"])


def _key_position(node: Entries, path: Path) -> Position:
    """Where the key at the end of `path` is."""
    inner: Node = node
    for step in path[:-1]:
        if isinstance(inner, Entries) and isinstance(step, str):
            inner = inner.values[step]
        elif isinstance(inner, Items) and isinstance(step, int):
            inner = inner.items[step]
    return inner.keys.get(str(path[-1]), inner.position) if isinstance(inner, Entries) else inner.position


def _example(kind: type[BaseModel], name: str) -> str:
    """How a field is written, where it says so itself."""
    field = kind.model_fields.get(name)
    return _("write {text}", text=either([*map(str, field.examples)])) if field and field.examples else ""


def _known_keys(kind: type[BaseModel], path: Path) -> str:
    if path[0] == "scope":
        near = did_you_mean(str(path[-1]), ("branch", "clinician", "patient"))
        return near or _("a scope may name branch, clinician or patient")
    inner = _model_at(kind, path[:-1])
    if inner is None:
        return _("leave it out")
    names = [field.alias or name for name, field in inner.model_fields.items()]
    if near := did_you_mean(str(path[-1]), names):
        return near
    known = ", ".join(names)
    return _("this kind has {names}", names=known) if inner is kind else _("there are {names}", names=known)


def _model_at(kind: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose keys are at `path`; None where they are no model's."""
    for step in path:
        field = kind.model_fields.get(str(step))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return None
        kind = inner
    return kind
