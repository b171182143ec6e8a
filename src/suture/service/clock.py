"""Where "now" comes from: the database in production, the database plus an offset in the demo, a variable when played.

Leases, heartbeats and the audit trail use the database's own clock instead.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection

from suture.store.transaction import database_now


class DatabaseClock:
    """The database's clock, plus the demo's offset where a demo clock is set. Read once per transaction."""

    def now(self, conn: Connection) -> datetime:
        """The instant of this transaction, aware UTC."""
        return database_now(conn)


class VirtualClock:
    """A clock that stands still until someone moves it: plays a morning in seconds, and the same way every time."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self, conn: Connection | None = None) -> datetime:
        """The instant it was last moved to."""
        return self._now

    def advance_to(self, instant: datetime) -> None:
        """Move forward; moving back is an error, since the past is already recorded."""
        if instant < self._now:
            raise ValueError(f"the clock is at {self._now} and cannot go back to {instant}")
        self._now = instant.astimezone(UTC)
