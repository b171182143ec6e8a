"""The planning problem: nodes to serve, rows to serve them, and what everything costs. Numbers only.

Nothing here knows of a branch, a rule file or a file format: `day/` and `formats/` make problems, `choose.py` picks the
search that can price them. Times and costs are whole numbers of one unit; in a day's problem that is one second, and
one unit of cost is one second of driving. Sizes in the comments: N nodes, R rows, P places, C counters.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

FORBIDDEN = 2**30
"""Pair cost of what may not be; compared with >=, never added."""
FOREVER = 2**28
"""A close, a limit or a shift end that never binds."""
UNREACHABLE = 2**28
"""Travel between places with no way to drive; readers clip to it."""

Window = tuple[int, int]
Windows = tuple[Window, ...]
COVER_FIRST = 4
"""This many times its price counts a visit left out of a repair or of the first pass of a branch-day: covering goes
before driving and overtime."""


class Hold(IntEnum):
    """How far a node that is in a plan may be moved."""

    FREE = 0
    IN_ITS_ROW = 1
    """Pinned: it keeps row and time."""
    FROZEN = 2
    """Begun: nothing may be put in front of it either."""


class Who(IntEnum):
    """Whether the two nodes of a link need one clinician, two, or do not care."""

    ANY = 0
    DIFFERENT = 1
    SAME = 2


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """What must be served: one node for each position of a visit. All arrays are [N]."""

    ids: tuple[str, ...]
    place: Int32
    windows: tuple[Windows, ...]
    """Sorted (open, close) of the start; a start after its close is late."""
    busy: Int32
    """Service + documentation: how long the clinician is held."""
    service: Int32
    uncovered: Int64
    """Price of leaving the node out."""
    required: NDArray[np.bool_]
    """Leaving it out is no plan at all, whatever the price."""
    late_cost: Int32
    """Price per minute after the close of the window."""
    late_limit: Int32
    """How long after the close it may still start."""
    told_open: Int32
    told_close: Int32
    told_cost: Int32
    """Promised window, and the price of a start outside; 0 = nothing promised."""
    told_start: Int32
    """Announced start, -1 = none; moving it costs `Weights.start_per_minute`."""
    hold: Int32
    demand: Int32


@dataclass(frozen=True, slots=True)
class Break:
    """A pause in a row: where the clinician is, no travel of its own."""

    earliest: int
    latest: int
    length: int
    missed_cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Who can serve: one row for each shift of a clinician. All arrays are [R]."""

    ids: tuple[str, ...]
    clinician: Int32
    """Rows of one person have one number."""
    start_place: Int32
    end_place: Int32
    leave: Int32
    """Earliest departure from the start place."""
    shift_start: Int32
    shift_end: Int32
    """Overtime is priced after it, idle is counted up to it."""
    hard_end: Int32
    """Latest return."""
    overtime_cost: Int32
    """Per minute."""
    capacity: Int32
    begun: NDArray[np.bool_]
    """The row is at a stop already: its first leg is travel between clients."""
    breaks: tuple[Break | None, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two nodes served together or not at all; where not `whole`, either may be left out alone.

    `gap`: start of second - start of first is in it; None = only the clinicians are linked.
    """

    first: int
    second: int
    gap: tuple[int, int] | None
    who: Who
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Rest:
    """The time between coming home from row `first` and leaving for row `second`, where both are used."""

    first: int
    second: int
    least: int


class Measure(IntEnum):
    """What a counter counts."""

    TIME = 0
    """Busy time and travel between clients; the ways from and to home are not work time."""
    ITEMS = 1


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """A limit over one or several rows.

    Costs `over_cost` per minute (or item) above `soft`, and `square` x minutes² / 3600 in all; above `hard` it is no
    plan.
    """

    name: str
    rows: tuple[int, ...]
    measure: Measure
    used: int = 0
    soft: int = FOREVER
    hard: int = FOREVER
    over_cost: int = 0
    square: int = 0
    counts: NDArray[np.bool_] | None = None
    """[N] which nodes count; None = all."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Prices of the whole plan, in cost units."""

    travel: int = 1
    waiting: int = 0
    idle_max: int = 0
    """Per unit of the longest idle time of a row."""
    late_max: int = 0
    """Per unit of the latest start after its close."""
    start_per_minute: int = 1
    start_cap_minutes: int = 120


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything a search may read."""

    travel: Int32
    """[P, P] from, to."""
    nodes: Nodes
    rows: Rows
    pair_cost: Int32
    """[N, R], >= 0, FORBIDDEN where the row may not."""
    links: tuple[Link, ...] = ()
    counters: tuple[Counter, ...] = ()
    weights: Weights = field(default_factory=Weights)
    minute: int = 60
    """Time units in a minute; prices per minute are charged ceil(units x price / minute)."""
    rests: tuple[Rest, ...] = ()

    @property
    def n(self) -> int:
        """How many nodes."""
        return len(self.nodes.ids)

    @property
    def r(self) -> int:
        """How many rows."""
        return len(self.rows.ids)

    @cached_property
    def link_of(self) -> dict[int, Link]:
        """The link of each linked node."""
        return {v: link for link in self.links for v in (link.first, link.second)}

    def per_minute(self, units: int, price: int) -> int:
        """Price of this many time units: the one place where a price per minute is rounded."""
        return -(-units * price // self.minute)


def int32(values: object, size: int | None = None) -> Int32:
    """An int32 array; a single number is repeated `size` times."""
    array = np.asarray(values, dtype=np.int32)
    return np.full(size, array, dtype=np.int32) if array.ndim == 0 and size is not None else array


def make_nodes(
    ids: tuple[str, ...], place: object, windows: tuple[Windows, ...], busy: object, uncovered: object, **given: object
) -> Nodes:
    """Nodes with the rest at its usual value: nothing late, nothing promised, nothing held."""
    n = len(ids)
    usual = {
        "service": busy,
        "late_cost": 0,
        "late_limit": 0,
        "told_open": 0,
        "told_close": 0,
        "told_cost": 0,
        "told_start": -1,
        "hold": 0,
        "demand": 0,
    }
    required = np.broadcast_to(np.asarray(given.pop("required", False), dtype=np.bool_), (n,)).copy()
    arrays = {key: int32(given.pop(key, value), n) for key, value in usual.items()}
    if given:
        raise TypeError(f"unknown node fields: {', '.join(given)}")
    return Nodes(
        ids=ids,
        place=int32(place, n),
        windows=windows,
        busy=int32(busy, n),
        uncovered=np.broadcast_to(np.asarray(uncovered, dtype=np.int64), (n,)).copy(),
        required=required,
        **arrays,
    )


def make_rows(ids: tuple[str, ...], start_place: object, end_place: object, **given: object) -> Rows:
    """Rows with the rest at its usual value: open all day, no overtime, one row a person."""
    r = len(ids)
    leave = given.pop("leave", 0)
    end = given.pop("hard_end", FOREVER)
    usual = {
        "clinician": range(r),
        "shift_start": leave,
        "shift_end": end,
        "overtime_cost": 0,
        "capacity": FORBIDDEN,
    }
    arrays = {key: int32(given.pop(key, value), r) for key, value in usual.items()}
    begun = np.broadcast_to(np.asarray(given.pop("begun", False), dtype=np.bool_), (r,)).copy()
    breaks: tuple[Break | None, ...] = given.pop("breaks", (None,) * r)  # type: ignore[assignment]
    if given:
        raise TypeError(f"unknown row fields: {', '.join(given)}")
    return Rows(
        ids=ids,
        start_place=int32(start_place, r),
        end_place=int32(end_place, r),
        leave=int32(leave, r),
        hard_end=int32(end, r),
        begun=begun,
        breaks=breaks,
        **arrays,
    )
