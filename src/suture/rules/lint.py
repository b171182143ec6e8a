"""What a rulebook should not contain although it can be read."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from suture.rules.book import Rulebook
from suture.rules.cel import Condition
from suture.rules.confusables import looks_like
from suture.rules.errors import ConditionProblem, Problem
from suture.rules.lint_condition import suspicions
from suture.rules.normal import Form, normal
from suture.rules.relations import CheckedRule, Written
from suture.words.catalog import _, plural
from suture.words.dates import full_date

MAX_CHARACTERS: Final = 100_000
"""This much of the conditions is looked into, in a quarter of a second; a rulebook of hundreds of rules has less."""
_QUOTED: Final = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")


def lint(book: Rulebook, today: date, halves: Sequence[Written] = ()) -> Iterator[Problem]:
    """Conditions that are always the same, fail or ask for what never is; identical rules; words in foreign letters;
    and waivers that have expired before `today`. `halves`: rules that cannot be used, for the conditions they have.
    """
    looks = _Looks()
    for written in (*(checked.written for checked in book.rules), *halves):
        for slot, condition in written.conditions.items():
            seen = looks.into(condition)
            yield from (written.problem_of(slot, problem) for problem in (seen[1] if seen else []))
            yield from _look_alikes(written, slot, condition)
    yield from _identical(book, looks)
    for checked in book.rules:
        yield from _look_alike_ids(checked)
    for waiver in book.waivers:
        if waiver.waiver.until < today:
            said = _("the waiver expired on {day}", day=full_date(waiver.waiver.until))
            yield waiver.problem("waiver", said, "until", _("remove it, or have it approved again"))
    if looks.left_out:
        said = plural(
            "{n} condition was not checked: the rulebook is too large for that",
            "{n} conditions were not checked: the rulebook is too large for that",
            looks.left_out,
        )
        yield Problem(book.name, 1, 1, "later", said, hint=_("check its files one by one"), level="note")


def objections(book: Rulebook) -> list[Problem]:
    """What keeps a rulebook from being put in force. An expired waiver does not: it no longer suspends anything."""
    return sorted(problem for problem in lint(book, date.min) if problem.level == "error")


def notes(book: Rulebook) -> Iterator[Problem]:
    """What is correct and does not bind yet: rules nothing reads, and conditions on a fact nothing fills."""
    for checked in book.rules:
        if checked.rule.unread:
            yield checked.problem("later", _(checked.rule.unread), level="note")
        for slot, condition in checked.conditions.items():
            if "v.only" in condition.reads:
                said = _("v.only is '' for every visit yet: no file says whom a patient accepts alone")
                hint = _("name both: scope {patient: […]}, and c.id in the condition")
                yield checked.problem("later", said, slot, hint, level="note")


class _Looks:
    """What was seen in conditions, by their text, up to a total length; the rest is left out."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Form, list[ConditionProblem]] | None] = {}
        self._length = 0

    @property
    def left_out(self) -> int:
        """How many distinct conditions were not looked into."""
        return sum(seen is None for seen in self._seen.values())

    def into(self, condition: Condition) -> tuple[Form, list[ConditionProblem]] | None:
        """Its normal form and what is suspicious about it; None where it was left out."""
        text = condition.text
        if text not in self._seen:
            self._length += len(text)
            form = normal(condition.tree()) if self._length <= MAX_CHARACTERS else None
            self._seen[text] = None if form is None else (form, suspicions(condition, form))
        return self._seen[text]


def _identical(book: Rulebook, looks: _Looks) -> Iterator[Problem]:
    """Rules that say the same of the same, however it is written."""
    seen: dict[tuple[object, ...], CheckedRule] = {}
    for checked in book.rules:
        if not checked.conditions or not checked.is_whole:
            continue
        key = _says(checked, looks)
        first = seen.setdefault(key, checked)
        if first.rule.id != checked.rule.id:
            slot = next(iter(checked.conditions))
            same = _("it says the same as rule {rule}", rule=first.rule.id)
            yield checked.problem("identical", same, slot, _("remove one of them"))


def _says(checked: CheckedRule, looks: _Looks) -> tuple[object, ...]:
    said = {}
    for slot, condition in checked.conditions.items():
        seen = looks.into(condition)
        said[slot] = seen[0].key if seen else condition.text
    rest = checked.rule.model_dump(
        exclude={"id", "title", "because", "owner", "tests", "severity", *checked.rule.slots}
    )
    return (repr(said), repr(rest))


def _look_alikes(written: Written, slot: str, condition: Condition) -> Iterator[Problem]:
    for quoted in _QUOTED.findall(condition.text):
        if plain := looks_like(quoted):
            said = _("{text} only looks like {plain}", text=quoted, plain=plain)
            yield written.problem("look-alike", said, slot, _("type it again in plain letters"))


def _look_alike_ids(checked: CheckedRule) -> Iterator[Problem]:
    scope = checked.rule.scope
    for external_id in (*(scope.branch or ()), *(scope.clinician or ()), *(scope.patient or ())):
        if plain := looks_like(external_id):
            said = _("{text} only looks like {plain}", text=repr(external_id), plain=repr(plain))
            yield checked.problem("look-alike", said, "scope", _("type it again in plain letters"))
