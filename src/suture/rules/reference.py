"""The slow reference of the compiler: every rule, whole, asked for every pair; tests and the benchmark compare."""

from collections.abc import Mapping

import numpy as np

from suture.model.ids import PartyId, VisitId
from suture.rules.book import Rulebook
from suture.rules.cel import Answer, Value, Values
from suture.rules.compiled import WORD, Bits, words
from suture.rules.families import About
from suture.rules.relations import CheckedRule


def plain_bits(
    book: Rulebook, clinicians: Mapping[PartyId, Values], visits: Mapping[VisitId, Values], *, remember: bool = False
) -> tuple[Bits, Bits]:
    """`why` and `unknown` of the hard pair rules, in the order of their ids, for all pairs.

    `remember`: what the engine said of the same values is not asked again; without it there is one question a pair.
    """
    rules = [checked for checked in book.rules if checked.rule.about is About.PAIR and checked.rule.refuses]
    shape = len(clinicians), len(visits), words([c.rule.id for c in rules])
    why, unknown = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
    for bit, checked in enumerate(rules):
        one = np.uint64(1 << (bit % WORD))
        reads = sorted({field for condition in checked.conditions.values() for field in condition.reads})
        mine = [field for field in reads if field.startswith("c.") or field.startswith("known.c.")]
        other = [field for field in reads if field not in mine]
        said: dict[tuple[tuple[Value | None, ...], tuple[Value | None, ...]], bool | None] = {}
        rights = [(column, tuple(v.get(f) for f in other), v) for column, v in enumerate(visits.values())]
        for row, left in enumerate(clinicians.values()):
            left_key = tuple(left.get(f) for f in mine)
            for column, right_key, right in rights:
                key = (left_key, right_key)
                if remember and key in said:
                    truth = said[key]
                else:
                    truth = said[key] = _kept(checked, {**left, **right})
                if truth is False:
                    why[row, column, bit // WORD] |= one
                elif truth is None:
                    unknown[row, column, bit // WORD] |= one
    return why, unknown


def _kept(checked: CheckedRule, values: Values) -> bool | None:
    answers: dict[str, Answer] = {slot: condition.evaluate(values) for slot, condition in checked.conditions.items()}
    return checked.rule.kept(answers).truth
