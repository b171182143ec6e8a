"""A condition as text: its quoted parts, its places, and what can be said of it before the engine reads it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from suture.rules.confusables import looks_like
from suture.rules.errors import ConditionProblem
from suture.words.catalog import _

MAX_LENGTH: Final = 2_000
MAX_PROBLEMS: Final = 10

_HAS: Final = re.compile(r"\bhas\s*\(")
_FOREIGN: Final = re.compile(r"[\w.]*[^\x00-\x7f][\w.]*")
_QUOTES: Final = "“”„‟‘’‚‛«»‹›`´"
_SIGNS: Final = {
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "–": "-",
    "−": "-",
    "×": "*",
    "÷": "/",
    "∧": "&&",
    "∨": "||",
    "¬": "!",
}
_QUOTED: Final = re.compile(
    r"""[bB]?[rR][bB]?(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')"""
    r"""|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*""",
    re.DOTALL,
)


def without_quoted(text: str) -> str:
    """A condition's text with quoted parts and comments blanked out, every other character where it was."""
    return _QUOTED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, counted from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def found_in_text(text: str) -> list[ConditionProblem]:
    """What is wrong before the engine has read a word."""
    if len(text) > MAX_LENGTH:
        message = _("the condition has {n} characters, at most {most} are allowed", n=len(text), most=MAX_LENGTH)
        return [ConditionProblem(1, 1, "syntax", message, _("split it into several rules"))]
    if not text.strip():
        hint = _("write what must be so, such as c.role == 'RN'")
        return [ConditionProblem(1, 1, "syntax", _("the condition is empty"), hint)]
    plain = without_quoted(text)
    hint = _("write known.c.start instead")
    found = [
        ConditionProblem(*position(text, match.start()), "syntax", _("has() cannot be used"), hint)
        for match in _HAS.finditer(plain)
    ]
    return [*found, *_foreign_letters(plain)][:MAX_PROBLEMS]


def _foreign_letters(plain: str) -> Iterator[ConditionProblem]:
    """Outside quotes a condition is plain ASCII; anything else there is often invisible."""
    for match in _FOREIGN.finditer(plain):
        word = match[0]
        at, letter = next((n, letter) for n, letter in enumerate(word) if not letter.isascii())
        where = position(plain, match.start() + at)
        yield ConditionProblem(*where, "syntax", *_about_letter(letter, word))


def _about_letter(letter: str, word: str) -> tuple[str, str]:
    """The message and the hint for a letter that is not ASCII, in its word."""
    if letter in _QUOTES:
        return _("{letter} is not a plain quote", letter=letter), _("write ' before and after a text")
    if letter in _SIGNS:
        return _("{word} cannot be used here", word=letter), _("write {text}", text=_SIGNS[letter])
    if letter.isspace():
        return _("this is not a plain space"), _("type the space again")
    name = unicodedata.name(letter, "").lower() or _("a letter without a name")
    if not (plainly := looks_like(word)):
        message = _("{word} has the letter {letter} ({name})", word=word, letter=letter, name=name)
        return message, _("a text goes in quotes")
    message = _(
        "{word} has the letter {letter} ({name}), which only looks like {plain}",
        word=word,
        letter=letter,
        name=name,
        plain=looks_like(letter),
    )
    return message, _("type {word} again in plain letters", word=plainly)
