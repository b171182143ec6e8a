"""What pydantic says of a document, as lines for a person: path, value, what was expected."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from suture.planner.formats.errors import Unreadable

_SHORT = 60


def faults_of(error: ValidationError, model: type[BaseModel]) -> Unreadable:
    """Each fault of a document of `model`, one line each; a file of another schema has that one fault."""
    faults = error.errors()
    other = [x for x in faults if x["loc"] == ("schema",) and x["type"] == "literal_error"]
    return Unreadable(*(_line(fault, model) for fault in other or faults))


def _line(fault: Any, model: type[BaseModel]) -> str:
    path = ".".join(str(x) for x in fault["loc"]) or "file"
    message = str(fault["msg"])
    if fault["type"] == "json_invalid":
        return f"{path}: not JSON; {message.removeprefix('Invalid JSON: ')}"
    if fault["type"] == "extra_forbidden":
        return f"{path}: no such key; {_meant(fault['loc'], model)}"
    wanted = message.removesuffix(", not 0").removesuffix(" after validation")
    for begin in ("Input should be ", "Input should have ", "List should have ", "Value error, "):
        wanted = wanted.removeprefix(begin)
    if fault["type"] == "missing":
        return f"{path}: missing; expected {_wanted_of(fault['loc'], model)}"
    value = repr(fault.get("input"))
    value = value if len(value) <= _SHORT else value[: _SHORT - 3] + "..."
    return f"{path}: {value}; expected {wanted}"


def _meant(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    keys = _keys(_model_at(loc[:-1], model))
    near = get_close_matches(str(loc[-1]), keys, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(keys)}"


def _wanted_of(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """A missing key's only possible value, where there is only one; else a value."""
    owner = _model_at(loc[:-1], model)
    for name, field in owner.model_fields.items():
        choices = get_args(field.annotation)
        if loc[-1] in (name, field.alias) and len(choices) == 1 and isinstance(choices[0], str):
            return repr(choices[0])
    return "a value of that name"


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
