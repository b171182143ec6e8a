"""What makes no sense on a given day: rules that fail, leave no clinician, contradict each other, or never fire."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from suture.rules.area import Mask
from suture.rules.book import Rulebook
from suture.rules.cel import Condition
from suture.rules.cel_errors import fault_in_words
from suture.rules.compiled import WORD, Asked, Bits, CompiledRules, shut_hours
from suture.rules.errors import Problem
from suture.rules.families import About
from suture.rules.planes import UNKNOWN, Signatures
from suture.rules.relations import CheckedRule
from suture.rules.vocabulary import subject
from suture.words.dates import full_date

MAX_CLASHES: Final = 20
MAX_CASES: Final = 20_000
"""This many distinct cases of a condition are looked at for faults, in a tenth of a second; further ones are not."""
_ASK_FIRST: Final = {
    "divide by zero": "ask first whether it is 0: v.dur != 0 && …",
    "modulus by zero": "ask first whether it is 0: v.dur != 0 && …",
    "in a list of": "ask first whether the list is that long: size(c.langs) > 1 && …",
}


def lint_day(book: Rulebook, compiled: CompiledRules, service_date: date) -> Iterator[Problem]:
    """What a rulebook says of a day and cannot be meant."""
    if not compiled.visits:
        said = f"{full_date(service_date)} has no visits that need a clinician, so nothing can be said of it"
        name = book.sources[0].name if book.sources else book.name
        yield Problem(name, 1, 1, "never", said, hint="import the day first, or name another", level="warning")
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
            said = f"it never fires on {full_date(service_date)}"
            yield rules[asked.rule.id].problem("never", said, hint="fine if the day has no such case", level="warning")


def _faults(compiled: CompiledRules, asked: Asked, service_date: date) -> Iterator[Problem]:
    """Conditions that fail at run time: whom they fail for is not assigned, and no one would know why."""
    for slot, condition in asked.checked.conditions.items():
        unknown, of, what = _unknown(compiled, asked, slot)
        if not unknown.any():
            continue
        failed, reason = _failed(compiled, condition, unknown)
        if failed:
            said = f"its condition fails for {failed} of {of} {what} of {full_date(service_date)}: {reason}"
            hint = next((hint for part, hint in _ASK_FIRST.items() if part in reason), "write it more simply")
            yield asked.checked.problem("fault", said, slot, hint)


def _unknown(compiled: CompiledRules, asked: Asked, slot: str) -> tuple[Mask, int, str]:
    """For which pairs, visits or clinicians a slot is unknown; of how many; and which of the three they are."""
    people, visits = list(compiled.clinicians.values()), list(compiled.visits.values())
    key, reads = (asked.rule.id, slot), asked.checked.conditions[slot].reads
    rows, columns = compiled.cases.rows[key], compiled.cases.columns[key]
    if asked.rule.about is About.PAIR:
        mask = asked.area.mask(people, visits)
        spoken = np.ones((len(people), len(visits)), bool) if mask is None else mask
        unknown = asked.questions[slot].answer(rows, columns) == UNKNOWN
        return unknown & spoken, int(spoken.sum()), "pairs"
    if any(subject(field) == "c" for field in reads):
        return compiled.of_clinicians(asked, slot)[:, None] == UNKNOWN, len(people), "clinicians"
    spoken = asked.area.visits(visits)[None, :]
    return (compiled.of_visits(asked, slot)[None, :] == UNKNOWN) & spoken, int(spoken.sum()), "visits"


def _failed(compiled: CompiledRules, condition: Condition, unknown: Mask) -> tuple[int, str]:
    """For how many of the unknown the condition fails instead of lacking a fact, and why; each case is asked once."""
    left = Signatures([name for name in condition.reads if subject(name) == "c"])
    right = Signatures([name for name in condition.reads if subject(name) != "c"])
    rows = left.numbers(list(compiled.clinicians.values()) if left.fields else [{}] * unknown.shape[0])
    columns = right.numbers(list(compiled.visits.values()) if right.fields else [{}] * unknown.shape[1])
    cases = (rows[:, None].astype(np.int64) * len(right.cases) + columns[None, :])[unknown]
    failed, reason = 0, ""
    numbers, counts = np.unique(cases, return_counts=True)
    for number, count in zip(numbers[:MAX_CASES].tolist(), counts.tolist(), strict=False):
        row, column = divmod(number, len(right.cases))
        answer = condition.evaluate({**left.cases[row], **right.cases[column]})
        if answer.fault:
            failed, reason = failed + count, reason or fault_in_words(answer.fault)
    return failed, reason


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
            said = f"it blocks every pair of {full_date(service_date)} by itself, all {pairs}"
            yield rules[rule_id].problem("blocks", said, hint="look at what its condition says of every pair")
        elif len(visits):
            said = f"by itself it leaves no clinician for {_visits(compiled, visits.tolist(), service_date)}"
            yield rules[rule_id].problem("blocks", said, hint="fine if no clinician may have them", level="warning")


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
    hint = "loosen one of them, or plan a clinician who keeps all of them"
    for clash, visits in list(clashes.items())[:MAX_CLASHES]:
        said = f"with {', '.join(clash[1:])} it leaves no clinician for {_visits(compiled, visits, service_date)}"
        yield rules[clash[0]].problem("contradiction", said, hint=hint)
    if len(clashes) > MAX_CLASHES:
        (first, *_), more = list(clashes)[MAX_CLASHES], len(clashes) - MAX_CLASHES
        said = f"like this one, {more} more contradictions of {full_date(service_date)} are not listed"
        yield rules[first].problem("contradiction", said, hint="fix those above first")


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


def _visits(compiled: CompiledRules, visits: list[int], service_date: date) -> str:
    """How many visits of the day, and the first of them."""
    first = list(compiled.visits.values())[visits[0]].get("v.id", "?")
    if len(visits) == 1:
        return f"visit {first} on {full_date(service_date)}"
    return f"{len(visits)} visits of {full_date(service_date)}, such as {first}"
