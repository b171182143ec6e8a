"""Driving times estimated from the distance: 200 s × km^0.69 (ports.TravelTimeProvider).

Against a road network the mean error is 12 to 24 %; every time derived from it is shown as estimated.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from math import ceil, pow

from suture.model.geo import great_circle_km
from suture.model.people import Place
from suture.model.travel import Quality, TravelMatrix

SECONDS_AT_1_KM = 200.0
EXPONENT = 0.69
SHORTEST_SECONDS = 60
SAME_PLACE_KM = 0.03


class Crowfly:
    """Needs no map and no service; symmetric, and the same at every hour."""

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        """Whole seconds between all places, rounded up; never away."""
        return _between(tuple((place.lat, place.lon) for place in places))


@lru_cache(maxsize=8)
def _between(points: tuple[tuple[float, float], ...]) -> TravelMatrix:
    """A branch-day is asked about again at every signal, and its places hardly change."""
    n = len(points)
    seconds = [[0] * n for _ in range(n)]
    for i, here in enumerate(points):
        for j, there in enumerate(points[:i]):
            seconds[i][j] = seconds[j][i] = drive_seconds(great_circle_km(*here, *there))
    return TravelMatrix(tuple(tuple(row) for row in seconds), Quality.ESTIMATE, "crowfly 200 km^0.69")


def drive_seconds(km: float) -> int:
    """The estimate for one distance: 0 for the same place, otherwise a minute at least."""
    if km < SAME_PLACE_KM:
        return 0
    return max(SHORTEST_SECONDS, ceil(SECONDS_AT_1_KM * pow(km, EXPONENT)))
