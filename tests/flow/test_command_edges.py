"""Odd words and odd surroundings of a command: one true line, and never a traceback or what a row holds."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.conftest import THE_DAY_BEFORE, as_owner, clone
from tests.flow.processes import free_port, suture
from tests.store.a_riverbend import Riverbend, at

from suture.cli import main
from suture.cli.serve import token_line
from suture.service import worker
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.settings import Settings
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

DAY = "2026-03-24"
HALF = os.fsdecode(b"\xff")
"""What the terminal could not decode."""
LONG = "x" * 300


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sends its logs to its own standard error, which is closed when the test ends."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres) -> str:
    """A database that holds one branch and nothing else, as an agency's first file leaves it."""
    return clone(postgres, name="command_edges")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("export")
    header = "external_id,agency,name,phone,timezone,lat,lon,week_starts_on"
    (here / "branch.csv").write_text(f"{header}\nLAKE,Lakeside,Lake,+16145550100,America/New_York,39.9,-83.0,sunday\n")
    return here


def run(url: str, *words: str | Path) -> Result:
    runner = CliRunner(env={"DATABASE_URL": url, "SUTURE_DATA_DIR": tempfile.gettempdir()})
    return runner.invoke(main, [str(word) for word in words])


def assert_one_line(result: Result, *named: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, ""), (result.output, result.exception)
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ") and "Traceback" not in result.stderr
    assert all(name in last for name in named), last


@pytest.fixture(scope="module")
def lake(url: str, folder: Path) -> str:
    assert run(url, "import", "csv", folder).exit_code == 0
    return url


def test_a_branch_alone_has_days(lake: str) -> None:
    planned = run(lake, "day", "plan", "LAKE", "2098-12-29")
    assert (planned.exit_code, planned.stdout) == (0, "Version 1: 0 positions assigned.\n"), planned.output
    assert run(lake, "day", "publish", "LAKE", "2098-12-29").exit_code == 0


COMMANDS_WITH_A_DAY = [
    ("day", "plan", "LAKE"),
    ("day", "publish", "LAKE"),
    ("rules", "why", "E-01", "V-01", "--day"),
    ("rules", "preview", "abcd", "--day"),
    ("rules", "check", "examples/riverbend/rulebook.yaml", "--day"),
]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
@pytest.mark.parametrize("command", COMMANDS_WITH_A_DAY, ids=" ".join)
def test_a_day_outside_the_calendar_is_no_day(lake: str, command: tuple[str, ...], day: str) -> None:
    assert_one_line(run(lake, *command, day), "must be between the years 2000 and 2099")


@pytest.mark.parametrize("day", ["2026-02-30", "24.03.2026", "20260324", "2026-W13-2", "", "1774310400", "２026-03-24"])
@pytest.mark.parametrize("command", COMMANDS_WITH_A_DAY, ids=" ".join)
def test_what_is_no_date_is_told_what_one_looks_like(lake: str, command: tuple[str, ...], day: str) -> None:
    assert_one_line(run(lake, *command, day), "must be a date of the calendar, such as 2026-03-24")


@pytest.mark.parametrize("text", [HALF, "LAKE\0", "LAKE\n", "\u202eLAKE", "", LONG], ids=repr)
@pytest.mark.parametrize(
    "command",
    [
        ("day", "plan", "…", DAY),
        ("day", "publish", "…", DAY),
        ("rules", "why", "…", "V-01", "--day", DAY),
        ("rules", "why", "E-01", "…", "--day", DAY),
        ("rules", "why", "E-01", "V-01", "--day", DAY, "--branch", "…"),
        ("rules", "activate", "…"),
        ("rules", "preview", "…", "--day", DAY),
        ("signal", "call-out", "…"),
        ("signal", "call-out", "E-01", "--id", "…"),
        ("signal", "call-out", "E-01", "--from", "…"),
        ("signal", "cancellation", "…"),
        ("signal", "new-visit", "…", "--service", "SN", "--earliest-start", DAY, "--latest-end", DAY),
        ("signal", "reply", "accept", "--clinician", "E-01", "--date", "…"),
    ],
    ids=" ".join,
)
def test_text_that_cannot_be_stored_is_refused(lake: str, command: tuple[str, ...], text: str) -> None:
    assert_one_line(run(lake, *[text if word == "…" else word for word in command]))


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "2100-01-01"])
def test_a_signal_is_dated_within_the_calendar(lake: str, date: str) -> None:
    said = run(lake, "signal", "reply", "accept", "--clinician", "E-01", "--date", date)
    assert_one_line(said, "date: must be between the years 2000 and 2099")
    said = run(lake, "signal", "run-over", "V-01", "--expected-end", f"{date}T12:00:00Z")
    assert_one_line(said, "expected_end: must be between the years 2000 and 2099")


def test_an_unknown_branch_is_one_line_that_names_those_there_are(lake: str) -> None:
    assert_one_line(run(lake, "day", "plan", "NOPE", DAY), "There is no branch 'NOPE'. Known: LAKE.")


# --- where nothing can be written ------------------------------------------------------------------------

COMMANDS = [
    ("serve",),
    ("worker",),
    ("demo",),
    ("demo", "--headless"),
    ("import", "csv", "examples/riverbend"),
    ("day", "plan", "COLUMBUS", DAY),
    ("signal", "call-out", "E-01"),
    ("rules", "list"),
    ("rules", "why", "E-01", "V-01", "--day", DAY),
]


def on(folder: Path, command: tuple[str, ...]) -> list[str]:
    """The command on that folder, and on a free port where it wants one: someone may serve something already."""
    port = ("--port", str(free_port())) if command in (("serve",), ("demo",)) else ()
    return [*command, *port, "--data", str(folder)]


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("not a folder\n")
    return tmp_path / "file"


