"""A reason as data: a code with values, stored as it is and said in the reader's language where it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suture.words.catalog import _, plural, speaking
from suture.words.dates import short_date
from suture.words.sentences import SENTENCES

AS_WRITTEN = "as_written"
"""The code of a person's own words, and of sentences that were stored before reasons had codes."""

Value = "str | int | float | date | datetime | Reason | tuple[Reason, ...]"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so. `values` fill the sentence of `code` (`suture.words.sentences`), in the order of names.

    A value is a text (a name, an id), a number, a date, an instant on the clock where it happens, a reason, or several.
    """

    code: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """The sentence, in the language spoken now."""
        sentence, values = SENTENCES.get(self.code), {name: _shown(value) for name, value in self.values}
        if sentence is None:  # a later release wrote it
            return self.code
        if isinstance(sentence, str):
            return _(sentence, **values)
        n = dict(self.values)["n"]
        return plural(*sentence, n, **{name: text for name, text in values.items() if name != "n"})

    def in_language(self, lang: str) -> str:
        """The sentence in a language."""
        with speaking(lang):
            return str(self)


def reason(code: str, /, **values: object) -> Reason:
    """A reason. Which values a code takes, its sentence says."""
    return Reason(code, tuple(sorted(values.items())))


def as_written(text: str) -> Reason:
    """A person's own words, said as they are in every language."""
    return reason(AS_WRITTEN, text=text)


def to_json(value: object) -> object:
    """A reason, or a value of one, as JSON; for `json.dumps(default=...)`, too. Raises TypeError for anything else."""
    match value:
        case Reason():
            return {"code": value.code, "values": {name: to_json(v) for name, v in value.values}}
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case tuple() | list():
            return [to_json(v) for v in value]
        case str() | int() | float():
            return value
        case _:
            raise TypeError(f"a reason cannot hold {type(value).__name__}")


def from_json(stored: Any) -> Reason:
    """What `to_json` made of a reason; a text is as somebody wrote it."""
    return as_written(stored) if isinstance(stored, str) else _value(stored)


def _value(stored: Any) -> Any:
    match stored:
        case {"code": str(code), "values": dict(values)}:
            return reason(code, **{name: _value(v) for name, v in values.items()})
        case {"at": str(at)}:
            return datetime.fromisoformat(at)
        case {"on": str(on)}:
            return date.fromisoformat(on)
        case list():
            return tuple(map(_value, stored))
        case _:
            return stored


def _shown(value: object) -> str:
    match value:
        case datetime():
            return f"{value:%H:%M}"
        case date():
            return short_date(value)
        case tuple():
            return "; ".join(map(_shown, value))
        case _:
            return str(value)


def listed(texts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(texts) < 2:
        return "".join(texts)
    return _("{some} and {last}", some=", ".join(texts[:-1]), last=texts[-1])


def all_of(reasons: Sequence[Reason]) -> Reason | None:
    """Several reasons as one, each once; None for none."""
    once = tuple(dict.fromkeys(reasons))
    return once[0] if len(once) == 1 else reason("all_of", reasons=once) if once else None


def values_of(given: Reason) -> Mapping[str, Any]:
    """The values by name."""
    return dict(given.values)
