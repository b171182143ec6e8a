"""The rules of one day as arrays: which bits rule a pair out, which are unknown, and what a pair costs.

A bit is a rule: bit k of `hard` is in word k // 64 of `why` (the pair breaks it) or `unknown` (a fact is missing);
bit k of `priced` in `applies`. A changed visit or clinician gives a new object that shares every answer already known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from suture.model.ids import PartyId, VisitId
from suture.rules.area import Area, Mask
from suture.rules.cel import Values
from suture.rules.effects import Filter, Plane, Price
from suture.rules.families import About, Rule
from suture.rules.planes import NO, UNKNOWN, YES, Numbers, Question
from suture.rules.relations import CheckedRule
from suture.rules.shapes import Shaping, combined, fits, shaping
from suture.rules.verdicts import Shape, Verdict

WORD: Final = 64
SPARE: Final = 100
"""At least this many cases that are no longer in use are kept."""
Bits = NDArray[np.uint64]
Members = slice | NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule in force, its questions by slot, and where it holds."""

    checked: CheckedRule
    area: Area
    questions: Mapping[str, Question]

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.checked.rule


@dataclass(frozen=True, slots=True)
class Cases:
    """Which case each member is, by question slot and leaf."""

    rows: Mapping[tuple[str, str], tuple[Numbers, ...]]
    columns: Mapping[tuple[str, str], tuple[Numbers, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRules:
    """What the rules in force say of clinicians × visits. Arrays are [clinician, visit] and never changed."""

    clinicians: Mapping[PartyId, Values]
    visits: Mapping[VisitId, Values]
    asked: tuple[Asked, ...]
    hard: tuple[str, ...]
    priced: tuple[str, ...]
    why: Bits
    unknown: Bits
    applies: Bits
    cost: NDArray[np.int32]
    cases: Cases = field(repr=False)
    row_of: Mapping[PartyId, int] = field(repr=False)
    column_of: Mapping[VisitId, int] = field(repr=False)
    verdicts: dict[tuple[PartyId, VisitId], Verdict] = field(default_factory=dict, repr=False)
    """Of pairs that someone looked at; each is made once, and again only when one of the two changes."""

    @property
    def is_worn(self) -> bool:
        """Whether most cases the questions have met are no longer in use: time to compile from scratch."""
        leaves = [leaf for asked in self.asked for q in asked.questions.values() for leaf in q.leaves]
        return any(
            len(leaf.left.cases) > 2 * len(self.clinicians) + SPARE
            or len(leaf.right.cases) > 2 * len(self.visits) + SPARE
            for leaf in leaves
        )

    @property
    def eligible(self) -> Mask:
        """Pairs that no rule forbids."""
        nothing: Mask = np.equal((self.why | self.unknown).max(axis=2), 0)
        return nothing

    def applies_to(self, asked: Asked) -> Plane:
        """Whether a rule applies to each visit: 0 no, 1 unknown, 2 yes."""
        return visit_truths(self, asked, list(self.visits.values()), slice(None))

    def shapes(self) -> list[Shape | None]:
        """What the rules make of each visit, None where that is nothing."""
        rules = shapers(self)
        shapes = combined([own for _, own in rules], [self.applies_to(asked) for asked, _ in rules])
        return shapes if rules else [None] * len(self.visits)

    def of_visits(self, asked: Asked, slot: str) -> Plane:
        """The answers of a slot that reads no clinician, one for each visit."""
        return visit_answers(self, asked, slot, len(self.visits), slice(None))

    def of_clinicians(self, asked: Asked, slot: str) -> Plane:
        """The answers of a slot that reads clinicians only, one each."""
        key = (asked.rule.id, slot)
        plane = asked.questions[slot].answer(self.cases.rows[key], [n[:0] for n in self.cases.columns[key]])
        return np.array(np.broadcast_to(plane, (len(self.clinicians), 1))[:, 0], np.uint8)

    def fires(self) -> dict[str, bool]:
        """Whether each rule with a condition says anything of any pair or visit; one that is unknown does."""
        found = {}
        for ids, bits in ((self.hard, (self.why, self.unknown)), (self.priced, (self.applies,))):
            for bit, rule_id in enumerate(ids):
                one = np.uint64(1) << np.uint64(bit % WORD)
                found[rule_id] = any(bool((array[:, :, bit // WORD] & one).any()) for array in bits)
        for asked in self.asked:
            if asked.rule.about is About.VISIT:
                found[asked.rule.id] = bool((self.applies_to(asked) != NO).any())
        return found

    def broken(self, clinician: PartyId, visit: VisitId) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Ids of the rules that a pair breaks, of those that are unknown, and of the prices that apply."""
        at = self.row_of[clinician], self.column_of[visit]
        return (
            tuple(_named(self.why[at], self.hard)),
            tuple(_named(self.unknown[at], self.hard)),
            tuple(_named(self.applies[at], self.priced)),
        )

    def with_visit(self, visit: VisitId, values: Values) -> "CompiledRules":
        """The same with one visit changed, or added where it is new."""
        visits, questions = {**self.visits, visit: values}, self._questions()
        at = self.column_of.get(visit)
        column = len(self.column_of) if at is None else at
        columns = {
            key: _changed(questions[key].right_cases(values), old, at) for key, old in self.cases.columns.items()
        }
        arrays = [a if at is not None else _grown(a, 1) for a in (self.why, self.unknown, self.applies, self.cost)]
        fresh = replace(
            self,
            visits=visits,
            cases=Cases(self.cases.rows, columns),
            column_of=self.column_of if at is not None else {**self.column_of, visit: column},
            verdicts={pair: said for pair, said in self.verdicts.items() if pair[1] != visit},
        )
        return fresh._refilled(arrays, slice(None), np.array([column]))

    def with_clinician(self, clinician: PartyId, values: Values) -> "CompiledRules":
        """The same with one clinician changed, or added where she is new."""
        clinicians, questions = {**self.clinicians, clinician: values}, self._questions()
        at = self.row_of.get(clinician)
        row = len(self.row_of) if at is None else at
        rows = {key: _changed(questions[key].left_cases(values), old, at) for key, old in self.cases.rows.items()}
        alike = at is not None and self.clinicians[clinician].get("c.id") == values.get("c.id")
        alike = alike and all(
            new[at] == old[at] for k in rows for new, old in zip(rows[k], self.cases.rows[k], strict=True)
        )
        arrays = [a if at is not None else _grown(a, 0) for a in (self.why, self.unknown, self.applies, self.cost)]
        fresh = replace(
            self,
            clinicians=clinicians,
            cases=Cases(rows, self.cases.columns),
            row_of=self.row_of if at is not None else {**self.row_of, clinician: row},
            verdicts={pair: said for pair, said in self.verdicts.items() if pair[0] != clinician},
        )
        # the same cases and scopes, such as after other hours that no rule reads: no answer changes
        return fresh if alike else fresh._refilled(arrays, np.array([row]), slice(None))

    def _questions(self) -> dict[tuple[str, str], Question]:
        return {(a.rule.id, slot): question for a in self.asked for slot, question in a.questions.items()}

    def _refilled(self, old: Sequence[NDArray[Any]], rows: Members, columns: Members) -> "CompiledRules":
        """The arrays of `old` with the given part answered again."""
        part = answered(self, rows, columns)
        arrays: list[NDArray[Any]] = []
        for n, array in enumerate(old):
            new: NDArray[Any] = part[n]
            if not np.array_equal(array[rows, columns], new):
                array = array.copy()
                array[rows, columns] = new
            arrays.append(array)
        return self.with_arrays(*arrays)

    def with_arrays(self, why: Bits, unknown: Bits, applies: Bits, cost: NDArray[np.int32]) -> "CompiledRules":
        """The same rules and people with these arrays, from now on read only."""
        for array in (why, unknown, applies, cost):
            array.flags.writeable = False
        return replace(self, why=why, unknown=unknown, applies=applies, cost=cost)


def _named(words: Bits, ids: Sequence[str]) -> Iterator[str]:
    for n, word in enumerate(words.tolist()):
        while word:
            low = word & -word
            yield ids[n * WORD + low.bit_length() - 1]
            word ^= low


def _changed(new: tuple[int, ...], old: tuple[Numbers, ...], at: int | None) -> tuple[Numbers, ...]:
    changed = []
    for number, numbers in zip(new, old, strict=True):
        if at is None:
            changed.append(np.append(numbers, np.int32(number)))
            continue
        copy = numbers.copy()
        copy[at] = number
        changed.append(copy)
    return tuple(changed)


def _grown(array: NDArray[Any], axis: int) -> NDArray[Any]:
    shape = list(array.shape)
    shape[axis] = 1
    return np.concatenate([array, np.zeros(shape, array.dtype)], axis=axis)


def answered(compiled: CompiledRules, rows: Members, columns: Members) -> tuple[Bits, Bits, Bits, NDArray[np.int32]]:
    """why, unknown, applies and cost of some rows and columns, from the cases of their members."""
    clinicians = _some(list(compiled.clinicians.values()), rows)
    visits = _some(list(compiled.visits.values()), columns)
    shape = len(clinicians), len(visits)
    why, unknown = (np.zeros((*shape, words(compiled.hard)), np.uint64) for _ in range(2))
    applies = np.zeros((*shape, words(compiled.priced)), np.uint64)
    cost = np.zeros(shape, np.int32)
    bit_of = {rule_id: bit for bit, rule_id in enumerate(compiled.hard)}
    price_of = {rule_id: bit for bit, rule_id in enumerate(compiled.priced)}
    for asked in compiled.asked:
        rule = asked.rule
        if rule.about is not About.PAIR:
            continue
        mask = asked.area.mask(clinicians, visits)
        answers = {
            slot: question.answer(
                [n[rows] for n in compiled.cases.rows[rule.id, slot]],
                [n[columns] for n in compiled.cases.columns[rule.id, slot]],
            )
            for slot, question in asked.questions.items()
        }
        match rule.on_pairs(answers):
            case Filter(kept):
                _mark(why, bit_of[rule.id], _within(kept == NO, mask))
                _mark(unknown, bit_of[rule.id], _within(kept == UNKNOWN, mask))
            case Price(plane, minutes):
                hit = _within(plane == YES, mask)
                _mark(applies, price_of[rule.id], hit)
                cost += np.where(hit, np.int32(minutes), np.int32(0))
            case None:
                pass
    for rule_id, shut in shut_hours(compiled, visits, columns).items():
        _mark(why, bit_of[rule_id], np.broadcast_to(shut, shape))
    return why, unknown, applies, cost


def visit_truths(compiled: CompiledRules, asked: Asked, visits: Sequence[Values], columns: Members) -> Plane:
    """Whether a rule applies to these visits, one answer each: 0 where its scope leaves them out."""
    if asked.rule.demand in asked.questions:
        truths = visit_answers(compiled, asked, asked.rule.demand, len(visits), columns)
    else:
        truths = np.full(len(visits), YES, np.uint8)
    truths[~asked.area.visits(visits)] = NO
    return truths


def visit_answers(compiled: CompiledRules, asked: Asked, slot: str, visits: int, columns: Members) -> Plane:
    """What a slot that reads no clinician says of this many visits, one answer each."""
    key = (asked.rule.id, slot)
    numbers = [n[columns] for n in compiled.cases.columns[key]]
    plane = asked.questions[slot].answer([n[:0] for n in compiled.cases.rows[key]], numbers)
    return np.array(np.broadcast_to(plane, (1, visits))[0], np.uint8)


def shapers(compiled: CompiledRules) -> list[tuple[Asked, Shaping]]:
    """The rules that change visits, and what they make of one."""
    return [(asked, shapes) for asked in compiled.asked if (shapes := shaping(asked.rule))]


def shut_hours(compiled: CompiledRules, visits: Sequence[Values], columns: Members) -> dict[str, Mask]:
    """For each rule that narrows hours, the visits whose hours it cuts to nothing, with the others that apply."""
    rules = shapers(compiled)
    if not any(asked.rule.refuses for asked, _ in rules):
        return {}
    truths = [visit_truths(compiled, asked, visits, columns) for asked, _ in rules]
    shapes = combined([own for _, own in rules], truths)
    shut = np.array([s is not None and not fits(s, own) for s, own in zip(shapes, visits, strict=True)], bool)
    found = {}
    for (asked, own), answers in zip(rules, truths, strict=True):
        if asked.rule.refuses:
            narrows = np.array([shape is not None and shape.narrows for shape in own], bool)
            found[asked.rule.id] = shut & narrows[answers]
    return found


def _within(hit: Mask, mask: Mask | None) -> Mask:
    return hit if mask is None else hit & mask


def _mark(bits: Bits, bit: int, hit: Mask) -> None:
    if hit.any():
        bits[:, :, bit // WORD] |= hit.astype(np.uint64) << np.uint64(bit % WORD)


def _some(members: list[Values], which: Members) -> list[Values]:
    return members[which] if isinstance(which, slice) else [members[int(n)] for n in which]


def words(ids: Sequence[str]) -> int:
    """How many words of 64 bits these rules need."""
    return max(1, -(-len(ids) // WORD))
