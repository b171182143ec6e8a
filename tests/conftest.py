"""Fixtures every test may use: one real PostgreSQL for the run, and a database per need.

`tx` is rolled back after the test and costs next to nothing; `database` is a clone of the migrated template, for tests
that commit.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from suture.service.clock import VirtualClock
from suture.store.embedded import SUPERUSER, EmbeddedPostgres, find_binaries
from suture.store.migrate import migrate
from suture.store.roles import RUNTIME, open_owner_engine
from suture.store.transaction import Clock, Tx, open_engine, transaction

RIVERBEND = Path(__file__).parents[1] / "examples" / "riverbend"
"""The demo agency's export, and beside it its own rules and outreach policy."""

THE_DAY_BEFORE = datetime(2026, 3, 23, 19, 0, tzinfo=UTC)
"""15:00 in New York on the day before the demo's service date."""

SENDING = "INSERT INTO outreach (tenant, on_hold, cause, since) VALUES (1, false, 'new', '2026-03-01T00:00:00Z')"
"""The agency of the tests has been released: its messages leave."""

_numbers = itertools.count(1)


def pytest_configure() -> None:
    """Tests read English, whatever keyboard they are started from."""
    os.environ["LC_ALL"] = "C.UTF-8"


@contextmanager
def a_postgres() -> Iterator[EmbeddedPostgres]:
    """A server with a migrated template, without fsync since nothing must survive it."""
    with tempfile.TemporaryDirectory(prefix="suture-test-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = EmbeddedPostgres(data, find_binaries(), extra_options=("fsync=off", "full_page_writes=off"))
        server.start()
        try:
            server.ensure_database("template_suture")
            server.ensure_login(RUNTIME)
            engine = open_engine(server.url("template_suture"))
            migrate(engine)
            with engine.begin() as conn:
                conn.execute(text("INSERT INTO agency (tenant, name) VALUES (1, 'Riverbend Home Care')"))
                conn.execute(text(SENDING))
            engine.dispose()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL of this test run."""
    with a_postgres() as server:
        yield server


def clone(postgres: EmbeddedPostgres, template: str = "template_suture", name: str = "", login: str = RUNTIME) -> str:
    """The URL of a fresh copy of the migrated template, or of another database that nobody is connected to.

    Its login is the runtime's, which sees one agency: so every test proves that this suffices. See `owner_of`.
    """
    name = name or f"test_{next(_numbers)}"
    admin = open_engine(postgres.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()
    return postgres.url(name, login)


def owner_url(engine: Engine) -> str:
    """The URL of the same database for who owns its tables: what an operator gives as DATABASE_URL."""
    return engine.url.set(username=SUPERUSER).render_as_string(hide_password=False)


@contextmanager
def owner_of(engine: Engine) -> Iterator[Connection]:
    """A transaction of who owns the tables of the same database, for a test that changes them."""
    owner = open_owner_engine(owner_url(engine))
    with owner.begin() as conn:
        yield conn


def as_owner(engine: Engine, sql: str) -> None:
    """Change the tables of the same database, or the rows of several agencies, as the runtime may not."""
    with owner_of(engine) as conn:
        conn.execute(text(sql))


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """An engine on a database of this test's own."""
    engine = open_engine(clone(postgres))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """An engine on a database in which nobody commits."""
    engine = open_engine(clone(postgres))
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands at the time the demo's day is published."""
    return VirtualClock(THE_DAY_BEFORE)


class RollBack(Exception):
    """Ends a test's transaction."""


@contextmanager
def rolled_back(engine: Engine, clock: Clock) -> Iterator[Tx]:
    """An open transaction of tenant 1 of which nothing stays."""
    with suppress(RollBack), transaction(engine, clock) as open_tx:
        yield open_tx
        raise RollBack


@pytest.fixture
def tx(shared_database: Engine, clock: VirtualClock) -> Iterator[Tx]:
    """An open transaction of tenant 1 that is rolled back after the test."""
    with rolled_back(shared_database, clock) as open_tx:
        yield open_tx
