"""What the rules room raises.

RulesError
├── ConditionRefused   a CEL condition with problems, in the condition's own lines and columns
└── FileRefused        a file with problems, in the file's lines and columns
    ├── RulebookRefused    of a rulebook
    └── SettingsRefused    of settings
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from suture.words.catalog import _, marked

_LEVELS: Final = {"error": "{said}", "warning": marked("warning: {said}"), "note": marked("note: {said}")}


class RulesError(Exception):
    """Root of everything this room raises."""


@dataclass(frozen=True, slots=True, order=True)
class ConditionProblem:
    """One fault of one condition; line and column count from 1, in code points of the condition's text."""

    line: int
    column: int
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault of a file, at the place where the writer must look; line and column count from 1.

    `names_slot`: the message is a sentence about the slot that names it itself.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    rule_id: str = ""
    slot: str = ""
    hint: str = ""
    level: str = "error"
    names_slot: bool = False

    def __str__(self) -> str:
        """Where, what is wrong, and what to do after a dash; last the code, which docs/rules/index.md explains.

        `<file>:<line>:<col>: rule <id>, <slot>: <message> – <hint> [<code>]`; a warning and a note say so first.
        """
        said = _(_LEVELS[self.level], said=self._said())
        hint = f" – {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {said}{hint} [{self.code}]"

    def _said(self) -> str:
        slot = "" if self.names_slot else self.slot
        if not self.rule_id:
            return f"{slot}: {self.message}" if slot else self.message
        if self.names_slot:
            return _("rule {rule}, {said}", rule=self.rule_id, said=self.message)
        if slot:
            return _("rule {rule}, {slot}: {said}", rule=self.rule_id, slot=slot, said=self.message)
        return _("rule {rule}: {said}", rule=self.rule_id, said=self.message)


class ConditionRefused(RulesError):
    """A condition that cannot be used; `problems` holds every fault found."""

    def __init__(self, problems: Iterable[ConditionProblem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(f"{p.line}:{p.column}: {p.message}" for p in self.problems))


class FileRefused(RulesError):
    """A file that cannot be used; `problems` holds the faults found, in file order, `cut` counts those not kept."""

    def __init__(self, problems: Iterable[Problem], cut: int = 0) -> None:
        self.problems = tuple(sorted(problems))
        self.cut = cut
        super().__init__("\n".join(str(p) for p in self.problems))


class RulebookRefused(FileRefused):
    """A rulebook that cannot be used."""


class SettingsRefused(FileRefused):
    """A file of settings that cannot be used."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as a hint, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return _("did you mean {word}?", word=near[0]) if near else ""
