"""Reads a file of settings by the YAML rules of rulebooks: `21:00` is a time, and every fault has a line.

A file with nothing in it but comments leaves every setting at its default.
"""

from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from suture.rules import source
from suture.rules.errors import Problem, SettingsRefused
from suture.rules.schema_errors import refused
from suture.rules.source import Entries, Node
from suture.words.catalog import _

_Model = TypeVar("_Model", bound=BaseModel)


def load_settings(text: str, name: str, model: type[_Model]) -> _Model:
    """The settings of a file called `name`. Raises SettingsRefused naming every fault."""
    try:
        root, problems = source.read(text, name)
    except source.Empty:
        return model()
    except source.Unreadable as error:
        raise SettingsRefused([error.problem]) from None
    if not isinstance(root, Entries):
        raise SettingsRefused([_no_mapping(root, name, model)])
    try:
        settings = model.model_validate(source.plain(root))
    except ValidationError as error:
        found, _ = refused(model, root, error)
        problems += [replace(problem, file=name) for problem in found]
    if problems:
        raise SettingsRefused(problems)
    return settings


def _no_mapping(root: Node, name: str, model: type[BaseModel]) -> Problem:
    hint = _("write key: value, one setting a line; there are {names}", names=", ".join(model.model_fields))
    return Problem(name, root.position.line, root.position.column, "schema", _("these are not settings"), hint=hint)
