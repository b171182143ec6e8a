"""Every text of the pages behind a link asks for values that there are, and is said in the reader's language."""

import re
from string import Formatter

import pytest

from suture.model.links import Profession
from suture.web.patient.words import WORDS, chosen_language, say
from suture.words.catalog import LANGUAGES, language_name
from suture.words.sentences.fill import FILL


def variables(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(WORDS))
def test_a_text_says_what_is_filled_in(key: str) -> None:
    of_an_offer = {"area", "span", "at", "minutes", "hours"} if key.startswith("offer.") else set()
    of_all = {"day", "window", "clinic", "label", "told", "new", "state", "what_next"}
    assert variables(WORDS[key]) <= of_all | of_an_offer
    assert not re.search(r"please note|click here", WORDS[key], re.IGNORECASE)


def test_all_that_an_offer_would_take_of_someone_is_said_to_them() -> None:
    takes = list(FILL)[: list(FILL).index("fill.unreachable")]
    known = {key.removeprefix("offer.") for key in WORDS if key.startswith("offer.fill.")}
    assert known == set(takes) - {"fill.answers"}, "how they answered lately is for a coordinator"


def test_a_text_is_said_in_the_language_of_the_page() -> None:
    assert say("when.clinic", "en", clinic="Lakeside") == "It is at Lakeside."
    assert say("when.clinic", "es", clinic="Lakeside") == "Es en Lakeside."
    assert [language_name(lang) for lang in LANGUAGES][:2] == ["English", "Español"]


@pytest.mark.parametrize("profession", Profession)
def test_every_profession_has_a_question(profession: Profession) -> None:
    assert say(f"ask.{profession}", "en", day="Tuesday").endswith("?")


def test_the_language_asked_for_wins() -> None:
    assert chosen_language("es", "en") == "es"
    assert chosen_language("", "es-MX") == "es"
    assert chosen_language("xx", "xx") == "en"
    assert chosen_language(None, "en") == "en"
