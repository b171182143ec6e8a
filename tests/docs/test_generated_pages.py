"""Pages that repeat the code are written from it: events, signals, settings, audit codes, rooms."""

import os
import re
from pathlib import Path

import pytest
from scripts.make_docs import pages, rooms, schemas, variables

from suture.cli.signals import signal
from suture.model.audit import AuditCode
from suture.model.events import EventKind
from suture.model.signals import SIGNAL_KINDS
from suture.service.signal_requests.overtaken import SAYS_OTHERWISE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = pages()
WRITTEN = PAGES | schemas()
EXAMPLES = {  # what a reader of docs/add-a-….md writes beside the code that is shown
    "tests/unit/dispatch/test_patient_late.py",
    "tests/unit/rules/test_urgent.py",
    "docs/rules/urgent.md",
    "testdata/",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_is_what_the_code_says_now(name):
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == WRITTEN[name], f"docs/{name} is out of date: run scripts/make-docs"


def test_every_event_kind_audit_code_and_setting_has_its_line():
    for page, words in (("events.md", EventKind), ("audit.md", AuditCode)):
        for word in words:
            assert PAGES[page].count(f"| `{word}` |") == 1
    lines = PAGES["settings.md"].splitlines()
    assert "SUTURE_SMTP_" in {prefix for prefix, _, _ in variables()}, "the settings of adapters are missing"
    for prefix, name, field in variables():
        (line,) = [x for x in lines if x.startswith("| ") and f"{prefix}{name.upper()}`" in x]
        assert field.description
        assert line.endswith(f"| {field.description} |"), "a setting without a description helps nobody"


def test_every_signal_has_a_heading_and_a_command():
    for kind in SIGNAL_KINDS:
        assert f"\n## {kind}\n" in PAGES["signals.md"]
        assert kind.replace("_", "-") in signal.commands
    assert len(signal.commands) == len(SIGNAL_KINDS)


def test_the_page_of_signals_says_what_their_order_means():
    order = PAGES["signals.md"].partition("\n## The order of signals\n")[2].partition("\n## ")[0]
    for kind, (other, _) in SAYS_OTHERWISE.items():
        assert f"| `{kind}` | `{other}` |" in order
    assert "at the same instant" in order, "ties are declared"


def test_a_page_says_where_it_comes_from():
    for name in PAGES.keys() - {"architecture.md"}:
        source = PAGES[name].split("from ")[1].split(". Do not edit")[0]
        assert (ROOT / source).is_file()


def test_the_picture_has_every_room_and_no_arrow_that_others_imply() -> None:
    imports = rooms()
    arrows = set(re.findall(r"(\w+) --> (\w+)", PAGES["architecture.md"]))
    assert {room for arrow in arrows for room in arrow} == imports.keys()
    assert all(below in imports[above] for above, below in arrows)
    for above, below in arrows:
        between = [(a, b) for a, b in arrows if (a, b) != (above, below)]
        assert not leads(between, above, below), f"{above} --> {below} is implied"


def leads(arrows: list[tuple[str, str]], above: str, below: str) -> bool:
    return any(a == above and (b == below or leads(arrows, b, below)) for a, b in arrows)


@pytest.mark.parametrize("page", sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`([\w./-]+/[\w./-]*\.(?:py|md|yaml|sql)|[\w./-]+/)`", page.read_text(encoding="utf-8"))
    made = re.findall(r"^# (src/\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    there = [ROOT, ROOT / "src", ROOT / "src/suture", ROOT / "src/suture/planner", ROOT / "src/suture/planner/day"]
    gone = [name for name in named if not any((folder / name).exists() for folder in there)]
    assert [name for name in gone if not any(f"/{name}" in f"/{new}" for new in made) and name not in EXAMPLES] == []


def test_the_script_can_be_run():
    assert os.access(ROOT / "scripts" / "make-docs", os.X_OK)
