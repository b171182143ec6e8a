"""The day's figures: metrics from the event log, and facts recounted from the rows."""

from datetime import date

from suture.metrics.day import DayMetrics, day_metrics
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.store import events


def day_figures(caller: Caller, branch: Branch, service_date: date) -> DayMetrics:
    """Fill rate, no-show rate and time-to-reassign of one branch-day."""
    with caller.transaction() as tx:
        return day_metrics(events.of_day(tx, branch.id, service_date), tx.now)
