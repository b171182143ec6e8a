"""A backup and its way back: whole or not at all, into what is empty, and on hold until someone releases it."""

import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND, as_owner
from tests.fakes.ports import FakeChannel
from tests.flow.processes import a_folder, a_prepared_folder, its_postgres, suture
from tests.store.a_riverbend import THE_DAY, Riverbend
from tests.store.an_older_schema import OLDER, bring_in_an_agency, bring_to, empty_database, url_of

from suture.cli import main
from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.import_runs import ImportMode
from suture.model.outreach_state import HoldCause
from suture.service.backups import UNFINISHED
from suture.service.clock import DatabaseClock
from suture.service.import_files import import_folder
from suture.service.outreach import release
from suture.service.worker import drain
from suture.store import backup, outreach
from suture.store.demo import Whose, whose
from suture.store.embedded import EmbeddedPostgres, cluster_major, find_binaries
from suture.store.migrate import Stage, is_current, known_revisions, schema_of
from suture.store.postgres_tools import find_tools, run
from suture.store.transaction import transaction
from suture.words.dates import full_date

LATER = timedelta(hours=3)  # by then the evening's messages are due


def suture_on(engine: Engine, folder: Path, *words: str | Path) -> Result:
    runner = CliRunner(env={"DATABASE_URL": url_of(engine)})
    return runner.invoke(main, [*map(str, words), "--data", str(folder / "outboxes")])


def done(said: Result) -> str:
    assert said.exit_code == 0, said.output
    return said.stdout


def refused(said: Result | subprocess.CompletedProcess[str]) -> str:
    code = said.exit_code if isinstance(said, Result) else said.returncode
    assert code == 2 and said.stdout == "", said
    [line] = said.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.fixture
