"""Every text of the pages behind a link exists in both languages, asks for the same values, and can be shown."""

import re
from string import Formatter

import pytest

from suture.model.links import Profession
from suture.web.patient.words import LANGUAGES, WORDS, chosen_language, say


def variables(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_text_is_whole_in_every_language(key: str) -> None:
    texts = WORDS[key]
    assert set(texts) == set(LANGUAGES) and all(t.strip() for t in texts.values())
    assert len({frozenset(variables(t)) for t in texts.values()}) == 1
    assert variables(texts["en"]) <= {"day", "window", "clinic"}
    assert not re.search(r"please note|click here", texts["en"], re.IGNORECASE)


@pytest.mark.parametrize("profession", Profession)
def test_every_profession_has_a_question(profession: Profession) -> None:
    assert say(f"ask.{profession}", "en", day="Tuesday").endswith("?")


def test_the_language_asked_for_wins() -> None:
    assert chosen_language("es", "en") == "es"
    assert chosen_language("", "es-MX") == "es"
    assert chosen_language("fr", "fr") == "en"
    assert chosen_language(None, "en") == "en"
