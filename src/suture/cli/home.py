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
from suture.cli.options import given_agency
from suture.model.actors import COMMAND_LINE, FIRST_TENANT, SYSTEM
from suture.rules.errors import FileRefused
from suture.service.agencies import tenants
from suture.service.caller import Caller
from suture.service.clock import DatabaseClock
from suture.service.context import Context
from suture.service.errors import ServiceError
from suture.service.failpoints import arm
from suture.service.first_start import first_start
from suture.settings import Settings
from suture.store import demo as demo_store
from suture.store.agencies import all_agencies
from suture.store.embedded import EmbeddedPostgres, PostgresFailed, PostgresUnavailable, cluster_major, find_binaries
from suture.store.migrate import Schema, Stage, migrate, schema_of
from suture.store.roles import RUNTIME, UnfitDatabase, check_runtime_role, open_owner_engine, open_runtime_engine
from suture.store.sql_errors import is_away, is_read_only
from suture.store.transaction import Clock, Tx, transaction
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
    """An open installation. `postgres` is None where DATABASE_URL names a server that is not ours.

    `url` and `engine` are for the runtime, which sees one agency at a time; `owner` is for what changes the schema or
    looks at a database of whatever release.
    """

    data_dir: Path
    url: str
    engine: Engine
    owner: Engine
    postgres: EmbeddedPostgres | None

    def transaction(self, tenant: int = FIRST_TENANT) -> AbstractContextManager[Tx]:
        """One of whoever types the command, without the shell's tools; of the only agency of a demo, unless told."""
        return transaction(self.engine, DatabaseClock(), tenant, actor=COMMAND_LINE, route=command_typed())

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
            with _engines(url, url) as (engine, owner):
                yield Home(data_dir, url, engine, owner, None)
            return
        binaries = find_binaries(settings.postgres_bin, major=cluster_major(data_dir))
        if not create and cluster_major(data_dir) is None and data_dir == default_folder(demo=True):
            raise WrongRequest(_("There is no demo in {folder}. suture demo makes one.", folder=data_dir))
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
            postgres.ensure_login(RUNTIME)
            url = postgres.url(DATABASE, RUNTIME)
            with _engines(url, postgres.url(DATABASE)) as (engine, owner):
                yield Home(data_dir, url, engine, owner, postgres)


@contextmanager
def open_home(settings: Settings, data_dir: Path, *, create: bool = True) -> Iterator[Home]:
    """Open an installation to read it, an agency's or a demo's. To change one: `cli.whose.open_to_write`."""
    with open_database(settings, data_dir, create=create) as home, at_newest_schema(home):
        yield home


@contextmanager
def at_newest_schema(home: Home) -> Iterator[None]:
    """Make an empty database ready, refuse the schema of another release, and let a demo's clock run meanwhile."""
    schema = schema_of(home.owner)
    check_schema(home, schema)
    if schema.stage is Stage.EMPTY:
        migrate(home.owner)
    check_runtime_role(home.owner)
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
def _engines(url: str, owner_url: str) -> Iterator[tuple[Engine, Engine]]:
    engine, owner = open_runtime_engine(url), open_owner_engine(owner_url)
    try:
        yield engine, owner
    finally:
        engine.dispose()
        owner.dispose()


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


def context_of(home: Home, settings: Settings, clock: Clock | None = None, tenant: int | None = None) -> Context:
    """The shell's tools on this installation, as the settings say, for one agency or for every one of it."""
    arm_failpoint(settings)
    ctx = build_context(home.engine, clock or DatabaseClock(), home.data_dir, settings)
    try:
        for each in tenants(home.engine) if tenant is None else (tenant,):
            first_start(Caller(ctx, SYSTEM, tenant=each), settings.config_dir)
    except ServiceError as error:
        raise WrongRequest(str(error)) from None
    return ctx


def caller_of(home: Home, settings: Settings, clock: Clock | None = None) -> Caller:
    """Whoever types the command, with the shell's tools, on the agency of this installation that is meant."""
    tenant = tenant_of(home)
    return Caller(context_of(home, settings, clock, tenant), COMMAND_LINE, tenant=tenant, route=command_typed())


def tenant_of(home: Home) -> int:
    """The agency that --agency names; without it the only one. Raises WrongRequest."""
    known, given = all_agencies(home.engine), given_agency()
    if given is None and len(known) <= 1:
        return known[0].tenant if known else FIRST_TENANT
    fitting = [a for a in known if given is not None and given.strip() == str(a.tenant)] or [
        a for a in known if given is not None and given.strip().casefold() == a.name.casefold()
    ]
    if len(fitting) == 1:
        return fitting[0].tenant
    named = ", ".join(f"{a.tenant} {a.name}" for a in known) or _("none yet")
    if given is None:
        raise WrongRequest(
            _(
                "{place} holds several agencies: say which with --agency. They are: {agencies}.",
                place=home.place,
                agencies=named,
            )
        )
    if fitting:
        raise WrongRequest(
            _(
                "Several agencies are called {name}: say --agency with a number. They are: {agencies}.",
                name=repr(given),
                agencies=named,
            )
        )
    raise WrongRequest(
        _("{place} has no agency {name}. There are: {agencies}.", place=home.place, name=repr(given), agencies=named)
    )


def arm_failpoint(settings: Settings) -> None:
    """Arm the fail point that a test asked for; outside tests none can be."""
    try:
        arm(settings.failpoint, testing=settings.testing)
    except ValueError as error:
        raise WrongRequest(str(error)) from None
