"""Brings a database to the newest schema. Migrations are SQL; they are the one description of the schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

LEAST_SERVER_VERSION = 150000


class UnfitDatabase(Exception):
    """The server cannot hold Suture's data: too old, or without the extension btree_gist."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def check_server(engine: Engine) -> None:
    """Refuse a server that is too old or lacks btree_gist. Raises UnfitDatabase."""
    with engine.connect() as conn:
        version = conn.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
        if version < LEAST_SERVER_VERSION:
            raise UnfitDatabase(f"PostgreSQL {version // 10000} is too old: Suture needs 15 or newer.")
        known = conn.execute(
            text("SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'")
        ).scalar_one()
        if not known:
            raise UnfitDatabase("This PostgreSQL has no extension btree_gist. Maybe install postgresql-contrib.")


def migrate(engine: Engine) -> None:
    """Apply what is missing, each migration in its own transaction, waiting at most 4 s for a lock."""
    check_server(engine)
    config = _config()
    with engine.connect() as conn:
        conn.execute(text("SET lock_timeout = '4s'"))
        conn.commit()
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
        conn.commit()


def is_current(engine: Engine) -> bool:
    """Whether the database stands at the newest migration."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as conn:
        return MigrationContext.configure(conn).get_current_revision() == head
