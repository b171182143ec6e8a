"""Where an installation lives: its data folder and its database."""

import errno
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from suture import bootstrap
from suture.bootstrap import BadConfiguration, build_context
from suture.cli.command_typed import command_typed
from suture.cli.errors import DatabaseAway, WrongRequest
from suture.model.actors import COMMAND_LINE, SYSTEM
from suture.rules.errors import FileRefused
from suture.service.caller import Caller
from suture.service.clock import DatabaseClock
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.service.failpoints import arm
from suture.service.first_start import first_start
from suture.settings import Settings
from suture.store import demo as demo_store
from suture.store.embedded import EmbeddedPostgres, PostgresFailed, PostgresUnavailable, cluster_major, find_binaries
from suture.store.migrate import Schema, Stage, UnfitDatabase, migrate, schema_of
from suture.store.sql_errors import is_away, is_read_only
from suture.store.transaction import Clock, Tx, open_engine, transaction
from suture.words.catalog import _
from suture.words.os_errors import why_of

DATABASE = "suture"
_FAULTS_OF_A_FOLDER = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EEXIST,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENAMETOOLONG,
    }
)


@dataclass(frozen=True, slots=True)
class Home:
    """An open installation. `postgres` is None where DATABASE_URL names a server that is not ours."""

    data_dir: Path
    url: str
    engine: Engine
    postgres: EmbeddedPostgres | None

    def transaction(self) -> AbstractContextManager[Tx]:
        """One of whoever types the command, without the shell's tools."""
        return transaction(self.engine, DatabaseClock(), actor=COMMAND_LINE, route=command_typed())

    @property
    def place(self) -> str:
        """Where its data is, to begin a sentence with."""
        if self.postgres is None:
            return _("The database of DATABASE_URL")
        return _("The data folder {folder}", folder=self.data_dir)

    @property
    def option(self) -> str:
        """What a command needs to come here again, a space before it; nothing where it comes here by itself."""
        if self.postgres is None or self.data_dir == default_folder(demo=False):
            return ""
        return f" --data {shlex.quote(str(self.data_dir))}"


def read_settings() -> Settings:
    """The settings of the environment, or one line that names the variable that cannot be used."""
    try:
        return bootstrap.read_settings(Settings)
    except BadConfiguration as error:
        raise WrongRequest(str(error)) from None


def default_folder(*, demo: bool) -> Path:
    """./.suture for an agency, ./.suture-demo for the demo; for root both are in /var/lib."""
    name = "suture-demo" if demo else "suture"
    return Path("/var/lib", name) if os.geteuid() == 0 else Path(f".{name}").absolute()


def data_folder(settings: Settings, given: Path | None, *, demo: bool = False) -> Path:
    """The folder asked for, else the setting, which names an agency's and never a demo's, else the default."""
    from_setting = None if demo else settings.data_dir
    return (given or from_setting or default_folder(demo=demo)).absolute()


@contextmanager
def open_database(settings: Settings, data_dir: Path, *, create: bool = True, lasting: bool = True) -> Iterator[Home]:
    """Open the database as it stands, whatever is in it, starting PostgreSQL where none is given.

    Without `create` a data folder that holds nothing is refused: a question to an empty agency is a slip. What is not
    `lasting` waits for no disk: a played morning is played again, not recovered.
    """
    with translated_errors():
        if settings.database_url is not None:
            url = _psycopg_url(settings.database_url.get_secret_value())
            data_dir.mkdir(parents=True, exist_ok=True)
            with _engine(url) as engine:
                yield Home(data_dir, url, engine, None)
            return
        binaries = find_binaries(settings.postgres_bin, major=cluster_major(data_dir))
        if not create and cluster_major(data_dir) is None:
            raise WrongRequest(
                _(
                    "There is no agency in {folder}. Import one with suture import csv, or name its folder with "
                    "--data.",
                    folder=data_dir,
                )
            )
        options = () if lasting else ("fsync=off",)
        with EmbeddedPostgres(data_dir, binaries, extra_options=options) as postgres:
            postgres.ensure_database(DATABASE)
            with _engine(postgres.url(DATABASE)) as engine:
                yield Home(data_dir, postgres.url(DATABASE), engine, postgres)


@contextmanager
def open_home(settings: Settings, data_dir: Path, *, create: bool = True) -> Iterator[Home]:
    """Open an installation to read it, an agency's or a demo's. To change one: `cli.whose.open_to_write`."""
    with open_database(settings, data_dir, create=create) as home, at_newest_schema(home):
        yield home


