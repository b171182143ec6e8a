"""Compiles rules and the people and visits of a day into arrays (`CompiledRules`)."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from suture.model.ids import PartyId, VisitId
from suture.model.people import Branch
from suture.rules.area import Area, Gap
from suture.rules.cel import Values
from suture.rules.compiled import Asked, Cases, CompiledRules, answered
from suture.rules.parts import Waiver
from suture.rules.planes import Question
from suture.rules.relations import CheckedRule


def compile_rules(
    rules: Iterable[tuple[CheckedRule, Area]],
    clinicians: Mapping[PartyId, Values],
    visits: Mapping[VisitId, Values],
) -> CompiledRules:
    """What these rules say of all clinicians × visits."""
    asked = tuple(
        Asked(checked, area, {slot: Question(c) for slot, c in checked.conditions.items()}) for checked, area in rules
    )
    return recompiled(asked, clinicians, visits)


def recompiled(
    asked: tuple[Asked, ...], clinicians: Mapping[PartyId, Values], visits: Mapping[VisitId, Values]
) -> CompiledRules:
    """The same of questions that may have been asked before: only cases they never met are asked about."""
    left, right = list(clinicians.values()), list(visits.values())
    questions = {(a.rule.id, slot): q for a in asked for slot, q in a.questions.items()}
    rows = {key: tuple(leaf.left.numbers(left) for leaf in q.leaves) for key, q in questions.items()}
    columns = {key: tuple(leaf.right.numbers(right) for leaf in q.leaves) for key, q in questions.items()}
    nothing = np.zeros((0, 0, 1), np.uint64)
    compiled = CompiledRules(
        clinicians=clinicians,
        visits=visits,
        asked=asked,
        hard=tuple(a.rule.id for a in asked if a.rule.refuses),
        priced=tuple(a.rule.id for a in asked if a.rule.prices),
        why=nothing,
        unknown=nothing,
        applies=nothing,
        cost=np.zeros((0, 0), np.int32),
        cases=Cases(rows, columns),
        row_of={key: n for n, key in enumerate(clinicians)},
        column_of={key: n for n, key in enumerate(visits)},
    )
    return compiled.with_arrays(*answered(compiled, slice(None), slice(None)))


def areas(
    rules: Sequence[CheckedRule], waivers: Sequence[Waiver], branch: Branch | None = None
) -> tuple[tuple[CheckedRule, Area], ...]:
    """The rules of a branch with the scopes in which they hold: not where they are waived or replaced."""
    own = [c for c in rules if branch is None or c.rule.scope.has_branch(branch)]
    without: dict[str, list[Gap]] = {}
    for waiver in waivers:
        if branch is None or waiver.scope.has_branch(branch):
            without.setdefault(waiver.rule, []).append(Gap(waiver.scope, waiver.id, waiver.until))
    for checked in own:
        if checked.rule.replaces is not None:
            without.setdefault(checked.rule.replaces, []).append(Gap(checked.rule.scope, checked.rule.id))
    return tuple((c, Area(c.rule.scope, tuple(without.get(c.rule.id, ())))) for c in own)
