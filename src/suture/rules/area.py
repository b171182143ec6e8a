"""Where a rule holds: its scope, without the gaps in which it is waived or replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from suture.rules.cel import Values
from suture.rules.families import About
from suture.rules.parts import Scope

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a rule is suspended, and by what: a waiver (until its last day), or a rule in its place."""

    scope: Scope
    by: str
    until: date | None = None

    def covers(self, clinician: Values, visit: Values) -> bool:
        """Whether this pair is in it."""
        return bool(_outer(self.scope, [clinician], [visit])[0, 0])


@dataclass(frozen=True, slots=True)
class Area:
    """The scope of a rule, without the gaps in which it is waived or replaced."""

    scope: Scope
    without: tuple[Gap, ...] = ()

    def mask(self, clinicians: Sequence[Values], visits: Sequence[Values]) -> Mask | None:
        """The pairs of these members, None for all of them."""
        if not self.without and self.scope.clinician is None and self.scope.patient is None:
            return None
        mask = _outer(self.scope, clinicians, visits)
        for gap in self.without:
            mask = mask & ~_outer(gap.scope, clinicians, visits)
        return mask

    def clinicians(self, clinicians: Sequence[Values]) -> Mask:
        """The clinicians whom a rule about whole days binds; a gap for some patients leaves them bound."""
        mask = _people(self.scope, clinicians)
        for gap in self.without:
            if gap.scope.patient is None:
                mask &= ~_people(gap.scope, clinicians)
        return mask

    def visits(self, visits: Sequence[Values]) -> Mask:
        """The visits that a rule about visits covers; a gap for some clinicians leaves them covered."""
        mask = _demand(self.scope, visits)
        for gap in self.without:
            if gap.scope.clinician is None:
                mask &= ~_demand(gap.scope, visits)
        return mask

    def covers(self, about: About, clinician: Values, visit: Values) -> bool:
        """Whether a rule about pairs, visits or clinicians holds for these two."""
        match about:
            case About.PAIR:
                mask = self.mask([clinician], [visit])
                return mask is None or bool(mask[0, 0])
            case About.VISIT:
                return bool(self.visits([visit])[0])
            case About.CLINICIAN:
                return bool(self.clinicians([clinician])[0])


def _outer(scope: Scope, clinicians: Sequence[Values], visits: Sequence[Values]) -> Mask:
    mask: Mask = _people(scope, clinicians)[:, None] & _demand(scope, visits)[None, :]
    return mask


def _people(scope: Scope, clinicians: Sequence[Values]) -> Mask:
    return np.array([scope.clinician is None or c.get("c.id") in scope.clinician for c in clinicians], bool)


def _demand(scope: Scope, visits: Sequence[Values]) -> Mask:
    return np.array([scope.patient is None or v.get("p.id") in scope.patient for v in visits], bool)
