"""The day's figures: metrics from the event log, and facts recounted from the rows."""

from dataclasses import dataclass
from datetime import date

from suture.metrics.day import DayMetrics, day_metrics
from suture.metrics.funnel import funnels
from suture.model.funnel import Funnels
from suture.model.people import Branch
from suture.service.caller import Caller
from suture.store import events, facts


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Fill rate, no-show rate and time-to-reassign, and how many patients were asked, reached and heard."""

    numbers: DayMetrics
    asked: Funnels


def day_figures(caller: Caller, branch: Branch, service_date: date) -> DayFigures:
    """The figures of one branch-day."""
    with caller.transaction() as tx:
        numbers = day_metrics(events.of_day(tx, branch.id, service_date), tx.now)
        return DayFigures(numbers, funnels(facts.asked(tx, branch.id, service_date)))
