"""Who was shown which patients: one row a request in `access_log`, written before the answer leaves. Insert only."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from suture.model.actors import Actor
from suture.store.sql_errors import is_read_only

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reads:
    """The patients that one request is about to show, until they are stored.

    `route`: what was asked for: a route's template or a command, never an address that someone filled in.
    """

    route: str = ""
    _of: tuple[int, str] | None = None
    _branches: set[int | None] = field(default_factory=set)
    _patients: set[int] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not self._patients

    def note(self, tenant: int, actor: Actor, branch_id: int | None, patients: Iterable[int | None]) -> None:
        """Add patients; None, where a row has no patient, is left out."""
        found = {patient for patient in patients if patient is not None}
        if found:
            self._of = (tenant, str(actor))
            self._branches.add(branch_id)
            self._patients |= found

    def forget(self) -> None:
        """Drop what was noted: it is stored, or was not shown."""
        self._branches, self._patients = set(), set()

    def save(self, engine: Engine) -> None:
        """Store what was noted as one row, in a transaction of its own, so that a rollback does not take it along.

        Raises what the database says: then nothing may be shown. Only a database that takes no changes at all still
        shows the day, and the read goes to the log.
        """
        if self._of is None or self.is_empty:
            return
        tenant, actor = self._of
        row = {
            "actor": actor,
            "route": self.route,
            "branch_id": next(iter(self._branches)) if len(self._branches) == 1 else None,
            "patient_ids": sorted(self._patients),
        }
        self.forget()
        try:
            with engine.begin() as conn:
                conn.execute(_OF_TENANT, {"tenant": str(tenant)})
                conn.execute(_INSERT, row)
        except DBAPIError as error:
            if not is_read_only(error):
                raise
            log.warning("access.not_stored", tenant=tenant, **row)


_OF_TENANT = text("SELECT set_config('app.tenant', :tenant, true)")
_INSERT = text(
    """INSERT INTO access_log (actor, route, branch_id, patient_ids)
       VALUES (:actor, :route, :branch_id, cast(:patient_ids AS bigint[]))"""
)
