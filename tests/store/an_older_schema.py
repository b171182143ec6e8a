"""Databases at the schema of an earlier release, made by the same migrations."""

from contextlib import AbstractContextManager

from alembic import command
from sqlalchemy import Engine, text
from tests.conftest import owner_url
from tests.store.a_shell import module_database

from suture.store import migrate as migrations
from suture.store.embedded import SUPERUSER, EmbeddedPostgres

OLDER = "0002"


def empty_database(postgres: EmbeddedPostgres, name: str) -> AbstractContextManager[Engine]:
    """A database without a table, dropped at the end."""
    return module_database(postgres, name, "template1", SUPERUSER)


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
    return owner_url(engine)
