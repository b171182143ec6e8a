"""The condition language: a thin adapter around the CEL engine, and the only importer of it.

Every field is its own dotted variable ("c.role"). A field that is not known is left out of the values, and the engine's
own `&&`, `||`, `!` then answer in three values: `unknown || true` is true, `unknown && true` is unknown.

Traps this file closes, each held by tests/unit/rules/test_cel.py: the value of an error result is a non-empty text,
hence truthy, so the type is looked at first; `has()` compiles with the field's own type and fails when it is absent;
a None is an error of its own; lists must be Python lists; a comprehension out of budget raises.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cel_expr_python import cel

from suture.rules import cel_tree
from suture.rules.errors import ConditionProblem, ConditionRefused, did_you_mean

MAX_LENGTH: Final = 2_000
MAX_PROBLEMS: Final = 10
RULE_FAULT: Final = "rule fault"

Value = str | int | bool | tuple[str, ...]
Values = Mapping[str, Value]


class FieldType(StrEnum):
    """The types a field may have. Whole numbers only: CEL does not mix them with decimals."""

    STRING = "string"
    INT = "int"
    BOOL = "bool"
    STRINGS = "list(string)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a condition says of some values: true, false, or cannot tell (None) with the fields it lacked.

    A condition that fails at run time (divide by zero) cannot tell either: `fault` says why.
    """

    truth: bool | None
    missing: tuple[str, ...] = ()
    fault: str = ""


YES: Final = Answer(True)
NO: Final = Answer(False)

_TYPES: Final = {
    FieldType.STRING: cel.Type.STRING,
    FieldType.INT: cel.Type.INT,
    FieldType.BOOL: cel.Type.BOOL,
    FieldType.STRINGS: cel.Type.List(cel.Type.STRING),
}
_BOOL: Final = cel.Type.BOOL
_UNKNOWN: Final = cel.Type.UNKNOWN
_NO_VALUE: Final = re.compile(r'UNKNOWN: No value with name "[^"]*" found in Activation')
_ENGINE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
_HAS: Final = re.compile(r"\bhas\s*\(")
_SINGLE_EQUALS: Final = re.compile(r"(?<![=!<>])=(?!=)")
_BARE_TIME: Final = re.compile(r"\b(\d{1,2}:\d\d)\b")
_WORD_OPERATOR: Final = re.compile(r"\b(and|or|not)\b", re.IGNORECASE)
_SYMBOLS: Final = {"and": "&&", "or": "||", "not": "!"}
_QUOTED: Final = re.compile(
    r"""[bB]?[rR][bB]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')"""
    r"""|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*""",
    re.DOTALL,
)
_TIME: Final = re.compile(r"([0-3]?\d|4[0-7]):([0-5]\d)")


