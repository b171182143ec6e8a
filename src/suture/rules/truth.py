"""Whether a condition is the same whatever the facts: a truth table over the few things that it asks.

A field compared with literals takes only the values that make a difference: those literals, their neighbors, the ends
of its range. Anything else that is true or false is one thing that may be either. So what is found is sure, and some
is not found. A set of rows is one whole number, bit by bit; larger tables are left alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from suture.rules.normal import Form, negated
from suture.rules.normal import form as form_of
from suture.rules.vocabulary import BY_NAME

MAX_ROWS: Final = 4_096
_OTHER: Final = "\0"
_JOINTS: Final = ("_&&_", "_||_", "!_", "_?_:_")

Point = bool | int | str
Rows = tuple[int, int]
"""The rows in which something is true, and those in which it is false; in the others it is unknown."""


@dataclass(frozen=True, slots=True)
class Test:
    """A thing that is asked, whether a value of it passes, and the literals it is compared with."""

    subject: Form
    passes: Callable[[Point], bool]
    literals: tuple[Point, ...] = ()


def constant(condition: Form) -> bool | None:
    """What the condition always is where it can be told, None where that depends on the facts (or is not found out)."""
    if condition.op == "bool":
        return bool(condition.value)
    table = _Table(condition)
    if not table.rows:
        return None
    true, false = table.answer(condition)
    return False if not true else True if not false else None


class _Table:
    """All combinations of the values of what a condition asks; `rows` is 0 where they are too many."""

    def __init__(self, condition: Form) -> None:
        self.tests = {leaf.key: _test(leaf) for leaf in _leaves(condition)}
        literals: dict[str, set[Point]] = {}
        self._subjects = {test.subject.key: test.subject for test in self.tests.values()}
        for test in self.tests.values():
            literals.setdefault(test.subject.key, set()).update(test.literals)
        self._masks: dict[str, list[tuple[Point, int]]] = {}
        values = {key: _values(self._subjects[key], own) for key, own in literals.items()}
        self.rows = 1
        for points in values.values():
            self.rows *= len(points)
            if self.rows > MAX_ROWS:
                self.rows = 0
                return
        stride = 1
        for key, points in values.items():
            self._masks[key] = [(point, self._mask(n, stride, len(points))) for n, point in enumerate(points)]
            stride *= len(points)

    def _mask(self, number: int, stride: int, points: int) -> int:
        """The rows in which a thing has its value of this number."""
        block = ((1 << stride) - 1) << (number * stride)
        return sum(block << start for start in range(0, self.rows, stride * points))

    def answer(self, condition: Form) -> Rows:
        """The rows in which it is true and in which it is false."""
        if condition.op == "bool":
            every = (1 << self.rows) - 1
            return (every, 0) if condition.value else (0, every)
        if condition.op not in _JOINTS:
            return self._leaf(self.tests[condition.key])
        parts = [self.answer(part) for part in condition.parts]
        if condition.op == "!_":
            return parts[0][1], parts[0][0]
        if condition.op == "_?_:_":
            (asked, denied), (yes, no), (otherwise, not_otherwise) = parts
            return (asked & yes) | (denied & otherwise), (asked & no) | (denied & not_otherwise)
        true, false = parts[0]
        for more_true, more_false in parts[1:]:
            both = condition.op == "_&&_"
            true = true & more_true if both else true | more_true
            false = false | more_false if both else false & more_false
        return true, false

    def _leaf(self, test: Test) -> Rows:
        true = false = 0
        for point, mask in self._masks[test.subject.key]:
            if test.passes(point):
                true |= mask
            else:
                false |= mask
        for name in _names(test.subject):
            if masks := self._masks.get(_there(name)):  # a fact that is not there is unknown
                there = next(mask for point, mask in masks if point)
                true, false = true & there, false & there
        return true, false


def _leaves(condition: Form) -> Iterator[Form]:
    if condition.op in _JOINTS:
        for part in condition.parts:
            yield from _leaves(part)
    elif condition.op != "bool":
        yield condition


def _test(leaf: Form) -> Test:
    """A comparison with literals as a test of what is compared; anything else is true or false as a whole."""
    if leaf.op in ("_==_", "_!=_", "_<_", "_<=_"):
        left, right = leaf.parts
        for literal, subject, turned in ((left, right, True), (right, left, False)):
            if literal.op in ("int", "string") and literal.value is not None:
                if literal.op == "string" and leaf.op not in ("_==_", "_!=_"):
                    break
                return Test(subject, _passes(leaf.op, literal.value, turned=turned), (literal.value,))
        if leaf.op in ("_!=_", "_<=_"):  # the opposite of another one, so that both are one thing
            return Test(negated(leaf), lambda point: not point)
    if leaf.op == "@in" and leaf.parts[1].op == "list":
        subject, several = leaf.parts
        if all(part.op in ("int", "string") for part in several.parts):
            own = tuple([part.value for part in several.parts if part.value is not None])
            return Test(subject, lambda point: point in own, own)
    return Test(leaf, bool)


def _passes(op: str, literal: Point, *, turned: bool) -> Callable[[Point], bool]:
    """`point op literal`, or `literal op point` where it is turned."""
    if op in ("_==_", "_!=_"):
        return lambda point: (point == literal) == (op == "_==_")
    number = int(literal)
    if op == "_<_":
        return lambda point: number < int(point) if turned else int(point) < number
    return lambda point: number <= int(point) if turned else int(point) <= number


def _values(subject: Form, literals: set[Point]) -> list[Point]:
    """The values that make a difference; none where the literals are of several types."""
    if not literals:
        return [False, True]
    if len({type(literal) for literal in literals}) > 1:
        return []
    field = BY_NAME.get(str(subject.value)) if subject.op == "name" else None
    if all(isinstance(literal, str) for literal in literals):
        named = sorted(str(literal) for literal in literals)
        if field is None or not field.values:
            return [*named, _OTHER]
        return [*(x for x in named if x in field.values), *[x for x in field.values if x not in named][:1]]
    least = field.least if field else 0 if subject.op in ("size", ".size") else None
    most = field.most if field else None
    near = {int(literal) + step for literal in literals for step in (-1, 0, 1)}
    near |= {end for end in (least, most) if end is not None}
    return sorted(n for n in near if (least is None or n >= least) and (most is None or n <= most))


def _names(form: Form) -> Iterator[str]:
    if form.op == "name":
        yield str(form.value)
    for part in form.parts:
        yield from _names(part)


def _there(name: str) -> str:
    """The key of `known.<name>`."""
    return form_of("name", f"known.{name}").key
