"""`suture db backup|restore|check|migrate`: the database as a whole, an agency's or a demo's."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import click
from sqlalchemy import Engine

from suture.cli.errors import WrongRequest
from suture.cli.home import (
    DATABASE,
    Home,
    arm_failpoint,
    check_owner,
    check_schema,
    data_folder,
    open_database,
    read_settings,
    translated_errors,
)
from suture.cli.options import DATA, DEMO
from suture.service.backups import (
    UNKNOWN_TIME,
    NotTheOwner,
    Restored,
    back_up,
    restore_into_database,
    restore_into_folder,
)
from suture.service.check_database import Verdict, check_database
from suture.settings import Settings
from suture.store.backup import Archive, FolderInUse, NoBackup, read_archive
from suture.store.embedded import cluster_major, find_binaries
from suture.store.migrate import Stage, migrate, schema_of, server_version
from suture.store.postgres_tools import ToolFailed, Tools, find_tools
from suture.store.private_file import FileRefused
from suture.words.catalog import _, marked
from suture.words.dates import full_date, full_moment
from suture.words.os_errors import why_of

_VERDICTS = {Verdict.OK: marked("ok"), Verdict.NOTE: marked("note"), Verdict.WRONG: marked("wrong")}
FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def db() -> None:
    """Back up, restore, check and migrate the database."""


@db.command("backup")
@FILE
@DATA
@DEMO
def backup(file: Path, data: Path | None, demo: bool) -> None:
    """Write everything into a new FILE of mode 0600, while the server runs or not.

    The file holds patients' data: encrypt it before it leaves this machine. What was restored from it is on hold until
    suture outreach release.
    """
    settings = read_settings()
    with (
        open_database(settings, data_folder(settings, data, demo=demo), create=False) as home,
        _refusals(_("No backup was made.")),
    ):
        schema = schema_of(home.owner)
        check_schema(home, schema, older=True)
        if schema.stage is Stage.EMPTY:
            raise WrongRequest(_("{place} is empty: there is nothing to back up.", place=home.place))
        tools = find_tools(_major(home.owner), postgres_bin=settings.postgres_bin)
        back_up(home.owner, file.absolute(), tools)
    click.echo(_("Backed up to {file}: {n} bytes, mode 0600.", file=file, n=file.stat().st_size))


@db.command("restore")
@FILE
@DATA
@DEMO
def restore(file: Path, data: Path | None, demo: bool) -> None:
    """Bring a backup back from FILE, into an empty folder or database only. Nothing is sent until it is released."""
    settings = read_settings()
    arm_failpoint(settings)
    data_dir = data_folder(settings, data, demo=demo)
    _check_readable(file)
    with translated_errors(), _refusals(_("Nothing was restored.")):
        restored, home = _restore(settings, data_dir, file.absolute())
    for line in _restored_lines(restored, home):
        click.echo(line)


def _restore(settings: Settings, data_dir: Path, file: Path) -> tuple[Restored, Home]:
    """Restore where nothing is; into a folder of ours only once the file was read, so that a bad one leaves nothing."""
    early = None
    if settings.database_url is None:
        _check_folder(data_dir)
        binaries = find_binaries(settings.postgres_bin, major=cluster_major(data_dir))
        early = _read(settings, file, binaries.major)
    with open_database(settings, data_dir) as home:
        check_owner(home)
        _check_empty(home)
        archive, tools = early or _read(settings, file, _major(home.owner))
        if home.postgres is None:
            return restore_into_database(home.owner, archive, tools), home
        home.engine.dispose()  # the empty database that the restored one replaces must not be in use
        return restore_into_folder(home.postgres, DATABASE, archive, tools), home


def _read(settings: Settings, file: Path, server_major: int) -> tuple[Archive, Tools]:
    tools = find_tools(server_major, exact=True, postgres_bin=settings.postgres_bin)
    return read_archive(tools, file), tools


@db.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@DATA
@DEMO
def check(as_json: bool, data: Path | None, demo: bool) -> None:
    """Look the database over: schema, server, what must never happen, hold and backup. Exit 1 if something is wrong.

    Only reads; works while the server runs.
    """
    settings = read_settings()
    with open_database(settings, data_folder(settings, data, demo=demo), create=False) as home:
        findings = check_database(home.owner)
    is_ok = all(f.verdict is not Verdict.WRONG for f in findings)
    if as_json:
        lines = [
            {**({"agency": f.agency} if f.agency else {}), "about": f.about, "verdict": f.verdict, "says": f.says}
            for f in findings
        ]
        click.echo(json.dumps({"ok": is_ok, "findings": lines}))
    else:
        for f in findings:
            whose = f"{f.agency}: " if f.agency else ""
            click.echo(f"{_(_VERDICTS[f.verdict]):<6}{whose}{_(f.about)}: {f.says}")
    if not is_ok:
        raise SystemExit(1)


@db.command("migrate")
@DATA
@DEMO
def migrate_schema(data: Path | None, demo: bool) -> None:
    """Bring the schema to this release; make a backup first. Servers of the last release may keep running."""
    settings = read_settings()
    with open_database(settings, data_folder(settings, data, demo=demo), create=False) as home:
        before = schema_of(home.owner)
        check_schema(home, before, older=True)
        migrate(home.owner)
        after = schema_of(home.owner)
    if before.revision == after.revision:
        click.echo(_("Nothing to do: the schema is {revision}, the newest.", revision=after.revision))
    elif before.revision:
        click.echo(_("Migrated from {before} to {after}.", before=before.revision, after=after.revision))
    else:
        click.echo(_("Migrated from an empty database to {after}.", after=after.revision))


@contextmanager
def _refusals(then: str) -> Iterator[None]:
    try:
        yield
    except (NoBackup, NotTheOwner, FileRefused, FolderInUse) as error:
        raise WrongRequest(str(error)) from None
    except ToolFailed as error:
        raise click.ClickException(f"{error}. {then}") from None


def _major(engine: Engine) -> int:
    with engine.connect() as conn:
        return server_version(conn) // 10000


def _check_readable(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise WrongRequest(_("{file} cannot be read: {why}.", file=file, why=why_of(error))) from None


def _check_folder(data_dir: Path) -> None:
    """A folder that is not there, or that holds nothing but what a PostgreSQL of ours leaves."""
    if data_dir.exists() and cluster_major(data_dir) is None:
        strange = [entry.name for entry in data_dir.iterdir() if not re.match(r"postgres\b", entry.name)]
        if strange:
            raise WrongRequest(
                _("{folder} is not empty: a backup is restored into an empty folder. Choose another.", folder=data_dir)
            )


def _check_empty(home: Home) -> None:
    if schema_of(home.owner).stage is not Stage.EMPTY:
        if home.postgres is None:
            why = _(
                "{place} is not empty: a backup never replaces what is there. Please give an empty one.",
                place=home.place,
            )
        else:
            why = _(
                "{place} is not empty: a backup never replaces what is there. Please choose another folder with "
                "--data.",
                place=home.place,
            )
        raise WrongRequest(why)


def _restored_lines(restored: Restored, home: Home) -> Iterator[str]:
    made = f"{full_moment(restored.backup_at.astimezone(UTC))} UTC" if restored.backup_at else _(UNKNOWN_TIME)
    if restored.newest_plan:
        plan = _("the newest plan is for {date}", date=full_date(restored.newest_plan))
    else:
        plan = _("no day is planned")
    branches = ", ".join(restored.branches) or _("no branch yet")
    yield _(
        "{place} holds the backup of {made}: {branches}; {plan}.",
        place=home.place,
        made=made,
        branches=branches,
        plan=plan,
    )
    if restored.is_demo:
        yield _("It is a demo's: commands that change it need --demo.")
    yield _("All messages are on hold and nothing is sent. Import the newest files first, since the backup lacks them.")
    option = f"{home.option}{' --demo' if restored.is_demo else ''}"
    yield _("Then run: suture outreach release{option}", option=option)
