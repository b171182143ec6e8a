"""Whether an error means that there is no database to work with now: the same request may succeed later."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_AWAY_STATES = ("08", "25006", "53", "57P")
"""How the SQLSTATE begins of a server that is gone, takes no writing, is full, or is stopping."""


def is_away(error: BaseException) -> bool:
    """A connection that broke or never came, no free one, or a server that said it is going or only to be read."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return str(state).startswith(_AWAY_STATES)
