"""Compiled days that a rulebook keeps from one decision to the next: only what has changed is asked about again.

What is kept holds the answers themselves, by the values that the rules read; a clinician or a visit whose values are
the same has not changed, whatever its revision says. It lives and goes with its rulebook, hence with its hash.
"""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Final

from suture.rules.compile import recompiled
from suture.rules.compiled import CompiledRules
from suture.rules.vocabulary import DayValues

MOST_DAYS: Final = 4
"""Branch-days kept at once; the one that was not asked about for longest goes first."""
MOST_CHANGES: Final = 8
"""Up to this many changed members are answered one by one; more, or other members than before, all together."""


class Kept:
    """The compiled days of one rulebook. `lock` is held while a day is compiled: threads share what is kept."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._days: dict[Hashable, CompiledRules] = {}

    def compiled(self, key: Hashable, values: DayValues, compile_afresh: Callable[[], CompiledRules]) -> CompiledRules:
        """The rules over these members; `compile_afresh` is asked where nothing of the day is kept."""
        with self.lock:
            old = self._days.pop(key, None)
            new = compile_afresh() if old is None or old.is_worn else _changed(old, values)
            self._days[key] = new
            while len(self._days) > MOST_DAYS:
                del self._days[next(iter(self._days))]
            return new


def _changed(old: CompiledRules, values: DayValues) -> CompiledRules:
    clinicians, visits = values.clinicians, values.visits
    if list(old.clinicians) == list(clinicians) and list(old.visits) == list(visits):
        people = [c for c, own in clinicians.items() if old.clinicians[c] != own]
        asked = [v for v, own in visits.items() if old.visits[v] != own]
        if len(people) + len(asked) <= MOST_CHANGES:
            for clinician in people:
                old = old.with_clinician(clinician, clinicians[clinician])
            for visit in asked:
                old = old.with_visit(visit, visits[visit])
            return old
    return recompiled(old.asked, clinicians, visits)
