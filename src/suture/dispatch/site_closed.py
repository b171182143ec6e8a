"""A site is closed: visits move around it, or wait."""

from dataclasses import replace
from datetime import datetime

from suture.dispatch.disrupted import closed, is_known
from suture.dispatch.effect import Effect, nothing
from suture.model.day import Day
from suture.model.disruption import Disruption
from suture.model.instants import wall_clock
from suture.model.signals import SiteClosed
from suture.words.reason import reason


def site_closed(signal: SiteClosed, day: Day, now: datetime) -> Effect:
    """Nothing takes place there while it is closed: visits wait until it opens, or a person looks."""
    place = day.places.get(signal.place_id)
    closure = Disruption(signal.from_at, signal.until, place_id=signal.place_id, source=f"signal:{signal.id}")
    if is_known(closure, day):
        return nothing(day, reason("signal.closure_known"))
    if place is None:  # a visit may come there yet
        known = replace(day, disruptions=(*day.disruptions, closure))
        return Effect(known, reason("signal.nothing_there"), disruptions=(closure,))
    until = wall_clock(signal.until, day.branch.tz)
    return closed(day, closure, reason("signal.site_closed", site=place.site, until=until))