def hm(time: str) -> int:
    """Minutes after midnight of `HH:MM`; hours up to 47 reach into the next day. Raises ValueError."""
    match = _TIME.fullmatch(time)
    if match is None:
        raise ValueError(f"{time!r} is not a time of day")
    return int(match[1]) * 60 + int(match[2])


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A checked condition; `reads` are the declared fields it reads, sorted."""

    text: str
    reads: tuple[str, ...]
    program: Any

    def evaluate(self, values: Values) -> Answer:
        """The answer for these values. A field that is absent is unknown; a value is never None."""
        data: dict[str, object] = {}
        for field in self.reads:
            value = values.get(field)
            if value is not None:
                data[field] = list(value) if isinstance(value, tuple) else value
        try:
            result = self.program.eval(data=data)
        except RuntimeError as error:  # an iteration budget that ran out is raised, not returned
            return Answer(None, (RULE_FAULT,), str(error))
        kind = result.type()
        if kind == _BOOL:
            return YES if result.value() else NO
        text = str(result.value())
        missing = tuple(field for field in self.reads if field not in data)
        if missing and (kind == _UNKNOWN or _NO_VALUE.match(text)):
            return Answer(None, missing)
        return Answer(None, (RULE_FAULT,), text)


class Language:
    """The fields a condition may name. Built once for a vocabulary; `compile` may then be called many times."""

    def __init__(self, fields: Mapping[str, FieldType]) -> None:
        self._fields = dict(fields)
        parameters = [cel.Type.STRING]
        overload = cel.Overload("hm_string", return_type=cel.Type.INT, parameters=parameters, impl=hm)
        self._environment = cel.NewEnv(
            variables={name: _TYPES[kind] for name, kind in self._fields.items()},
            functions=[cel.FunctionDecl("hm", [overload])],
        )

    def compile(self, text: str) -> Condition:
        """Parses and checks a condition. Raises ConditionRefused with every problem found."""
        _refuse_if(_found_in_text(text))
        try:
            program = self._environment.compile(text)
        except RuntimeError as error:
            raise ConditionRefused(self._explained(text, str(error))) from None
        if program.return_type() != _BOOL:
            message = f"a condition must be true or false, this one is of type {program.return_type().name().lower()}"
            _refuse_if([ConditionProblem(1, 1, "type", message, "compare it with something")])
        serialized = program.serialize()
        _refuse_if(list(_bad_times(text, serialized)))
        reads = cel_tree.names_read(serialized) & self._fields.keys()
        return Condition(text, tuple(sorted(reads)), program)

    def _explained(self, text: str, error: str) -> list[ConditionProblem]:
        """The engine's messages, one problem each; some carry no position and then stand at the start."""
        found = _ENGINE_ERROR.findall(error)
        if not found:
            return [ConditionProblem(1, 1, "syntax", error.split("\n")[0].split(" [")[0])]
        return [self._problem(text, int(line), int(column), said) for line, column, said in found[:MAX_PROBLEMS]]

    def _problem(self, text: str, line: int, column: int, said: str) -> ConditionProblem:
        said = re.sub(r" \[[A-Z_]+\]$", "", said)
        if name := _UNDECLARED.search(said):
            known = [field for field in self._fields if not field.startswith("known.")]
            hint = did_you_mean(name[1], known) or "the fields are listed in docs/rules/index.md"
            column = _start_of_name(text, line, column, name[1])
            return ConditionProblem(line, column, "name", f"there is no field {name[1]}", hint)
        if overload := _OVERLOAD.search(said):
            operator = overload[1].strip("_")
            return ConditionProblem(line, column, "type", f"no overload of '{operator}' for {overload[2]}")
        code = "syntax" if said.startswith("Syntax error") else "type"
        return ConditionProblem(line, column, code, said.removeprefix("Syntax error: "), _syntax_hint(text))


def _refuse_if(problems: Iterable[ConditionProblem]) -> None:
    problems = list(problems)
    if problems:
        raise ConditionRefused(problems)


def _found_in_text(text: str) -> list[ConditionProblem]:
    if len(text) > MAX_LENGTH:
        message = f"the condition has {len(text)} characters, at most {MAX_LENGTH} are allowed"
        return [ConditionProblem(1, 1, "syntax", message, "split it into several rules")]
    if not text.strip():
        return [ConditionProblem(1, 1, "syntax", "the condition is empty", "write true for always")]
    return [
        ConditionProblem(
            *_position(text, match.start()), "syntax", "has() cannot be used", "write known.c.start instead"
        )
        for match in _HAS.finditer(without_quoted(text))
    ]


def _bad_times(text: str, serialized: bytes) -> Iterable[ConditionProblem]:
    for call in cel_tree.literal_calls(serialized):
        if call.function == "hm" and not _TIME.fullmatch(call.literal):
            message = f"{call.literal!r} is not a time of day"
            yield ConditionProblem(*_position(text, call.offset), "range", message, "write hm('14:00')")


def _syntax_hint(text: str) -> str:
    plain = without_quoted(text)
    if time := _BARE_TIME.search(plain):
        return f"write a time as hm('{time[1]}')"
    if _SINGLE_EQUALS.search(plain):
        return "write == to compare"
    if word := _WORD_OPERATOR.search(plain):
        return f"write {_SYMBOLS[word[1].lower()]} instead of {word[1]}"
    return ""


def without_quoted(text: str) -> str:
    """A condition's text with quoted parts and comments blanked out, every other character where it was."""
    return _QUOTED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _start_of_name(text: str, line: int, column: int, name: str) -> int:
    """The engine points at the last dot of an unknown name; people look at its first letter."""
    start = column - max(name.rfind("."), 0)
    source = text.split("\n")[line - 1]
    return start if source[start - 1 : start - 1 + len(name)] == name else column
