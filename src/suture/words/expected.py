"""What pydantic refuses, as reasons: its own words are English, and tell an engineer what a person need not know."""

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from suture.words.reason import Reason, as_written, reason
from suture.words.sentences import SENTENCES

WRITTEN_OTHERWISE = "written_otherwise"
"""The type of a validator's own fault whose message is what was expected."""

_PYDANTICS = frozenset((*get_args(ErrorType), "path_type"))
_CHOICE = re.compile(r"'[^']*'")
_LENGTHS = frozenset({"too_short", "too_long", "string_too_short", "string_too_long"})
_COUNTS = frozenset({"min_length", "max_length"})


def is_ours(fault: Mapping[str, Any]) -> bool:
    """Whether a validator of Suture found it: its message is ours, said in the reader's language already."""
    return fault["type"] not in _PYDANTICS


def expected(fault: Mapping[str, Any]) -> Reason:
    """What is expected where pydantic found a fault: "a valid integer", to go on from "must be" or "expected"."""
    if is_ours(fault):
        return as_written(fault["msg"])
    if f"expected.{fault['type']}" not in SENTENCES:
        return reason("expected.other")
    return reason(f"expected.{fault['type']}", **_values(fault.get("ctx", {})))


def refused(fault: Mapping[str, Any]) -> Reason:
    """Why a value is refused, to follow the name of its field: "must be a valid integer", "is missing"."""
    match fault["type"]:
        case "missing":
            return reason("fault.missing")
        case "extra_forbidden":
            return reason("fault.no_such_field")
        case kind if is_ours(fault) and kind != WRITTEN_OTHERWISE:
            return expected(fault)
        case kind if kind in _LENGTHS:
            return reason("fault.length", expected=expected(fault))
        case _:
            return reason("fault.expected", expected=expected(fault))


def _values(context: Mapping[str, Any]) -> dict[str, object]:
    """The values of pydantic's context: 90.0 is 90, a length is a count, and choices are a list."""
    shown: dict[str, object] = {}
    for name, value in context.items():
        if name in _COUNTS:
            shown["n"] = value
        elif name == "expected":
            shown[name] = Reason("any_of", (("texts", tuple(_CHOICE.findall(str(value)))),))
        elif name not in ("error", "actual_length", "field_type", "class_name"):
            shown[name] = f"{value:g}" if isinstance(value, float) else str(value)
    return shown
