"""What a monitoring system counts: in one statement, by kinds, states, channels and branches, and never by people.

Days are looked at from seven days ago on: older ones are history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from suture.model.events import Event, EventKind
from suture.model.ids import BranchId
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Count:
    """One number. `name`: whose it is, without the prefix; `branch`: empty where it is the agency's."""

    name: str
    branch: str
    labels: tuple[str, ...]
    value: float


_AGE = "extract(epoch FROM cast(:now AS timestamptz) - min({0}))"
_PARTS = (
    """SELECT 'signals' AS name, branch_id, ARRAY[state] AS labels, count(*)::float8 AS value FROM inbox
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND service_date >= :since
       GROUP BY branch_id, state""",
    f"""UNION ALL SELECT 'oldest_waiting_signal_seconds', branch_id, '{{}}', {_AGE.format("received_at")} FROM inbox
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND state = 'new' GROUP BY branch_id""",  # noqa: S608 - our own words
    """UNION ALL SELECT 'messages', branch_id, ARRAY[channel, state], count(*) FROM touch
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND service_date >= :since
       GROUP BY branch_id, channel, state""",
    f"""UNION ALL SELECT 'oldest_due_message_seconds', branch_id, '{{}}', {_AGE.format("due_at")} FROM touch
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND state = 'planned' AND due_at <= :now
       GROUP BY branch_id""",  # noqa: S608 - our own words
    """UNION ALL SELECT 'open_cases', branch_id, ARRAY[kind, band], count(*) FROM exception_case
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND state = 'open' GROUP BY branch_id, kind, band""",
    """UNION ALL SELECT 'leases_held', branch_id, ARRAY[kind], count(*) FROM (
         SELECT branch_id, 'decide' AS kind FROM branch_dirty
         WHERE tenant = app_tenant() AND lease_until > clock_timestamp()
         UNION ALL SELECT branch_id, 'plan' FROM plan_lease
         WHERE tenant = app_tenant() AND lease_until > clock_timestamp()
         UNION ALL SELECT branch_id, 'send' FROM touch
         WHERE tenant = app_tenant() AND state IN ('claimed', 'sending') AND lease_until > clock_timestamp()) held
       WHERE branch_id = ANY(:branches) GROUP BY branch_id, kind""",
    """UNION ALL SELECT 'offers_pending', branch_id, '{}', count(*) FROM offer
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND service_date >= :since AND state = 'pending'
       GROUP BY branch_id""",
    """UNION ALL SELECT 'last_decide_cpu_seconds', branch_id, '{}',
         (array_agg(decide_cpu_ms ORDER BY at DESC))[1] / 1000 FROM decision
       WHERE tenant = app_tenant() AND branch_id = ANY(:branches) AND service_date >= :since
       GROUP BY branch_id""",
    """UNION ALL SELECT 'connections', NULL, ARRAY[CASE WHEN closed_until > :now THEN 'closed'
                                               WHEN failures > 0 THEN 'failing' ELSE 'ok' END], count(*) FROM connection
       WHERE tenant = app_tenant() AND active AND :whole GROUP BY 3""",
)
_COUNTS = f"""SELECT c.name, c.labels, c.value, coalesce(b.external_id, '') AS branch
              FROM ({" ".join(_PARTS)}) c
              LEFT JOIN branch b ON b.tenant = app_tenant() AND b.id = c.branch_id
              ORDER BY c.name, branch, c.labels"""  # noqa: S608 - our own words


def counts(tx: Tx, branches: Sequence[BranchId]) -> tuple[Count, ...]:
    """The numbers of these branches; what is the agency's as a whole only for whoever may see all of it."""
    rows = tx.rows(_COUNTS, branches=list(branches), since=tx.now.date() - timedelta(days=7), whole=tx.scope.has(None))
    return tuple(Count(r["name"], r["branch"], tuple(r["labels"]), r["value"]) for r in rows)


def is_writable(tx: Tx) -> bool:
    """Whether the database takes changes."""
    return not tx.scalar("SELECT current_setting('transaction_read_only')::boolean")


def todays_events(tx: Tx, branches: Sequence[BranchId]) -> dict[BranchId, list[Event]]:
    """The log of today by each branch's own clock, in order."""
    rows = tx.rows(
        """SELECT e.branch_id, e.seq, e.kind, e.subject_id, e.data, e.at FROM branch b
           JOIN event e ON e.tenant = b.tenant AND e.branch_id = b.id
             AND e.service_date = (cast(:now AS timestamptz) AT TIME ZONE b.tz)::date
           WHERE b.tenant = app_tenant() AND b.id = ANY(:branches) ORDER BY e.branch_id, e.seq""",
        branches=list(branches),
    )
    found: dict[BranchId, list[Event]] = {}
    for r in rows:
        event = Event(r["seq"], EventKind(r["kind"]), r["subject_id"], r["data"], r["at"])
        found.setdefault(BranchId(r["branch_id"]), []).append(event)
    return found
