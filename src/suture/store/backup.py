"""Backups: an archive of pg_dump, without what lets messages leave; and what makes a restored database usable.

The rows of `outreach` and `test_recipient` stay out: an agency without them is on hold, however it was restored. An
archive is restored without its schema version, which is written together with the hold, so a restore that was cut short
is no database of Suture.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import psycopg
from psycopg import sql

from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import known_revisions
from suture.store.postgres_tools import ToolFailed, Tools, run
from suture.store.transaction import Tx
from suture.words.catalog import _

LEFT_OUT = ("outreach", "test_recipient")
OURS = {"agency", "audit_row", "alembic_version"}
"""Tables of every release: a dump without them is another program's."""
_MADE_ANEW = re.compile(r" (TABLE DATA public alembic_version|POLICY public|ROW SECURITY public) ")
"""What is not restored: the version, and what names roles of the server it came from (`migrate` seals agencies)."""


class NoBackup(Exception):
    """The file is no backup of Suture that this release can restore; the message says why."""


class FolderInUse(Exception):
    """Someone opened the folder while its database was being restored."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that was read from end to end: its file, its list of contents and the revision of its schema."""

    file: Path
    contents: Sequence[str]
    revision: str


def dump(tools: Tools, url: str, output: int) -> None:
    """Write an archive of the database, of every agency in it, to a descriptor. Raises ToolFailed.

    An owner that is no superuser is held by row-level security as well, until it asks for the whole.
    """
    left_out = [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
    options = ["--format=custom", "--lock-wait-timeout=60s", "--enable-row-security", *left_out]
    run(tools, "pg_dump", options, url=url, output=output, settings={"app.whole": "on"})


def read_archive(tools: Tools, file: Path) -> Archive:
    """Read a backup from end to end without restoring it. Raises NoBackup."""
    try:
        contents = run(tools, "pg_restore", ["--list", file]).splitlines()
        run(tools, "pg_restore", ["--file=/dev/null", file])
        version = run(tools, "pg_restore", ["--data-only", "--table=alembic_version", "--file=-", file])
    except ToolFailed as error:
        said = _(
            "{file} is not a backup that can be read: {why} (pg_restore {version}).",
            file=file,
            why=error,
            version=tools.version,
        )
        raise NoBackup(said) from None
    if not {found[1] for line in contents if (found := re.search(r" TABLE public (\w+) ", line))} >= OURS:
        raise NoBackup(_("{file} is the dump of another program's database, not a backup of Suture.", file=file))
    found = re.search(r"^COPY public\.alembic_version .*\n(\w+)$", version, re.MULTILINE)
    if found is None:
        raise NoBackup(_("{file} has no schema version: it was made from a restore that was cut short.", file=file))
    if found[1] not in (known := known_revisions()):
        said = _(
            "{file} was made by a newer release of Suture (schema {found}, this one knows {known}): install that "
            "release, then restore.",
            file=file,
            found=found[1],
            known=known[0],
        )
        raise NoBackup(said)
    return Archive(file, contents, found[1])


def load(tools: Tools, url: str, archive: Archive) -> None:
    """Restore an archive into an empty database, all or nothing, except for its schema version. Raises ToolFailed."""
    with NamedTemporaryFile("w", prefix="suture-", suffix=".list") as contents:
        contents.write("\n".join(x for x in archive.contents if not _MADE_ANEW.search(x)))
        contents.flush()
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments"]
        run(tools, "pg_restore", [*options, f"--use-list={contents.name}", archive.file], url=url)


def stamp(tx: Tx, revision: str) -> None:
    """Write the schema version that `load` left out."""
    tx.run("INSERT INTO alembic_version (version_num) VALUES (:revision)", revision=revision)


def forget_releases(tx: Tx) -> None:
    """No messages may leave anymore, of whatever agency: a dump that was made by hand holds these rows."""
    tx.run("DELETE FROM test_recipient")
    tx.run("DELETE FROM outreach")


def data_until(tx: Tx) -> datetime | None:
    """How far the restored data reaches, in the agency's time: a demo's clock says it, else the newest trail."""
    until: datetime | None = tx.scalar(
        """SELECT coalesce((SELECT shown_at FROM demo_clock WHERE tenant = app_tenant()),
                           (SELECT max(at) FROM audit_row WHERE tenant = app_tenant() AND code = 'data.backed_up'),
                           (SELECT max(at) FROM audit_row WHERE tenant = app_tenant()))"""
    )
    return until


def newest_plan(tx: Tx) -> date | None:
    """The last day that has a plan."""
    newest: date | None = tx.scalar("SELECT max(service_date) FROM plan_head WHERE tenant = app_tenant()")
    return newest


def make_database(postgres: EmbeddedPostgres, name: str) -> None:
    """An empty database of that name; what an earlier restore left there is dropped."""
    drop_database(postgres, name)
    with psycopg.connect(postgres.dsn(), autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop_database(postgres: EmbeddedPostgres, name: str) -> None:
    """Drop a database that may be there."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def put_in_place(postgres: EmbeddedPostgres, made: str, name: str) -> None:
    """Give the database `made` the name of an empty one, which goes. Raises FolderInUse where that one is used."""
    with psycopg.connect(postgres.dsn(name)) as db:
        row = db.execute("SELECT to_regclass('public.alembic_version') IS NULL").fetchone()
        is_empty = row is not None and row[0]
    with psycopg.connect(postgres.dsn(), autocommit=True) as db:
        try:
            if not is_empty:
                raise psycopg.errors.ObjectInUse
            db.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            db.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(made), sql.Identifier(name)))
        except (psycopg.errors.ObjectInUse, psycopg.errors.DuplicateDatabase):
            raise FolderInUse(
                _("Another command opened the data folder during the restore. Stop it, then restore again.")
            ) from None
