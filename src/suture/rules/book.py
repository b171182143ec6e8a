"""The rulebook: loads its files, finds every problem in them, and names the result by its content.

A rulebook never changes. Its hash covers what the rules say, not how the files are written: the order of rules and
keys, comments and quoting do not matter, defaults are filled in.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from suture.rules import vocabulary
from suture.rules.errors import Problem, RulebookRefused
from suture.rules.kept import Kept
from suture.rules.loader import CheckedRule, CheckedWaiver, Loader
from suture.rules.packs import pack_text
from suture.rules.parts import Waiver
from suture.rules.relations import Written
from suture.rules.source import Source

__all__ = ["CheckedRule", "Reading", "Rulebook", "Source", "load", "load_all", "read"]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A checked set of rules, sorted by id. `hash` (SHA-256, hex) is its version; `sources` are its files and packs.

    `kept`: what was compiled of the last days asked about, so that the next decision asks only about what changed.
    """

    name: str
    rules: tuple[CheckedRule, ...]
    hash: str
    waivers: tuple[CheckedWaiver, ...] = ()
    sources: tuple[Source, ...] = field(default=(), compare=False, repr=False)
    kept: Kept = field(default_factory=Kept, init=False, compare=False, repr=False)

    def effective(self, service_date: date) -> tuple[CheckedRule, ...]:
        """The rules in force on a service date, sorted by id."""
        return tuple(checked for checked in self.rules if checked.rule.is_effective(service_date))

    def waived(self, service_date: date) -> tuple[Waiver, ...]:
        """The waivers in force on a service date, sorted by id."""
        return tuple(w.waiver for w in self.waivers if w.waiver.is_effective(service_date))

    def rule(self, rule_id: str) -> CheckedRule | None:
        """The rule of that id."""
        return next((checked for checked in self.rules if checked.rule.id == rule_id), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """A rulebook of the rules that can be used, whether or not all can.

    `halves`: the others, for the conditions they have. `cut`: how many problems there are beside those listed.
    """

    book: Rulebook
    problems: tuple[Problem, ...]
    halves: tuple[Written, ...] = ()
    cut: int = 0


def load(text: str, *, name: str) -> Rulebook:
    """The rulebook of one file's text; `name` is the file's name in messages.

    Raises RulebookRefused, which holds every problem found.
    """
    return load_all([Source(name, text)])


def load_all(sources: Sequence[Source]) -> Rulebook:
    """One rulebook of several files and of the packs they name; ids are unique over all of them.

    A pack that is among the files is taken from there. Raises RulebookRefused.
    """
    reading = read(sources)
    if reading.problems:
        raise RulebookRefused(reading.problems, reading.cut)
    return reading.book


def read(sources: Sequence[Source]) -> Reading:
    """What can be read of several files and the packs they name, and every problem found on the way."""
    loader = Loader(pack_text)
    rules, waivers = loader.read(sources)
    name = ", ".join(s.name for s in sources)
    book = Rulebook(name, rules, _hash(rules, waivers), waivers, tuple(loader.used))
    return Reading(book, tuple(loader.problems), tuple(loader.halves), loader.cut)


def _hash(rules: Sequence[CheckedRule], waivers: Sequence[CheckedWaiver]) -> str:
    canonical: dict[str, Any] = {"version": vocabulary.VERSION, "rules": [c.rule.canonical() for c in rules]}
    if waivers:
        canonical["waivers"] = [w.waiver.model_dump(mode="json", by_alias=True) for w in waivers]
    written = json.dumps(canonical, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(unicodedata.normalize("NFC", written).encode()).hexdigest()
