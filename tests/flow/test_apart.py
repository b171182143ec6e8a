"""An agency and the demo never share a folder or a database: each refuses the other's, before anything is changed."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND, clone
from tests.flow.processes import Installation, a_folder, a_prepared_folder, free_port, its_postgres, suture
from tests.store.an_older_schema import OLDER, bring_in_an_agency, bring_to, empty_database, url_of

from suture.cli import main
from suture.cli.home import data_folder, default_folder
from suture.cli.whose import open_demo
from suture.model.outreach_state import HoldCause, OutreachState
from suture.service.clock import DatabaseClock
from suture.settings import Settings
from suture.store import outreach
from suture.store.demo import Whose, whose
from suture.store.embedded import EmbeddedPostgres
from suture.store.migrate import migrate, schema_of
from suture.store.transaction import open_engine, transaction

RULEBOOK = str(RIVERBEND / "rulebook.yaml")
POLICY = str(RIVERBEND / "outreach.yaml")
ON_CALL = str(RIVERBEND / "on-call.yaml")
DAY = "2026-03-24"
PORT = ("--port", str(free_port()))

WRITES: dict[str, tuple[str, ...]] = {
    "import csv": (str(RIVERBEND),),
    "import release": ("1", "--name", "Dana Park", "--reason", "it is right"),
    "import discard": ("1", "--name", "Dana Park", "--reason", "it is wrong"),
    "places load": (str(RIVERBEND / "sites.csv"),),
    "day plan": ("COLUMBUS", DAY),
    "day publish": ("COLUMBUS", DAY),
    "signal call-out": ("E-01",),
    "signal cancellation": ("V-1",),
    "signal check-in": ("V-1",),
    "signal check-out": ("V-1",),
    "signal new-visit": (
        "N-1",
        "--service",
        "SN",
        "--earliest-start",
        f"{DAY}T10:00Z",
        "--latest-end",
        f"{DAY}T12:00Z",
    ),
    "signal reply": ("accept", "--visit", "V-1"),
    "signal run-over": ("V-1", "--minutes", "10"),
    "signal running-late": ("E-01", "10"),
    "signal late-start": ("V-1",),
    "signal no-reply": ("--visit", "V-1"),
    "signal no-check-out": ("V-1",),
    "signal ask-to-fill": ("V-1",),
    "signal offer-answered": ("1", "E-01", "take"),
    "signal offer-expired": ("1",),
    "fill start": ("V-1",),
    "agency add": ("Lakeside Care",),
    "clinician pin": ("E-01",),
    "user add": ("ann@example.org", "--name", "Ann", "--role", "coordinator"),
    "user disable": ("ann@example.org",),
    "user reset": ("ann@example.org",),
    "key add": ("feed", "--scope", "read"),
    "key revoke": ("feed",),
    "sign-in connect": ("ID", "--issuer", "https://id.example", "--client-id", "us", "--secret-env", "NOT_SET"),
    "sign-in group": ("desk", "--role", "lead"),
    "sign-in disconnect": (),
    "signal clinician-free": ("E-01", f"{DAY}T12:00Z"),
    "signal roster-change": ("E-01", "taken", f"{DAY}T10:00Z", f"{DAY}T12:00Z"),
    "signal site-closed": ("NORTH", f"{DAY}T12:00Z"),
    "signal travel-disruption": (f"{DAY}T12:00Z", "--closed"),
    "signal visit-changed": ("V-1", "--duration-minutes", "20"),
    "signal visit-held": ("V-1",),
    "signal visit-released": ("V-1",),
    "signal reopened": ("V-1",),
    "case take": ("1", "--name", "Dana Park"),
    "case snooze": ("1", "--until", "12:00", "--name", "Dana Park", "--reason", "later"),
    "on-call import": (ON_CALL,),
    "on-call activate": ("0123",),
    "on-call rollback": (),
    "rules import": (RULEBOOK,),
    "rules activate": ("0123",),
    "rules rollback": (),
    "policy import": (POLICY,),
    "policy activate": ("0123",),
    "policy rollback": (),
    "rules preview": (RULEBOOK, "--day", DAY),  # a file becomes a draft
    "outreach hold": (),
    "outreach release": (),
    "outreach test-recipients": ("--add", "P-01"),
    "outreach open": ("P-01", "--name", "Dana Park", "--reason", "called"),
    "connection add": ("smtp", "mail", "--channel", "email", "--from", "a@example.org", "--set", "host=localhost"),
    "connection remove": ("mail",),
    "serve": PORT,
    "worker": (),
}
ONLY_READS = {
    "user list",
    "audit search",
    "agency list",
    "case list",
    "fill list",
    "key list",
    "sign-in list",
    "connection list",
    "on-call history",
    "on-call list",
    "on-call preview",
    "on-call show",
    "day export",
    "day sheet",
    "db backup",
    "db check",
    "import held",
    "outreach log",
    "outreach status",
    "places missing",
    "policy history",
    "policy list",
    "policy show",
    "rules check",
    "rules history",
    "rules list",
    "rules show",
    "rules why",
}
FOR_BOTH = {
    "db migrate": "the schema is nobody's data",
    "db restore": "it fills an empty database only",
    "demo": "it refuses an agency's instead",
    "bench growth": "its folder holds no database",
    "bench peers": "its folder holds no database",
}


def with_a_folder(group: click.Group, *path: str) -> Iterator[str]:
    """Every command that takes --data."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from with_a_folder(command, *path, name)
        elif command is not None and any("--data" in p.opts for p in command.params):
            yield " ".join((*path, name))


