"""A condition in its normal form: two that are written differently and say the same have the same form.

Operands whose order does not matter are sorted, `a > b` is `b < a`, `!(a == b)` is `a != b`, a double `!` is none, and
what literals alone decide is worked out. Each step keeps all three answers: what was unknown stays unknown, apart from
`x == x`, which is taken for true.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from suture.rules.cel import hm
from suture.rules.cel_tree import Tree

_MAX_INT: Final = 2**63 - 1
_TURNED: Final = {"_>_": "_<_", "_>=_": "_<=_"}
_ARITHMETIC: Final[dict[str, Callable[[int, int], int]]] = {
    "_+_": lambda a, b: a + b,
    "_-_": lambda a, b: a - b,
    "_*_": lambda a, b: a * b,
}
_SORTED: Final = ("_==_", "_!=_", "_+_", "_*_")


@dataclass(frozen=True, slots=True)
class Form:
    """A node of the normal form. Forms of the same `key` are the same; the rest is as in the tree it came from."""

    key: str
    op: str = field(compare=False)
    value: bool | int | str | None = field(compare=False)
    parts: "tuple[Form, ...]" = field(compare=False)

    @property
    def is_literal(self) -> bool:
        """Whether it is a truth, a whole number or a text that is written out."""
        return self.op in ("bool", "int", "string")


def form(op: str, value: bool | int | str | None = None, parts: Sequence[Form] = ()) -> Form:
    """A form and its key."""
    inner = ",".join([part.key for part in parts])
    return Form(f"{op} {value!r}({inner})", op, value, tuple(parts))


TRUE: Final = form("bool", True)
FALSE: Final = form("bool", False)


def normal(tree: Tree) -> Form:
    """The normal form of a tree."""
    parts = [normal(part) for part in tree.parts]
    if tree.op == "!_":
        return negated(parts[0])
    if tree.op in ("_&&_", "_||_"):
        return _joined(tree.op, parts)
    if tree.op in ("_==_", "_!=_"):
        return _equal(tree.op, parts)
    if tree.op in ("_<_", "_<=_"):
        return _ordered(tree.op, parts)
    if tree.op in _TURNED:
        return _ordered(_TURNED[tree.op], parts[::-1])
    if tree.op == "@in":
        return _within(parts)
    if tree.op == "_?_:_":
        return _chosen(parts)
    return _worked_out(tree, parts)


def negated(one: Form) -> Form:
    """`!one`."""
    if one.op == "bool":
        return FALSE if one.value else TRUE
    if one.op == "!_":
        return one.parts[0]
    if one.op in ("_==_", "_!=_"):
        return form("_!=_" if one.op == "_==_" else "_==_", None, one.parts)
    if one.op in ("_<_", "_<=_"):
        return form("_<=_" if one.op == "_<_" else "_<_", None, one.parts[::-1])
    return form("!_", None, [one])


def _joined(op: str, parts: Sequence[Form]) -> Form:
    """`&&` and `||`: one flat list without what is written twice or changes nothing."""
    nothing, decides = (TRUE, FALSE) if op == "_&&_" else (FALSE, TRUE)
    flat = [inner for part in parts for inner in (part.parts if part.op == op else (part,))]
    if decides in flat:
        return decides
    own = sorted({part.key: part for part in flat if part != nothing}.values(), key=lambda part: part.key)
    return form(op, None, own) if len(own) > 1 else own[0] if own else nothing


def _is_same(left: Form, right: Form) -> bool:
    """Whether both are one value whenever there is one; only a decimal may differ from itself."""
    return left == right and "double" not in left.key


def _equal(op: str, parts: Sequence[Form]) -> Form:
    left, right = sorted(parts, key=lambda part: part.key)
    if _is_same(left, right):
        return TRUE if op == "_==_" else FALSE
    if left.is_literal and right.is_literal:
        return TRUE if (op == "_!=_") == (left.value != right.value) else FALSE
    for truth, other in ((left, right), (right, left)):
        if truth.op == "bool":
            return other if (op == "_==_") == truth.value else negated(other)
    return form(op, None, (left, right))


def _ordered(op: str, parts: Sequence[Form]) -> Form:
    left, right = parts
    if _is_same(left, right):
        return TRUE if op == "_<=_" else FALSE
    if left.op == right.op == "int" and isinstance(left.value, int) and isinstance(right.value, int):
        return TRUE if left.value < right.value or (op == "_<=_" and left.value == right.value) else FALSE
    return form(op, None, parts)


def _within(parts: Sequence[Form]) -> Form:
    """`x in [a, b]`: what is written twice counts once, one is `==`, and none is never true."""
    one, several = parts
    if several.op != "list":
        return form("@in", None, parts)
    own = sorted(dict.fromkeys(several.parts), key=lambda part: part.key)
    if not own:
        return FALSE
    if len(own) == 1:
        return _equal("_==_", (one, own[0]))
    if one.is_literal and all(part.is_literal for part in own):
        return TRUE if one in own else FALSE
    return form("@in", None, (one, form("list", None, own)))


def _chosen(parts: Sequence[Form]) -> Form:
    condition, yes, no = parts
    if condition.op == "bool":
        return yes if condition.value else no
    return form("_?_:_", None, parts)


def _worked_out(tree: Tree, parts: Sequence[Form]) -> Form:
    """Anything else: arithmetic and times of literals, or the node as it is."""
    numbers = [part.value for part in parts if part.op == "int" and isinstance(part.value, int)]
    if tree.op in _ARITHMETIC and len(numbers) == 2:
        number = _ARITHMETIC[tree.op](*numbers)
        if abs(number) <= _MAX_INT:
            return form("int", number)
    if tree.op == "-_" and numbers:
        return form("int", -numbers[0])
    if tree.op == "hm" and parts and parts[0].op == "string":
        return form("int", hm(str(parts[0].value)))
    if tree.op in _SORTED:
        parts = sorted(parts, key=lambda part: part.key)
    return form(tree.op, tree.value, parts)
