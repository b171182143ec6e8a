"""Reads the checked expression that the CEL engine hands back: which fields it reads, which literals it calls with.

The engine serialises `cel.expr.CheckedExpr` as protobuf. The few field numbers needed are stable parts of the public
format (cel-spec, checked.proto and syntax.proto), so a reader of the wire format replaces a dependency on protobuf.
"""

from collections.abc import Iterator
from dataclasses import dataclass

# cel.expr.Expr: the number of each kind of node, and where its child expressions sit inside it.
_CONST, _CALL = 3, 6
_CHILDREN = {5: {1}, _CALL: {1, 3}, 7: {1}, 8: {2}, 9: {2, 4, 5, 6, 7}}
_STRUCT = 8
_ENTRY_CHILDREN = {3, 4}


@dataclass(frozen=True, slots=True)
class LiteralCall:
    """A call of a function with a text literal; `offset` is where the literal stands, in code points from 0."""

    function: str
    literal: str
    offset: int


def names_read(serialized: bytes) -> frozenset[str]:
    """Every name the type checker resolved: declared fields, and also loop variables and functions."""
    names = set()
    for number, entry in _fields(_unwrap(serialized)):
        if number == 2:  # reference_map: node id -> Reference
            reference = dict(_fields(_bytes(dict(_fields(_bytes(entry))).get(2, b""))))
            names.add(_bytes(reference.get(1, b"")).decode())
    return frozenset(names - {""})


def literal_calls(serialized: bytes) -> tuple[LiteralCall, ...]:
    """Calls of one text literal, `hm('14:00')`, wherever they stand."""
    checked = dict(_fields(_unwrap(serialized)))
    offsets = _offsets(_bytes(checked.get(5, b"")))
    return tuple(_walk(_bytes(checked.get(4, b"")), offsets))


def _walk(expression: bytes, offsets: dict[int, int]) -> Iterator[LiteralCall]:
    for number, value in _fields(expression):
        if number not in _CHILDREN:
            continue
        parts = list(_fields(_bytes(value)))
        if number == _CALL:
            yield from _literal_call(parts, offsets)
        for inner, part in parts:
            if inner in _CHILDREN[number]:
                children = (
                    [part] if number != _STRUCT else [e for n, e in _fields(_bytes(part)) if n in _ENTRY_CHILDREN]
                )
                for child in children:
                    yield from _walk(_bytes(child), offsets)


def _literal_call(parts: list[tuple[int, int | bytes]], offsets: dict[int, int]) -> Iterator[LiteralCall]:
    arguments = [_bytes(value) for number, value in parts if number == 3]
    if len(arguments) == 1:
        argument = dict(_fields(arguments[0]))
        literal = dict(_fields(_bytes(argument.get(_CONST, b"")))).get(6)  # Constant.string_value
        if literal is not None:
            function = _bytes(dict(parts).get(2, b"")).decode()
            identifier = argument.get(2, 0)
            offset = offsets.get(identifier, 0) if isinstance(identifier, int) else 0
            yield LiteralCall(function, _bytes(literal).decode(), offset)


def _offsets(source_info: bytes) -> dict[int, int]:
    offsets = {}
    for number, entry in _fields(source_info):
        if number == 4:  # positions: node id -> offset; a zero is left out of the wire
            pair = dict(_fields(_bytes(entry)))
            key, value = pair.get(1, 0), pair.get(2, 0)
            if isinstance(key, int) and isinstance(value, int):
                offsets[key] = value
    return offsets


def _unwrap(serialized: bytes) -> bytes:
    """The message inside the `google.protobuf.Any` that the engine wraps around it."""
    return _bytes(dict(_fields(serialized)).get(2, b""))


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
        else:
            size, at = _varint(message, at) if wire == 2 else (8 if wire == 1 else 4, at)
            yield number, message[at : at + size]
            at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
