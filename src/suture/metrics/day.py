"""The three numbers of one branch-day, and what came of offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from suture.metrics.fill import Fill, fill
from suture.metrics.no_show import NoShow, no_show
from suture.metrics.offers import Offers, offers
from suture.metrics.positions import tell
from suture.metrics.reassign import TimeToReassign, time_to_reassign
from suture.model.events import Event


@dataclass(frozen=True, slots=True)
class DayMetrics:
    """Fill rate, no-show rate and time-to-reassign, each with its n, and the offers."""

    fill: Fill
    no_show: NoShow
    time_to_reassign: TimeToReassign
    offers: Offers


def day_metrics(events: Iterable[Event], now: datetime) -> DayMetrics:
    """Read the log, and ask its stories, as of `now`."""
    log = tuple(events)
    story = tell(log)
    return DayMetrics(fill(story), no_show(story), time_to_reassign(story, now), offers(log, story))
