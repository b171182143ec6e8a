"""The repository keeps its own promises: sizes, registries, rooms, locks. Each is a line of architecture.md §2–§4."""

import configparser
import os
import re
import shutil
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from suture.model.audit import AUDIT_SENTENCES, AuditCode
from suture.model.cases import CASE_GROUPS, CaseKind
from suture.model.events import EVENT_SPECS, EventKind
from suture.model.signals import SIGNAL_KINDS
from suture.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "suture"
MOST_LINES = 500

ROOMS = {  # architecture.md §2
    "bootstrap",
    "cli",
    "dispatch",
    "integrations",
    "metrics",
    "model",
    "outreach",
    "planner",
    "ports",
    "rules",
    "service",
    "settings",
    "sim",
    "store",
    "web",
}
NEVER_A_NAME = {"utils", "util", "common", "helpers", "helper", "base", "core", "misc"}


def files_of_git(*patterns: str) -> list[Path]:
    """Files that are or will be committed; nothing where this is no checkout."""
    git = shutil.which("git")
    if git is None:
        return []
    listed = subprocess.run(
        [git, "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [file for line in listed.stdout.splitlines() if (file := ROOT / line).is_file()]


def python_files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def layers() -> set[str]:
    """The rooms that import-linter knows, in parentheses or not."""
    linter = configparser.ConfigParser()
    linter.read(ROOT / ".importlinter", encoding="utf-8")
    return set(re.findall(r"\w+", linter["importlinter:contract:rooms"]["layers"]))


# rooms ----------------------------------------------------------------------------------------------


def test_every_room_of_the_architecture_has_its_place_in_the_order_of_imports() -> None:
    assert layers() >= ROOMS


def test_every_room_there_is_was_placed() -> None:
    there = {p.stem for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert there - {"__init__"} <= layers()


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("suture", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(tuple(TopologicalSorter(imported).static_order())) == len(imported), "a circle is a CycleError"


def test_no_room_or_file_is_named_after_nothing() -> None:
    named = {p.relative_to(SOURCE).as_posix() for p in python_files() if {p.stem, p.parent.name} & NEVER_A_NAME}
    assert named == set()


# sizes ----------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_one_can_read() -> None:
    sources = [p for p in SOURCE.rglob("*") if p.suffix in {".py", ".html", ".css", ".js"}]
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_text(encoding="utf-8").splitlines()) for p in sources}
    assert len(lengths) > 100
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [p for p in python_files() if not p.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))]
    assert [p.relative_to(ROOT).as_posix() for p in silent] == []


# registries -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_does(name: str) -> None:
    description = Settings.model_fields[name].description or ""
    assert description.endswith("."), f"{name} wants a sentence"


@pytest.mark.parametrize("code", AuditCode)
def test_every_audit_code_has_a_sentence(code: AuditCode) -> None:
    assert AUDIT_SENTENCES[code].endswith((".", "}"))


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_is_specified(kind: EventKind) -> None:
    spec = EVENT_SPECS[kind]
    assert spec.subject
    assert spec.sentence.endswith(".")
    times = {name for name in spec.data if name.startswith("t_")}
    assert times <= {"t_true", "t_signal", "t_decided", "t_approved", "t_sent", "t_accepted", "t_start", "t_end"}


@pytest.mark.parametrize("kind", CaseKind)
def test_every_kind_of_case_has_its_place_in_the_exception_list(kind: CaseKind) -> None:
    assert kind in CASE_GROUPS


@pytest.mark.parametrize("kind", SIGNAL_KINDS)
def test_every_signal_is_decided_in_a_file_of_its_own(kind: str) -> None:
    assert (SOURCE / "dispatch" / f"{kind}.py").is_file()


# what is committed ----------------------------------------------------------------------------------


def test_no_lock_names_where_anything_was_downloaded() -> None:
    locks = {ROOT / "requirements.lock", *files_of_git("*.lock", "*-lock.*", "*lock.json", "*.lockb")}
    address = re.compile(r"https?://|index-url|find-links|/simple/|\.whl\b|\.tar\.|\.tgz\b", re.I)
    assert {lock.name: address.findall(lock.read_text(encoding="utf-8")) for lock in locks} == {
        lock.name: [] for lock in locks
    }


def test_no_file_names_a_package_index() -> None:
    index = re.compile(r"index-url\s*=|--extra-index-url|files\.pythonhosted\.org|PIP_INDEX_URL", re.I)
    texts = [f for f in files_of_git() if f.suffix in {"", ".toml", ".cfg", ".ini", ".sh", ".lock", ".txt", ".yaml"}]
    assert [f.relative_to(ROOT).as_posix() for f in texts if index.search(f.read_text("utf-8", "replace"))] == []


def test_every_script_can_be_run_and_says_how() -> None:
    scripts = [p for p in (ROOT / "scripts").iterdir() if p.is_file() and not p.suffix]
    assert len(scripts) >= 4
    for script in scripts:
        first, second = script.read_text(encoding="utf-8").splitlines()[:2]
        assert os.access(script, os.X_OK), script.name
        assert first.startswith("#!"), script.name
        assert second.startswith(("# ", '"""')), script.name


def test_nothing_that_a_run_leaves_behind_is_committed() -> None:
    left = re.compile(
        r"(^|/)(\.venv|\.suture|\.suture-demo|node_modules|__pycache__|\.mypy_cache|\.ruff_cache)/|\.pyc$|\.log$"
    )
    assert [f for f in files_of_git() if left.search(f.relative_to(ROOT).as_posix())] == []
