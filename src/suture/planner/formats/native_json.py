"""What the readers of public JSON instances share: finding a value, or naming where it is missing."""

import json
from typing import Any

from suture.planner.formats.errors import Unreadable, at
from suture.words.catalog import _

LARGEST = 100_000
"""Minutes: seventy days, and in the finest unit of a format still 32 bits."""


class Found:
    """A JSON value and its path; a missing key or a wrong type raises `Unreadable` with the path."""

    def __init__(self, value: Any, path: str = "") -> None:
        self.value = value
        self.path = path

    def __getitem__(self, key: str) -> "Found":
        if not isinstance(self.value, dict):
            raise self._fault(_("{value}; expected an object with {key}", value=_short(self.value), key=repr(key)))
        if key not in self.value:
            raise self._fault(_("{key} is missing; expected a value of that name", key=repr(key)))
        return Found(self.value[key], f"{self.path}.{key}" if self.path else key)

    def get(self, key: str) -> "Found | None":
        """The value of an optional key; None where it is absent or null."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return None if found is None else Found(found, f"{self.path}.{key}")

    def each(self) -> "list[Found]":
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self._fault(_("{value}; expected a list", value=_short(self.value)))
        return [Found(item, f"{self.path}[{i}]") for i, item in enumerate(self.value)]

    def number(self) -> float:
        """A number, none of them absurd."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._fault(_("{value}; expected a number", value=_short(self.value)))
        if not abs(self.value) <= LARGEST:
            value, most = _short(self.value), f"{LARGEST:,}"
            raise self._fault(_("{value}; expected a number up to {most}", value=value, most=most))
        return float(self.value)

    def text(self) -> str:
        """An id; numbers are taken as their digits."""
        if not isinstance(self.value, str | int):
            raise self._fault(_("{value}; expected a name", value=_short(self.value)))
        return str(self.value)

    def _fault(self, said: str) -> Unreadable:
        return Unreadable(at(self.path, said))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def parse(data: bytes) -> Found:
    """The JSON document."""
    try:
        return Found(json.loads(data))
    except UnicodeDecodeError:
        raise Unreadable(at("file", _("not JSON"))) from None
    except json.JSONDecodeError as error:
        said = _("not JSON at line {line}, column {column}", line=error.lineno, column=error.colno)
        raise Unreadable(at("file", said)) from None


def gap_of(sync: Found, scale: int) -> tuple[int, int]:
    """The least and most distance of a sequential pair, in time units."""
    gap = sync["distance"]
    if isinstance(gap.value, dict):
        low, high = gap["min"].number(), gap["max"].number()
    elif isinstance(gap.value, list):
        low, high = (x.number() for x in gap.each())
    else:
        low = high = gap.number()
    return -int(-low * scale // 1), int(high * scale // 1)