@contextmanager
def at_newest_schema(home: Home) -> Iterator[None]:
    """Make an empty database ready, refuse the schema of another release, and let a demo's clock run meanwhile."""
    schema = schema_of(home.engine)
    check_schema(home, schema)
    if schema.stage is Stage.EMPTY:
        migrate(home.engine)
    with demo_time(home):
        yield


def check_schema(home: Home, schema: Schema, *, older: bool = False) -> None:
    """Refuse a schema that this release cannot work on; an `older` one only where it is not expected."""
    if schema.stage is Stage.FOREIGN:
        raise WrongRequest(
            _(
                "{place} holds tables that are not Suture's, or a restore that was cut short: give an empty one.",
                place=home.place,
            )
        )
    if schema.stage is Stage.NEWER:
        raise WrongRequest(
            _(
                "{place} was made by a newer release of Suture (schema {found}, this one knows {known}): install that "
                "release.",
                place=home.place,
                found=schema.revision,
                known=schema.newest,
            )
        )
    if schema.stage is Stage.OLDER and not older:
        raise WrongRequest(
            _(
                "{place} has the schema of an earlier release ({found}, this one needs {needed}): make a backup with "
                "suture db backup FILE{option}, then run suture db migrate{option}.",
                place=home.place,
                found=schema.revision,
                needed=schema.newest,
                option=home.option,
            )
        )


def check_owner(home: Home) -> None:
    """Refuse to run a second time on one data folder."""
    if home.postgres is not None and not home.postgres.is_owner:
        raise WrongRequest(
            _("Suture is already running on {folder}. Stop it first, or choose another --data.", folder=home.data_dir)
        )


@contextmanager
def demo_time(home: Home) -> Iterator[None]:
    """Let the demo's time, where there is one, continue from where the last owner of the database left it."""
    if home.postgres is None or not home.postgres.is_owner:
        yield
        return
    with home.transaction() as tx:
        demo_store.resume_clock(tx)
    try:
        yield
    finally:
        with suppress(DBAPIError), home.transaction() as tx:
            demo_store.store_clock(tx)


def _psycopg_url(given: str) -> str:
    url = re.sub("^postgres(ql)?://", "postgresql+psycopg://", given)
    try:
        is_one = make_url(url).drivername == "postgresql+psycopg"
    except (ArgumentError, ValueError):
        is_one = False
    if not is_one:
        raise WrongRequest(
            _("DATABASE_URL is not the address of a PostgreSQL server. One looks like postgresql://user@host/database.")
        )
    return url


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """What can go wrong with an installation, as one line for a person."""
    try:
        yield
    except PostgresFailed as error:  # such as a full disk: it may start once there is room
        raise DatabaseAway(str(error)) from None
    except (PostgresUnavailable, UnfitDatabase, BadConfiguration) as error:
        raise WrongRequest(str(error)) from None
    except FileRefused as error:
        told = "\n".join(str(problem) for problem in error.problems)
        todo = _("Fix what is wrong, then try again:")
        raise WrongRequest(f"{todo}\n{told}") from None
    except OSError as error:
        if error.errno not in _FAULTS_OF_A_FOLDER or error.filename is None:
            raise
        file, why = error.filename, why_of(error)
        raise WrongRequest(
            _("{file} cannot be used: {why}. Maybe choose another folder with --data.", file=file, why=why)
        ) from None
    except DBAPIError as error:
        if is_read_only(error):
            raise DatabaseAway(
                _("The database is not accepting changes right now: it is read-only. Is it a standby? Try again later.")
            ) from None
        if not isinstance(error, OperationalError) and not is_away(error):
            raise
        why = str(error.orig).strip().partition("\n")[0]  # not the statement: its values may be patients'
        raise DatabaseAway(
            _(
                "The database does not answer: {why}. Maybe it restarts, its disk is full, or DATABASE_URL is wrong.",
                why=why,
            )
        ) from None


def context_of(home: Home, settings: Settings, clock: Clock | None = None) -> Context:
    """The shell's tools on this installation, as the settings say."""
    arm_failpoint(settings)
    ctx = build_context(home.engine, clock or DatabaseClock(), home.data_dir, settings)
    try:
        first_start(Caller(ctx, SYSTEM), settings.config_dir)
    except ServiceError as error:
        raise WrongRequest(str(error)) from None
    return ctx


def caller_of(home: Home, settings: Settings, clock: Clock | None = None) -> Caller:
    """Whoever types the command, with the shell's tools on this installation."""
    return Caller(context_of(home, settings, clock), COMMAND_LINE, route=command_typed())


def arm_failpoint(settings: Settings) -> None:
    """Arm the fail point that a test asked for; outside tests none can be."""
    try:
        arm(settings.failpoint, testing=settings.testing)
    except ValueError as error:
        raise WrongRequest(str(error)) from None
