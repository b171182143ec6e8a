"""When migrations run: on a first start and on request, one process at a time, and never by the way."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND
from tests.flow.processes import environment, free_port, wait_for
from tests.store.an_older_schema import OLDER, bring_in_an_agency, bring_to, empty_database, url_of

from suture.cli import main
from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import (
    MIGRATIONS_LOCK,
    Stage,
    holds_tables,
    is_current,
    known_revisions,
    migrate,
    one_at_a_time,
    schema_of,
)

NEWEST = known_revisions()[0]


@pytest.fixture
def empty(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with empty_database(postgres, f"migrate_{abs(hash(request.node.name))}") as engine:
        yield engine


def suture_on(engine: Engine, folder: Path, *words: str) -> Result:
    return CliRunner(env={"DATABASE_URL": url_of(engine)}).invoke(main, [*words, "--data", str(folder)])


# --- what a schema can be ------------------------------------------------------------------------------


def test_every_stage_of_a_schema_is_told_apart(empty: Engine) -> None:
    assert schema_of(empty).stage is Stage.EMPTY
    with empty.begin() as conn:
        conn.execute(text("CREATE TABLE somebody_elses (n int)"))
    assert schema_of(empty).stage is Stage.FOREIGN
    with empty.begin() as conn:
        conn.execute(text("DROP TABLE somebody_elses"))
    bring_to(empty, OLDER)
    older = schema_of(empty)
    assert (older.stage, older.revision, older.newest) == (Stage.OLDER, OLDER, NEWEST)
    assert not is_current(empty)
    migrate(empty)
    assert schema_of(empty).stage is Stage.CURRENT and is_current(empty)
    with empty.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert schema_of(empty).stage is Stage.NEWER


def test_tables_of_an_extension_are_no_ones(empty: Engine) -> None:
    with empty.begin() as conn:
        conn.execute(text("CREATE TABLE of_extension (n int)"))
        conn.execute(text("CREATE EXTENSION btree_gist"))
        conn.execute(text("ALTER EXTENSION btree_gist ADD TABLE of_extension"))
        assert not holds_tables(conn)


# --- a first start -------------------------------------------------------------------------------------


def waiting_for_the_lock(engine: Engine) -> int:
    with engine.connect() as conn:
        return int(
            conn.execute(
                text(
                    """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                         AND classid = :high AND objid = :low"""
                ),
                {"high": MIGRATIONS_LOCK >> 32, "low": MIGRATIONS_LOCK & 0xFFFFFFFF},
            ).scalar_one()
        )


def test_of_two_first_starts_at_once_one_migrates_and_the_other_goes_on(empty: Engine, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "suture.cli", "rules", "list", "--data", str(tmp_path)]
    env = environment(DATABASE_URL=url_of(empty))
    with one_at_a_time(empty):  # as a third one that is quicker, so that both must wait
        both = [subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        wait_for(lambda: waiting_for_the_lock(empty) == 2, "both wait", limit_s=60)
        with empty.connect() as conn:
            assert not holds_tables(conn)
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert is_current(empty)


def test_who_comes_in_the_middle_of_a_migration_waits_for_its_end(empty: Engine) -> None:
    bring_to(empty, OLDER)
    with ThreadPoolExecutor() as pool:
        with one_at_a_time(empty):
            asked = pool.submit(schema_of, empty)
            wait_for(lambda: waiting_for_the_lock(empty) == 1, "it waits")
            bring_to(empty, "head")
        assert asked.result(30).stage is Stage.CURRENT


def test_a_lock_is_given_back_whatever_happens(empty: Engine) -> None:
    with pytest.raises(ZeroDivisionError), one_at_a_time(empty) as conn:
        conn.execute(text("SELECT 1/1"))
        raise ZeroDivisionError
    migrate(empty)


# --- a schema of another release -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("import", "csv", str(RIVERBEND)),
        ("day", "plan", "COLUMBUS", "2026-03-24"),
        ("signal", "check-in", "V-1"),
        ("rules", "list"),
        ("rules", "rollback"),
        ("serve", "--port", str(free_port())),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_an_older_schema_is_refused_in_one_sentence_and_stays_as_it_is(
    empty: Engine, tmp_path: Path, words: tuple[str, ...]
) -> None:
    bring_in_an_agency(bring_to(empty, OLDER))
    said = suture_on(empty, tmp_path, *words)
    assert (said.exit_code, said.stdout) == (2, "")
    [line] = said.stderr.splitlines()
    assert line.startswith("Error: The database of DATABASE_URL has the schema of an earlier release")
    assert line.endswith("make a backup with suture db backup FILE, then run suture db migrate.")
    assert schema_of(empty).revision == OLDER


def test_a_newer_schema_is_refused_by_every_command(empty: Engine, tmp_path: Path) -> None:
    migrate(empty)
    with empty.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for words in (("rules", "list"), ("signal", "check-in", "V-1"), ("db", "migrate"), ("db", "backup", "b.dump")):
        said = suture_on(empty, tmp_path, *words)
        assert said.exit_code == 2 and "was made by a newer release of Suture (schema 9999" in said.stderr


def test_tables_of_another_program_are_left_alone(empty: Engine, tmp_path: Path) -> None:
    with empty.begin() as conn:
        conn.execute(text("CREATE TABLE somebody_elses (n int)"))
    for words in (("rules", "list"), ("db", "migrate"), ("demo", "--fresh", "--port", str(free_port()))):
        said = suture_on(empty, tmp_path, *words)
        assert said.exit_code == 2 and "The database of DATABASE_URL holds" in said.stderr
    with empty.connect() as conn:
        tables = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'"
        assert conn.execute(text(tables)).scalar_one() == "somebody_elses"


def test_sentences_that_were_stored_are_kept_where_reasons_are_now(empty: Engine) -> None:
    bring_in_an_agency(bring_to(empty, "0005"))
    with empty.begin() as conn:
        conn.execute(text("SELECT set_config('app.tenant', '1', true)"))
        for statement in (
            "INSERT INTO place (owner_key, lat, lon, tz) VALUES ('branch:LAKE', 40, -83, 'America/New_York')",
            """INSERT INTO branch (external_id, name, phone, tz, place_id)
               SELECT 'LAKE', 'Lake', '+16145550100', tz, id FROM place""",
            """INSERT INTO plan (branch_id, service_date, version, base_version, because, actor, at)
               SELECT id, '2026-11-30', 1, 0, 'first pass', 'test', now() FROM branch""",
            """INSERT INTO exception_case (branch_id, kind, subject_kind, subject_id, severity, band, state, opened_at)
               SELECT id, kind, 'visit', 1, 1, 'low', 'open', now()
               FROM branch, unnest(array['evv_mismatch', 'uncovered_visit']) AS kind""",
            """UPDATE exception_case SET state = 'closed', closed_at = now(), closed_because = 'the visit is over'
               WHERE kind = 'evv_mismatch'""",
        ):
            conn.execute(text(statement))
    migrate(empty)
    with empty.connect() as conn:
        assert conn.execute(text("SELECT why FROM plan")).scalar_one() == "first pass"
        closed = "SELECT closed_why FROM exception_case ORDER BY kind"
        assert list(conn.execute(text(closed)).scalars()) == ["the visit is over", None]


def test_migrate_says_from_where_to_where(empty: Engine, tmp_path: Path) -> None:
    bring_in_an_agency(bring_to(empty, OLDER))
    first, again = (suture_on(empty, tmp_path, "db", "migrate") for _ in range(2))
    assert (first.exit_code, first.stdout) == (0, f"Migrated from {OLDER} to {NEWEST}.\n")
    assert (again.exit_code, again.stdout) == (0, f"Nothing to do: the schema is {NEWEST}, the newest.\n")
    assert suture_on(empty, tmp_path, "rules", "list").exit_code == 0


def test_migrate_makes_an_empty_database_ready(empty: Engine, tmp_path: Path) -> None:
    said = suture_on(empty, tmp_path, "db", "migrate")
    assert (said.exit_code, said.stdout) == (0, f"Migrated from an empty database to {NEWEST}.\n")
