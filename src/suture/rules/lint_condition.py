"""What one condition should not say although it can be read: values that never occur, faults, and always the same."""

from collections.abc import Iterator
from typing import Final

from suture.rules import cel_tree
from suture.rules.cel import Condition
from suture.rules.cel_tree import Tree
from suture.rules.errors import ConditionProblem, did_you_mean
from suture.rules.normal import Form, normal
from suture.rules.truth import constant
from suture.rules.vocabulary import BY_NAME, Field

_SAID: Final = {True: "is always true", False: "is always false", None: "always fails"}


def suspicions(condition: Condition, form: Form) -> list[ConditionProblem]:
    """What is sure to be a mistake, whatever the day; `form` is the condition's normal form."""
    return list(_found(condition)) or list(_constants(condition, form))


def _constants(condition: Condition, form: Form) -> Iterator[ConditionProblem]:
    if not condition.reads:
        message = f"the condition reads no field, it {_SAID[condition.evaluate({}).truth]}"
        yield ConditionProblem(1, 1, "constant", message, "name a field of c, v, p or day")
    elif (always := constant(form)) is not None:
        message = f"the condition is {'always' if always else 'never'} true, whatever the facts are"
        numbers = [field for name in condition.reads if (field := BY_NAME.get(name)) and not field.values]
        ranges = [said for field in numbers if (said := _range(field))]
        hint = "; ".join(ranges) or "look for a comparison with itself, or for parts that cover or exclude each other"
        yield ConditionProblem(1, 1, "constant", message, hint)


def _found(condition: Condition) -> Iterator[ConditionProblem]:
    """Faults and impossible values, each with its place."""
    for node in cel_tree.nodes(condition.tree()):
        if node.op in ("_/_", "_%_") and normal(node.parts[1]).value == 0:
            message = f"{'division' if node.op == '_/_' else 'modulo'} by 0 fails for every case"
            yield ConditionProblem(*condition.place_of(node), "fault", message, "divide by something that is never 0")
        elif node.op == "_[_]" and _is_negative(node.parts[1]):
            hint = "a list begins with number 0"
            yield ConditionProblem(*condition.place_of(node), "fault", "a number below 0 fails for every case", hint)
        for field, literal in _comparisons(node):
            if message := _never(field, literal):
                hint = _nearest(field, literal)
                yield ConditionProblem(*condition.place_of(literal), "value", message, hint)


def _is_negative(index: Tree) -> bool:
    number = normal(index).value
    return isinstance(number, int) and number < 0


def _comparisons(node: Tree) -> Iterator[tuple[Field, Tree]]:
    """The literals that a node compares with a field, or looks for in its list."""
    if node.op in ("_==_", "_!=_", "@in"):
        for one, other in (node.parts, node.parts[::-1]):
            field = BY_NAME.get(str(one.value)) if one.op == "name" else None
            if field is not None:
                literals = other.parts if other.op == "list" else (other,)
                yield from ((field, literal) for literal in literals if literal.is_literal)


def _never(field: Field, literal: Tree) -> str:
    """Why a field is never so, or nothing."""
    if isinstance(value := literal.value, str):
        if not field.values or value in field.values:
            return ""
        return f"{field.name} {'never holds' if field.is_list else 'is never'} {value!r}"
    outside = isinstance(value, int) and (
        (field.least is not None and value < field.least) or (field.most is not None and value > field.most)
    )
    return f"{field.name} is never {value}" if outside else ""


def _nearest(field: Field, literal: Tree) -> str:
    if not field.values:
        return _range(field)
    folded = {value.casefold(): value for value in field.values}
    near = folded.get(str(literal.value).casefold())
    return f"did you mean {near}?" if near else did_you_mean(str(literal.value), field.values) or _range(field)


def _range(field: Field) -> str:
    """What a field can be, in words; nothing where that is open."""
    if field.values:
        return f"{field.name} {'holds' if field.is_list else 'is'} {', '.join(field.values[:-1])} or {field.values[-1]}"
    if field.most is not None:
        return f"{field.name} goes from {field.least} to {field.most}"
    return f"{field.name} is {field.least} or more" if field.least is not None else ""
