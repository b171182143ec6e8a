"""A condition as text: its quoted parts, its places, and what can be said of it before the engine reads it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from suture.rules.confusables import looks_like
from suture.rules.errors import ConditionProblem

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
        message = f"the condition has {len(text)} characters, at most {MAX_LENGTH} are allowed"
        return [ConditionProblem(1, 1, "syntax", message, "split it into several rules")]
    if not text.strip():
        hint = "write what must be so, such as c.role == 'RN'"
        return [ConditionProblem(1, 1, "syntax", "the condition is empty", hint)]
    plain = without_quoted(text)
    hint = "write known.c.start instead"
    found = [
        ConditionProblem(*position(text, match.start()), "syntax", "has() cannot be used", hint)
        for match in _HAS.finditer(plain)
    ]
    return [*found, *_foreign_letters(plain)][:MAX_PROBLEMS]


def _foreign_letters(plain: str) -> Iterator[ConditionProblem]:
    """Outside quotes a condition is plain ASCII; anything else there is often invisible."""
    for match in _FOREIGN.finditer(plain):
        word = match[0]
        at, letter = next((n, letter) for n, letter in enumerate(word) if not letter.isascii())
        where = position(plain, match.start() + at)
        if letter in _QUOTES:
            yield ConditionProblem(*where, "syntax", f"{letter} is no plain quote", "write ' before and after a text")
        elif letter in _SIGNS:
            yield ConditionProblem(*where, "syntax", f"{letter} cannot be used here", f"write {_SIGNS[letter]}")
        elif letter.isspace():
            yield ConditionProblem(*where, "syntax", "this blank is no plain one", "type the blank again")
        else:
            name = unicodedata.name(letter, "a letter without a name").lower()
            message, hint = f"{word} has the letter {letter} ({name})", "a text goes in quotes"
            if plainly := looks_like(word):
                message += f", which only looks like {looks_like(letter)}"
                hint = f"type {plainly} again in plain letters"
            yield ConditionProblem(*where, "syntax", message, hint)
