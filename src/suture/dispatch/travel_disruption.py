"""Driving is slow or impossible in an area: visits are reached later, move around it, or wait."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.disrupted import closed, is_known
from suture.dispatch.effect import Effect, nothing
from suture.model.day import Day
from suture.model.disruption import Disruption, slowed
from suture.model.instants import wall_clock
from suture.model.signals import TravelDisruption
from suture.words.reason import reason


def travel_disruption(signal: TravelDisruption, day: Day, now: datetime) -> Effect:
    """Driving in the area takes longer, or no one gets there at all."""
    area = Disruption(
        signal.from_at, signal.until, signal.percent, postal_codes=signal.postal_codes, source=f"signal:{signal.id}"
    )
    if is_known(area, day):
        return nothing(day, reason("signal.closure_known"))
    until = wall_clock(signal.until, day.branch.tz)
    if signal.percent is None:
        return closed(day, area, reason("signal.area_closed", until=until))
    because = reason("signal.slow", percent=signal.percent, until=until)
    slower = replace(
        day, travel=slowed(day.travel, day.places, area, day.disruptions), disruptions=(*day.disruptions, area)
    )
    return Effect(slower, because, replans=True, late=True, disruptions=(area,))
