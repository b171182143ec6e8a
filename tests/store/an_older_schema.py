"""Databases at the schema of an earlier release, made by the same migrations."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from sqlalchemy import Engine, text

from suture.store import migrate as migrations
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

OLDER = "0002"


@contextmanager
def empty_database(postgres: EmbeddedPostgres, name: str) -> Iterator[Engine]:
    """A database without a table, dropped at the end."""
    admin = open_engine(postgres.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f'CREATE DATABASE "{name}"'))
    engine = open_engine(postgres.url(name))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


def bring_to(engine: Engine, revision: str) -> Engine:
    """The same database, migrated up to a revision."""
    config = migrations._config()
    with engine.connect() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
        conn.commit()
    return engine


def bring_in_an_agency(engine: Engine) -> None:
    """An agency that has been sending, as an earlier release knows it."""
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO agency (tenant, name) VALUES (1, 'Lakeside Care')"))


def url_of(engine: Engine) -> str:
    """What DATABASE_URL says."""
    return engine.url.render_as_string(hide_password=False)
