"""The effects of the rules in force on one day, sorted: counters, links, gates, and findings of pairs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.rules.compiled import Asked, CompiledRules
from suture.rules.effects import Effect, OfPair, OnDay, Seats, Spread
from suture.rules.families import PEOPLE, About
from suture.rules.planes import NO, YES
from suture.rules.verdicts import Limit, LimitMeasure, Seat, Shape, Term

E = TypeVar("E", bound=Effect)


def effects_on(compiled: CompiledRules, day: Day) -> tuple[Effect, ...]:
    """The effects of rules about visits and about whole days, in the order of the rules."""
    asked = [asked for asked in compiled.asked if asked.rule.about is not About.PAIR]
    return tuple(effect for one in asked for effect in one.rule.on_day(_known(compiled, day, one)))


def only(effects: Iterable[Effect], kind: type[E]) -> tuple[E, ...]:
    """The effects of one kind."""
    return tuple(effect for effect in effects if isinstance(effect, kind))


def _known(compiled: CompiledRules, day: Day, asked: Asked) -> OnDay:
    bound = asked.area.clinicians(list(compiled.clinicians.values())).tolist()
    truths = compiled.applies_to(asked).tolist()
    may = {}
    for slot in asked.questions:
        if asked.rule.slots[slot] == PEOPLE:
            said = compiled.of_clinicians(asked, slot).tolist()
            may[slot] = frozenset(c for c, truth in zip(compiled.clinicians, said, strict=True) if truth == YES)
    return OnDay(
        day=day,
        clinicians=tuple(day.clinicians[c] for c, own in zip(compiled.clinicians, bound, strict=True) if own),
        visits=tuple(v for v, truth in zip(compiled.visits, truths, strict=True) if truth != NO),
        may=may,
    )


def shapes_of(compiled: CompiledRules) -> dict[VisitId, Shape]:
    """The visits that rules change, and how."""
    return {visit: shape for visit, shape in zip(compiled.visits, compiled.shapes(), strict=True) if shape}


def seats_of(effects: Iterable[Effect]) -> dict[tuple[VisitId, int], Seat]:
    """Who may take each seat of a visit that needs two; of several rules all must agree."""
    seats: dict[tuple[VisitId, int], Seat] = {}
    for own in only(effects, Seats):
        for visit in own.visits:
            others = seats.get((visit, own.position), Seat((), own.clinicians))
            seats[visit, own.position] = Seat((*others.rule_ids, own.rule_id), others.clinicians & own.clinicians)
    return seats


def spreads_of(compiled: CompiledRules, effects: Iterable[Effect]) -> tuple[Limit, ...]:
    """A limit for each clinician who may have some of the visits that are to be spread."""
    limits: list[Limit] = []
    spreads = only(effects, Spread)
    if not spreads:
        return ()
    eligible = compiled.eligible
    for own in spreads:
        hard = own.maximum if own.weight is None else None
        may = eligible[:, [compiled.column_of[visit] for visit in own.visits]].sum(axis=1).tolist()
        limits += [
            Limit(own.rule_id, clinician, LimitMeasure.COUNT, 0, own.maximum, own.weight or 0, hard, own.visits)
            for clinician, n in compiled.row_of.items()
            if may[n]
        ]
    return tuple(limits)


def findings_of(effects: Iterable[Effect]) -> Mapping[tuple[PartyId, VisitId], Sequence[str | Term]]:
    """What rules say of pairs in view of the whole day."""
    found: dict[tuple[PartyId, VisitId], list[str | Term]] = defaultdict(list)
    for own in only(effects, OfPair):
        found[own.clinician_id, own.visit_id].append(own.said)
    return dict(found)
