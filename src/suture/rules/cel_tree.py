"""Reads the checked expression that the CEL engine hands back, as a tree: what it reads, calls and compares.

The engine serializes `cel.expr.CheckedExpr` as protobuf. The few field numbers needed are stable parts of the public
format (cel-spec, checked.proto and syntax.proto), so a reader of the wire format replaces a dependency on protobuf.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# cel.expr.Expr: the number of each kind of node.
_CONST, _IDENT, _SELECT, _CALL, _LIST, _STRUCT, _LOOP = range(3, 10)
_LOOP_PARTS: Final = (2, 4, 5, 6, 7)  # range, start, condition, step, result
_ENTRY_PARTS: Final = (3, 4)
MAX_DEPTH: Final = 250
"""The engine itself stops at 32 brackets; a tree that is deeper all the same is cut there."""

Wire = int | bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """One node. `op` is bool, int or string of a literal, `name`, `list`, or the function's name, such as `_&&_`.

    `value` is the literal or the name. `number` is the engine's own, by which `offsets` tells where the node is.
    """

    op: str
    value: bool | int | str | None = None
    parts: "tuple[Tree, ...]" = ()
    number: int = 0

    @property
    def is_literal(self) -> bool:
        """Whether it is a truth, a whole number or a text that is written out."""
        return self.op in ("bool", "int", "string")


def names_read(serialized: bytes) -> frozenset[str]:
    """Every name the type checker resolved: declared fields, and also loop variables and functions."""
    entries = [_bytes(entry) for number, entry in _fields(_unwrap(serialized)) if number == 2]  # node id -> Reference
    references = {_bytes(dict(_fields(entry)).get(2, b"")) for entry in entries}  # a field read often is one
    return frozenset(_text(_fields(reference), 1) for reference in references) - {""}


def tree(serialized: bytes) -> Tree:
    """The whole expression."""
    return _tree(_bytes(dict(_fields(_unwrap(serialized))).get(4, b"")), 0)


def offsets(serialized: bytes) -> dict[int, int]:
    """Where the nodes are, by their number, in code points from 0; an operation is at its operator."""
    found = {}
    for number, entry in _fields(_bytes(dict(_fields(_unwrap(serialized))).get(5, b""))):
        if number == 4:  # positions: node id -> offset; a zero is left out of the wire
            pair = dict(_fields(_bytes(entry)))
            key, value = pair.get(1, 0), pair.get(2, 0)
            if isinstance(key, int) and isinstance(value, int):
                found[key] = value
    return found


def nodes(root: Tree) -> Iterator[Tree]:
    """The node and all below it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.parts)


def _tree(expression: bytes, depth: int) -> Tree:
    node = 0
    for number, value in _fields(expression):
        if number == 2:
            node = int(value) if isinstance(value, int) else 0
        elif _CONST <= number <= _LOOP and depth < MAX_DEPTH:
            return _of_kind(number, _fields(_bytes(value)), node, depth + 1)
    return Tree("other", node)  # nothing is like it


def _of_kind(kind: int, fields: list[tuple[int, Wire]], node: int, depth: int) -> Tree:
    if kind == _CONST:
        return _literal(fields, node)
    if kind == _IDENT:
        return Tree("name", _text(fields, 1), (), node)
    if kind == _SELECT:
        tested = "has." if any(number == 3 for number, _ in fields) else "."
        return Tree(tested, _text(fields, 2), _parts(fields, (1,), depth), node)
    if kind == _CALL:
        member = "." if any(number == 1 for number, _ in fields) else ""
        return Tree(member + _text(fields, 2), None, _parts(fields, (1, 3), depth), node)
    if kind == _LIST:
        return Tree("list", None, _parts(fields, (1,), depth), node)
    if kind == _LOOP:
        return Tree("loop", _text(fields, 1), _parts(fields, _LOOP_PARTS, depth), node)
    entries = [_parts(_fields(_bytes(value)), _ENTRY_PARTS, depth) for number, value in fields if number == 2]
    return Tree("other", node, tuple(part for entry in entries for part in entry), node)


def _literal(fields: list[tuple[int, Wire]], node: int) -> Tree:
    """cel.expr.Constant: a truth is 2, a whole number 3, a text 6; any other literal is like no other."""
    number, value = fields[0] if fields else (0, 0)
    if number == 2:
        return Tree("bool", bool(value), (), node)
    if number == 3 and isinstance(value, int):
        return Tree("int", value - (1 << 64) if value >> 63 else value, (), node)
    if number == 6:
        return Tree("string", _bytes(value).decode(), (), node)
    return Tree("other", node, (), node)


def _parts(fields: list[tuple[int, Wire]], numbers: tuple[int, ...], depth: int) -> tuple[Tree, ...]:
    return tuple([_tree(_bytes(value), depth) for number, value in fields if number in numbers])


def _text(fields: list[tuple[int, Wire]], wanted: int) -> str:
    return next((_bytes(value).decode() for number, value in fields if number == wanted), "")


def _unwrap(serialized: bytes) -> bytes:
    """The message inside the `google.protobuf.Any` that the engine wraps around it."""
    return _bytes(dict(_fields(serialized)).get(2, b""))


def _bytes(value: Wire) -> bytes:
    return value if isinstance(value, bytes) else b""


def _fields(message: bytes) -> list[tuple[int, Wire]]:
    at, end = 0, len(message)
    found: list[tuple[int, Wire]] = []
    while at < end:
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            found.append((number, value))
        else:
            size, at = _varint(message, at) if wire == 2 else (8 if wire == 1 else 4, at)
            found.append((number, message[at : at + size]))
            at += size
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    byte = message[at]
    if byte < 0x80:
        return byte, at + 1
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
