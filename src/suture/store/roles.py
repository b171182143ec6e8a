"""The role under which everything but migrations, backups and restores works: it cannot pass row-level security.

Roles belong to a server, not to a database, so whoever migrates makes the role where it is missing; whatever login the
operator gives, connections of the runtime become `suture_app` before anything is asked.
"""

from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from suture.store.sql_errors import keep_values_out
from suture.store.transaction import open_engine
from suture.words.catalog import _

RUNTIME = "suture_app"
_ONE_STATEMENT = {
    False: 'CREATE ROLE suture_app ROLE "{login}"',
    True: 'GRANT suture_app TO "{login}"',
}
"""What an administrator runs, by whether the role is there."""
_OPEN = """SELECT c.relname FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped)
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND has_table_privilege(:role, c.oid, 'SELECT')
             AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'own_agency'))
  ORDER BY c.relname LIMIT 5"""
"""Tables that `seal_agencies()` has not seen: a migration was cut short, or someone took it away."""


class UnfitDatabase(Exception):
    """The server cannot hold Suture's data: too old, without btree_gist, or without a role that sees one agency."""


def open_owner_engine(url: str) -> Engine:
    """An engine for what only the owner of the tables may do; it keeps no connection open."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    keep_values_out(engine)
    return engine


def open_runtime_engine(url: str, pool_size: int = 4) -> Engine:
    """An engine for all else: each of its connections is `suture_app`, whoever logs in."""
    engine = open_engine(url, pool_size)
    event.listen(engine, "connect", _become_runtime)
    return engine


def address_of(engine: Engine) -> str:
    """The URL of an engine, with its password: for pg_dump and pg_restore."""
    return engine.url.render_as_string(hide_password=False)


def _become_runtime(connection: "psycopg.Connection[Any]", _record: object) -> None:
    """Outside of any transaction, so that no rollback takes it back."""
    before = connection.autocommit
    try:
        connection.autocommit = True
        connection.execute(f"SET ROLE {RUNTIME}")
        connection.autocommit = before
    except psycopg.Error:
        connection.close()  # no one else knows it yet
        raise


def see_all(conn: Connection) -> None:
    """Let the owner of the tables see every agency until the transaction ends; it changes nothing for anyone else."""
    conn.execute(text("SELECT set_config('app.whole', 'on', true)"))


def ensure_role(conn: Connection) -> None:
    """Make the runtime role where it is missing, and let this login become it. Raises UnfitDatabase."""
    if not _exists(conn):
        _try(conn, f"CREATE ROLE {RUNTIME} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE", is_there=False)
    if not _may_become(conn):
        _try(conn, f"GRANT {RUNTIME} TO CURRENT_USER", is_there=True)


def _try(conn: Connection, statement: str, *, is_there: bool) -> None:
    try:
        with conn.begin_nested():
            conn.execute(text(statement))
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.DuplicateObject | psycopg.errors.UniqueViolation):
            return  # another process was as quick as we are
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        raise UnfitDatabase(_not_allowed(conn, is_there=is_there)) from None


def check_runtime_role(owner: Engine) -> None:
    """Refuse a login that cannot become `suture_app`, one that could pass row-level security, and tables without it.

    Raises UnfitDatabase.
    """
    with owner.connect() as conn:
        is_there = _exists(conn)
        if not is_there or not _may_become(conn):
            raise UnfitDatabase(_not_allowed(conn, is_there=is_there))
        passes = conn.execute(
            text(
                """SELECT EXISTS (SELECT FROM pg_roles r WHERE (r.rolsuper OR r.rolbypassrls)
                                  AND pg_has_role(:role, r.oid, 'MEMBER'))
                       OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                                  AND c.relkind IN ('r', 'p') AND pg_has_role(:role, c.relowner, 'MEMBER'))"""
            ),
            {"role": RUNTIME},
        ).scalar_one()
        open_tables = conn.execute(text(_OPEN), {"role": RUNTIME}).scalars().all()
    if open_tables:
        raise UnfitDatabase(
            _(
                "Row-level security is missing on tables ({tables}): run suture db migrate.",
                tables=", ".join(open_tables),
            )
        )
    if passes:
        raise UnfitDatabase(
            _(
                "The role {role} of this PostgreSQL can pass row-level security: it is a superuser, has BYPASSRLS, or "
                "owns the tables, by itself or through a role it is a member of. Take that away from it.",
                role=RUNTIME,
            )
        )


def take_stock(owner: Engine) -> None:
    """Let the database count what is in every table, which only their owner may; anyone else is ignored with a warning.

    By itself it does so within minutes of a large change.
    """
    with owner.begin() as conn:
        conn.execute(text("ANALYZE"))


def sees_all(conn: Connection) -> bool:
    """Whether this login can see every agency, as a backup has to: a superuser, or who owns the tables."""
    return bool(
        conn.execute(
            text(
                """SELECT bool_or(rolsuper OR rolbypassrls) OR NOT EXISTS (
                     SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                       AND NOT pg_has_role(current_user, c.relowner, 'USAGE'))
                   FROM pg_roles WHERE rolname = current_user"""
            )
        ).scalar_one()
    )


def _exists(conn: Connection) -> bool:
    return bool(conn.execute(text("SELECT to_regrole(:role) IS NOT NULL"), {"role": RUNTIME}).scalar_one())


def _may_become(conn: Connection) -> bool:
    """Whether SET ROLE will do; before PostgreSQL 16 every member might."""
    return bool(
        conn.execute(
            text(
                """SELECT pg_has_role(session_user, :role,
                     CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)"""
            ),
            {"role": RUNTIME},
        ).scalar_one()
    )


def _not_allowed(conn: Connection, *, is_there: bool) -> str:
    login = str(conn.execute(text("SELECT session_user")).scalar_one())
    return _(
        "Suture works as the role {role}, and the login {login} of DATABASE_URL may not make it or become it. Ask an "
        "administrator of this PostgreSQL to run: {statement}",
        role=RUNTIME,
        login=login,
        statement=_ONE_STATEMENT[is_there].format(login=login.replace('"', '""')),
    )
