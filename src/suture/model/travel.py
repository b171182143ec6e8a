"""Driving times between the places of one branch-day."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from suture.model.ids import PlaceId


class Quality(IntEnum):
    """Where a driving time comes from; the worst one of a matrix is shown beside times derived from it."""

    ROAD = 0
    ROAD_CELL = 1
    ESTIMATE = 2
    UNROUTABLE = 3


@dataclass(frozen=True, slots=True)
class TravelMatrix:
    """Whole seconds from each origin (row) to each destination (column), rounded up. Same place: 0."""

    seconds: tuple[tuple[int, ...], ...]
    quality: Quality
    source: str


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Driving seconds between named places, stop overhead included; asymmetric matrices are normal."""

    index: Mapping[PlaceId, int]
    matrix: TravelMatrix

    def seconds(self, origin: PlaceId, destination: PlaceId) -> int:
        """Driving seconds from `origin` to `destination`."""
        return self.matrix.seconds[self.index[origin]][self.index[destination]]
