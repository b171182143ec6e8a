"""The numbers that a monitoring system asks for, of the caller's branches and as of now."""

from collections.abc import Iterator

from suture import __version__
from suture.metrics.day import DayMetrics, day_metrics
from suture.service.caller import Caller
from suture.store import gauges
from suture.store.branches import all_branches
from suture.store.gauges import Count


def gauges_now(caller: Caller) -> tuple[Count, ...]:
    """Every number there is something to say of, in a fixed number of queries."""
    with caller.transaction() as tx:
        writable = gauges.is_writable(tx)
        known = {b.id: b.external_id for b in all_branches(tx) if tx.scope.has(b.id)}
        counted = gauges.counts(tx, list(known))
        logs, now = gauges.todays_events(tx, list(known)), tx.now
    figures = [c for branch_id, log in logs.items() for c in _figures(known[branch_id], day_metrics(log, now))]
    own = (Count("build_info", "", (__version__,), 1), Count("database_writable", "", (), 1 if writable else 0))
    return (*own, *counted, *figures)


def _figures(branch: str, found: DayMetrics) -> Iterator[Count]:
    """Today's three numbers, each where it exists."""
    waited = found.time_to_reassign
    for name, labels, value in (
        ("fill_rate", ("auto",), found.fill.auto),
        ("fill_rate", ("accepted",), found.fill.accepted),
        ("fill_rate", ("delivered",), found.fill.delivered),
        ("no_show_rate", (), found.no_show.rate),
        ("time_to_reassign_seconds", ("0.5",), waited.p50),
        ("time_to_reassign_seconds", ("0.9",), waited.p90),
    ):
        if value is not None:
            yield Count(name, branch, labels, value)
