"""What must be true of a database at any time, asked by SQL: its server's settings, and rows that must not be there.

Days are looked at from seven days ago on: older ones are history and are not fixed.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, text

from suture.store.branches import all_branches
from suture.store.facts import LOST
from suture.store.transaction import Tx

LEASE_GRACE_S = 60
"""A lease that ran out is taken over within seconds where someone works."""


@dataclass(frozen=True, slots=True)
class Server:
    """The server's version and the settings on which promises rest."""

    version: str
    fsync: bool
    synchronous_commit: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class OfDay:
    """How many of something a branch-day has."""

    branch: str
    service_date: date
    count: int


def server(engine: Engine) -> Server:
    """Ask the server itself."""
    with engine.connect() as conn:
        row = conn.execute(
            text(
                """SELECT current_setting('server_version') AS version, current_setting('fsync') = 'on' AS fsync,
                          current_setting('synchronous_commit') <> 'off' AS waits,
                          pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only"""
            )
        ).one()
    return Server(row.version.split()[0], row.fsync, row.waits, row.read_only)


def lost_positions(tx: Tx) -> tuple[OfDay, ...]:
    """Planned days with positions that are neither assigned, nor in an open case, nor closed."""
    rows = tx.rows(
        f"""SELECT v.branch_id, v.service_date, count(*) AS n {LOST} AND v.service_date >= :since
            GROUP BY v.branch_id, v.service_date ORDER BY v.service_date, v.branch_id""",
        since=_since(tx),
    )
    names = {branch.id: branch.external_id for branch in all_branches(tx)} if rows else {}
    return tuple(OfDay(names[r["branch_id"]], r["service_date"], r["n"]) for r in rows)


def duplicate_messages(tx: Tx) -> int:
    """Accepted attempts beyond the first for one subject, revision, party, step and channel."""
    duplicates: int = tx.scalar(
        """SELECT coalesce(sum(n - 1), 0)::int FROM (
             SELECT count(*) AS n FROM message_attempt m JOIN touch t ON t.tenant = m.tenant AND t.id = m.touch_id
             WHERE m.tenant = app_tenant() AND m.outcome = 'accepted' AND t.service_date >= :since
             GROUP BY t.subject, t.subject_id, t.subject_rev, t.party_id, t.step, t.channel) sent""",
        since=_since(tx),
    )
    return duplicates


def overlaps(tx: Tx) -> int:
    """Pairs of places where one clinician would have to be at once."""
    pairs: int = tx.scalar(
        """SELECT count(*) FROM occupancy a JOIN occupancy b ON b.tenant = a.tenant AND b.layer = a.layer
             AND b.clinician_id = a.clinician_id AND b.busy && a.busy
             AND (b.subject_id, b.position) > (a.subject_id, a.position)
           WHERE a.tenant = app_tenant() AND upper(a.busy) >= :since""",
        since=tx.now - timedelta(days=7),
    )
    return pairs


def messages_unknown(tx: Tx) -> int:
    """Messages of use that may or may not have arrived, and whose case is still open."""
    unknown: int = tx.scalar(
        """SELECT count(*) FROM touch t WHERE t.tenant = app_tenant() AND t.state = 'unknown'
             AND t.not_after > :now
             AND NOT EXISTS (SELECT FROM exception_case c WHERE c.tenant = t.tenant AND c.subject_kind = 'touch'
                             AND c.subject_id = t.id AND c.state = 'closed')""",
    )
    return unknown


def leases_past(tx: Tx) -> int:
    """Messages and branch-days that were taken, whose time ran out, and that were not taken over."""
    past: int = tx.scalar(
        """SELECT (SELECT count(*) FROM touch WHERE tenant = app_tenant() AND state IN ('claimed', 'sending')
                   AND lease_until < clock_timestamp() - make_interval(secs => :grace))
                + (SELECT count(*) FROM branch_dirty WHERE tenant = app_tenant() AND gen > done
                   AND lease_until < clock_timestamp() - make_interval(secs => :grace))""",
        grace=LEASE_GRACE_S,
    )
    return past


def signals_set_aside(tx: Tx) -> int:
    """Signals that failed too often, and whose case is still open."""
    found: int = tx.scalar(
        """SELECT count(*) FROM inbox i WHERE i.tenant = app_tenant() AND i.state = 'quarantined'
             AND i.service_date >= :since
             AND NOT EXISTS (SELECT FROM exception_case c WHERE c.tenant = i.tenant AND c.subject_kind = 'signal'
                             AND c.subject_id = i.id AND c.state = 'closed')""",
        since=_since(tx),
    )
    return found


def last_whole_backup(tx: Tx) -> datetime | None:
    """When the newest backup that came to its end was finished; one that failed is none."""
    at: datetime | None = tx.scalar(
        "SELECT max(at) FROM audit_row WHERE tenant = app_tenant() AND code = 'data.backup_finished'"
    )
    return at


def true_time(tx: Tx) -> datetime:
    """The database's own time, also in a demo: the trail is told by it."""
    instant: datetime = tx.scalar("SELECT clock_timestamp()")
    return instant


def _since(tx: Tx) -> date:
    return tx.now.date() - timedelta(days=7)
