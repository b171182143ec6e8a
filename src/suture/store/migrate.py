"""Brings a database to the newest schema. Migrations are SQL; they are the one description of the schema.

One process migrates at a time, under an advisory lock; whoever finds a schema half-way waits for that one to finish.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from suture.store.roles import UnfitDatabase, ensure_role, see_all
from suture.words.catalog import _

LEAST_SERVER_VERSION = 150000
MIGRATIONS_LOCK = 0x5375747572650001  # "Suture", 1
LONGEST_WAIT_S = 60


class Stage(StrEnum):
    """How far a database's schema is."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"
    """Tables without a version: those of another program, or of a restore that was cut short."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A database's schema: its stage and revision, and the newest revision that this release knows."""

    stage: Stage
    revision: str | None
    newest: str


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def known_revisions() -> tuple[str, ...]:
    """Every revision this release knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def check_server(engine: Engine) -> None:
    """Refuse a server that is too old or lacks btree_gist. Raises UnfitDatabase."""
    with engine.connect() as conn:
        version = server_version(conn)
        if version < LEAST_SERVER_VERSION:
            raise UnfitDatabase(
                _("PostgreSQL {version} is too old: Suture needs 15 or newer.", version=version // 10000)
            )
        known = conn.execute(
            text("SELECT count(*) FROM pg_available_extensions WHERE name = 'btree_gist'")
        ).scalar_one()
        if not known:
            raise UnfitDatabase(_("This PostgreSQL has no extension btree_gist. Maybe install postgresql-contrib."))


def server_version(conn: Connection) -> int:
    """The server's version as one number: 15.4 is 150004."""
    version: int = conn.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
    return version


def migrate(engine: Engine) -> None:
    """Apply what is missing, each migration in its own transaction, waiting at most 4 s for a lock.

    Waits 60 s at most for another process that migrates. Raises UnfitDatabase.
    """
    check_server(engine)
    with one_at_a_time(engine) as conn:
        conn.execute(text("SET lock_timeout = '4s'"))
        conn.commit()
        conn.execute(text("SET app.whole = 'on'"))  # of its own session: a migration changes the rows of every agency
        conn.commit()
        try:
            _upgrade(conn)
        except ProgrammingError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            raise UnfitDatabase(
                _(
                    "The login of DATABASE_URL may not change the tables: run suture db migrate with the login that "
                    "owns them."
                )
            ) from None
        conn.commit()


def upgrade_within(conn: Connection) -> None:
    """Apply what is missing in the transaction that is open, all or nothing, on a database no one else uses."""
    see_all(conn)
    _upgrade(conn)


def _upgrade(conn: Connection) -> None:
    config = _config()
    config.attributes["connection"] = conn
    ensure_role(conn)  # first: where it cannot be made, nothing has changed
    command.upgrade(config, "head")
    conn.execute(text("SELECT seal_agencies()"))


def schema_of(engine: Engine) -> Schema:
    """The schema of a database; while another process migrates it, the answer waits for the end."""
    found = _look(engine)
    if found.stage in (Stage.CURRENT, Stage.NEWER):
        return found
    with _locked(engine, "pg_advisory_lock_shared"):
        return _look(engine)


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest migration."""
    return _look(engine).stage is Stage.CURRENT


def holds_tables(conn: Connection) -> bool:
    """Whether there are tables in the schema public beside alembic's own and those of extensions."""
    return bool(
        conn.execute(
            text(
                """SELECT EXISTS (SELECT FROM pg_class c
                     WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
                       AND c.relname <> 'alembic_version'
                       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))"""
            )
        ).scalar_one()
    )


def _look(engine: Engine) -> Schema:
    newest, *older = known_revisions()
    with engine.connect() as conn:
        revision = MigrationContext.configure(conn).get_current_revision()
        if revision is None:
            stage = Stage.FOREIGN if holds_tables(conn) else Stage.EMPTY
        else:
            stage = Stage.CURRENT if revision == newest else Stage.OLDER if revision in older else Stage.NEWER
    return Schema(stage, revision, newest)


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[Connection]:
    """While the block runs no one else migrates this database. Raises UnfitDatabase after 60 s of waiting."""
    with _locked(engine, "pg_advisory_lock") as conn:
        yield conn


@contextmanager
def _locked(engine: Engine, lock: str) -> Iterator[Connection]:
    with engine.connect() as conn:
        conn.execute(text(f"SET lock_timeout = '{LONGEST_WAIT_S}s'"))
        try:
            conn.execute(text(f"SELECT {lock}(:key)"), {"key": MIGRATIONS_LOCK})
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            said = _(
                "Another process has been migrating this database for more than {n} s. Wait for it to finish, or stop "
                "it if it hangs; then try again.",
                n=LONGEST_WAIT_S,
            )
            raise UnfitDatabase(said) from None
        conn.commit()
        try:
            yield conn
        finally:
            conn.invalidate()  # closed instead of kept: the lock goes with it, whatever happened