def empty(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with empty_database(postgres, f"backup_{abs(hash(request.node.name))}") as engine:
        yield engine


@pytest.fixture
def older(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An agency of an earlier release, which sends."""
    with empty_database(postgres, f"older_{abs(hash(request.node.name))}") as engine:
        bring_in_an_agency(bring_to(engine, OLDER))
        yield engine


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with engine.begin() as conn:
        return [tuple(r) for r in conn.execute(text(sql))]


def sent(agency: Riverbend) -> int:
    return sum(
        len(channel.sent) for channel in agency.caller.tools.channels.values() if isinstance(channel, FakeChannel)
    )


# --- the drill -----------------------------------------------------------------------------------------


def test_what_left_after_the_backup_does_not_leave_again_before_the_release(
    riverbend: Riverbend, empty: Engine, tmp_path: Path
) -> None:
    file, began = tmp_path / "suture.dump", datetime.now(UTC)
    done(suture_on(riverbend.engine, tmp_path, "db", "backup", file))
    riverbend.clock.advance_to(riverbend.clock.now() + LATER)
    drain(riverbend.caller)
    assert sent(riverbend) >= 5

    said = done(suture_on(empty, tmp_path, "db", "restore", file))
    assert "COLUMBUS" in said and f"newest plan is for {full_date(THE_DAY)}" in said and "on hold" in said
    assert said.endswith("Then run: suture outreach release\n")
    restored = Riverbend(empty, riverbend.clock.now())
    with restored.caller.transaction() as tx:
        state = outreach.state(tx)
    assert (state.on_hold, state.cause, state.awaits_import) == (True, HoldCause.RESTORED, True)
    assert state.data_until is not None and began <= state.data_until <= datetime.now(UTC)
    drain(restored.caller)
    assert sent(restored) == 0
    assert restored.rows("SELECT count(*) AS n FROM touch WHERE state = 'sent'") == [{"n": 0}]

    import_folder(restored.caller, CsvFolder(), RIVERBEND, mode=ImportMode.FULL)
    release(restored.caller, "Dana Park", "the texts were compared", [], send_again=True)
    drain(restored.caller)
    assert sent(restored) == sent(riverbend)


def test_the_backup_is_a_new_private_file_and_leaves_its_line_in_the_trail(older: Engine, tmp_path: Path) -> None:
    """On the schema of an earlier release: a backup comes before the migration."""
    file = tmp_path / "suture.dump"
    assert str(file) in done(suture_on(older, tmp_path, "db", "backup", file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert rows(older, "SELECT code, actor FROM audit_row") == [
        ("data.backed_up", "command_line"),
        ("data.backup_finished", "command_line"),
    ]
    before = file.read_bytes()
    assert "is there already" in refused(suture_on(older, tmp_path, "db", "backup", file))
    assert file.read_bytes() == before and [f.name for f in tmp_path.glob("*.dump*")] == [file.name]


def test_a_backup_that_fails_leaves_no_file(older: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "run", lambda *args, **more: run(args[0], args[1], ["--no-such-option"], **more))
    said = suture_on(older, tmp_path, "db", "backup", tmp_path / "suture.dump")
    assert said.exit_code == 1 and "No backup was made." in said.stderr
    assert [f for f in tmp_path.iterdir() if f.is_file()] == []


def test_an_empty_database_has_nothing_to_back_up(empty: Engine, tmp_path: Path) -> None:
    assert "nothing to back up" in refused(suture_on(empty, tmp_path, "db", "backup", tmp_path / "suture.dump"))


def test_the_right_to_send_is_not_in_the_file(riverbend: Riverbend, empty: Engine, tmp_path: Path) -> None:
    """So even who restores it by hand sends nothing."""
    file = tmp_path / "suture.dump"
    done(suture_on(riverbend.engine, tmp_path, "db", "backup", file))
    run(find_tools(server_major(empty)), "pg_restore", ["--no-owner", file], url=url_of(empty))
    restored = Riverbend(empty, riverbend.clock.now() + LATER)
    assert restored.rows("SELECT * FROM outreach") == restored.rows("SELECT * FROM test_recipient") == []
    with restored.caller.transaction() as tx:
        assert outreach.state(tx).cause is HoldCause.RESTORED and outreach.state(tx).awaits_import
    drain(restored.caller)
    assert sent(restored) == 0


def test_a_dump_made_by_hand_is_on_hold_too(riverbend: Riverbend, empty: Engine, tmp_path: Path) -> None:
    file = tmp_path / "by-hand.dump"
    as_owner(riverbend.engine, "INSERT INTO outreach (tenant, on_hold, cause, since) VALUES (2, false, 'new', now())")
    with riverbend.caller.transaction() as tx:
        tx.run("INSERT INTO test_recipient (party_id) SELECT min(id) FROM party")
    arguments: list[str | Path] = ["--format=custom", f"--file={file}"]
    run(find_tools(server_major(empty)), "pg_dump", arguments, url=url_of(riverbend.engine))
    assert "of an unknown time" in done(suture_on(empty, tmp_path, "db", "restore", file))
    assert rows(empty, "SELECT tenant, on_hold FROM outreach") == [(1, True)]
    assert rows(empty, "SELECT * FROM test_recipient") == []
    restored = Riverbend(empty, riverbend.clock.now() + LATER)
    drain(restored.caller)
    assert sent(restored) == 0


def server_major(engine: Engine) -> int:
    return int(str(rows(engine, "SHOW server_version")[0][0]).partition(".")[0])


# --- other releases, other files -----------------------------------------------------------------------


def test_a_backup_of_an_earlier_release_is_migrated_and_does_not_send(
    older: Engine, empty: Engine, tmp_path: Path
) -> None:
    """The migration that brings the hold lets every agency there is go on sending: not this one."""
    done(suture_on(older, tmp_path, "db", "backup", tmp_path / "suture.dump"))
    done(suture_on(empty, tmp_path, "db", "restore", tmp_path / "suture.dump"))
    assert is_current(empty)
    with transaction(empty, DatabaseClock()) as tx:
        assert outreach.state(tx).on_hold and outreach.state(tx).cause is HoldCause.RESTORED
    assert ("data.restored",) in rows(empty, "SELECT code FROM audit_row")


def test_a_backup_of_a_newer_release_is_refused(older: Engine, empty: Engine, tmp_path: Path) -> None:
    done(suture_on(older, tmp_path, "db", "backup", tmp_path / "suture.dump"))
    file = tmp_path / "newer.dump"
    with older.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    arguments: list[str | Path] = ["--format=custom", f"--file={file}"]
    run(find_tools(server_major(older)), "pg_dump", arguments, url=url_of(older))
    line = refused(suture_on(empty, tmp_path, "db", "restore", file))
    assert "made by a newer release of Suture (schema 9999" in line and known_revisions()[0] in line
    assert schema_of(empty).stage is Stage.EMPTY


def garbage(older: Engine, folder: Path) -> Path:
    (folder / "file").write_bytes(b"\0garbage" * 500)
    return folder / "file"


def nothing(older: Engine, folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file"


def truncated(older: Engine, folder: Path) -> Path:
    done(suture_on(older, folder, "db", "backup", folder / "whole"))
    whole = (folder / "whole").read_bytes()
    (folder / "file").write_bytes(whole[:-20])
    return folder / "file"


def damaged(older: Engine, folder: Path) -> Path:
    """One byte within the compressed rows of the last table is another one."""
    done(suture_on(older, folder, "db", "backup", folder / "whole"))
    whole = bytearray((folder / "whole").read_bytes())
    whole[-30] ^= 0xFF
    (folder / "file").write_bytes(bytes(whole))
    return folder / "file"


def another_programs(older: Engine, folder: Path) -> Path:
    arguments: list[str | Path] = ["--format=custom", "--table=branch", f"--file={folder / 'file'}"]
    run(find_tools(server_major(older)), "pg_dump", arguments, url=url_of(older))
    return folder / "file"


def without_a_version(older: Engine, folder: Path) -> Path:
    arguments: list[str | Path] = ["--format=custom", "--exclude-table-data=alembic_version"]
    run(find_tools(server_major(older)), "pg_dump", [*arguments, f"--file={folder / 'file'}"], url=url_of(older))
    return folder / "file"


def plain_sql(older: Engine, folder: Path) -> Path:
    run(find_tools(server_major(older)), "pg_dump", [f"--file={folder / 'file'}"], url=url_of(older))
    return folder / "file"


def not_there(older: Engine, folder: Path) -> Path:
    return folder / "file"


@pytest.mark.parametrize(
    "make",
    [garbage, nothing, truncated, damaged, another_programs, without_a_version, plain_sql, not_there],
    ids=lambda f: f.__name__,
)
def test_what_is_no_backup_is_refused_in_one_line_and_leaves_nothing(
    older: Engine, empty: Engine, tmp_path: Path, make: Callable[[Engine, Path], Path]
) -> None:
    file = make(older, tmp_path)
    assert str(file) in refused(suture_on(empty, tmp_path, "db", "restore", file))
    assert schema_of(empty).stage is Stage.EMPTY
    said = CliRunner(env={"DATABASE_URL": None}).invoke(
        main, ["db", "restore", str(file), "--data", str(tmp_path / "new")]
    )
    assert str(file) in refused(said) and not (tmp_path / "new").exists()


# --- where it may go -----------------------------------------------------------------------------------


def test_a_database_that_is_not_empty_is_left_alone(older: Engine, database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "suture.dump"
    done(suture_on(older, tmp_path, "db", "backup", file))
    line = refused(suture_on(database, tmp_path, "db", "restore", file))
    assert "The database of DATABASE_URL is not empty" in line
    assert rows(database, "SELECT name FROM agency") == [("Riverbend Home Care",)]


def test_a_folder_that_holds_something_else_is_left_alone(older: Engine, tmp_path: Path) -> None:
    file = tmp_path / "suture.dump"
    done(suture_on(older, tmp_path, "db", "backup", file))
    said = CliRunner(env={"DATABASE_URL": None}).invoke(main, ["db", "restore", str(file), "--data", str(tmp_path)])
    assert f"{tmp_path} is not empty" in refused(said) and cluster_major(tmp_path) is None


# --- a folder of ours, and kill -9 ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def demos_backup(pytestconfig: pytest.Config) -> Iterator[Path]:
    """Of a demo that was wiped and prepared, taken while nothing runs."""
    with a_prepared_folder(pytestconfig) as data:
        file = data.parent / "demo.dump"
        said = suture("db", "backup", file, "--data", data)
        assert said.returncode == 0, said.stderr
        yield file


def test_a_demos_backup_comes_back_as_a_demos_on_hold(demos_backup: Path) -> None:
    with a_folder() as folder:
        data = folder / "back"
        said = suture("db", "restore", demos_backup, "--data", data)
        assert said.returncode == 0, said.stderr
        assert "It is a demo's" in said.stdout and said.stdout.endswith(f"outreach release --data {data} --demo\n")
        assert "holds the demo, not an agency" in suture("day", "plan", "COLUMBUS", "2026-03-24", "--data", data).stderr
        assert "is not empty" in suture("db", "restore", demos_backup, "--data", data).stderr
        assert {entry.name for entry in data.iterdir()} == {"postgres", "postgres.lock", "postgres.log"}
        with its_postgres(data) as back:
            [state] = back.rows("SELECT on_hold, awaits_import, data_until, now() AS true_time FROM outreach")
            [clock] = back.rows("SELECT shown_at FROM demo_clock")
            databases = back.rows("SELECT datname FROM pg_database ORDER BY datname")
        assert state["on_hold"] and state["awaits_import"]
        assert abs(state["data_until"] - clock["shown_at"]) < timedelta(minutes=1), "in the demo's own time"
        assert [d["datname"] for d in databases] == ["postgres", "suture", "template0", "template1"]


@pytest.mark.parametrize("point", ["after_restore_load", "before_restored_name"])
def test_killed_in_a_restore_a_folder_is_empty_and_the_next_restore_works(demos_backup: Path, point: str) -> None:
    with a_folder() as folder:
        data = folder / "back"
        said = suture("db", "restore", demos_backup, "--data", data, env={"SUTURE_FAILPOINT": point})
        assert said.returncode == -signal.SIGKILL
        with its_postgres(data) as killed:
            assert killed.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
        assert suture("db", "restore", demos_backup, "--data", data).returncode == 0
        with its_postgres(data) as back:
            assert back.value("SELECT on_hold FROM outreach") is True
            assert back.rows("SELECT datname FROM pg_database WHERE datname = %s", UNFINISHED) == []


def test_killed_in_a_restore_a_database_is_none_that_any_command_works_on(
    older: Engine, empty: Engine, tmp_path: Path
) -> None:
    """Migrating it by hand would bring back an agency that sends."""
    file = tmp_path / "suture.dump"
    done(suture_on(older, tmp_path, "db", "backup", file))
    env = {"DATABASE_URL": url_of(empty), "SUTURE_FAILPOINT": "after_restore_load"}
    said = suture("db", "restore", file, "--data", tmp_path / "outboxes", env=env)
    assert said.returncode == -signal.SIGKILL
    assert rows(empty, "SELECT name FROM agency") == [("Lakeside Care",)]
    for words in (("db", "migrate"), ("rules", "list"), ("rules", "rollback"), ("day", "plan", "LAKE", "2026-03-24")):
        line = refused(suture_on(empty, tmp_path, *words))
        assert "holds tables that are not Suture's, or a restore that was cut short" in line
    assert "is not empty" in refused(suture_on(empty, tmp_path, "db", "restore", file))
    assert whose(empty) is Whose.AN_AGENCYS and schema_of(empty).stage is Stage.FOREIGN


def test_a_folder_that_somebody_runs_on_is_refused(demos_backup: Path) -> None:
    with a_folder() as folder, its_postgres(folder / "back"):
        said = suture("db", "restore", demos_backup, "--data", folder / "back")
        assert said.returncode == 2 and "Suture is already running on" in said.stderr


def test_a_database_that_was_filled_during_the_restore_is_not_thrown_away() -> None:
    with a_folder() as folder, its_postgres(folder / "data") as running:
        postgres = EmbeddedPostgres(running.data, find_binaries())
        with postgres:
            postgres.ensure_database("suture")
            backup.make_database(postgres, "made")
            running.rows("CREATE TABLE alembic_version (version_num text)")
            with pytest.raises(backup.FolderInUse, match="opened the data folder"):
                backup.put_in_place(postgres, "made", "suture")
            assert running.rows("SELECT * FROM alembic_version") == []
