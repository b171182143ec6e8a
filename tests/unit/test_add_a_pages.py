"""The pages that say how to add something are followed literally, on a copy of the tree; their last block must pass.

A block that begins with a path is a file: shown whole in Python, or as hunks of a diff. Any other Python block is run.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(python|diff)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MOST_FILES = {"signal": 6, "rule-kind": 3, "channel": 3, "adapter": 3, "planner-constraint": 5}
"""Files under src/ that the page may touch: two kinds and their list; an adapter's folder of two, and bootstrap; two
tables of sentences for a signal."""


@pytest.mark.parametrize("page", MOST_FILES)
def test_a_page_can_be_followed(page: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    touched, ran = set(), 0
    for language, text in BLOCK.findall((ROOT / "docs" / f"add-a-{page}.md").read_text(encoding="utf-8")):
        first, _, rest = text.partition("\n")
        if first.startswith("# src/"):
            path = first.removeprefix("# ")
            touched.add(path)
            change(tmp_path / path, rest) if language == "diff" else write(tmp_path / path, rest)
        else:
            run(text, tmp_path)
            ran += 1
    assert ran == 1
    lint(tmp_path, touched)
    assert len(touched) <= MOST_FILES[page]


def write(file: Path, text: str) -> None:
    """A new file."""
    assert not file.exists(), f"{file.name} is there already"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def change(file: Path, diff: str) -> None:
    """Each hunk once, where its unchanged and removed lines stand."""
    now = file.read_text(encoding="utf-8")
    for hunk in diff.split("@@\n")[1:]:
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        assert now.count(old) == 1, f"{file.name} no longer holds, once, what the page quotes. Mend the page:\n{old}"
        now = now.replace(old, "".join(line[1:] for line in lines if line[0] in " +"))
    file.write_text(now, encoding="utf-8")


def lint(tree: Path, touched: set[str]) -> None:
    """What `./check` says first of the files: whoever follows a page leaves nothing for it to find."""
    ruff, rules = Path(sys.executable).with_name("ruff"), ("--config", str(ROOT / "pyproject.toml"), "--no-cache")
    for command in (("check", *rules), ("format", "--check", *rules)):
        done = subprocess.run([ruff, *command, *sorted(touched)], cwd=tree, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
    for path in touched:
        assert (tree / path).read_text(encoding="utf-8").startswith('"""'), f"{path} does not say what it is for"


def run(program: str, tree: Path) -> None:
    """The program, on the changed tree and the tests' builders."""
    env = {**os.environ, "PYTHONPATH": f"{tree / 'src'}:{ROOT}", "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tree, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
