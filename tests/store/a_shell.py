"""A context for tests of the shell around messages: scripted channels, and nothing behind what they do not use.

One database serves a whole module and is emptied before each test: that costs a tenth of a clone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Engine, text
from tests.conftest import owner_of

from suture.model.actors import SYSTEM
from suture.model.messages import Channel, Receipt, Send, SendOutcome
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.context import Context
from suture.service.first_start import first_start
from suture.store.embedded import EmbeddedPostgres
from suture.store.roles import RUNTIME
from suture.store.transaction import open_engine

Script = Receipt | Exception | Callable[[Send], Receipt]


class ScriptedChannel:
    """Accepts every message and keeps it, apart from those for which the next lines of its script say otherwise."""

    def __init__(self, channel: Channel, script: Iterable[Script] = ()) -> None:
        self.channel = channel
        self.script = list(script)
        self.sent: list[Send] = []

    def send(self, message: Send) -> Receipt:
        """Follow the script, then accept."""
        line = self.script.pop(0) if self.script else Receipt(SendOutcome.ACCEPTED, "scripted", "sid")
        if isinstance(line, Exception):
            raise line
        receipt = line(message) if callable(line) else line
        if receipt.outcome is SendOutcome.ACCEPTED:
            self.sent.append(message)
        return receipt


@contextmanager
def module_database(
    postgres: EmbeddedPostgres, name: str, template: str = "template_suture", login: str = RUNTIME
) -> Iterator[Engine]:
    """A copy of the migrated template, or of another database, for one test module; dropped at its end."""
    admin = open_engine(postgres.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine = open_engine(postgres.url(name, login))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


def emptied(engine: Engine) -> Engine:
    """The same database with nothing in it but the agency and its configuration."""
    with owner_of(engine) as conn:
        tables = conn.execute(
            text(
                """SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
                   WHERE schemaname = 'public' AND tablename NOT IN
                     ('agency', 'outreach', 'configuration', 'configuration_activation', 'alembic_version')"""
            )
        ).scalar_one()
        conn.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    return engine


class Shell:
    """A context over one database, with its clock and channels at hand."""

    def __init__(self, engine: Engine, start: datetime) -> None:
        self.clock = VirtualClock(start.astimezone(UTC))
        self.sms = ScriptedChannel(Channel.SMS)
        self.email = ScriptedChannel(Channel.EMAIL)
        channels: Mapping[Channel, ScriptedChannel] = {Channel.SMS: self.sms, Channel.EMAIL: self.email}
        unused = cast(Any, None)
        tools = Context(
            engine=engine,
            clock=self.clock,
            travel=unused,
            channels=channels,
            plan_budget=unused,
            repair_budget=unused,
        )
        self.caller = Caller(tools, SYSTEM)
        first_start(self.caller, None)

    @property
    def sent(self) -> list[Send]:
        """Everything that was accepted, texts first."""
        return [*self.sms.sent, *self.email.sent]

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Look at the database."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def run(self, sql: str, **params: object) -> None:
        """Change the database behind everyone's back."""
        with self.caller.transaction() as tx:
            tx.run(sql, **params)
