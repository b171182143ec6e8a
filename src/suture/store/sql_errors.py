"""Errors of the database without the values of rows, so that they may appear in a log, a traceback or on a terminal."""

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

READ_ONLY = "25006"
EXCLUDED = "23P01"
_AWAY_STATES = ("08", "53", "57P", READ_ONLY)
"""How the SQLSTATE begins of a server that is gone, full, stopping, or takes no changes."""
_SPEAK_OF_NO_VALUES = (
    "08",
    "0A",
    "25",
    "26",
    "28",
    "34",
    "3D",
    "3F",
    "40",
    "42",
    "53",
    "54",
    "55",
    "57",
    "58",
    "P0001",
)
"""How the SQLSTATE begins where PostgreSQL's first line names tables, settings and states only, and P0001: our own."""


def keep_values_out(engine: Engine) -> None:
    """Make every error of this engine say which rule was broken and where, and nothing of what was written."""
    event.listen(engine, "handle_error", _without_values)


def is_away(error: BaseException) -> bool:
    """Whether the database was out of reach: no connection was free, it broke, or the server is going or read-only."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return str(state).startswith(_AWAY_STATES)


def is_double_booked(error: BaseException) -> bool:
    """Whether a published plan would have one person in two places at once; the database refuses that at the end."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == EXCLUDED


def is_read_only(error: DBAPIError) -> bool:
    """Whether the database takes no changes: it was made read-only, or it is a standby."""
    return getattr(error.orig, "sqlstate", None) == READ_ONLY


def _without_values(context: ExceptionContext) -> None:
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if not isinstance(original, psycopg.Error):
        return
    words = _reduced(original)
    original.args = (words,)
    if isinstance(wrapped, DBAPIError):
        kind = type(original)
        wrapped.args = (f"({kind.__module__}.{kind.__name__}) {words}",)


def _reduced(error: psycopg.Error) -> str:
    """What may be repeated. Errors of the connection have no state yet, and are kept whole: people must read them."""
    if error.sqlstate is None:
        is_about_the_connection = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return str(error) if is_about_the_connection else type(error).__name__
    said = error.diag
    if error.sqlstate.startswith(_SPEAK_OF_NO_VALUES):
        return said.message_primary or type(error).__name__
    places = (("constraint", said.constraint_name), ("table", said.table_name), ("column", said.column_name))
    return ", ".join([f"SQLSTATE {error.sqlstate}", *(f"{what} {name}" for what, name in places if name)])
