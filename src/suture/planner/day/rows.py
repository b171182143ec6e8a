"""The parts of a planning problem: nodes (positions to fill) and rows (clinician × shift), in integer seconds.

Seconds count from the local midnight of the service date. One cost unit is one second of driving.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from suture.model.ids import PartyId, PlaceId, PositionKey
from suture.model.plan import Assignment
from suture.model.visit import Visit, VisitKind
from suture.planner.day.live import FrozenStop
from suture.planner.problem import COVER_FIRST


@dataclass(frozen=True, slots=True)
class DayPrices:
    """What a change of a published plan and an uneven day cost, in seconds of driving."""

    person_changed: int = 300
    window_changed: int = 240
    start_per_minute: int = 1
    start_cap_minutes: int = 120
    messaged_today: int = 360
    uncovered: int = 7200
    """Price of leaving a position of priority 1 uncovered; urgent and stat weigh two and three times as much."""
    standing: int = 3600
    """More than that for a position that has someone who is still there: a new visit does not take it away."""
    fairness: int = 6
    """Price of a clinician's first busy hour; it grows with the square of the hours."""


TO_BE_PLANNED = DayPrices(fairness=180)
"""What a branch-day is handed out with: to share six visits evenly is worth ten minutes of driving."""
IN_A_FIRST_PASS = replace(TO_BE_PLANNED, uncovered=COVER_FIRST * TO_BE_PLANNED.uncovered)
"""What it is planned with: covering comes first."""
IN_A_REPAIR = replace(IN_A_FIRST_PASS, fairness=DayPrices().fairness)
"""What it is repaired with: no one hears of a change just to even out the load. (With the first pass's price the demo's
call-out moved two other visits instead of one on two of eight seeds, and fewer changes were accepted in time.)"""


@dataclass(frozen=True, slots=True)
class Published:
    """What the published plan says of a node: who, when, and the window the patient was told."""

    assignment: Assignment
    start: int
    told_open: int
    told_close: int
    messaged_today: bool


@dataclass(frozen=True, slots=True)
class Node:
    """One position that needs a clinician. `busy` = care + documentation; the start is in `open` .. `close`.

    `open` is never before the window its patient was told. `shift_seconds` is
    the least pair cost of the visit, taken off all its prices so that none is negative. `pinned_row`: a person fixed
    clinician and start. `partners`: the other positions of the same visit; they need other clinicians, same start.
    """

    key: PositionKey
    visit: Visit
    open: int
    close: int
    care: int
    busy: int
    uncovered_price: int
    shift_seconds: int
    published: Published | None
    pinned_row: int | None
    partners: tuple[int, ...]

    @property
    def place(self) -> PlaceId:
        """Where it happens."""
        return self.visit.place_id

    @property
    def is_open_shift(self) -> bool:
        """Whether the way to it and home from it is the clinician's own time."""
        return self.visit.kind is VisitKind.OPEN_SHIFT


@dataclass(frozen=True, slots=True)
class Series:
    """Nodes that should go to one clinician; `fixed`: who has further members that the search cannot move.

    `weight`: minutes of driving for each member out of line; None: none may be.
    """

    rule_id: str
    nodes: tuple[int, ...]
    fixed: tuple[PartyId, ...]
    weight: int | None

    def out_of_line(self, people: Sequence[PartyId]) -> int:
        """How many members are with someone else than most, when these people have the nodes that are placed.

        What people fixed so already does not count.
        """
        return _odd([*self.fixed, *people]) - _odd(self.fixed)


def _odd(people: Sequence[PartyId]) -> int:
    return len(people) - max(Counter(people).values(), default=0)


@dataclass(frozen=True, slots=True)
class RestBound:
    """Where a rest rule bounds a row's duty, in seconds."""

    rule_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Row:
    """One shift of one clinician, from the state of the day now.

    `ready` is when the clinician may drive off from `start_place` (home, or the last frozen stop). `on_way`: the next
    published stop, to which the clinician is taken to be driving already; it is reached at `on_way_at`. `tier`: of
    on-call hours, which few stops may use (`DayProblem.admits`); 0 for ordinary ones.
    """

    clinician_id: PartyId
    shift_start: int
    shift_end: int
    home: PlaceId
    start_place: PlaceId
    ready: int
    frozen: tuple[FrozenStop, ...] = ()
    rest_before: RestBound | None = None
    rest_after: RestBound | None = None
    on_way: int | None = None
    on_way_at: int = 0
    tier: int = 0

    @property
    def leave_from(self) -> int:
        """The earliest leave that shift and rest allow."""
        return max(self.shift_start, self.rest_before.at) if self.rest_before else self.shift_start

    @property
    def return_by(self) -> int:
        """The latest return that shift and rest allow."""
        return min(self.shift_end, self.rest_after.at) if self.rest_after else self.shift_end
