"""Every kind of rule has a page and a test module, every word of the vocabulary a line, and every example loads."""

import re
from datetime import date
from pathlib import Path

import pytest

from suture.rules.book import load
from suture.rules.describe import written
from suture.rules.examples import untested
from suture.rules.kinds import BY_NAME
from suture.rules.lint import lint
from suture.rules.packs import PACKS, pack_text
from suture.rules.parts import Waiver

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
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


@pytest.mark.parametrize("rule", [*BY_NAME.values(), Waiver], ids=lambda rule: rule.__name__)
def test_every_field_says_what_it_is(rule):
    """Its `description` is the field's line on the page, so that a kind is one file and one line."""
    assert [name for name, field in rule.model_fields.items() if name != "kind" and not field.description] == []


def test_no_page_is_left_over():
    assert {page.stem for page in PAGES.glob("*.md")} == {*BY_NAME, "index", "recipes"}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_the_tables_are_those_of_the_code(page):
    text = page.read_text(encoding="utf-8")
    assert written(page.stem, text) == text, "run scripts/rules-docs"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_every_example_loads(page):
    examples = YAML.findall(page.read_text(encoding="utf-8"))
    assert examples
    for example in examples:
        text = example if example.startswith("version:") else f"version: 1\nrules:\n{example}"
        book = load(text, name=page.name)
        assert list(lint(book, date(2026, 3, 24))) == []
        assert page.stem in ("index", "recipes") or {checked.rule.kind for checked in book.rules} == {page.stem}


def test_every_recipe_has_tests_and_there_are_ten():
    text = (PAGES / "recipes.md").read_text(encoding="utf-8")
    assert text.count("\n## ") == 10
    rules = load("version: 1\nrules:\n" + "".join(YAML.findall(text)), name="recipes.md").rules
    assert all(checked.rule.tests and not untested(checked.rule) for checked in rules)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_can_be_activated_and_names_its_sources(name):
    book = load(pack_text(name) or "", name=name)
    assert list(lint(book, date(2026, 3, 24))) == []
    for checked in book.rules:
        assert checked.rule.tests, checked.rule.id
        assert not untested(checked.rule), checked.rule.id
        if name.startswith("us-"):
            assert re.search(r"(CFR|USC) \d+", checked.rule.because), checked.rule.id
            assert "COUNSEL" not in checked.rule.because, "a coordinator reads it under every visit that it rules out"
            assert re.search(rf"- id: {checked.rule.id}\n(  .*\n)*?  # COUNSEL: ", pack_text(name) or ""), (
                checked.rule.id
            )


def test_the_demo_runs_on_the_two_packs_and_its_rules_say_who_answers_for_them():
    path = ROOT / "examples" / "riverbend" / "rulebook.yaml"
    book = load(path.read_text(encoding="utf-8"), name=path.name)
    assert [source.name for source in book.sources[1:]] == [f"packs/{name}.yaml" for name in reversed(PACKS)]
    assert list(lint(book, date(2026, 3, 24))) == []
    assert not any(untested(checked.rule) for checked in book.rules)
