"""docs/planner-files.md: its commands run on examples/planner, and its words are those of the code."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from suture.cli import main
from suture.planner.formats.suture_models import SignalJson, parse_plan, parse_problem, parse_signals

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "planner"
PAGE = (ROOT / "docs" / "planner-files.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^suture (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "planner")
    monkeypatch.chdir(tmp_path / "planner")
    return tmp_path / "planner"


def test_every_command_of_the_page_runs(folder: Path):
    assert {c.split()[0] for c in COMMANDS} == {"plan", "check", "explain", "rebalance"}
    for command in COMMANDS:
        done = CliRunner().invoke(main, command.split())
        assert done.exit_code == 0, done.output
    planned, shown = json.loads((folder / "new-plan.json").read_text()), json.loads((folder / "plan.json").read_text())
    assert planned["routes"] == shown["routes"]
    repaired = json.loads((folder / "repaired.json").read_text())
    assert {c["visit_id"]: c["because"] for c in repaired["changes"] if c["kind"] == "person"} == {
        "v2": "call_out:ana",
        "v3": "call_out:ana",
    }


def test_the_examples_are_what_the_schemas_say():
    parse_problem((EXAMPLES / "problem.json").read_bytes())
    parse_plan((EXAMPLES / "plan.json").read_bytes())
    assert parse_signals((EXAMPLES / "signals.json").read_bytes())


def test_every_kind_of_signal_has_its_line():
    kinds = SignalJson.model_fields["kind"].annotation
    for kind in getattr(kinds, "__args__", ()):
        assert PAGE.count(f"| `{kind}` |") == 1
