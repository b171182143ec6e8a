"""The command line, word by word: what it says when it works, and one line naming the field when it cannot.

Most of it runs in this process against a database of its own; what depends on processes runs as one.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.flow.processes import SERVICE_DATE, Installation, a_prepared_folder, at, its_postgres, suture
from tests.store.a_shell import module_database

from suture.cli import main
from suture.service.clock import DatabaseClock
from suture.store.demo import set_clock
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import transaction

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sends its logs to its own standard error, which is closed when the test ends."""
    yield
    structlog.reset_defaults()


def cli_on(database_url: str, folder: Path, *options: str) -> Cli:
    runner = CliRunner(env={"DATABASE_URL": database_url})

    def run(*words: str | Path) -> Result:
        return runner.invoke(main, [*(str(w) for w in words), "--data", str(folder), *options])

    return run


def assert_refused(result: Result, *named: str) -> None:
    """Exit 2 and a last line that names what is wrong; nothing else, and no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert all(n in last for n in named), last


# --- help ----------------------------------------------------------------------------------------------


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


@pytest.mark.parametrize("path", [path for path, _ in commands(main)], ids=lambda path: " ".join(path) or "suture")
def test_help_says_what_a_command_does_and_what_each_option_means(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path, "--help"])
    assert shown.exit_code == 0
    command = dict(commands(main))[path]
    assert command.help
    words = " ".join(shown.stdout.split())
    assert " ".join(command.help.split()).split(" ")[0] in words
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.show_default, f"{path}: {parameter.opts[0]} is not explained"
        else:
            assert parameter.make_metavar(click.Context(command)) in words


def test_the_version_is_told() -> None:
    said = suture("--version")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("suture, version ")


def test_an_unknown_word_is_refused() -> None:
    said = suture("signal", "call-in")
    assert said.returncode == 2 and "No such command 'call-in'" in said.stderr


# --- from files to a published day ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, "command_line") as engine:
        yield engine


@pytest.fixture
def cli(empty: Engine, tmp_path: Path) -> Cli:
    """Commands on a database that holds nothing at first; each test goes on where the one before it stopped."""
    return cli_on(empty.url.render_as_string(hide_password=False), tmp_path)


def test_a_day_cannot_be_planned_before_anything_was_imported(cli: Cli) -> None:
    assert_refused(cli("day", "plan", "COLUMBUS", SERVICE_DATE), "no branch", "COLUMBUS")


def test_a_folder_that_is_no_export_is_refused(cli: Cli, tmp_path: Path) -> None:
    assert_refused(cli("import", "csv", tmp_path / "nowhere"), "nowhere")
    assert_refused(cli("import", "csv", tmp_path), str(tmp_path))


def test_a_good_folder_is_imported_without_a_word_on_standard_output(cli: Cli) -> None:
    first = cli("import", "csv", RIVERBEND)
    assert (first.exit_code, first.stdout) == (0, "")
    assert "rows loaded" in first.stderr
    assert cli("import", "csv", RIVERBEND).stderr.endswith(" rows loaded, 0 of them new or changed.\n")


def test_what_cannot_be_used_is_one_line_each_and_the_rest_is_loaded(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(RIVERBEND, folder)
    patients = (folder / "patients.csv").read_text().splitlines()
    patients[2] = patients[2].replace("39.", "not-a-number.")
    (folder / "patients.csv").write_text("\n".join(patients) + "\n")
    visits = (folder / "visits.csv").read_text()
    (folder / "visits.csv").write_text(visits.replace("external_id", "id", 1))
    done = cli("import", "csv", folder)
    assert done.exit_code == 1
    [visit, patient] = done.stdout.splitlines()
    assert patient.startswith("patients.csv:3: lat: ")  # a faulty cell: the row is loaded without it
    assert visit.startswith("visits.csv:1: external_id: ")  # a missing column: nothing of its file is
    assert done.stderr.endswith(" 1 row was loaded without what could not be read. Not read at all: visits.csv.\n")
    assert cli("import", "csv", RIVERBEND).exit_code == 0


def test_a_place_is_looked_up_in_a_file(cli: Cli, empty: Engine, tmp_path: Path) -> None:
    assert cli("places", "missing").stderr.endswith("No place is missing.\n")
    with transaction(empty, DatabaseClock()) as tx:
        was = tx.row("SELECT lat, lon FROM place WHERE owner_key = 'patient:P-01'")
        tx.run("UPDATE place SET lat = NULL, lon = NULL WHERE owner_key = 'patient:P-01'")
    listed = cli("places", "missing")
    assert listed.stdout.splitlines()[1] == "patient,P-01,,,Columbus,OH,,,"
    file = tmp_path / "places.csv"
    file.write_text(listed.stdout.replace("OH,,,", "OH,,0,0"))
    assert cli("places", "load", file).stdout == (
        "places.csv: line 2: 0, 0 is in the ocean; leave lat and lon empty where nothing was found\n"
    )
    assert was is not None
    file.write_text(listed.stdout.replace("OH,,,", f"OH,,{was['lat']},{was['lon']}"))
    done = cli("places", "load", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith("1 place found.\n")
    file.write_text("name\nx\n")
    assert_refused(cli("places", "load", file), "no column owner, external_id, lat, lon")


def test_a_day_is_planned_and_published(cli: Cli, empty: Engine) -> None:
    with transaction(empty, DatabaseClock()) as tx:
        set_clock(tx, at("15:00") - timedelta(days=1))
    assert_refused(cli("day", "publish", "COLUMBUS", SERVICE_DATE), "no plan yet")
    planned = cli("day", "plan", "COLUMBUS", SERVICE_DATE)
    assert planned.exit_code == 0, planned.output
    assert planned.stdout.startswith("Version 1: 34 positions assigned.")
    with transaction(empty, DatabaseClock()) as tx:
        tx.run(
            """UPDATE credential SET valid_until = '2026-03-25' WHERE code = 'RN'
               AND clinician_id = (SELECT id FROM party WHERE external_id = 'E-02')"""
        )
    again = cli("day", "plan", "COLUMBUS", SERVICE_DATE)
    assert "Credential to renew: clinician E-02\n" in again.stdout and "credential_expiring" not in again.output
    assert again.stdout.startswith("Version 2: ")
    published = cli("day", "publish", "COLUMBUS", SERVICE_DATE)
    assert published.exit_code == 0 and "is published" in published.stdout
    assert_refused(cli("day", "plan", "COLUMBUS", SERVICE_DATE), "is published")


@pytest.mark.parametrize("word", ["plan", "publish"])
def test_a_day_that_is_none_is_refused(cli: Cli, word: str) -> None:
    assert_refused(
        cli("day", word, "COLUMBUS", "tomorrow"), "YYYY-MM-DD", "must be a date of the calendar, such as 2026-03-24"
    )
    assert_refused(cli("day", word, "NOWHERE", SERVICE_DATE), "no branch", "NOWHERE")
    assert_refused(cli("day", word, "COLUMBUS"), "YYYY-MM-DD")


# --- signals -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installation(pytestconfig: pytest.Config) -> Iterator[Installation]:
    """A morning at 07:35, of which everyone has been told."""
    with a_prepared_folder(pytestconfig) as data, its_postgres(data) as running:
        yield running


@pytest.fixture
def told(installation: Installation) -> Cli:
    return cli_on(installation.url, installation.data, "--demo")


V1, V2, V3 = "{first}", "{second}", "{third}"  # visits of the day that have somebody and have not begun
LATER = "2026-03-24T20:00:00-04:00"
NEW = ("new-visit", "N-1", "--service", "SN_VISIT", "--earliest-start", "2026-03-24T10:00:00-04:00")


def filled(words: tuple[str, ...], installation: Installation) -> list[str]:
    first, second, third, *_ = installation.waiting_visits()
    return [w.format(first=first, second=second, third=third) for w in words]


@pytest.mark.parametrize(
    ("words", "kind", "happened"),
    [
        (("call-out", "E-01"), "call_out", "clinician E-01 called out"),
        (
            ("call-out", "E-02", "--from", "2026-03-24T09:00:00-04:00", "--until", "2026-03-24T11:00:00-04:00"),
            "call_out",
            "clinician E-02 called out",
        ),
        (
            ("cancellation", V1, "--by", "agency", "--reason", "asked for another day"),
            "cancellation",
            f"visit {V1} was cancelled by the agency",
        ),
        (("run-over", V2, "--minutes", "30"), "run_over", f"visit {V2} is running over"),
        (("run-over", V2, "--expected-end", "2026-03-24T12:00:00-04:00"), "run_over", f"visit {V2} is running over"),
        (
            (*NEW, "--latest-end", "2026-03-24T12:00:00-04:00", "--patient", "P-01", "--priority", "urgent"),
            "new_visit",
            "visit N-1 is new",
        ),
        (("visit-changed", V1, "--duration-minutes", "45"), "visit_changed", f"visit {V1} has changed"),
        (("visit-held", V1, "--reason", "in the hospital"), "visit_held", f"visit {V1} is on hold"),
        (("visit-released", V1), "visit_released", f"visit {V1} is no longer on hold"),
        (("reopened", V1), "reopened", f"visit {V1} takes place after all"),
        (("late-start", V1, "--absent"), "late_start", f"no one has checked in at visit {V1}"),
        (("no-check-out", V1), "no_check_out", f"no one has checked out of visit {V1}"),
        (("no-reply", "--visit", V3), "no_reply", f"the patient of visit {V3} has not answered"),
        (("running-late", "E-02", "20"), "running_late", "clinician E-02 is running late"),
        (("clinician-free", "E-02", LATER), "clinician_free", "clinician E-02 is available"),
        (
            ("roster-change", "E-03", "taken", "2026-03-25T00:00:00-04:00", "2026-03-29T00:00:00-04:00"),
            "roster_change",
            "clinician E-03 has time off",
        ),
        (("travel-disruption", LATER, "--closed", "--area", "999"), "travel_disruption", "an area is closed"),
        (
            ("travel-disruption", LATER, "--percent", "150", "--area", "432", "--area", "43085"),
            "travel_disruption",
            "driving takes 150% of the usual time",
        ),
        (("check-in", V2), "check_in", f"visit {V2} has begun"),
        (("check-out", V2), "check_out", f"visit {V2} is done"),
        (("check-out", V3, "--not-home"), "check_out", f"no one was home for visit {V3}"),
        (("reply", "accept", "--visit", V3), "reply", f"the patient of visit {V3} said yes"),
        (("reply", "decline", "--clinician", "E-03", "--date", SERVICE_DATE), "reply", "clinician E-03 said no"),
    ],
    ids=lambda words: " ".join(words[:3:2]) if isinstance(words, tuple) else None,
)
def test_a_signal_is_stored_for_the_worker_and_said_in_words(
    told: Cli, installation: Installation, words: tuple[str, ...], kind: str, happened: str
) -> None:
    said = told("signal", *filled(words, installation))
    assert said.exit_code == 0, said.output
    [signal] = installation.rows("SELECT id, kind, source, state FROM inbox ORDER BY id DESC LIMIT 1")
    (happened,) = filled((happened,), installation)
    assert said.stdout == f"Signal {signal['id']}: {happened}.\n"
    assert (signal["kind"], signal["source"], signal["state"]) == (kind, "cli", "new")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("call-out", "E-99"), ("clinician: ", "E-99")),
        (("call-out", "P-01"), ("clinician: ", "P-01")),
        (("call-out", "E-\udcff"), ("clinician: ", "cannot be read")),
        (("new-visit", "N\x07", *NEW[2:], "--latest-end", "2026-03-24T12:00:00-04:00"), ("external_id: ", "cannot be")),
        (("call-out", "E-01", "--from", "yesterday"), ("from: ",)),
        (("call-out", "E-01", "--from", "2026-03-24T07:40:00"), ("from: ", "timezone")),
        (("call-out", "E-01", "--until", "2026-03-24T06:00:00-04:00"), ("until: ", "after `from`")),
        (("call-out", "E-01", "--until", "2026-05-26T06:00:00-04:00"), ("until: ", "more than 31 days")),
        (("roster-change", "E-01", "added", LATER, "2026-03-25T06:00:00-04:00"), ("until: ", "for each day")),
        (("call-out", "E-01", "--id", ""), ("source_id: ",)),
        (("cancellation", "V-99"), ("visit: ", "V-99")),
        (("cancellation", V1, "--by", "nobody"), ("'--by'", "nobody")),
        (("cancellation", V1, "--reason", "x" * 201), ("reason: ",)),
        (("run-over", "V-99", "--minutes", "10"), ("visit: ", "V-99")),
        (("run-over", V2), ("expected_end: ", "minutes")),
        (("run-over", V2, "--minutes", "0"), ("minutes: ",)),
        (("run-over", V2, "--minutes", "many"), ("'--minutes'", "many")),
        (("run-over", V2, "--expected-end", "noon"), ("expected_end: ",)),
        ((*NEW, "--patient", "P-01"), ("--latest-end",)),
        ((*NEW, "--patient", "P-99", "--latest-end", "2026-03-24T12:00:00-04:00"), ("visit.patient: ",)),
        ((*NEW, "--patient", "P-01", "--latest-end", "2026-03-24T09:00:00-04:00"), ("visit.latest_end: ",)),
        ((*NEW, "--patient", "P-01", "--latest-end", "noon"), ("visit.latest_end: ",)),
        (("visit-changed", V1), ("visit: ", "what has changed")),
        (("visit-changed", V1, "--site", "NOWHERE"), ("site: ", "NOWHERE")),
        (("visit-held", "V-99"), ("visit: ", "V-99")),
        (("running-late", "E-01", "0"), ("minutes: ",)),
        (("running-late", "E-01"), ("MINUTES",)),
        (("clinician-free", "E-01", "2026-03-24T06:00:00-04:00"), ("until: ",)),
        (("site-closed", "NOWHERE", LATER), ("site: ", "NOWHERE")),
        (("travel-disruption", LATER), ("percent: ", "closed")),
        (("travel-disruption", LATER, "--percent", "150", "--area", "4\x07"), ("area: ", "cannot be read")),
        (("check-in", "V-99"), ("visit: ", "V-99")),
        (("check-out", "V-99"), ("visit: ", "V-99")),
        (("reply", "maybe", "--visit", V3), ("maybe", "accept")),
        (("reply", "accept"), ("visit: ", "clinician")),
        (("reply", "accept", "--clinician", "E-01"), ("visit: ", "date")),
        (("reply", "accept", "--clinician", "E-99", "--date", SERVICE_DATE), ("clinician: ", "E-99")),
        (("reply", "accept", "--clinician", "E-01", "--date", "2026-03-30"), ("clinician: ", "Mar 30, 2026")),
        (("reply", "accept", "--clinician", "E-01", "--date", "today"), ("date: ",)),
        (("reply", "accept", "--visit", "V-99"), ("visit: ", "V-99")),
    ],
    ids=lambda words: " ".join(words)[:60],
)
def test_bad_input_is_one_line_naming_the_field_and_stores_nothing(
    told: Cli, installation: Installation, words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    stored = "SELECT (SELECT count(*) FROM inbox) AS signals, (SELECT count(*) FROM visit) AS visits"
    before = installation.rows(stored)
    # N-1 is not stored twice by another id
    words = tuple("N-2" if w == "N-1" else w for w in words)
    assert_refused(told("signal", *filled(words, installation)), *named)
    assert installation.rows(stored) == before


def test_the_same_id_again_is_the_same_signal_and_never_another(told: Cli, installation: Installation) -> None:
    [visit] = filled((V1,), installation)
    first = told("signal", "check-in", visit, "--id", "phone-7")
    again = told("signal", "check-in", visit, "--id", "phone-7")
    assert first.exit_code == again.exit_code == 0
    assert again.stdout == first.stdout
    assert_refused(told("signal", "cancellation", visit, "--id", "phone-7"), "--id")


# --- alone, and without a database ---------------------------------------------------------------------


def test_a_command_works_alone_and_the_demos_time_stands_still_meanwhile(pytestconfig: pytest.Config) -> None:
    with a_prepared_folder(pytestconfig) as data:
        with its_postgres(data) as stopped:
            visit = stopped.waiting_visits()[0]
            [before] = stopped.rows("SELECT shown_at FROM demo_clock")
            stopped.rows("UPDATE demo_clock SET real_at = real_at - interval '1 hour'")
        said = suture("signal", "check-in", visit, "--demo", "--data", data)
        assert said.returncode == 0 and said.stdout.startswith("Signal "), said
        assert f"data folder {data}. Suture is not running on that folder: the plan is adjusted once" in said.stderr
        with its_postgres(data) as stopped:
            [signal] = stopped.rows("SELECT received_at, state FROM inbox ORDER BY id DESC LIMIT 1")
            [after] = stopped.rows("SELECT shown_at FROM demo_clock")
        assert signal["state"] == "new"
        for instant in (signal["received_at"], after["shown_at"]):
            assert 0 <= (instant - before["shown_at"]).total_seconds() < 60
        assert "database system is shut down" in stopped.log().splitlines()[-1]


def test_a_database_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    said = suture("signal", "check-in", "V-1", env={"DATABASE_URL": "postgresql://127.0.0.1:1/suture"})
    assert said.returncode not in (0, 1, 2)  # the request may be right; it can be sent again
    assert said.stderr.startswith("Error: The database does not answer: ") and "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://db/suture"),
        ("POSTGRES_BIN", "/nowhere"),
        ("SUTURE_LEASE_SECONDS", "many"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line(
    installation: Installation, tmp_path: Path, variable: str, value: str
) -> None:
    env = {"DATABASE_URL": installation.url if variable != "POSTGRES_BIN" else None, variable: value}
    said = CliRunner(env=env).invoke(main, ["signal", "check-in", "V-1", "--demo", "--data", str(tmp_path)])
    assert_refused(said, value if value.startswith("/") else variable)


def test_a_fail_point_outside_tests_is_refused(installation: Installation) -> None:
    env = {"DATABASE_URL": installation.url, "SUTURE_FAILPOINT": "after_plan_commit", "SUTURE_TESTING": "0"}
    said = suture("worker", "--demo", "--data", installation.data, env=env)
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert "SUTURE_FAILPOINT" in said.stderr
