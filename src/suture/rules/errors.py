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
    """One fault of a file, at the place where the writer must look; line and column count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str
    rule_id: str = ""
    slot: str = ""
    hint: str = ""
    level: str = "error"

    def __str__(self) -> str:
        """Where, what is wrong, and what to do after a dash; last the code, which docs/rules/index.md explains.

        `<file>:<line>:<col>: rule <id>, <slot>: <message> – <hint> [<code>]`; a warning and a note say so first.
        """
        level = "" if self.level == "error" else f"{self.level}: "
        about = ", ".join(part for part in (f"rule {self.rule_id}" if self.rule_id else "", self.slot) if part)
        goes_on = self.slot and self.message.startswith(("is ", "must ", "does "))
        said = f"{about}{'' if goes_on else ':'} {self.message}" if about else self.message
        hint = f" – {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {level}{said}{hint} [{self.code}]"


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
    return f"did you mean {near[0]}?" if near else ""
