"""What pydantic says of a document, as lines for a person: path, value, what was expected."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from suture.planner.formats.errors import Unreadable, at
from suture.words.catalog import _, marked, plural
from suture.words.reason import either

_SHORT = 60
_INVALID_JSON = re.compile(r"^Invalid JSON: ")
_CHOICE = re.compile(r"'[^']*'")
_INPUT = re.compile(r"^Input should (?:be|have) ")
_NO_VALUE = marked("missing; expected a value of that name")
_EXPECTED = {
    "int_type": marked("{value}; expected a valid integer"),
    "int_from_float": marked("{value}; expected a valid integer, got a number with a fractional part"),
    "float_type": marked("{value}; expected a valid number"),
    "string_type": marked("{value}; expected a valid string"),
    "bool_type": marked("{value}; expected a valid boolean"),
    "list_type": marked("{value}; expected a valid array"),
    "dict_type": marked("{value}; expected an object"),
    "model_type": marked("{value}; expected an object"),
    "none_required": marked("{value}; expected null"),
    "literal_error": marked("{value}; expected {expected}"),
    "greater_than_equal": marked("{value}; expected greater than or equal to {ge}"),
    "greater_than": marked("{value}; expected greater than {gt}"),
    "less_than_equal": marked("{value}; expected less than or equal to {le}"),
    "less_than": marked("{value}; expected less than {lt}"),
    "datetime_type": marked("{value}; expected a valid datetime"),
    "datetime_parsing": marked("{value}; expected a valid datetime, {error}"),
    "datetime_from_date_parsing": marked("{value}; expected a valid datetime or date, {error}"),
    "timezone_aware": marked("{value}; expected timezone info"),
    "date_type": marked("{value}; expected a valid date"),
    "date_parsing": marked("{value}; expected a valid date in the format YYYY-MM-DD, {error}"),
    "date_from_datetime_parsing": marked("{value}; expected a valid date or datetime, {error}"),
    "value_error": marked("{value}; expected {error}"),
}
"""What each type of fault expects; the other values are of pydantic's context."""


def faults_of(error: ValidationError, model: type[BaseModel]) -> Unreadable:
    """Each fault of a document of `model`, one line each; a file of another schema has that one fault."""
    faults = error.errors()
    other = [x for x in faults if x["loc"] == ("schema",) and x["type"] == "literal_error"]
    return Unreadable(*(_line(fault, model) for fault in other or faults))


def _line(fault: Any, model: type[BaseModel]) -> str:
    return at(".".join(str(x) for x in fault["loc"]), _said(fault, model))


def _said(fault: Any, model: type[BaseModel]) -> str:
    kind, value = fault["type"], _short(fault.get("input"))
    match kind:
        case "json_invalid":
            return _("not JSON; {error}", error=_INVALID_JSON.sub("", fault["msg"]))
        case "extra_forbidden":
            return _no_such_key(fault["loc"], model)
        case "missing":
            wanted = _only_value(fault["loc"], model)
            return _("missing; expected {value}", value=wanted) if wanted else _(_NO_VALUE)
        case "too_short":
            items = fault["ctx"]["min_length"]
            return plural(
                "{value}; expected at least {n} item", "{value}; expected at least {n} items", items, value=value
            )
        case "too_long":
            items = fault["ctx"]["max_length"]
            return plural(
                "{value}; expected at most {n} item", "{value}; expected at most {n} items", items, value=value
            )
        case _:
            if kind in _EXPECTED:
                return _(_EXPECTED[kind], **_shown(fault.get("ctx", {})), value=value)
            return _("{value}; expected {expected}", value=value, expected=_INPUT.sub("", fault["msg"]))


def _shown(context: dict[str, Any]) -> dict[str, str]:
    """The values of pydantic's context: 90.0 is 90, and choices are a list."""
    shown = {name: f"{x:g}" if isinstance(x, float) else str(x) for name, x in context.items()}
    if "expected" in shown:
        shown["expected"] = either(_CHOICE.findall(shown["expected"]))
    return shown


def _short(given: Any) -> str:
    value = repr(given)
    return value if len(value) <= _SHORT else value[: _SHORT - 3] + "..."


def _no_such_key(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    keys = _keys(_model_at(loc[:-1], model))
    if near := get_close_matches(str(loc[-1]), keys, n=1):
        return _("no such key; did you mean {word}?", word=repr(near[0]))
    return _("no such key; expected one of {names}", names=", ".join(keys))


def _only_value(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """A missing key's only possible value; nothing where there are several."""
    owner = _model_at(loc[:-1], model)
    for name, field in owner.model_fields.items():
        choices = get_args(field.annotation)
        if loc[-1] in (name, field.alias) and len(choices) == 1 and isinstance(choices[0], str):
            return repr(choices[0])
    return ""


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(loc: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """The model that a path leads to."""
    for key in loc:
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                model = next(_models_in(field.annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
