"""Keeps a lease alive while its work continues: only what a dead process held runs out."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

RENEWALS_PER_LEASE = 3
"""So that one renewal may fail without the lease running out."""


@contextmanager
def renewed(renew: Callable[[], None], *, every_s: float) -> Iterator[None]:
    """Call `renew` every few seconds while the block runs; a database that is away gets the next call."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every_s):
            try:
                renew()
            except SQLAlchemyError as error:
                log.warning("lease_not_renewed", error=type(error).__name__)

    keeper = threading.Thread(target=keep, name="lease-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
