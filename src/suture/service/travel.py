"""Driving times as the planner needs them: between places by id, the stop itself included."""

from collections.abc import Sequence
from datetime import datetime

from suture.model.people import Place
from suture.model.travel import TravelMatrix, TravelTimes
from suture.ports import TravelTimeProvider

STOP_OVERHEAD_SECONDS = 120
"""Parking and walking to the door, added to every drive between different places.

A constant until check-ins teach it per branch; two visits in one house pay none.
"""


def travel_times(provider: TravelTimeProvider, places: Sequence[Place], depart_at: datetime) -> TravelTimes:
    """Driving seconds between all of `places`, stop overhead included. Raises TransientAdapterError."""
    driving = provider.matrix(places, depart_at=depart_at)
    seconds = tuple(tuple(s + STOP_OVERHEAD_SECONDS if s > 0 else 0 for s in row) for row in driving.seconds)
    return TravelTimes({p.id: n for n, p in enumerate(places)}, TravelMatrix(seconds, driving.quality, driving.source))
