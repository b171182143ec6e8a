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

MOST: Final = 20
"""This many faults of one rule are told; how many more there are is counted."""
KINDS: Final = "there are " + ", ".join(BY_NAME)
_TIME: Final = "a time as 14:00"
_HINTS: Final = {
    "because": "say in one sentence why the rule is there, people read it",
    "owner": "name the role or person who answers for the rule",
    "kind": KINDS,
    "id": "2 to 64 small letters, digits and dashes",
    "rule": "the id of the rule that is suspended",
    "replaces": "the id of the rule whose place it takes",
    "from": "a date as 2026-03-24",
    "until": "a date as 2026-03-24, the last day on which the rule holds",
    "severity": "law, contract, policy or preference",
    "approved_by": "a list of the people or roles who approved it",
    "expect": "write pass, fail or unknown, or effects such as {cost: 20}",
    "given": "write the facts by their subject: {c: {role: RN}, v: {dur: 30}}",
    "opens": _TIME,
    "closes": _TIME,
    "earliest": _TIME,
}
_OF_TYPE: Final = {
    "int_type": "write a whole number without quotes",
    "int_from_float": "write a whole number without quotes",
    "float_type": "write a number without quotes",
    "bool_type": "write true or false",
    "string_type": "write a text, in quotes where it looks like something else",
    "string_too_short": "write a text",
    "tuple_type": "write a list: [one, another]",
    "model_type": "write a mapping: {key: value}",
    "dict_type": "write a mapping: {key: value}",
}
_MUST_BE: Final = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_too_short": "text",
    "string_pattern_mismatch": "written differently",
    "tuple_type": "a list",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "date_type": "a date",
    "date_from_datetime_parsing": "a date",
}
_FACT: Final = "a fact is a text, a whole number, true or false, or a list of texts"
_NUMBERS: Final = {"int_type", "float_type", "int_from_float"}
_CHOICES: Final = re.compile(r"'([^']*)'")

Path = tuple[str | int, ...]


def refused(kind: type[BaseModel], node: Entries, error: ValidationError) -> tuple[list[Problem], int]:
    """The faults of a rule or a waiver, and how many more there are; file and id are for the caller to fill in."""
    found: dict[Path, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False, include_context=False):
        found.setdefault(_written_path(node, detail), []).append(detail)
    outer = {path[:n] for path in found for n in range(1, len(path))}  # the fault inside is the one to fix
    inner = [path for path in found if path not in outer]
    problems = []
    for path in inner[:MOST]:
        where, code, message, hint = _told(kind, node, path, found[path])
        slot = ".".join(str(step) for step in path)
        problems.append(Problem("", where.line, where.column, code, message, "", slot, hint))
    return problems, len(inner) - len(problems)


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


def _told(
    kind: type[BaseModel], node: Entries, path: Path, details: Sequence[ErrorDetails]
) -> tuple[Position, str, str, str]:
    """Place, code, message and hint of what is at one path."""
    first, last = details[0], next((step for step in reversed(path) if isinstance(step, str)), "")
    slot = ".".join(str(step) for step in path)
    where, code = source.find(node, path), "range" if first["type"] == "range" else "schema"
    message = _in_words(first)
    hint = _HINTS.get(last) or _example(kind, last) or (_FACT if "given" in path else _OF_TYPE.get(first["type"], ""))
    if first["type"] == "missing":
        return where, code, "is missing", _HINTS.get(slot) or _example(kind, slot)
    if first["type"] == "extra_forbidden":
        return _key_position(node, path), code, f"unknown key {slot!r}", _known_keys(kind, path)
    if first["type"] in ("literal_error", "enum"):
        hint = did_you_mean(str(first["input"]), _CHOICES.findall(first["msg"])) or hint
    if len(details) > 1 and first["type"] != "literal_error":
        is_number = {detail["type"] for detail in details} <= _NUMBERS
        message = "must be a number" if is_number else "does not fit"
        hint = _OF_TYPE["float_type"] if is_number else hint
    elif path == ("id",) and (plain := looks_like(str(first["input"]))):
        message = f"the id has letters that only look like those of {plain!r}"
    return where, code, message, hint


def _in_words(detail: ErrorDetails) -> str:
    """What pydantic refuses, as the rest of a sentence that begins with the key."""
    if detail["type"] in _MUST_BE:
        return f"must be {_MUST_BE[detail['type']]}"
    message = (
        detail["msg"].replace("Input should", "must").replace("String should", "must").replace("List should", "must")
    )
    message = re.sub(r"greater than or equal to (\S+)", r"\1 or more", message)
    return re.sub(r"less than or equal to (\S+)", r"\1 or less", message)


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
    return f"write {' or '.join(map(str, field.examples))}" if field and field.examples else ""


def _known_keys(kind: type[BaseModel], path: Path) -> str:
    if path[0] == "scope":
        near = did_you_mean(str(path[-1]), ("branch", "clinician", "patient"))
        return near or "a scope may name branch, clinician or patient"
    inner = _model_at(kind, path[:-1])
    if inner is None:
        return "leave it out"
    names = [field.alias or name for name, field in inner.model_fields.items()]
    whose = "this kind has" if inner is kind else "there are"
    return did_you_mean(str(path[-1]), names) or f"{whose} {', '.join(names)}"


def _model_at(kind: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose keys are at `path`; None where they are no model's."""
    for step in path:
        field = kind.model_fields.get(str(step))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return None
        kind = inner
    return kind
