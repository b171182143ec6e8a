"""What makes no sense on a given day: rules that fail, leave no clinician, contradict each other, or never fire."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from suture.rules.area import Mask
from suture.rules.book import Rulebook
from suture.rules.cel import Condition
from suture.rules.cel_errors import INDEX, fault_in_words
from suture.rules.compiled import WORD, Asked, Bits, CompiledRules, shut_hours
from suture.rules.errors import Problem
from suture.rules.families import About
from suture.rules.planes import UNKNOWN, Signatures
from suture.rules.relations import CheckedRule
from suture.rules.vocabulary import subject
from suture.words.catalog import _, marked, plural
from suture.words.dates import full_date

MAX_CLASHES: Final = 20
MAX_CASES: Final = 20_000
"""This many distinct cases of a condition are looked at for faults, in a tenth of a second; further ones are not."""
_BY_ZERO: Final = re.compile("(?:divide|modulus) by zero")
_FAILS: Final = {
    "pairs": marked("its condition fails for {failed} of {of} pairs of {day}: {why}"),
    "clinicians": marked("its condition fails for {failed} of {of} clinicians of {day}: {why}"),
    "visits": marked("its condition fails for {failed} of {of} visits of {day}: {why}"),
}


def lint_day(book: Rulebook, compiled: CompiledRules, service_date: date) -> Iterator[Problem]:
    """What a rulebook says of a day and cannot be meant."""
    if not compiled.visits:
        day = full_date(service_date)
        said = _("{day} has no visits that need a clinician, so nothing can be said about it", day=day)
        name, hint = book.sources[0].name if book.sources else book.name, _("import the day first, or name another")
        yield Problem(name, 1, 1, "never", said, hint=hint, level="warning")
        return
    rules = {checked.rule.id: checked for checked in book.rules}
    faults = [fault for asked in compiled.asked for fault in _faults(compiled, asked, service_date)]
    yield from faults
    if compiled.clinicians:
        blocks = compiled.why | compiled.unknown
        alone = _blocked_alone(compiled, blocks)
        faulty = {fault.rule_id for fault in faults}  # why they block is told already
        yield from (p for p in _alone(compiled, alone, rules, service_date) if p.rule_id not in faulty)
        yield from _contradictions(compiled, blocks, alone, rules, service_date)
    fires = compiled.fires()
    for asked in compiled.asked:
        if not fires.get(asked.rule.id, True):
            said, hint = (
                _("it never fires on {day}", day=full_date(service_date)),
                _("fine if the day has no such case"),
            )
            yield rules[asked.rule.id].problem("never", said, hint=hint, level="warning")


def _faults(compiled: CompiledRules, asked: Asked, service_date: date) -> Iterator[Problem]:
    """Conditions that fail at run time: whom they fail for is not assigned, and no one would know why."""
    for slot, condition in asked.checked.conditions.items():
        unknown, of, what = _unknown(compiled, asked, slot)
        if not unknown.any():
            continue
        failed, fault = _failed(compiled, condition, unknown)
        if failed:
            day, why = full_date(service_date), fault_in_words(fault)
            said = _(_FAILS[what], failed=failed, of=of, day=day, why=why)
            yield asked.checked.problem("fault", said, slot, _instead(fault))


def _instead(fault: str) -> str:
    """What to write instead of a condition that fails so."""
    if _BY_ZERO.search(fault):
        return _("ask first whether it is 0: v.dur != 0 && …")
    if INDEX.search(fault):
        return _("ask first whether the list is that long: size(c.langs) > 1 && …")
    return _("write it more simply")


def _unknown(compiled: CompiledRules, asked: Asked, slot: str) -> tuple[Mask, int, str]:
    """For which pairs, visits or clinicians a slot is unknown; of how many; and which of the three they are."""
    people, visits = list(compiled.clinicians.values()), list(compiled.visits.values())
    key, reads = (asked.rule.id, slot), asked.checked.conditions[slot].reads
    rows, columns = compiled.cases.rows[key], compiled.cases.columns[key]
    if asked.rule.about is About.PAIR:
        mask = asked.area.mask(people, visits)
        in_area = np.ones((len(people), len(visits)), bool) if mask is None else mask
        unknown = asked.questions[slot].answer(rows, columns) == UNKNOWN
        return unknown & in_area, int(in_area.sum()), "pairs"
    if any(subject(field) == "c" for field in reads):
        return compiled.of_clinicians(asked, slot)[:, None] == UNKNOWN, len(people), "clinicians"
    in_area = asked.area.visits(visits)[None, :]
    return (compiled.of_visits(asked, slot)[None, :] == UNKNOWN) & in_area, int(in_area.sum()), "visits"


def _failed(compiled: CompiledRules, condition: Condition, unknown: Mask) -> tuple[int, str]:
    """For how many of the unknown the condition fails instead of lacking a fact, and the first fault, as the engine
    says it; each case is asked once.
    """
    left = Signatures([name for name in condition.reads if subject(name) == "c"])
    right = Signatures([name for name in condition.reads if subject(name) != "c"])
    rows = left.numbers(list(compiled.clinicians.values()) if left.fields else [{}] * unknown.shape[0])
    columns = right.numbers(list(compiled.visits.values()) if right.fields else [{}] * unknown.shape[1])
    cases = (rows[:, None].astype(np.int64) * len(right.cases) + columns[None, :])[unknown]
    failed, fault = 0, ""
    numbers, counts = np.unique(cases, return_counts=True)
    for number, count in zip(numbers[:MAX_CASES].tolist(), counts.tolist(), strict=False):
        row, column = divmod(number, len(right.cases))
        answer = condition.evaluate({**left.cases[row], **right.cases[column]})
        if answer.fault:
            failed, fault = failed + count, fault or answer.fault
    return failed, fault


def _blocked_alone(compiled: CompiledRules, blocks: Bits) -> Bits:
    """For each visit the bits of the rules that by themselves leave no clinician for it.

    Rules that narrow its hours to nothing together all have their bits there; by itself does it only one that shuts it
    alone, with those that only lengthen it.
    """
    alone: Bits = np.bitwise_and.reduce(blocks, axis=0)
    visits = list(compiled.visits.values())
    for bit, rule_id in enumerate(compiled.hard):
        own = next(asked for asked in compiled.asked if asked.rule.id == rule_id)
        if own.rule.about is About.VISIT and _bit(alone, bit).any():
            fewer = tuple(x for x in compiled.asked if x is own or not x.rule.refuses)
            shut = shut_hours(replace(compiled, asked=fewer), visits, slice(None))[rule_id]
            alone[~shut, bit // WORD] &= ~(np.uint64(1) << np.uint64(bit % WORD))
    return alone


def _alone(
    compiled: CompiledRules, alone: Bits, rules: Mapping[str, CheckedRule], service_date: date
) -> Iterator[Problem]:
    """Rules that by themselves leave no clinician; `alone` has their bits for each visit."""
    pairs = len(compiled.clinicians) * len(compiled.visits)
    for bit, rule_id in enumerate(compiled.hard):
        visits = np.flatnonzero(_bit(alone, bit))
        if len(visits) == len(compiled.visits):
            said = _("it blocks every pair of {day} by itself, all {n}", day=full_date(service_date), n=pairs)
            yield rules[rule_id].problem("blocks", said, hint=_("look at what its condition says of every pair"))
        elif len(visits):
            said = plural(
                "by itself it leaves no clinician for visit {first} on {day}",
                "by itself it leaves no clinician for {n} visits of {day}, such as {first}",
                len(visits),
                day=full_date(service_date),
                first=_first(compiled, visits.tolist()),
            )
            yield rules[rule_id].problem("blocks", said, hint=_("fine if no clinician may have them"), level="warning")


def _contradictions(
    compiled: CompiledRules, blocks: Bits, alone: Bits, rules: Mapping[str, CheckedRule], service_date: date
) -> Iterator[Problem]:
    """Visits that no clinician may do although each rule alone leaves some: the rules that together leave none."""
    impossible = np.flatnonzero(~compiled.eligible.any(axis=0) & ~alone.any(axis=1))
    alike: dict[bytes, list[int]] = {}
    for n in impossible.tolist():
        alike.setdefault(blocks[:, n].tobytes(), []).append(n)
    clashes: dict[tuple[str, ...], list[int]] = {}
    for visits in alike.values():
        clashes.setdefault(_clash(compiled, blocks[:, visits[0]]), []).extend(visits)
    day, hint = full_date(service_date), _("loosen one of them, or plan a clinician who keeps all of them")
    for clash, visits in list(clashes.items())[:MAX_CLASHES]:
        said = plural(
            "with {rules} it leaves no clinician for visit {first} on {day}",
            "with {rules} it leaves no clinician for {n} visits of {day}, such as {first}",
            len(visits),
            rules=", ".join(clash[1:]),
            day=day,
            first=_first(compiled, visits),
        )
        yield rules[clash[0]].problem("contradiction", said, hint=hint)
    if len(clashes) > MAX_CLASHES:
        first, more = list(clashes)[MAX_CLASHES][0], len(clashes) - MAX_CLASHES
        said = _("{n} more contradictions like this one on {day} are not listed", n=more, day=day)
        yield rules[first].problem("contradiction", said, hint=_("fix those above first"))


def _clash(compiled: CompiledRules, column: Bits) -> tuple[str, ...]:
    """Rules that together block all clinicians of a visit, none of which could be left out."""
    blocked = {rule_id: row for bit, rule_id in enumerate(compiled.hard) if (row := _bit(column, bit)).any()}
    chosen: list[str] = []
    left = np.ones(len(column), bool)
    while left.any():
        best = max(blocked, key=lambda rule_id: int((blocked[rule_id] & left).sum()))
        chosen.append(best)
        left &= ~blocked[best]
    for rule_id in list(chosen):
        others = [blocked[other] for other in chosen if other != rule_id]
        if others and np.logical_or.reduce(others).all():
            chosen.remove(rule_id)
    hours = [a.rule.id for a in compiled.asked if a.rule.about is About.VISIT and a.rule.id in blocked]
    return tuple(sorted(chosen if len(chosen) > 1 else hours))


def _bit(words: Bits, bit: int) -> Mask:
    """Where a rule's bit is set; the last axis is that of the words."""
    found: Mask = (words[..., bit // WORD] >> np.uint64(bit % WORD)) & np.uint64(1) == 1
    return found


def _first(compiled: CompiledRules, visits: list[int]) -> str:
    """The id of the first of these visits."""
    return str(list(compiled.visits.values())[visits[0]].get("v.id", "?"))
