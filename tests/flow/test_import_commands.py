"""`suture import …` as an administrator meets it: what is held, what is refused, and how it is decided."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.conftest import RIVERBEND, clone, owner_of
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before

from suture.service import mass_change
from suture.store.embedded import EmbeddedPostgres
from suture.store.transaction import open_engine

__all__ = ["logs_as_before"]  # a fixture that must hold here too

WHO_AND_WHY = ("--name", "Dana Park", "--reason", "the team has left")
LEAVERS = "6 people, ended: E-01, E-02, E-03, E-04, E-05, E-06"


@pytest.fixture
def engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    engine = open_engine(clone(postgres))
    yield engine
    engine.dispose()


@pytest.fixture
def cli(engine: Engine, tmp_path: Path) -> Cli:
    run = cli_on(engine.url.render_as_string(hide_password=False), tmp_path)
    assert run("import", "csv", RIVERBEND).exit_code == 0
    return run


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An export in which everyone has left; nothing of the demo's past day is published, so that heads count."""
    monkeypatch.setattr(mass_change, "MOST_PEOPLE", 5)
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("branch.csv", "sites.csv", "staff.csv"):
        shutil.copy(RIVERBEND / name, folder)
    with (folder / "staff.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with (folder / "staff.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "status": "terminated"} for row in rows)
    return folder


def active(engine: Engine) -> int:
    with owner_of(engine) as conn:
        return int(conn.execute(text("SELECT count(*) FROM clinician WHERE status = 'active'")).scalar_one())


def test_what_is_held_says_so_with_its_number_and_how_to_decide(cli: Cli, broken: Path, engine: Engine) -> None:
    said = cli("import", "csv", broken)
    assert said.exit_code == 1
    assert said.stdout.splitlines() == [
        "The import is held, number 2: it would take away 6 people.",
        f"  {LEAVERS}",
        "None of it was loaded, and no one is told.",
        "If it is right: suture import release 2. If not: suture import discard 2.",
    ]
    assert active(engine) == 6
    [first, second] = cli("import", "held").stdout.splitlines()
    assert first.startswith("2  delta import for COLUMBUS of ") and first.endswith(" would take away 6 people.")
    assert second.strip() == LEAVERS


def test_a_release_applies_it(cli: Cli, broken: Path, engine: Engine) -> None:
    cli("import", "csv", broken)
    said = cli("import", "release", "2", *WHO_AND_WHY)
    assert said.exit_code == 0 and said.stderr.splitlines()[-1] == "9 rows loaded, 6 of them new or changed."
    assert active(engine) == 0
    assert cli("import", "held").stdout == "No import is held.\n"


def test_a_discard_does_not(cli: Cli, broken: Path, engine: Engine) -> None:
    cli("import", "csv", broken)
    said = cli("import", "discard", "2", *WHO_AND_WHY)
    assert said.stdout == "Import 2 was discarded: nothing of it was applied.\n" and active(engine) == 6
    assert_refused(cli("import", "discard", "2", *WHO_AND_WHY), "Import 2 is no longer held: it was discarded")


def test_who_decides_is_asked_for_where_it_is_missing(cli: Cli, broken: Path) -> None:
    cli("import", "csv", broken)
    assert "Who decides it (name)" in cli("import", "discard", "2").stdout
    assert_refused(cli("import", "discard", "2", "--name", "a\nb", "--reason", "c"), "printable")
    assert_refused(cli("import", "release", "7", *WHO_AND_WHY), "There is no import 7", "suture import held")


def test_options_that_contradict_each_other_are_refused(cli: Cli) -> None:
    assert_refused(cli("import", "csv", RIVERBEND, "--full", "--delta"), "--full", "--delta")
    assert_refused(cli("import", "csv", RIVERBEND, "--accept-fewer"), "--full")


def test_a_full_file_cut_short_says_both_counts(cli: Cli, broken: Path) -> None:
    assert cli("import", "csv", RIVERBEND, "--full").exit_code == 0
    lines = (RIVERBEND / "patients.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (broken / "staff.csv").unlink()
    (broken / "patients.csv").write_text("".join(lines[:20]), encoding="utf-8")
    said = cli("import", "csv", broken, "--full")
    assert said.exit_code == 1 and "19 rows, and the last full file had 32" in said.stdout
    assert said.stderr.splitlines()[-1].endswith("Not read at all: patients.csv.")
