"""Backs an agency up, and brings it back on hold: what happened since the backup is gone, so no one is messaged."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from suture.model.actors import COMMAND_LINE
from suture.model.audit import AuditCode
from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.agencies import tenants
from suture.service.clock import DatabaseClock
from suture.service.failpoints import fail_point
from suture.store import audit, backup, outreach
from suture.store import demo as demo_store
from suture.store.agencies import agencies_within
from suture.store.backup import Archive
from suture.store.branches import all_branches
from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import one_at_a_time, upgrade_within
from suture.store.postgres_tools import Tools
from suture.store.private_file import private_file
from suture.store.roles import address_of, ensure_role, open_owner_engine, sees_all
from suture.store.transaction import Tx, of_agency, transaction
from suture.words.catalog import _, marked

UNKNOWN_TIME = marked("an unknown time")
UNFINISHED = "suture_restoring"
"""The database that a restore into a data folder works on; it gets its real name once it is whole and on hold."""


class NotTheOwner(Exception):
    """The login cannot see the whole database, so it cannot copy it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: ids of branches, the last planned day, when the backup was made, and whether it is a demo's."""

    branches: tuple[str, ...]
    newest_plan: date | None
    backup_at: datetime | None
    is_demo: bool


def back_up(owner: Engine, file: Path, tools: Tools) -> None:
    """Write a new file that holds the whole database but the right to send. Raises FileRefused or ToolFailed.

    Each agency's trail gets its row first, so that the backup knows when it was made, and another once it is whole;
    works on the schema of an earlier release. Raises NotTheOwner where the login would see one agency at most.
    """
    with owner.connect() as conn:
        if not sees_all(conn):
            raise NotTheOwner(
                _(
                    "The login of DATABASE_URL does not own Suture's tables: its backup would be empty. Name the owner "
                    "in DATABASE_URL for this command."
                )
            )
    with private_file(file) as output:
        _note(owner, AuditCode.BACKED_UP)
        backup.dump(tools, address_of(owner), output)
    _note(owner, AuditCode.BACKUP_FINISHED)


def _note(owner: Engine, code: AuditCode) -> None:
    """A row in the trail of each agency."""
    for tenant in tenants(owner):
        with transaction(owner, DatabaseClock(), tenant, actor=COMMAND_LINE) as tx:
            audit.record(tx, code, "agency", tx.tenant)


def restore_into_folder(postgres: EmbeddedPostgres, database: str, archive: Archive, tools: Tools) -> Restored:
    """Restore into the empty `database` of our own PostgreSQL: beside it first, then in its place.

    A restore that is killed leaves the empty database as it was. Raises ToolFailed, or FolderInUse.
    """
    backup.make_database(postgres, UNFINISHED)
    try:
        restored = _restore(postgres.url(UNFINISHED), archive, tools)
        fail_point("before_restored_name")
        backup.put_in_place(postgres, UNFINISHED, database)
    except BaseException:
        with suppress(psycopg.Error):
            backup.drop_database(postgres, UNFINISHED)
        raise
    return restored


def restore_into_database(owner: Engine, archive: Archive, tools: Tools) -> Restored:
    """Restore into an empty database on someone else's server; no one may migrate it meanwhile. Raises ToolFailed.

    A restore that is killed leaves it empty, or with tables but without a schema version: no command works on that.
    """
    with one_at_a_time(owner):
        return _restore(address_of(owner), archive, tools)


def _restore(url: str, archive: Archive, tools: Tools) -> Restored:
    owner = open_owner_engine(url)
    try:
        with owner.begin() as conn:
            ensure_role(conn)  # first: where it cannot be made, nothing is restored
        backup.load(tools, url, archive)
        fail_point("after_restore_load")
        with transaction(owner, DatabaseClock(), actor=COMMAND_LINE) as tx:
            backup.stamp(tx, archive.revision)
            upgrade_within(tx.conn)
            backup.forget_releases(tx)
            return _merged([_hold(of_agency(tx, agency.tenant)) for agency in agencies_within(tx.conn)] or [_hold(tx)])
    finally:
        owner.dispose()


def _hold(tx: Tx) -> Restored:
    """Put one agency on hold, and say what came back of it."""
    backup_at, until = outreach.last_backup(tx), backup.data_until(tx)
    outreach.put(tx, OutreachState(True, HoldCause.RESTORED, tx.now, until, awaits_import=True))
    audit.record(tx, AuditCode.RESTORED, "agency", tx.tenant, backup_at=backup_at or UNKNOWN_TIME)
    demo_store.resume_clock(tx)
    branches = tuple(branch.external_id for branch in all_branches(tx))
    return Restored(branches, backup.newest_plan(tx), backup_at, demo_store.is_marked(tx))


def _merged(agencies: Sequence[Restored]) -> Restored:
    """All that came back, of whichever agency."""
    plans, backups = [r.newest_plan for r in agencies], [r.backup_at for r in agencies]
    return Restored(
        branches=tuple(branch for r in agencies for branch in r.branches),
        newest_plan=max((day for day in plans if day), default=None),
        backup_at=max((at for at in backups if at), default=None),
        is_demo=any(r.is_demo for r in agencies),
    )
