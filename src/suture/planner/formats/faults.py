"""What pydantic says of a document, as lines for a person: path, value, what was expected."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from suture.planner.formats.errors import Unreadable, at
from suture.words.catalog import _, marked
from suture.words.expected import expected

_SHORT = 60
_AT = re.compile(r"at line (?P<line>\d+) column (?P<column>\d+)")
_NO_VALUE = marked("missing; expected a value of that name")


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
            place = _AT.search(fault["msg"])
            return _("not JSON at line {line}, column {column}", **place.groupdict()) if place else _("not JSON")
        case "extra_forbidden":
            return _no_such_key(fault["loc"], model)
        case "missing":
            wanted = _only_value(fault["loc"], model)
            return _("missing; expected {value}", value=wanted) if wanted else _(_NO_VALUE)
        case "value_error":  # of a validator of the format, in the reader's language
            return _("{value}; expected {expected}", value=value, expected=fault["ctx"]["error"])
        case _:
            return _("{value}; expected {expected}", value=value, expected=expected(fault))


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