def ask(words: str, *more: str, data: Path | None = None, url: str | None = None) -> Result:
    folder = () if data is None else ("--data", str(data))
    return CliRunner(env={"DATABASE_URL": url}).invoke(main, [*words.split(), *more, *folder])


def refused(said: Result) -> str:
    """The one line of a refusal."""
    assert (said.exit_code, said.stdout) == (2, ""), said.output
    [line] = said.stderr.splitlines()[-1:]
    assert line.startswith("Error: ") and "Traceback" not in said.stderr
    return line


def test_every_command_on_an_installation_is_known_to_read_or_to_write() -> None:
    assert sorted(with_a_folder(main)) == sorted([*WRITES, *ONLY_READS, *FOR_BOTH])


# --- folders -------------------------------------------------------------------------------------------


def test_the_setting_names_an_agencys_folder_and_never_the_demos(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "set")
    assert data_folder(settings, None) == tmp_path / "set"
    assert data_folder(settings, None, demo=True) == default_folder(demo=True)
    for demo in (True, False):
        assert data_folder(settings, tmp_path / "given", demo=demo) == tmp_path / "given"


def test_the_defaults_are_two_folders() -> None:
    assert default_folder(demo=False).name.endswith("suture") and default_folder(demo=True).name.endswith("suture-demo")


# --- whose a database is -------------------------------------------------------------------------------


@pytest.fixture
def fresh(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Engine]:
    with empty_database(postgres, f"apart_{abs(hash(request.node.name))}") as engine:
        yield engine


def run(engine: Engine, sql: str) -> None:
    with engine.begin() as conn:
        conn.execute(text(sql))


def test_whose_a_database_is(fresh: Engine) -> None:
    assert whose(fresh) is Whose.NO_ONES
    bring_to(fresh, OLDER)
    assert whose(fresh) is Whose.NO_ONES
    bring_in_an_agency(fresh)
    assert whose(fresh) is Whose.AN_AGENCYS
    run(fresh, "INSERT INTO demo_clock VALUES (1, '2026-03-24T11:35Z', clock_timestamp())")
    assert whose(fresh) is Whose.A_DEMOS, "an earlier release's demo has a clock and no mark"
    migrate(fresh)
    assert whose(fresh) is Whose.A_DEMOS
    run(fresh, "DELETE FROM demo_mark")
    assert whose(fresh) is Whose.AN_AGENCYS, "from then on the mark alone counts"


def test_a_rulebook_makes_an_agency(fresh: Engine, tmp_path: Path) -> None:
    assert ask("rules import", RULEBOOK, data=tmp_path, url=url_of(fresh)).exit_code == 0
    assert whose(fresh) is Whose.AN_AGENCYS


# --- the demo on an agency's data ----------------------------------------------------------------------


