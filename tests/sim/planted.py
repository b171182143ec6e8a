"""Faults as they could be made any day, each planted into the product's own code: the machine finds them all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from unittest.mock import patch

from suture.dispatch import call_out, day_cases, decide, fill, gate, offer_answered, offers, outcome, repair, take
from suture.model.day import Day
from suture.model.travel import TravelMatrix
from suture.planner.day import problem

Wrong = Callable[[Any], object]


@dataclass(frozen=True)
class Fault:
    """What is wrong; by what else in place of which name of a module; and a seed from which on it is found soon."""

    name: str
    module: ModuleType
    place: str
    wrong: Wrong
    seed: int

    def planted(self) -> AbstractContextManager[object]:
        """While it lasts the product has this fault."""
        return patch.object(self.module, self.place, self.wrong(getattr(self.module, self.place)))


def _always(value: object) -> Wrong:
    return lambda right: lambda *args, **named: value


def _of_another_day(change: Callable[[Day], Day]) -> Wrong:
    """The same, of a day as it is not."""
    return lambda right: lambda day, *args, **named: right(change(day), *args, **named)


def _with_result(change: Callable[[Any], object]) -> Wrong:
    return lambda right: lambda *args, **named: change(right(*args, **named))


def _without_way(day: Day) -> Day:
    nowhere = tuple(tuple(0 for _ in row) for row in day.travel.matrix.seconds)
    matrix = TravelMatrix(nowhere, day.travel.matrix.quality, day.travel.matrix.source)
    return replace(day, travel=replace(day.travel, matrix=matrix))


def _unpinned(day: Day) -> Day:
    stops = {key: replace(a, pinned=False) for key, a in day.plan.assignments.items()}
    return replace(day, plan=replace(day.plan, assignments=stops))


def _undeclined(day: Day) -> Day:
    return replace(day, declined=frozenset())


_AT_ONCE = (False, datetime.min.replace(tzinfo=UTC), False)

FAULTS = (
    Fault("who said no is sent", problem, "_price", _of_another_day(_undeclined), 3),
    Fault("driving takes no time", repair, "build", _of_another_day(_without_way), 1),
    Fault("what a person fixed moves", repair, "build", _of_another_day(_unpinned), 1),
    Fault("what has begun moves", problem, "frozen_stops", _always(()), 3),
    Fault("an absence is not recorded", call_out, "_absences", _always(()), 1),
    Fault("a hold is not recorded", decide, "visit_held", _with_result(lambda e: replace(e, updates=())), 1),
    Fault("no case for an open position", day_cases, "cover_cases", _with_result(lambda cases: ((), cases[1])), 1),
    Fault("a case outlives its cause", decide, "over", lambda right: lambda _d, _b, _a, opened: (tuple(opened), ()), 1),
    Fault("the order of reports matters", decide, "_when", _always(_AT_ONCE), 5),
    Fault("a gate holds time-critical care", gate, "_never_held", _always(False), 1),
    Fault("a gate binds who has no time to answer", gate, "TIME_TO_ANSWER", lambda right: timedelta(minutes=-30), 23),
    Fault("a new time is told to no one", outcome, "_told_changed", _always(False), 1),
    Fault("an offer outlives its visit", offers, "_stands", _always(True), 1),
    Fault("who took it may lose it", take, "Assignment", lambda right: lambda **a: right(**{**a, "pinned": False}), 1),
    Fault("who said no is asked again", fill, "_asked_before", _always(None), 3),
    Fault("who is too late is not told", offers, "_GONE", lambda right: frozenset(), 1),
    Fault("a late yes takes what is gone", offer_answered, "_is_open", _always(True), 3),
)
