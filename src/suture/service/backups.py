"""Backs an agency up, and brings it back on hold: what happened since the backup is gone, so no one is messaged."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from suture.model.actors import COMMAND_LINE
from suture.model.audit import AuditCode
from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.clock import DatabaseClock
from suture.service.failpoints import fail_point
from suture.store import audit, backup, outreach
from suture.store import demo as demo_store
from suture.store.backup import Archive
from suture.store.branches import all_branches
from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import one_at_a_time, upgrade_within
from suture.store.postgres_tools import Tools
from suture.store.private_file import private_file
from suture.store.transaction import open_engine, transaction
from suture.words.catalog import marked

UNKNOWN_TIME = marked("an unknown time")
UNFINISHED = "suture_restoring"
"""The database that a restore into a data folder works on; it gets its real name once it is whole and on hold."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: ids of branches, the last planned day, when the backup was made, and whether it is a demo's."""

    branches: tuple[str, ...]
    newest_plan: date | None
    backup_at: datetime | None
    is_demo: bool


def back_up(engine: Engine, url: str, file: Path, tools: Tools) -> None:
    """Write a new file that holds the whole database but the right to send. Raises FileRefused or ToolFailed.

    The trail gets its row first, so that the backup knows when it was made, and another once it is whole; works on the
    schema of an earlier release.
    """
    with private_file(file) as output:
        with transaction(engine, DatabaseClock(), actor=COMMAND_LINE) as tx:
            audit.record(tx, AuditCode.BACKED_UP, "agency", tx.tenant)
        backup.dump(tools, url, output)
    with transaction(engine, DatabaseClock(), actor=COMMAND_LINE) as tx:
        audit.record(tx, AuditCode.BACKUP_FINISHED, "agency", tx.tenant)


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


def restore_into_database(engine: Engine, url: str, archive: Archive, tools: Tools) -> Restored:
    """Restore into an empty database on someone else's server; no one may migrate it meanwhile. Raises ToolFailed.

    A restore that is killed leaves it empty, or with tables but without a schema version: no command works on that.
    """
    with one_at_a_time(engine):
        return _restore(url, archive, tools)


def _restore(url: str, archive: Archive, tools: Tools) -> Restored:
    backup.load(tools, url, archive)
    fail_point("after_restore_load")
    engine = open_engine(url)
    try:
        with transaction(engine, DatabaseClock(), actor=COMMAND_LINE) as tx:
            backup.stamp(tx, archive.revision)
            upgrade_within(tx.conn)
            backup_at, until = outreach.last_backup(tx), backup.data_until(tx)
            backup.forget_releases(tx)
            outreach.put(tx, OutreachState(True, HoldCause.RESTORED, tx.now, until, awaits_import=True))
            audit.record(tx, AuditCode.RESTORED, "agency", tx.tenant, backup_at=backup_at or UNKNOWN_TIME)
            demo_store.resume_clock(tx)
            branches = tuple(branch.external_id for branch in all_branches(tx))
            return Restored(branches, backup.newest_plan(tx), backup_at, demo_store.is_marked(tx))
    finally:
        engine.dispose()
