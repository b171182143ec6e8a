"""Cuts a condition at its outer `&&`, `||` and `!` into clauses that read less, so that fewer cases must be asked.

`c.contract == 'PT' && c.zone != v.zone && v.risk < 2` reads four facts; its clauses read one or two each. The operators
answer in three values in any combination, so the answers of the clauses, combined, are the condition's answer.
Conditions with several loops stay whole: the engine's budget is for a whole condition.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from suture.rules.cel import Condition, FieldType
from suture.rules.cel_text import without_quoted
from suture.rules.vocabulary import TYPES, language, subject

_LOOP: Final = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
_FIELD: Final = r"((?:known\.)?[a-z]+\.[a-z_]+)"
_JOIN: Final = re.compile(rf"\s*{_FIELD}\s*(==|!=|in\b)\s*{_FIELD}\s*")
_OPEN, _CLOSE = "([{", ")]}"

Operator = Literal["==", "!=", "in"]


@dataclass(frozen=True, slots=True)
class Join:
    """A comparison of a field of one side with one of the other; known without asking the engine."""

    left: str
    operator: Operator
    right: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A clause for the engine."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Combined:
    """Clauses under one operator: `and`, `or`, or `not` of a single one."""

    operator: Literal["and", "or", "not"]
    parts: "tuple[Clause, ...]"


Clause = Join | Ask | Combined


@lru_cache(maxsize=4096)
def clauses_of(condition: Condition) -> Clause:
    """The condition as clauses; one clause where it cannot be cut. Remembered, since a rulebook decides many times."""
    if len(_LOOP.findall(without_quoted(condition.text))) > 1 or len(condition.reads) < 2:
        return Ask(condition)
    return _cut(condition, condition.text)


def _cut(whole: Condition, text: str) -> Clause:
    plain = without_quoted(text)
    if "?" not in plain:
        for operator, sign in (("or", "||"), ("and", "&&")):
            parts = _split(text, plain, sign)
            if len(parts) > 1:
                return Combined("or" if operator == "or" else "and", tuple(_cut(whole, part) for part in parts))
    begins = len(plain) - len(plain.lstrip())
    ends = len(plain.rstrip())
    if plain[begins : begins + 1] == "(" and _closing(plain, begins) == ends - 1:
        return _cut(whole, text[begins + 1 : ends - 1])
    if plain[begins : begins + 2] == "!(" and _closing(plain, begins + 1) == ends - 1:
        return Combined("not", (_cut(whole, text[begins + 2 : ends - 1]),))
    return _leaf(whole, text, plain)


def _leaf(whole: Condition, text: str, plain: str) -> Clause:
    match = _JOIN.fullmatch(plain)
    if match and match[1] in TYPES and match[3] in TYPES:
        sides = {subject(match[1]) == "c", subject(match[3]) == "c"}
        operator: Operator = "==" if match[2] == "==" else "!=" if match[2] == "!=" else "in"
        if len(sides) == 2 and (operator != "in" or TYPES[match[1]] is FieldType.STRING):
            return Join(match[1], operator, match[3])
    return Ask(whole if text == whole.text else language().compile(text))


def _split(text: str, plain: str, sign: str) -> list[str]:
    """The text cut at a sign outside brackets."""
    parts, depth, began, at = [], 0, 0, 0
    while at < len(plain):
        letter = plain[at]
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 and plain.startswith(sign, at):
            parts.append(text[began:at])
            began = at = at + 2
            continue
        at += 1
    return [*parts, text[began:]]


def _closing(plain: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(plain)):
        depth += (plain[at] in _OPEN) - (plain[at] in _CLOSE)
        if depth == 0:
            return at
    return -1
