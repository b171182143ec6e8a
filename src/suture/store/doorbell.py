"""Wakes whoever decides as soon as a signal is committed, by LISTEN on a connection of its own.

The bell only shortens the wait: what it misses (its connection is gone, or a pooler in between forgets LISTEN) is found
when the wait ends.
"""

import time
from contextlib import suppress
from typing import Any, cast

import psycopg
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError

from suture.store.transaction import Tx

CHANNEL = "suture_inbox"


def ring(tx: Tx) -> None:
    """Wake everyone who waits, once this transaction is committed; several rings of one transaction are one."""
    tx.scalar("SELECT pg_notify(:channel, '')", channel=CHANNEL)


class Doorbell:
    """One listener, for one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listener: PoolProxiedConnection | None = None

    def wait(self, seconds: float) -> None:
        """Return when the bell rings, at the latest after this many seconds; at once where it has only begun to listen.

        What was committed before it listened woke no one, so the caller looks again.
        """
        until = time.monotonic() + seconds
        try:
            if self._listener is None:
                self._listen()
                return
            for _ in _driver(self._listener).notifies(timeout=seconds, stop_after=1):
                return
        except (SQLAlchemyError, psycopg.Error):
            self.close()
            time.sleep(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            with suppress(SQLAlchemyError, psycopg.Error):
                self._listener.close()
        self._listener = None

    def _listen(self) -> None:
        self._listener = self._engine.raw_connection()
        self._listener.detach()  # the pool's no more: whoever it lends the next one must not hear us
        _driver(self._listener).autocommit = True
        _driver(self._listener).execute(f"LISTEN {CHANNEL}")


def _driver(raw: PoolProxiedConnection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", raw.dbapi_connection)