@pytest.fixture
def agency(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    engine = open_engine(clone(postgres))
    yield engine
    engine.dispose()


@pytest.mark.parametrize("options", [(), ("--fresh",), ("--headless",)], ids=" ".join)
def test_the_demo_refuses_an_agencys_database_and_changes_nothing(
    fresh: Engine, tmp_path: Path, options: tuple[str, ...]
) -> None:
    bring_in_an_agency(bring_to(fresh, OLDER))
    line = refused(ask("demo", *PORT, *options, data=tmp_path / "demo", url=url_of(fresh)))
    assert "The database of DATABASE_URL holds an agency's data" in line and str(default_folder(demo=True)) in line
    assert schema_of(fresh).revision == OLDER
    with fresh.connect() as conn:
        assert conn.execute(text("SELECT name FROM agency")).scalar_one() == "Lakeside Care"


def test_the_demo_refuses_an_agencys_folder_and_the_agency_stays(tmp_path: Path) -> None:
    with a_folder() as folder:
        data = folder / "agency"
        assert suture("import", "csv", RIVERBEND, "--data", data).returncode == 0
        for options in ((), ("--fresh",)):
            line = refused(ask("demo", *PORT, *options, data=data))
            assert line.startswith(f"Error: The data folder {data} holds an agency's data, which the demo would throw")
            assert str(default_folder(demo=True)) in line
        assert f"{data} is not empty" in refused(ask("demo", "--headless", data=data))
        with its_postgres(data) as stopped:
            assert stopped.value("SELECT count(*) FROM visit") > 30
            assert stopped.rows("SELECT * FROM demo_mark") == stopped.rows("SELECT * FROM demo_clock") == []


def test_a_demo_of_an_earlier_release_is_migrated_and_goes_on(fresh: Engine, tmp_path: Path) -> None:
    bring_in_an_agency(bring_to(fresh, OLDER))
    run(fresh, "INSERT INTO demo_clock VALUES (1, '2026-03-24T11:35Z', clock_timestamp())")
    with open_demo(Settings.model_validate({"DATABASE_URL": url_of(fresh)}), tmp_path) as home:
        assert whose(home.engine) is Whose.A_DEMOS
        with transaction(home.engine, DatabaseClock()) as tx:
            assert not outreach.state(tx).on_hold and tx.now.year == 2026
    with fresh.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM demo_clock")).scalar_one() == 1


def test_an_empty_database_is_marked_before_anything_is_loaded(fresh: Engine, tmp_path: Path) -> None:
    settings = Settings.model_validate({"DATABASE_URL": url_of(fresh)})
    with open_demo(settings, tmp_path, empty=True) as home, transaction(home.engine, DatabaseClock()) as tx:
        assert whose(fresh) is Whose.A_DEMOS
        assert not outreach.state(tx).on_hold
    assert "holds a demo already" in refused(ask("demo", "--headless", data=tmp_path / "x", url=url_of(fresh)))


def test_opening_a_demo_again_releases_nothing(fresh: Engine, tmp_path: Path) -> None:
    """A demo that was restored is on hold like any other."""
    settings = Settings.model_validate({"DATABASE_URL": url_of(fresh)})
    held = OutreachState(True, HoldCause.RESTORED, None, awaits_import=True)
    with open_demo(settings, tmp_path) as home, transaction(home.engine, DatabaseClock()) as tx:
        outreach.put(tx, held)
    with open_demo(settings, tmp_path) as home, transaction(home.engine, DatabaseClock()) as tx:
        assert outreach.state(tx).on_hold


# --- an agency's commands on the demo's data -----------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(pytestconfig: pytest.Config) -> Iterator[Installation]:
    with a_prepared_folder(pytestconfig) as data, its_postgres(data) as running:
        yield running


@pytest.mark.parametrize("words", WRITES)
def test_a_command_that_writes_refuses_the_demos_folder(prepared: Installation, words: str) -> None:
    counted = """SELECT (SELECT count(*) FROM inbox) AS signals, (SELECT count(*) FROM audit_row) AS done,
                        (SELECT count(*) FROM configuration) AS rulebooks, (SELECT count(*) FROM plan) AS plans"""
    before = prepared.rows(counted)
    line = refused(ask(words, *WRITES[words], data=prepared.data))
    assert line.startswith(f"Error: The data folder {prepared.data} holds the demo, not an agency. Say --demo if")
    assert f"name the agency's folder with --data (default {default_folder(demo=False)})" in line
    assert prepared.rows(counted) == before


def test_so_do_the_processes_that_serve_starts(prepared: Installation) -> None:
    for words in (("worker",), ("web", *PORT)):
        said = suture(*words, env={"DATABASE_URL": prepared.url, "SUTURE_DATA_DIR": str(prepared.data)})
        assert said.returncode == 2 and "holds the demo, not an agency" in said.stderr


def test_a_demo_in_the_agencys_own_folder_is_told_where_to_go(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier release put it there."""
    with a_prepared_folder(pytestconfig) as data:
        monkeypatch.setattr("suture.cli.whose.default_folder", lambda *, demo: Path("/d/demo") if demo else data)
        line = refused(ask("import", "csv", str(RIVERBEND), data=data))
    assert "move it to /d/demo, which is the demo's folder now" in line


@pytest.mark.parametrize(
    "words",
    [
        ("rules list",),
        ("rules why", "E-01", "V-01", "--day", DAY),
        ("rules check", RULEBOOK, "--day", DAY),
        ("db check",),
        ("outreach status",),
    ],
    ids=" ".join,
)
def test_a_command_that_only_reads_never_asks(prepared: Installation, words: tuple[str, ...]) -> None:
    said = ask(*words, data=prepared.data)
    assert "--demo" not in said.output


def test_with_demo_an_agencys_or_an_empty_database_is_refused(agency: Engine, fresh: Engine, tmp_path: Path) -> None:
    line = refused(ask("import", "csv", str(RIVERBEND), "--demo", data=tmp_path, url=url_of(agency)))
    assert "holds an agency, not the demo: leave --demo out" in line
    line = refused(ask("rules import", RULEBOOK, "--demo", data=tmp_path, url=url_of(fresh)))
    assert "holds no demo. suture demo makes one" in line


def test_a_played_morning_leaves_a_folder_that_is_the_demos() -> None:
    with a_folder() as folder:
        data = folder / "demo"
        assert ask("demo", "--headless", "--seed", "7", data=data).exit_code == 0
        assert "holds the demo, not an agency" in refused(ask("import", "csv", str(RIVERBEND), data=data))
