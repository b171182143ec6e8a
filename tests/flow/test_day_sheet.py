"""`suture day sheet` as a person in the office runs it: beside a server, without one, and on a slip of the keyboard."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.flow.processes import SERVICE_DATE, Installation, a_prepared_folder, its_postgres, suture


@pytest.fixture(scope="module")
def stopped(pytestconfig: pytest.Config) -> Iterator[Path]:
    """The data folder of a morning that everyone has been told of; nothing runs there."""
    with a_prepared_folder(pytestconfig) as data:
        yield data


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_day_is_printed_while_nothing_runs(stopped: Path, tmp_path: Path) -> None:
    said = suture("day", "sheet", "COLUMBUS", SERVICE_DATE, "--output", tmp_path / "day.html", "--data", stopped)
    assert said.returncode == 0, said
    assert said.stdout.startswith(f"{tmp_path / 'day.html'}: version 1 (published), 6 clinicians with 34 stops, 0 pos")
    assert mode(tmp_path / "day.html") == 0o600
    assert (tmp_path / "day.html").read_text().count('<section class="sheet"') == 6
    assert [p.name for p in tmp_path.iterdir()] == ["day.html"]


def test_the_day_is_printed_beside_a_running_database_and_changes_nothing_but_the_trail(
    stopped: Path, tmp_path: Path
) -> None:
    with its_postgres(stopped) as running:
        before = everything(running)
        said = suture("day", "sheet", "COLUMBUS", SERVICE_DATE, "--output", tmp_path / "day.html", "--data", stopped)
        assert said.returncode == 0, said
        after = everything(running)
        assert after.pop("audit_row") == before.pop("audit_row") + 1
        assert after.pop("access_log") == before.pop("access_log") + 1
        assert after == before
        printed = running.rows("SELECT actor, data FROM audit_row WHERE code = 'day.sheet_printed' ORDER BY id DESC")
        assert printed[0]["data"] == {"branch": "COLUMBUS", "date": SERVICE_DATE, "version": 1}


def everything(running: Installation) -> dict[str, int]:
    """How many rows each table holds."""
    tables = running.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {t["tablename"]: running.value(f'SELECT count(*) FROM "{t["tablename"]}"') for t in tables}


def test_an_existing_file_is_kept_unless_force_is_said(stopped: Path, tmp_path: Path) -> None:
    path = tmp_path / "day.html"
    path.write_text("old")
    path.chmod(0o644)
    words = ("day", "sheet", "COLUMBUS", SERVICE_DATE, "--output", path, "--data", stopped)
    refused = suture(*words)
    assert (refused.returncode, refused.stdout, path.read_text()) == (2, "", "old")
    assert refused.stderr == f"Error: {path} exists already. Name another file, or replace it with --force.\n"
    assert suture(*words, "--force").returncode == 0
    assert mode(path) == 0o600 and "Day sheets" in path.read_text()


@pytest.mark.parametrize(
    ("branch", "day", "named"),
    [
        ("NOWHERE", SERVICE_DATE, "There is no branch 'NOWHERE'. Known: COLUMBUS."),
        (os.fsdecode(b"\xff"), SERVICE_DATE, "holds characters that cannot be read."),
        ("COLUMBUS", "2026-03-25", "Columbus has no plan for Mar 25, 2026 yet."),
        ("COLUMBUS", "9999-12-31", "must be between the years 2000 and 2099."),
        ("COLUMBUS", "tomorrow", "YYYY-MM-DD"),
    ],
)
def test_a_slip_is_one_line_and_leaves_no_file(
    stopped: Path, tmp_path: Path, branch: str, day: str, named: str
) -> None:
    said = suture("day", "sheet", branch, day, "--output", tmp_path / "day.html", "--data", stopped)
    assert (said.returncode, said.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert named in said.stderr.splitlines()[-1] and "Traceback" not in said.stderr


def test_a_faulty_rulebook_keeps_no_day_from_the_printer(stopped: Path, tmp_path: Path) -> None:
    (tmp_path / "rulebook.yaml").write_text("nonsense: [")
    env = {"SUTURE_CONFIG_DIR": str(tmp_path)}
    output = tmp_path / "day.html"
    said = suture("day", "sheet", "COLUMBUS", SERVICE_DATE, "--output", output, "--data", stopped, env=env)
    assert said.returncode == 0 and output.exists(), said


def test_a_folder_that_holds_no_agency_is_refused(tmp_path: Path) -> None:
    said = suture("day", "sheet", "COLUMBUS", SERVICE_DATE, "--output", tmp_path / "x", "--data", tmp_path / "empty")
    assert said.returncode == 2 and "There is no agency in" in said.stderr
