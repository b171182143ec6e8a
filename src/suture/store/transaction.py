"""The one transaction factory: opens, names the tenant, reads the clock once, commits or rolls back.

Store functions take a `Tx`. They never commit; every due time or instant they write is `tx.now`, and whoever does it is
`tx.actor`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine, TextClause, create_engine, text

from suture.model.actors import EVERY_BRANCH, FIRST_TENANT, SYSTEM, Actor, Scope
from suture.store.reads import Reads
from suture.store.sql_errors import keep_values_out

Row = Mapping[str, Any]
"""A result row by column name."""


class Clock(Protocol):
    """The only source of "now"; `conn` is the open transaction's connection."""

    def now(self, conn: Connection) -> datetime:
        """The instant this transaction lives in, aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Tx:
    """An open transaction of one tenant at one instant, on behalf of one actor."""

    conn: Connection
    now: datetime
    tenant: int = FIRST_TENANT
    actor: Actor = SYSTEM
    scope: Scope = EVERY_BRANCH
    reads: Reads = field(default_factory=Reads)

    def by(self, actor: Actor) -> "Tx":
        """The same transaction, once it is known who is behind it."""
        return replace(self, actor=actor)

    def shows(self, branch_id: int | None, patients: Iterable[int | None]) -> None:
        """Note for the access log that whoever asks is about to see these patients; None is no patient."""
        self.reads.note(self.tenant, self.actor, branch_id, patients)

    def rows(self, sql: str, **params: Any) -> Sequence[Row]:
        """All rows of a query; `:now` is bound by itself."""
        return cast(Sequence[Row], self.conn.execute(_statement(sql), {"now": self.now, **params}).mappings().all())

    def row(self, sql: str, **params: Any) -> Row | None:
        """The one row of a query, or None. Raises where there are several."""
        found = self.conn.execute(_statement(sql), {"now": self.now, **params})
        return cast(Row | None, found.mappings().one_or_none())

    def scalar(self, sql: str, **params: Any) -> Any:
        """The one value of a query that always yields a row."""
        return self.conn.execute(_statement(sql), {"now": self.now, **params}).scalar_one()

    def run(self, sql: str, **params: Any) -> int:
        """Run a statement; the number of rows it changed."""
        return self.conn.execute(_statement(sql), {"now": self.now, **params}).rowcount

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for many rows in one round trip; nothing for no rows."""
        if rows:
            self.conn.execute(_statement(sql), [{"now": self.now, **row} for row in rows])


def of_agency(tx: Tx, tenant: int) -> Tx:
    """The same transaction, from now on of another agency: for what restores a whole database, and for no one else."""
    tx.scalar("SELECT set_config('app.tenant', :tenant, true)", tenant=str(tenant))
    return replace(tx, tenant=tenant)


@lru_cache(maxsize=1024)
def _statement(sql: str) -> TextClause:
    """SQL with its parameters found: our own sentences, each sent many times."""
    return text(sql)


def database_now(conn: Connection) -> datetime:
    """The database's time, plus the demo's offset where the tenant has a demo clock; aware UTC."""
    instant: datetime = conn.execute(
        text(
            """SELECT coalesce((SELECT shown_at + (clock_timestamp() - real_at) FROM demo_clock
                                WHERE tenant = app_tenant()), clock_timestamp())"""
        )
    ).scalar_one()
    return instant.astimezone(UTC)


def open_engine(url: str, pool_size: int = 4) -> Engine:
    """An engine over psycopg. Connections are checked before use, since the database may restart under us.

    Its errors carry no values: neither the parameters of a statement nor the row that was refused.
    """
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=2, pool_pre_ping=True, pool_timeout=10, hide_parameters=True
    )
    keep_values_out(engine)
    return engine


def takes_no_changes(engine: Engine) -> bool:
    """Whether the database takes no changes now: it was made read-only, or it is a standby."""
    with engine.connect() as conn:
        return bool(conn.execute(text("SELECT current_setting('transaction_read_only')::boolean")).scalar_one())


@contextmanager
def transaction(
    engine: Engine,
    clock: Clock,
    tenant: int = FIRST_TENANT,
    actor: Actor = SYSTEM,
    scope: Scope = EVERY_BRANCH,
    *,
    reads: Reads | None = None,
    route: str = "",
) -> Iterator[Tx]:
    """One transaction: committed at the end of the block, rolled back when the block raises.

    Services open theirs by `Caller.transaction`; what serves an installation as a whole comes here itself. Whoever
    gives `reads` stores them before anything is shown; else they are stored at the end of the block, as of `route`.
    """
    noted = Reads(route) if reads is None else reads
    try:
        with engine.begin() as conn:
            conn.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(tenant)})
            yield Tx(conn, clock.now(conn), tenant, actor, scope, noted)
    finally:
        if reads is None:
            noted.save(engine)
