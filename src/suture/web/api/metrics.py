"""GET /metrics: what Prometheus reads, behind a key. Counts and seconds by kind, state and branch, never by person."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from suture.service.gauges import gauges_now
from suture.store.gauges import Count
from suture.web.api.scopes import Asking

PREFIX = "suture_"


class Gauge(NamedTuple):
    """What a number is, and its labels; those of branches have `branch` first."""

    help: str
    labels: tuple[str, ...] = ()
    of_branch: bool = True


GAUGES: Mapping[str, Gauge] = {
    "build_info": Gauge(help="Always 1; the label is the release.", labels=("version",), of_branch=False),
    "database_writable": Gauge(help="1 where the database takes changes, 0 where it is read-only.", of_branch=False),
    "connections": Gauge(
        help="Connections to providers: ok, failing, or closed after failures.", labels=("state",), of_branch=False
    ),
    "signals": Gauge(
        help="Signals of the last seven days and of days to come: new, handled, quarantined…", labels=("state",)
    ),
    "oldest_waiting_signal_seconds": Gauge(help="How long the oldest signal has been waiting."),
    "messages": Gauge(help="Messages of the last seven days and of days to come.", labels=("channel", "state")),
    "oldest_due_message_seconds": Gauge(help="How long the oldest message that is due has not been sent."),
    "open_cases": Gauge(help="Open exception cases.", labels=("kind", "band")),
    "leases_held": Gauge(help="Days and messages that someone works on now: decide, plan or send.", labels=("kind",)),
    "offers_pending": Gauge(help="Offers of visits that wait for an answer."),
    "last_decide_cpu_seconds": Gauge(help="CPU time of the newest decision."),
    "fill_rate": Gauge(help="Today's fill rate: auto, accepted, delivered.", labels=("share",)),
    "no_show_rate": Gauge(help="Today's no-show rate."),
    "time_to_reassign_seconds": Gauge(help="Today's time-to-reassign, by quantile.", labels=("quantile",)),
}
"""Every number by its name without the prefix. One that there is nothing to say of now is left out of an answer."""


class _Now(Collector):
    """What was counted for one answer."""

    def __init__(self, counts: Iterable[Count]) -> None:
        self._counts = tuple(counts)

    def collect(self) -> Iterator[Metric]:
        """Each gauge that has a value, in the order of the table."""
        for name, gauge in GAUGES.items():
            own = [count for count in self._counts if count.name == name]
            labels = (*(("branch",) if gauge.of_branch else ()), *gauge.labels)
            family = GaugeMetricFamily(PREFIX + name, gauge.help, labels=labels)
            for count in own:
                family.add_metric([*((count.branch,) if gauge.of_branch else ()), *count.labels], count.value)
            if own:
                yield family


def metrics_router() -> APIRouter:
    """The one route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    def metrics(caller: Asking) -> Response:
        registry = CollectorRegistry()
        registry.register(_Now(gauges_now(caller)))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
