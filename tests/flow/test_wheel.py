"""A wheel in an empty folder, without a checkout around it: an export comes in, a day is planned and published."""

import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from scripts.soaking.agency import BRANCH, coming_tuesday, write_agency
from sqlalchemy import Engine
from tests.store.an_older_schema import empty_database, url_of

from suture.store.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """What an installation of the wheel would put into its environment."""
    built = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path / "dist"))))
    with zipfile.ZipFile(built) as wheel:
        wheel.extractall(tmp_path / "site")
    return tmp_path / "site"


def test_a_wheel_holds_everything_that_the_source_does(unpacked: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "src/suture"], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = [file for file in tracked.stdout.split() if not (unpacked / file.removeprefix("src/")).is_file()]
    assert missing == []


def test_in_an_empty_folder_it_plans_and_publishes_a_day(
    unpacked: Path, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    day = coming_tuesday(datetime.now(UTC).date())
    export = write_agency(tmp_path / "agency", day, 1).csv_folder
    away = tmp_path / "away"
    away.mkdir()
    _compiled_already(unpacked / "suture" / "planner")

    def suture(engine: Engine, *words: str | Path) -> str:
        env = {k: v for k, v in os.environ.items() if not k.startswith("SUTURE_")}
        env |= {"PYTHONPATH": str(unpacked), "DATABASE_URL": url_of(engine)}
        argv = [sys.executable, "-m", "suture.cli", *map(str, words), "--data", str(away / "data")]
        done = subprocess.run(argv, cwd=away, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with empty_database(postgres, "wheel") as engine:
        suture(engine, "import", "csv", export)
        assert "34 positions assigned" in suture(engine, "day", "plan", BRANCH, str(day))
        assert "is published. Messages are on hold" in suture(engine, "day", "publish", BRANCH, str(day))


def _compiled_already(planner: Path) -> None:
    """Put the checkout's planner in the place of the same files of the wheel: numba keeps machine code beside them."""
    shutil.rmtree(planner)
    planner.symlink_to(ROOT / "src" / "suture" / "planner")


def test_the_source_names_no_examples() -> None:
    """Nothing of it may need a checkout. (`rules.examples` are the cases in a rule's tests.)"""
    named = subprocess.run(["git", "grep", "-nE", "examples[/\"']", "--", "src/*.py"], cwd=ROOT, capture_output=True)
    assert named.stdout.decode() == ""
