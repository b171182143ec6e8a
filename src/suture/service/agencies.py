"""The agencies that a process serves: a caller for each, and new ones as they come."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from suture.model.actors import FIRST_TENANT
from suture.service.caller import Caller
from suture.store.agencies import NO_TENANT, all_agencies

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
"""How long a new agency may stay unnoticed by a process that runs."""


def tenants(engine: Engine) -> tuple[int, ...]:
    """The number of every agency; the first one's where nothing has come in yet, since files may come for it."""
    return tuple(agency.tenant for agency in all_agencies(engine)) or (FIRST_TENANT,)


def of_only_agency(caller: Caller) -> Caller:
    """The same caller of the only agency there is; of none where there are several."""
    only, *others = tenants(caller.tools.engine)
    return replace(caller, tenant=NO_TENANT if others else only)


class Agencies:
    """The same caller for each agency. It looks for new ones now and then; while the database is away it keeps those
    it knows. One object a thread."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: tuple[Caller, ...] = ()
        self._looked_at = 0.0

    def callers(self) -> Sequence[Caller]:
        """A caller for each agency, by number; none before the database has answered once."""
        if not self._known or time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._look()
        return self._known

    def _look(self) -> None:
        try:
            found = tenants(self._caller.tools.engine)
        except SQLAlchemyError as error:
            log.error("agencies_not_read", error=type(error).__name__)
            return
        self._looked_at = time.monotonic()
        if found != tuple(caller.tenant for caller in self._known):
            self._known = tuple(replace(self._caller, tenant=tenant) for tenant in found)
