"""Whether anyone has committed anything since a moment: what was read then is still so, without reading it again."""

from dataclasses import dataclass

from suture.store.transaction import Tx

MOST_LOOKED_AT = 10_000
"""Transactions looked at, one by one; where more have begun since, something may have changed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was committed at one instant, and the transaction that looked, if it has a number."""

    snapshot: str
    looked_in: str | None


def begin(tx: Tx) -> str:
    """What is committed now; take it before the first read."""
    snapshot: str = tx.scalar("SELECT cast(pg_current_snapshot() AS text)")
    return snapshot


def end(tx: Tx, snapshot: str) -> Moment:
    """The moment that began with a snapshot; take it after the last read."""
    own: str | None = tx.scalar("SELECT cast(pg_current_xact_id_if_assigned() AS text)")
    return Moment(snapshot, own)


def nothing_since(tx: Tx, moment: Moment) -> bool:
    """Whether no other transaction has been committed since; False where that cannot be found out cheaply."""
    unchanged: bool = tx.scalar(
        """WITH span AS (
             SELECT cast(:snapshot AS pg_snapshot) AS before, pg_current_snapshot() AS now,
                    cast(cast(pg_snapshot_xmin(cast(:snapshot AS pg_snapshot)) AS text) AS bigint) AS first,
                    cast(cast(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) - 1 AS last)
           SELECT last - first < :most AND NOT EXISTS (
             SELECT FROM generate_series(first, least(last, first + :most)) AS id
             CROSS JOIN LATERAL (SELECT cast(cast(id AS text) AS xid8) AS xid) x
             WHERE cast(xid AS text) IS DISTINCT FROM cast(:own AS text)
               AND pg_visible_in_snapshot(xid, now) AND NOT pg_visible_in_snapshot(xid, before))
           FROM span""",
        snapshot=moment.snapshot,
        own=moment.looked_in,
        most=MOST_LOOKED_AT,
    )
    return unchanged
