"""docs/replies.md: every meaning a text can have is there, and each example is taken for what the page says."""

import re
from pathlib import Path

import pytest

from suture.outreach.interpret import Meaning, interpret

PAGE = (Path(__file__).parents[2] / "docs" / "replies.md").read_text(encoding="utf-8")
ROWS = {Meaning(name): cells for name, cells in re.findall(r"^\| (\w+) \| (\".*?) \| ", PAGE, re.MULTILINE)}
EXAMPLES = [(meaning, text) for meaning, cells in ROWS.items() for text in re.findall(r'"([^"]+)"', cells)]


def test_every_meaning_has_a_row() -> None:
    assert set(ROWS) == set(Meaning)


@pytest.mark.parametrize(("meaning", "text"), EXAMPLES)
def test_an_example_is_taken_for_what_the_page_says(meaning: Meaning, text: str) -> None:
    assert interpret(text, staff=meaning is Meaning.CALL_OUT).meaning is meaning
