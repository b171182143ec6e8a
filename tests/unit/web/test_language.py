"""Whose language a page is in: what Accept-Language may say, and that texts on a page stay texts."""

import pytest
from markupsafe import Markup

from suture.web.language import MOST_PREFERENCES, preferred
from suture.web.render import said
from suture.words.catalog import _, speaking


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("ES-us", "es"),
        ("es-419;q=0.5", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("es;q=0.2, en;q=0.7", "en"),
        ("fr-CA, fr;q=0.9, es;q=0.1", "es"),
        ("es;q=0.5, *;q=0.1", "es"),
        ("es ; q = 0.5", "es"),
        ("en, es", "en"),
    ],
)
def test_the_language_preferred_among_ours_is_spoken(header: str, lang: str) -> None:
    assert preferred([header]) == lang


@pytest.mark.parametrize("header", ["", "fr", "fr-FR, de;q=0.8", "*", "*, es;q=0.5", "es;q=0", "es;q=0.000"])
def test_english_is_spoken_where_none_of_ours_is_preferred(header: str) -> None:
    assert preferred([header]) == "en"


@pytest.mark.parametrize(
    "header",
    [
        ";",
        ",,,",
        "q=1",
        "es;q=",
        "es;q=high",
        "es;q=-1",
        "es;q=2",
        "es;q=1e0",
        "es;q=nan",
        "es;q=0.5;q=1",
        "es_MX.UTF-8",
        "español",
        "e s",
        "es\x00",
        "es;q=٠.٥",
        "-" * 60_000,
        "a-" * 30_000,
        "es;q=0." + "1" * 60_000,
        " " * 60_000,
    ],
)
def test_what_cannot_be_read_is_english(header: str) -> None:
    assert preferred([header]) == "en"


def test_a_preference_that_cannot_be_read_spoils_no_other() -> None:
    assert preferred(["en;q=high, es;q=0.5"]) == "es"


def test_headers_are_read_as_one_and_only_so_far() -> None:
    assert preferred([]) == "en"
    assert preferred(["fr", "es"]) == "es"
    assert preferred([", ".join(["fr"] * MOST_PREFERENCES), "es"]) == "en"


def test_a_text_and_what_fills_it_in_are_escaped_on_a_page_and_markup_is_not() -> None:
    assert said("Send the header Authorization: Bearer <token>.").endswith("Bearer &lt;token&gt;.")
    name = "<script>{who}</script>"
    assert said("Call {who}, {phone}", who=name, phone=Markup("<b>1</b>")) == (
        "Call &lt;script&gt;{who}&lt;/script&gt;, <b>1</b>"
    )


def test_nothing_is_said_for_an_empty_text() -> None:
    with speaking("es"):
        assert _("") == ""
