"""The gate in numbers, from logs written by hand."""

from tests.unit.metrics.a_log import Line, log, yes

from suture.metrics.gate import Gates, gates
from suture.model.events import EventKind
from suture.model.visit import GateState

PUBLISHED = Line(EventKind.PLAN_PUBLISHED, 1, {})
OPEN, WAITS, HELD, RELEASED, WAITLIST = GateState


def gated(visit: int, *states: GateState) -> list[Line]:
    """The gate of a visit was each of these in turn."""
    return [Line(EventKind.VISIT_GATED, visit, {"state": state}) for state in states]


def test_what_waits_at_publishing_is_held_and_what_waits_later_is_not():
    waiting = [*gated(1, WAITS), *gated(2, WAITS)]
    assert gates(log(PUBLISHED, waiting)) == Gates(held=2, released=0, dispatched=0)
    assert gates(log(PUBLISHED, waiting, yes(7, 1, "07:00"), gated(3, WAITS))).held == 2


def test_what_goes_without_a_yes_leaks_of_all_that_goes():
    said_yes, went = gated(1, OPEN), gated(2, RELEASED)
    found = gates(log(PUBLISHED, gated(1, WAITS), gated(2, WAITS), yes(9, 1, "07:00"), said_yes, went))
    assert (found.released, found.dispatched, found.leak) == (1, 2, 0.5)


def test_a_yes_after_it_went_changes_nothing_of_that():
    assert gates(log(gated(1, WAITS, RELEASED, OPEN))) == Gates(held=0, released=1, dispatched=1)


def test_what_stays_held_is_not_dispatched():
    found = gates(log(gated(1, WAITS, HELD), gated(2, WAITS, WAITLIST), gated(3, WAITS, RELEASED, HELD)))
    assert found == Gates(held=0, released=0, dispatched=0)
    assert found.leak == 0.0, "of nothing, nothing leaks"
