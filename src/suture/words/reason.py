"""A reason as data: a code with values, stored as it is and said in the reader's language where it is shown."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from suture.words.catalog import DEFAULT_LANGUAGE, LANGUAGES, _, plural, speaking, spoken
from suture.words.dates import full_date, long_date, short_date, spelled_date
from suture.words.sentences import SENTENCES
from suture.words.skills import skill_words

AS_WRITTEN = "as_written"
"""The code of a person's own words, and of sentences that were stored before reasons had codes."""

IN_EACH_LANGUAGE = "in_each_language"
"""The code of a text that was made where it was stored; its values are that text, by language."""

OF_RULES = frozenset({"title", "because"})
"""Values that are texts of a rule: the catalog has those of the rules that come with Suture, others are as written."""

_DOUBLED = re.compile(r"(?<=[^.][.?!])\.$")
"""The period after a value that ends a sentence itself: "did you mean 09:30?."."""

SPOKEN_WITH_A_VOWEL = "AEFHILMNORSX"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so. `values` fill the sentence of `code` (`suture.words.sentences`), in the order of names.

    A value is a text (a name, an id), a number, a date, an instant on the clock where it happens, a reason, or several
    of them, which are listed.
    """

    code: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """The sentence, in the language spoken now. Another reason that one with a period begins with has a capital."""
        if self.code == IN_EACH_LANGUAGE:
            texts = dict(self.values)
            return str(texts.get(spoken(), texts[DEFAULT_LANGUAGE]))
        if self.code in _LISTS:
            return _LISTS[self.code]([_shown(value) for value in self.values[0][1]])
        sentence, values = SENTENCES.get(self.code), {name: _part(name, value) for name, value in self.values}
        if sentence is None:  # a later release wrote it
            return self.code
        try:
            said = _(sentence, **values) if isinstance(sentence, str) else self._counted(sentence, values)
        except KeyError:  # an earlier or later release filled in something else
            return self.code
        said = _DOUBLED.sub("", said)
        return said[:1].upper() + said[1:] if said.endswith(".") and self._begins(said) else said

    def _counted(self, sentence: tuple[str, str], values: Mapping[str, str]) -> str:
        return plural(*sentence, dict(self.values)["n"], **{name: t for name, t in values.items() if name != "n"})

    def _begins(self, said: str) -> bool:
        """Whether a reason within this one is at its beginning; names and files keep their first letter."""
        return any(isinstance(value, Reason) and said.startswith(str(value)) for _name, value in self.values)

    def in_language(self, lang: str) -> str:
        """The sentence in a language."""
        with speaking(lang):
            return str(self)


class _Text(str):
    """A value as it stands in a sentence; `{role:a}` has the English article of an abbreviation before it: "an RN"."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return f"{'an' if self[:1] in SPOKEN_WITH_A_VOWEL else 'a'} {self}" if spec == "a" else str(self)


class _Day(str):
    """A date; `{day:y}` has the year: "Nov 30, 2026". Spelled out, for languages that abbreviate none in a sentence:
    `{day:l}` is "30 de noviembre de 2026", `{day:w}` is "lunes, 30 de noviembre"."""

    __slots__ = ("day",)
    day: date

    def __format__(self, spec: str) -> str:
        return {"y": full_date, "l": spelled_date, "w": long_date}.get(spec, short_date)(self.day)


def _part(name: str, value: object) -> str:
    if name in OF_RULES and isinstance(value, str):
        return _Text(text_of_rule(value))
    if name == "skill":
        return _Text(skill_words(str(value)))
    if isinstance(value, date) and not isinstance(value, datetime):
        said = _Day(short_date(value))
        said.day = value
        return said
    return _Text(_shown(value))


def text_of_rule(text: str | Reason) -> str:
    """A rule's title or `because`, in the reader's language unless the agency wrote it."""
    return _(text) if isinstance(text, str) else str(text)


def reason(code: str, /, **values: object) -> Reason:
    """A reason. Which values a code takes, its sentence says."""
    return Reason(code, tuple(sorted(values.items())))


def as_written(text: str) -> Reason:
    """A person's own words, said as they are in every language."""
    return reason(AS_WRITTEN, text=text)


def in_each_language(say: Callable[[], str]) -> Reason:
    """A text that has no code of its own, such as the sentence of a rule, as it is said in each language."""
    texts = {}
    for lang in LANGUAGES:
        with speaking(lang):
            texts[lang] = say()
    return reason(IN_EACH_LANGUAGE, **texts)


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
        case str() | int() | float() | None:
            return value
        case _:
            raise TypeError(f"a reason cannot hold {type(value).__name__}")


def from_json(stored: Any) -> Reason:
    """What `to_json` made of a reason; a text is as someone wrote it."""
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
            return listed([_shown(v) for v in value])
        case _:
            return str(value)


def listed(texts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(texts) < 2:
        return "".join(texts)
    return _("{some} and {last}", some=", ".join(texts[:-1]), last=texts[-1])


def either(texts: Sequence[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    if len(texts) < 2:
        return "".join(texts)
    return _("{some} or {last}", some=", ".join(texts[:-1]), last=texts[-1])


_LISTS = {"all_of": "; ".join, "any_of": either, "some_of": ", ".join}


def all_of(reasons: Iterable[Reason]) -> Reason:
    """Several reasons as one, each once: "a; b"."""
    once = tuple(dict.fromkeys(reasons))
    return once[0] if len(once) == 1 else Reason("all_of", (("reasons", once),))


def any_of(texts: Iterable[str]) -> Reason:
    """One of several: "RN or LPN"."""
    return Reason("any_of", (("texts", tuple(texts)),))


def some_of(texts: Iterable[str | Reason]) -> Reason:
    """Several things side by side: "a, b"."""
    return Reason("some_of", (("texts", tuple(texts)),))


def values_of(given: Reason) -> Mapping[str, Any]:
    """The values by name."""
    return dict(given.values)
