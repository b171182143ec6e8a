"""docs/cases.md says of every kind of case why it opens, how it closes, its deadline and default; docs/gate.md of every
state of the gate."""

import re
from pathlib import Path

import pytest

from suture.model.cases import CASE_DEFAULTS, CASE_GROUPS, CaseGroup, CaseKind
from suture.model.visit import GateState
from suture.words.reason import Reason

DOCS = Path(__file__).parents[2] / "docs"
CASES = (DOCS / "cases.md").read_text(encoding="utf-8")
GATE = (DOCS / "gate.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.MULTILINE)
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", CASES, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("group", CaseGroup)
def test_every_kind_has_a_row_in_the_section_of_its_group(group):
    rows = [kind for kind, _cells in ROW.findall(SECTIONS[group.capitalize()])]
    assert sorted(rows) == sorted(kind for kind in CaseKind if CASE_GROUPS[kind] is group)


@pytest.mark.parametrize(("name", "cells"), ROW.findall(CASES))
def test_a_row_says_why_how_until_when_and_what_the_board_says_happens_by_default(name, cells):
    _opens, _closes, _deadline, default = (cell.strip() for cell in cells.split(" | "))
    assert default.startswith(str(Reason(CASE_DEFAULTS[CaseKind(name)])))


def test_every_state_of_the_gate_has_a_row_that_says_whether_it_is_dispatched():
    rows = {GateState(name): cells.split(" | ")[0] for name, cells in ROW.findall(GATE.partition("## The figures")[0])}
    assert set(rows) == set(GateState)
    for state, dispatched in rows.items():
        assert (dispatched == "yes") is state.is_dispatched


@pytest.mark.parametrize("page", ["cases.md", "clinician-page.md", "gate.md", "replies.md"])
def test_the_page_is_found_from_the_front_page_and_its_links_lead_somewhere(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    assert f"(docs/{page})" in (DOCS.parent / "README.md").read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([\w/.-]*)(?:#([\w-]+))?\)", text):
        found = (DOCS / target if target else DOCS / page).read_text(encoding="utf-8")
        titles = {
            re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in re.findall(r"^#+ (.*)$", found, re.MULTILINE)
        }
        assert not anchor or anchor in titles
