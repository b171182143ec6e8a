"""What the demo agency is built on: its dates, its streets, its drive times and its dice."""

import csv
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

T = TypeVar("T")
Row = dict[str, str]

SERVICE_DATE = date(2026, 3, 24)  # a Tuesday
FIRST_PAST_DATE = date(2026, 2, 24)
EVE = date(2026, 3, 23)
ZONE = "America/New_York"
UPDATED_AT = "2026-03-23T12:00:00-04:00"
CHARTING_MINUTES = 5


@dataclass(frozen=True, slots=True)
class StreetNode:
    """One real street node; the demo's homes are such nodes, never houses."""

    osm_node_id: int
    lat: float
    lon: float

    def columns(self) -> Row:
        return {"lat": f"{self.lat:.7f}", "lon": f"{self.lon:.7f}"}


def read_streets(text: str) -> list[StreetNode]:
    """Read the text of streets.csv (osm_node_id, lat, lon), in the file's order."""
    rows = csv.DictReader(text.splitlines())
    return [StreetNode(int(r["osm_node_id"]), float(r["lat"]), float(r["lon"])) for r in rows]


def crow_fly_km(a: StreetNode, b: StreetNode) -> float:
    north = (a.lat - b.lat) * 111.32
    east = (a.lon - b.lon) * 111.32 * math.cos(math.radians((a.lat + b.lat) / 2))
    return math.sqrt(north * north + east * east)


def drive_minutes(a: StreetNode, b: StreetNode) -> int:
    """Whole minutes, rounded up, of a usual city drive."""
    return math.ceil(max(60.0, 200.0 * math.pow(crow_fly_km(a, b), 0.69)) / 60.0)


def round_up(minutes: int, grid: int) -> int:
    return -(-minutes // grid) * grid


def clock(minutes: int) -> str:
    """Minutes after midnight as HH:MM."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


class Dice:
    """Seeded choices made only from `Random.random()`, whose sequence Python promises to keep between versions."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def below(self, limit: int) -> int:
        return int(self._random.random() * limit)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return [item for _, item in sorted(((self._random.random(), item) for item in items), key=lambda pair: pair[0])]
