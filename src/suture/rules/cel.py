"""The condition language: a thin adapter around the CEL engine, and the only importer of it.

Every field is its own dotted variable ("c.role"). A field that is not known is left out of the values, and the engine's
own `&&`, `||`, `!` then answer in three values: `unknown || true` is true, `unknown && true` is unknown.

Traps this file closes, each held by tests/unit/rules/test_cel.py: the value of an error result is a non-empty text,
hence truthy, so the type is looked at first; `has()` compiles with the field's own type and fails when it is absent;
a None is an error of its own; lists must be Python lists; a comprehension out of budget raises.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cel_expr_python import cel

from suture.rules import cel_tree
from suture.rules.cel_errors import explained
from suture.rules.cel_text import found_in_text, position
from suture.rules.errors import ConditionProblem, ConditionRefused
from suture.words.catalog import _

RULE_FAULT: Final = "rule_fault"
"""What an answer lacks whose condition fails."""

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

    def tree(self) -> cel_tree.Tree:
        """The condition as it was checked."""
        return cel_tree.tree(self.program.serialize())

    def place_of(self, node: cel_tree.Tree) -> tuple[int, int]:
        """Line and column of a node of the tree, in the condition's text."""
        return position(self.text, cel_tree.offsets(self.program.serialize()).get(node.number, 0))

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
        _refuse_if(found_in_text(text))
        try:
            program = self._environment.compile(text)
        except RuntimeError as error:
            raise ConditionRefused(explained(text, str(error), self._fields)) from None
        if program.return_type() != _BOOL:
            own = program.return_type().name().lower()
            message = _("a condition must be true or false, this one is of type {type}", type=own)
            _refuse_if([ConditionProblem(1, 1, "type", message, _("compare it with something"))])
        serialized = program.serialize()
        _refuse_if(list(_bad_times(text, serialized)))
        reads = cel_tree.names_read(serialized) & self._fields.keys()
        return Condition(text, tuple(sorted(reads)), program)


def _refuse_if(problems: Iterable[ConditionProblem]) -> None:
    problems = list(problems)
    if problems:
        raise ConditionRefused(problems)


def _bad_times(text: str, serialized: bytes) -> Iterator[ConditionProblem]:
    if "hm" not in text:
        return
    where = cel_tree.offsets(serialized)
    for node in cel_tree.nodes(cel_tree.tree(serialized)):
        time = node.parts[0] if node.op == "hm" else node
        if node.op == "hm" and time.op == "string" and not _TIME.fullmatch(str(time.value)):
            message, hint = _("{text} is not a time of day", text=repr(time.value)), _("write hm('14:00')")
            yield ConditionProblem(*position(text, where.get(time.number, 0)), "range", message, hint)
