"""The repository's own plumbing: lock and scripts keep what the documents promise."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ("run", "check", "scripts/bootstrap", "scripts/lock", "scripts/soak", ".ci/run")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_executable_and_parses(script: str) -> None:
    shell = "bash" if script == ".ci/run" else "sh"
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run([shell, "-n", str(ROOT / script)], check=True)


@pytest.mark.parametrize("address", ["index-url", "find-links", "/simple/", "://", ".whl", ".tgz", ".tar."])
def test_the_lock_names_no_download_address(address: str) -> None:
    assert address not in (ROOT / "requirements.lock").read_text()
    assert address not in (ROOT / "requirements-bench.lock").read_text()


def test_the_peers_are_locked_at_the_versions_that_were_measured() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lock = (ROOT / "requirements-bench.lock").read_text()
    wanted = project["project"]["optional-dependencies"]["bench"]
    assert [pin for pin in wanted if f"{pin} " not in lock] == [], "run scripts/lock"


def test_every_dependency_is_locked_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    wanted += project["project"]["optional-dependencies"]["embedded"]
    lock = (ROOT / "requirements.lock").read_text().lower()
    locked = {line.split("==")[0] for line in lock.splitlines() if "==" in line and line[0].isalpha()}
    names = {entry.split(">")[0].split("[")[0].lower() for entry in wanted}
    assert names <= locked, f"run scripts/lock: {sorted(names - locked)} missing from requirements.lock"
    assert lock.count("--hash=sha256:") >= len(locked)
