"""What keeps people from places for a while: a closed site, an area where driving is slow or impossible."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suture.model.ids import PlaceId
from suture.model.people import Place
from suture.model.travel import TravelMatrix, TravelTimes
from suture.model.visit import TimeWindow


@dataclass(frozen=True, slots=True)
class Disruption:
    """Of a site (`place_id`), or of all places whose postal code begins with one of `postal_codes` (empty: everywhere).

    `percent`: how long driving to and from there takes, of the usual; None: no one gets in. `source` names the signal.
    """

    starts_at: datetime
    ends_at: datetime
    percent: int | None = None
    place_id: PlaceId | None = None
    postal_codes: tuple[str, ...] = ()
    source: str = ""

    def covers(self, place: Place) -> bool:
        """Whether it is about this place."""
        if self.place_id is not None:
            return place.id == self.place_id
        return not self.postal_codes or place.postal_code.startswith(self.postal_codes)


def slowed(
    travel: TravelTimes, places: Mapping[PlaceId, Place], disruption: Disruption, known: Sequence[Disruption] = ()
) -> TravelTimes:
    """Driving times while a disruption lasts: each way that begins or ends in its area takes longer.

    `known`: those in `travel` already. Of several the slowest counts, so that what two people report is slow once.
    """
    if disruption.percent is None:
        return travel
    at = {travel.index[p.id]: p for p in places.values() if p.id in travel.index}
    inside = {i for i, place in at.items() if disruption.covers(place)}
    slow = {i: max((d.percent or 100 for d in known if d.covers(place)), default=100) for i, place in at.items()}

    def takes(seconds: int, i: int, j: int) -> int:
        if i not in inside and j not in inside:
            return seconds
        so_far = max(slow.get(i, 100), slow.get(j, 100))
        return -(-seconds * max(so_far, disruption.percent or 100) // so_far)

    rows = tuple(
        tuple(takes(seconds, i, j) for j, seconds in enumerate(row)) for i, row in enumerate(travel.matrix.seconds)
    )
    return replace(travel, matrix=TravelMatrix(rows, travel.matrix.quality, travel.matrix.source))


def is_shut_out(disruptions: Iterable[Disruption], place: Place, window: TimeWindow, care: timedelta) -> bool:
    """Whether a closure leaves a visit at that place no time in its window."""
    closures = (d for d in disruptions if d.percent is None and d.covers(place))
    return any(around(window, care, d) is None for d in closures)


def around(window: TimeWindow, care: timedelta, disruption: Disruption) -> TimeWindow | None:
    """The longest part of a visit's window outside a closure, the window itself where they never meet; else None."""
    if not (disruption.starts_at < window.latest_end and window.earliest_start < disruption.ends_at):
        return window
    before = min(window.latest_start, disruption.starts_at - care)
    after = max(window.earliest_start, disruption.ends_at)
    parts = [
        (before - window.earliest_start, window.earliest_start, before),
        (window.latest_start - after, after, window.latest_start),
    ]
    length, first, last = max(parts)
    return TimeWindow(first, last, last + care) if length >= timedelta() else None
