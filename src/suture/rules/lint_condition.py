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
from suture.words.catalog import _, marked
from suture.words.reason import either

_READS_NOTHING: Final = {
    True: marked("the condition reads no field, it is always true"),
    False: marked("the condition reads no field, it is always false"),
    None: marked("the condition reads no field, it always fails"),
}
_CONSTANT: Final = {
    True: marked("the condition is always true, whatever the facts are"),
    False: marked("the condition is never true, whatever the facts are"),
}
_BY_ZERO: Final = {
    "_/_": marked("division by 0 fails for every case"),
    "_%_": marked("modulo by 0 fails for every case"),
}


def suspicions(condition: Condition, form: Form) -> list[ConditionProblem]:
    """What is sure to be a mistake, whatever the day; `form` is the condition's normal form."""
    return list(_found(condition)) or list(_constants(condition, form))


def _constants(condition: Condition, form: Form) -> Iterator[ConditionProblem]:
    if not condition.reads:
        message = _(_READS_NOTHING[condition.evaluate({}).truth])
        yield ConditionProblem(1, 1, "constant", message, _("name a field of c, v, p or day"))
    elif (always := constant(form)) is not None:
        numbers = [field for name in condition.reads if (field := BY_NAME.get(name)) and not field.values]
        ranges = [said for field in numbers if (said := _range(field))]
        hint = "; ".join(ranges) or _(
            "look for a comparison with itself, or for parts that cover or exclude each other"
        )
        yield ConditionProblem(1, 1, "constant", _(_CONSTANT[always]), hint)


def _found(condition: Condition) -> Iterator[ConditionProblem]:
    """Faults and impossible values, each with its place."""
    for node in cel_tree.nodes(condition.tree()):
        if node.op in _BY_ZERO and normal(node.parts[1]).value == 0:
            message, hint = _(_BY_ZERO[node.op]), _("divide by something that is never 0")
            yield ConditionProblem(*condition.place_of(node), "fault", message, hint)
        elif node.op == "_[_]" and _is_negative(node.parts[1]):
            message, hint = _("a number below 0 fails for every case"), _("a list begins with number 0")
            yield ConditionProblem(*condition.place_of(node), "fault", message, hint)
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
        if field.is_list:
            return _("{field} never holds {value}", field=field.name, value=repr(value))
        return _("{field} is never {value}", field=field.name, value=repr(value))
    outside = isinstance(value, int) and (
        (field.least is not None and value < field.least) or (field.most is not None and value > field.most)
    )
    return _("{field} is never {value}", field=field.name, value=value) if outside else ""


def _nearest(field: Field, literal: Tree) -> str:
    if not field.values:
        return _range(field)
    folded = {value.casefold(): value for value in field.values}
    near = folded.get(str(literal.value).casefold())
    if near:
        return _("did you mean {word}?", word=near)
    return did_you_mean(str(literal.value), field.values) or _range(field)


def _range(field: Field) -> str:
    """What a field can be, in words; nothing where that is open."""
    if field.values:
        values = either(field.values)
        if field.is_list:
            return _("{field} holds {values}", field=field.name, values=values)
        return _("{field} is {values}", field=field.name, values=values)
    if field.most is not None:
        return _("{field} goes from {least} to {most}", field=field.name, least=field.least, most=field.most)
    return _("{field} is {least} or more", field=field.name, least=field.least) if field.least is not None else ""
