"""Where an installation lives: its data folder and its database."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from suture.bootstrap import BadConfiguration, build_context
from suture.cli.errors import DatabaseAway, WrongRequest
from suture.rules.errors import RulebookRefused
from suture.service.clock import DatabaseClock
from suture.service.context import Context
from suture.service.failpoints import arm
from suture.service.in_force import rulebook_in_force
from suture.settings import Settings
from suture.store import demo as demo_store
from suture.store.embedded import EmbeddedPostgres, PostgresUnavailable, cluster_major, find_binaries
from suture.store.migrate import UnfitDatabase, migrate
from suture.store.sql_errors import is_away, is_read_only
from suture.store.transaction import Clock, open_engine, transaction

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


def read_settings() -> Settings:
    """The settings of the environment, or one line that names the variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{_variable(e['loc'][0])}: {e['msg']}" for e in error.errors())
        raise WrongRequest(f"The environment holds a setting that cannot be used: {faults}.") from None


def _variable(field: int | str) -> str:
    name = str(field)
    return name if name.isupper() else f"SUTURE_{name.upper()}"


def data_folder(settings: Settings, given: Path | None) -> Path:
    """The folder asked for, else the setting, else the default: ./.suture, and /var/lib/suture for root."""
    default = Path("/var/lib/suture") if os.geteuid() == 0 else Path(".suture")
    return (given or settings.data_dir or default).absolute()


@contextmanager
def open_home(settings: Settings, data_dir: Path, *, create: bool = True, lasting: bool = True) -> Iterator[Home]:
    """Open the database, starting PostgreSQL where none is given, and bring it to the newest schema.

    Without `create` a data folder that holds nothing is refused: a question to an empty agency is a slip. What is not
    `lasting` waits for no disk: a played morning is played again, not recovered.
    """
    with translated_errors():
        if settings.database_url is not None:
            url = _psycopg_url(settings.database_url.get_secret_value())
            data_dir.mkdir(parents=True, exist_ok=True)
            with _migrated(url) as engine:
                yield Home(data_dir, url, engine, None)
            return
        binaries = find_binaries(settings.postgres_bin, major=cluster_major(data_dir))
        if not create and cluster_major(data_dir) is None:
            raise WrongRequest(f"There is no agency in {data_dir}. Import one with suture import csv, or name --data.")
        options = () if lasting else ("fsync=off",)
        with EmbeddedPostgres(data_dir, binaries, extra_options=options) as postgres:
            if postgres.is_owner:
                postgres.ensure_database(DATABASE)
            with _migrated(postgres.url(DATABASE)) as engine:
                home = Home(data_dir, postgres.url(DATABASE), engine, postgres)
                if not postgres.is_owner:
                    yield home
                    return
                with _demo_time(engine):
                    yield home


@contextmanager
def _demo_time(engine: Engine) -> Iterator[None]:
    """Let the demo's time, where there is one, go on from where the last owner of the database left it."""
    with transaction(engine, DatabaseClock()) as tx:
        demo_store.resume_clock(tx)
    try:
        yield
    finally:
        with suppress(DBAPIError), transaction(engine, DatabaseClock()) as tx:
            demo_store.store_clock(tx)


def _psycopg_url(given: str) -> str:
    url = re.sub("^postgres(ql)?://", "postgresql+psycopg://", given)
    try:
        is_one = make_url(url).drivername == "postgresql+psycopg"
    except (ArgumentError, ValueError):
        is_one = False
    if not is_one:
        raise WrongRequest(
            "DATABASE_URL is no address of a PostgreSQL. One looks like postgresql://user@host/database."
        )
    return url


@contextmanager
def _migrated(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """What can go wrong with an installation, as one line for a person."""
    try:
        yield
    except (PostgresUnavailable, UnfitDatabase, BadConfiguration) as error:
        raise WrongRequest(str(error)) from None
    except RulebookRefused as error:
        raise WrongRequest("\n".join(str(problem) for problem in error.problems)) from None
    except OSError as error:
        if error.errno not in _FAULTS_OF_A_FOLDER or error.filename is None:
            raise
        why = f"{error.filename} cannot be used: {error.strerror}"
        raise WrongRequest(f"{why}. Maybe choose another folder with --data.") from None
    except DBAPIError as error:
        if is_read_only(error):
            raise DatabaseAway(
                "The database takes no changes now: it is read-only. Maybe it is a standby: try again later."
            ) from None
        if not isinstance(error, OperationalError) and not is_away(error):
            raise
        why = str(error.orig).strip().partition("\n")[0]  # not the statement: its values may be patients'
        raise DatabaseAway(
            f"The database does not answer: {why}. Maybe DATABASE_URL is wrong, or it restarts."
        ) from None


def context_of(home: Home, settings: Settings, clock: Clock | None = None) -> Context:
    """The shell's tools on this installation, as the settings say."""
    try:
        arm(settings.failpoint, testing=settings.testing)
    except ValueError as error:
        raise WrongRequest(str(error)) from None
    ctx = build_context(home.engine, clock or DatabaseClock(), home.data_dir, settings)
    with ctx.transaction() as tx:
        rulebook_in_force(ctx, tx)  # a first start puts the rulebook of the files in force
    return ctx
