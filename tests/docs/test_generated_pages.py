"""Pages that repeat the code are written from it: events, signals, settings and audit codes."""

import os
from pathlib import Path

import pytest
from scripts.make_docs import pages, schemas

from suture.cli.signals import signal
from suture.model.audit import AuditCode
from suture.model.events import EventKind
from suture.model.signals import SIGNAL_KINDS
from suture.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = pages()
WRITTEN = PAGES | schemas()


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_is_what_the_code_says_now(name):
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == WRITTEN[name], f"docs/{name} is out of date: run scripts/make-docs"


def test_every_event_kind_audit_code_and_setting_has_its_line():
    for page, words in (("events.md", EventKind), ("audit.md", AuditCode)):
        for word in words:
            assert PAGES[page].count(f"| `{word}` |") == 1
    lines = PAGES["settings.md"].splitlines()
    for name, field in Settings.model_fields.items():
        (line,) = [x for x in lines if x.startswith("| ") and f"SUTURE_{name.upper()}`" in x]
        assert field.description
        assert line.endswith(f"| {field.description} |"), "a setting without a description helps nobody"


def test_every_signal_has_a_heading_and_a_command():
    for kind in SIGNAL_KINDS:
        assert f"\n## {kind}\n" in PAGES["signals.md"]
        assert kind.replace("_", "-") in signal.commands
    assert len(signal.commands) == len(SIGNAL_KINDS)


def test_a_page_says_where_it_comes_from():
    for text in PAGES.values():
        source = text.split("from ")[1].split(". Do not edit")[0]
        assert (ROOT / source).is_file()


def test_the_script_can_be_run():
    assert os.access(ROOT / "scripts" / "make-docs", os.X_OK)
