"""The repository's own plumbing: lock and scripts keep what the documents promise."""

import os
import shutil
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


@pytest.mark.parametrize("exists", [True, False])
def test_an_environment_that_is_a_link_is_left_alone(tmp_path: Path, exists: bool) -> None:
    tree, of_another = tmp_path / "tree", tmp_path / "of another"
    (tree / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tree / name)
    if exists:
        of_another.mkdir()
        (of_another / "kept").touch()
    (tree / ".venv").symlink_to(of_another)
    no_python = {**os.environ, "PYTHON": "false", "PATH": "/usr/bin:/bin"}
    said = subprocess.run([str(tree / "scripts/bootstrap")], env=no_python, capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == (
        f"suture: .venv is a link to {of_another}, which may be another tree's environment and would be emptied. "
        "Remove the link.\n"
    )
    assert not exists or (of_another / "kept").exists()
    assert sorted(p.name for p in tree.iterdir()) == [".venv", "pyproject.toml", "requirements.lock", "scripts"]
