"""Texts in the reader's language: whose language it is, until when, and what a count does to a sentence."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from suture.words.catalog import LANGUAGES, LOCALE, _, base_language, language_of, marked, plural, speaking, spoken

AND = marked("{some} and {last}")


@pytest.mark.parametrize(
    ("environ", "lang"),
    [
        ({}, "en"),
        ({"LANG": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_US"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "tlh_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "es_MX.UTF-8", "LC_ALL": "POSIX"}, "en"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "", "LC_ALL": ""}, "es"),
    ],
)
def test_the_language_of_a_keyboard_is_what_posix_says(environ: dict[str, str], lang: str) -> None:
    assert language_of(environ) == lang


@pytest.mark.parametrize(
    ("said", "lang"),
    [
        ("es-MX", "es"),
        ("ES", "es"),
        ("es_419.UTF-8", "es"),
        ("en-GB", "en"),
        ("zh-Hant", "en"),
        ("", "en"),
        ("-", "en"),
    ],
)
def test_a_persons_language_is_the_nearest_of_the_catalog(said: str, lang: str) -> None:
    assert base_language(said) == lang


def test_every_language_has_its_file() -> None:
    assert {f.stem for f in LOCALE.glob("*.po")} == set(LANGUAGES) - {"en"}


# --- speaking ---------------------------------------------------------------------------------------------------------


def test_english_is_spoken_where_nothing_was_said() -> None:
    assert (spoken(), _(AND, some="a", last="b")) == ("en", "a and b")


def test_a_language_is_spoken_until_the_block_ends() -> None:
    with speaking("es-MX"):
        assert (spoken(), _(AND, some="a", last="b")) == ("es", "a y b")
        with speaking("en"):
            assert (spoken(), _(AND, some="a", last="b")) == ("en", "a and b")
        assert spoken() == "es"
    assert spoken() == "en"


def test_also_an_error_ends_it() -> None:
    with speaking("es"):
        with pytest.raises(KeyError), speaking("en"):
            raise KeyError
        assert spoken() == "es"
    with pytest.raises(KeyError), speaking("es"):
        raise KeyError
    assert spoken() == "en"


def test_an_unknown_language_is_english() -> None:
    with speaking("es"), speaking("tlh"):
        assert spoken() == "en"


def test_threads_do_not_share_a_language() -> None:
    """Each waits until the other speaks, and only then says its text."""
    both = threading.Barrier(2, timeout=10)

    def said(lang: str) -> str:
        with speaking(lang):
            both.wait()
            text = _(AND, some="a", last="b")
            both.wait()
            return text

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(said, ("es", "en"))) == ["a y b", "a and b"]
    with speaking("es"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(spoken).result() == "en", "a thread begins without one"


# --- Texts ------------------------------------------------------------------------------------------------------------


def test_a_text_without_a_translation_is_said_in_english() -> None:
    with speaking("es"):
        assert _("No such {what} anywhere.", what="text") == "No such text anywhere."


def test_braces_of_a_text_without_values_are_its_own() -> None:
    assert _("{braces}") == "{braces}"


def test_what_is_filled_in_may_have_braces_too() -> None:
    assert _(AND, some="{some}", last="{0.__class__}") == "{some} and {0.__class__}"


@pytest.mark.parametrize(("n", "said"), [(0, "0 things of x"), (1, "1 thing of x"), (2, "2 things of x")])
def test_a_count_chooses_the_text(n: int, said: str) -> None:
    for lang in LANGUAGES:  # without a translation, too
        with speaking(lang):
            assert plural("{n} thing of {whom}", "{n} things of {whom}", n, whom="x") == said
