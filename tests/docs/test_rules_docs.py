"""Every kind of rule has a page and a test module, every word of the vocabulary a line, and every example loads."""

import re
from pathlib import Path

import pytest

from suture.rules.book import load
from suture.rules.kinds import BY_NAME
from suture.rules.vocabulary import FIELDS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
INDEX = (PAGES / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", BY_NAME)
def test_a_kind_has_a_page_that_the_index_links_to(kind):
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {kind}: ")
    assert f"[{kind}]({kind}.md)" in INDEX


@pytest.mark.parametrize("kind", BY_NAME)
def test_a_kind_has_a_test_module(kind):
    module = ROOT / "tests" / "unit" / "rules" / f"test_{kind}.py"
    assert f"kind: {kind}" in module.read_text(encoding="utf-8")


def test_no_page_is_left_over():
    assert {page.stem for page in PAGES.glob("*.md")} == {*BY_NAME, "index"}


def test_the_table_of_fields_is_the_vocabulary():
    rows = [f"| `{f.name}` | {f.type.value} | {f.about} | {'yes' if f.optional else ''} |" for f in FIELDS]
    written = [line for line in INDEX.splitlines() if line.startswith(("| `c.", "| `v.", "| `p.", "| `day."))]
    assert written == rows, "\n".join(rows)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_every_example_loads(page):
    examples = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        text = example if example.startswith("version:") else f"version: 1\nrules:\n{example}"
        book = load(text, name=page.name)
        assert page.stem == "index" or {checked.rule.kind for checked in book.rules} == {page.stem}


def test_the_demos_rulebook_loads_and_its_rules_say_who_answers_for_them():
    path = ROOT / "examples" / "riverbend" / "rulebook.yaml"
    text = path.read_text(encoding="utf-8")
    assert load(text, name=path.name).rules
    assert text.count("  owner: ") == text.count("- id: ")