def below_a_file(tmp_path: Path) -> Path:
    return a_file(tmp_path) / "data"


def where_no_one_may_write(tmp_path: Path) -> Path:
    return Path("/sys/suture/data")  # not even root


def with_a_cluster_that_is_a_file(tmp_path: Path) -> Path:
    (tmp_path / "postgres").write_text("not a cluster\n")
    return tmp_path


def with_a_lock_that_is_a_folder(tmp_path: Path) -> Path:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    (tmp_path / "postgres.lock").mkdir()
    return tmp_path


def a_name_that_is_too_long(tmp_path: Path) -> Path:
    return tmp_path / LONG


PLACES = [
    a_file,
    below_a_file,
    where_no_one_may_write,
    with_a_cluster_that_is_a_file,
    with_a_lock_that_is_a_folder,
    a_name_that_is_too_long,
]


ON_A_DATABASE = [command for command in COMMANDS if command[0] != "demo"]
LOOKED_AT = [place for place in PLACES if place not in (with_a_cluster_that_is_a_file, with_a_lock_that_is_a_folder)]


@pytest.mark.parametrize("place", PLACES, ids=[place.__name__ for place in PLACES])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_cannot_be_used_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], Path], command: tuple[str, ...]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert_one_line(CliRunner().invoke(main, on(folder := place(tmp_path), command)), str(folder))


@pytest.mark.parametrize("place", LOOKED_AT, ids=[place.__name__ for place in LOOKED_AT])
@pytest.mark.parametrize("command", ON_A_DATABASE, ids=" ".join)
def test_a_folder_beside_a_database_is_looked_at_too(
    lake: str, tmp_path: Path, place: Callable[[Path], Path], command: tuple[str, ...]
) -> None:
    folder = place(tmp_path)
    result = CliRunner(env={"DATABASE_URL": lake}).invoke(main, on(folder, command))
    assert_one_line(result)
    assert str(folder) in result.stderr or f"{folder.parent} cannot be used" in result.stderr


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("command", COMMANDS[:5], ids=" ".join)
def test_a_disk_that_takes_nothing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], number: int
) -> None:
    """What a read-only or full disk says, said by the first file that is opened for writing."""

    def refuse(path: Path, *_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(os, "open", refuse)
    assert_one_line(CliRunner().invoke(main, on(tmp_path, command)), str(tmp_path))


def test_a_folder_of_somebody_else_is_not_said_to_be_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(Path, "read_text", refuse)
    said = CliRunner().invoke(main, on(tmp_path, ("day", "plan", "LAKE", DAY)))
    assert_one_line(said, "belongs to another user")


# --- what a database says ---------------------------------------------------------------------------------


def test_a_database_that_takes_no_changes_is_one_line(postgres: EmbeddedPostgres) -> None:
    own = clone(postgres)
    engine = open_engine(own)
    as_owner(engine, f'ALTER DATABASE "{engine.url.database}" SET default_transaction_read_only = on')
    for command in (("day", "plan", "LAKE", DAY), ("signal", "call-out", "E-01"), ("rules", "list")):
        assert_one_line(run(own, *command), "is not accepting changes right now: it is read-only", code=os.EX_TEMPFAIL)


def break_check_ins(agency: Riverbend) -> None:
    """From now on the database refuses whole rows of visits, and would repeat them in its words."""
    agency.caller.tools.engine.dispose()
    as_owner(agency.engine, "ALTER TABLE visit ADD CONSTRAINT nothing_begins CHECK (status <> 'in_progress')")
    as_owner(agency.engine, "ALTER TABLE inbox ADD CONSTRAINT no_walnuts CHECK (source_id NOT LIKE '%Walnut%')")


@pytest.fixture
def agency(postgres: EmbeddedPostgres) -> Iterator[Riverbend]:
    engine = open_engine(clone(postgres))
    agency = Riverbend(engine, THE_DAY_BEFORE)
    agency.import_files()
    agency.plan()
    agency.publish()
    yield agency
    engine.dispose()


def test_neither_terminal_nor_log_repeats_a_row(agency: Riverbend, capfd: pytest.CaptureFixture[str]) -> None:
    break_check_ins(agency)
    url = agency.engine.url.render_as_string(hide_password=False)
    said = suture("signal", "call-out", "E-01", "--id", "Ivy Walnut", env={"DATABASE_URL": url})
    assert said.returncode == 1 and "no_walnuts" in said.stderr and "Walnut" not in said.stdout + said.stderr
    agency.clock.advance_to(at("07:55"))
    begun = {"kind": "check_in", "visit": "V-0324-01", "occurred_at": at("07:50")}
    receive_signal(agency.caller, SIGNAL_REQUEST.validate_python(begun))
    turns = iter([False, False, False, True])
    with capture_logs() as logs:
        worker.run_worker(agency.caller, worker.Role.DECIDE, lambda: next(turns))
    assert {"event": "decide_failed", "error": "IntegrityError"}.items() <= logs[0].items()
    assert "V-0324" not in str(logs) and "Failing row" not in str(logs)
    shown = capfd.readouterr()
    assert "Failing row" not in shown.out + shown.err


# --- the token --------------------------------------------------------------------------------------------


def test_the_operators_own_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUTURE_API_TOKEN", raising=False)
    assert token_line(Settings(), SecretStr("made-here")) == "API token: made-here"
    own = Settings(api_token=SecretStr("the-operators"))
    assert token_line(own, SecretStr("the-operators")) == "API token: that of SUTURE_API_TOKEN"
