"""Pages and API in the language that a browser prefers: all of a page, in every thread, and never someone else's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.flow.a_web_morning import API_TOKEN, BEARER, THE_DAY, WebMorning, heading, web_morning

from suture.dispatch.first_pass import NotPlannable
from suture.store.embedded import EmbeddedPostgres
from suture.words.catalog import spoken

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests: they only look."""
    yield from web_morning(postgres)


def test_a_board_is_in_spanish_for_who_prefers_it(quiet: WebMorning) -> None:
    response = quiet.browser.get("/", headers=SPANISH)
    html = response.text
    assert heading(html) == "Martes, 24 de marzo"
    assert '<html lang="es">' in html
    assert (response.headers["content-language"], response.headers["vary"]) == ("es", "Accept-Language")
    for words in ("Excepciones <span", "Los tres números<", "El plan<", "Últimos cambios<", "versión 1, publicada"):
        assert words in html
    assert re.search(r"<small>de \d+ puestos previstos hoy</small>", html)
    assert re.search(r'<span class="hidden">\d\d:\d\d [^<]+: sin confirmar todavía, hora comunicada ', html)


def test_no_english_is_left_on_a_spanish_board(quiet: WebMorning) -> None:
    """Except for names. The rules of the demo come with Suture, and are in the catalog."""
    english = set(words_of(quiet.browser.get("/").text))
    spanish = set(words_of(quiet.browser.get("/", headers=SPANISH).text))
    frequent = {"the", "of", "and", "is", "not", "with", "visit", "visits", "patient", "clinician", "told", "yet"}
    assert frequent & english
    assert not frequent & spanish


def words_of(html: str) -> list[str]:
    """The words a page shows or reads aloud, in small letters."""
    spoken = re.findall(r'(?:title|aria-label|placeholder)="([^"]*)"', html)
    return re.findall(r"[^\W\d_]+", " ".join([re.sub(r"<[^>]*>", " ", html), *spoken]).lower())


@pytest.mark.parametrize("header", [None, "", "en-US", "fr,de;q=0.5", ";;q=,", "es;q=high", "es;q=0"])
def test_a_board_is_in_english_otherwise(quiet: WebMorning, header: str | None) -> None:
    response = quiet.browser.get("/", headers={} if header is None else {"Accept-Language": header})
    assert (heading(response.text), response.headers["content-language"]) == ("Tuesday, March 24", "en")
    assert '<html lang="en">' in response.text and "Excepciones" not in response.text


def test_readers_of_two_languages_do_not_get_each_others_pages(quiet: WebMorning) -> None:
    titles = [heading(quiet.browser.get("/", headers=h).text) for h in (SPANISH, {}, SPANISH, {})]
    assert titles == ["Martes, 24 de marzo", "Tuesday, March 24"] * 2


def test_every_page_of_the_desk_follows(quiet: WebMorning) -> None:
    inbox = quiet.browser.get("/dev/inbox", headers=SPANISH).text
    assert heading(inbox) == "Teléfonos y buzones" and "Aún no se ha enviado nada." in inbox
    other_day = quiet.browser.get(f"/?date={THE_DAY + timedelta(days=40)}", headers=SPANISH).text
    assert heading(other_day) == "No hay visitas el domingo, 3 de mayo"
    assert heading(quiet.browser.get("/?branch=NOWHERE", headers=SPANISH).text) == "No hay ninguna sucursal NOWHERE"
    assert heading(quiet.browser.get("/nowhere", headers=SPANISH).text) == "Aquí no hay nada"
    foreign = quiet.browser.post("/texts/read", headers=SPANISH)
    assert (foreign.status_code, heading(foreign.text)) == (403, "Eso no vino de esta página")


def test_the_api_says_why_in_the_language_asked_for(quiet: WebMorning) -> None:
    missing = quiet.browser.get("/api/v1/signals/999999", headers={**BEARER, **SPANISH})
    assert missing.json() == {"error": "not_found", "message": "No hay ninguna señal con ese id."}
    assert missing.headers["content-language"] == "es"
    invalid = quiet.browser.post("/api/v1/signals", json={"kind": "no_such"}, headers={**BEARER, **SPANISH})
    assert (invalid.json()["error"], invalid.json()["message"]) == ("invalid", "Algunos campos no se pueden usar.")
    stranger = quiet.browser.get("/api/v1/signals/1", headers=SPANISH)
    assert (stranger.status_code, stranger.json()["error"]) == (401, "unauthorized")
    assert stranger.json()["message"].startswith("Envíe el encabezado") and API_TOKEN not in stranger.text


def test_a_day_that_cannot_be_planned_is_refused_in_the_language_asked_for(
    quiet: WebMorning, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: Any) -> None:
        raise NotPlannable(spoken())

    monkeypatch.setattr("suture.web.api.routes.plan_day", refuse)
    for headers, lang in ((SPANISH, "es"), ({}, "en")):
        refused = quiet.browser.post(f"/api/v1/days/COLUMBUS/{THE_DAY}/plan", headers={**BEARER, **headers})
        assert (refused.status_code, refused.json()["message"]) == (409, lang)


def test_what_fails_is_said_in_the_language_asked_for(quiet: WebMorning, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("suture.web.desk.routes.board_page", broken)
    headers = dict(quiet.browser.headers)
    browser = TestClient(quiet.app, base_url="http://localhost:8000", raise_server_exceptions=False, headers=headers)
    failed = browser.get("/", headers=SPANISH)
    assert (failed.status_code, failed.headers["content-language"]) == (500, "es")
    assert failed.text.startswith("Algo falló de nuestro lado.") and failed.headers["cache-control"] == "no-store"


def test_a_link_and_static_files_do_not_depend_on_the_browser(quiet: WebMorning) -> None:
    link = quiet.link()
    assert quiet.browser.get(link, headers=SPANISH).text == quiet.browser.get(link).text
    for path in (link, "/static/console.css", "/static/minutes.css"):
        assert "accept-language" not in quiet.browser.get(path, headers=SPANISH).headers.get("vary", "").lower()
