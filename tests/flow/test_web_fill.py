"""Who could take a visit that has no clinician, on the desk's page and over the API; and asking them from there."""

import html as html_module
import re
from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import BEARER, OWN_PAGE, THE_DAY, WebMorning, at, hidden, web_morning

from suture.service import worker
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store.embedded import EmbeddedPostgres

LATE = {"external_id": "V-late", "patient": "P-01", "service": "SN-ROUTINE"} | {
    "earliest_start": "2026-03-24T18:00:00-04:00",
    "latest_end": "2026-03-24T19:30:00-04:00",
}


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """A visit in the evening, after everyone's hours, has just come in."""
    for web in web_morning(postgres):
        [service] = web.rows("SELECT code FROM service WHERE kind = 'home_visit' AND 'RN' = ANY(roles) LIMIT 1")
        web.clock.advance_to(at("09:00"))
        visit = {**LATE, "service": service["code"]}
        receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": visit}))
        worker.drain(web.caller)
        yield web


def text_of(web: WebMorning, path: str) -> str:
    return html_module.unescape(re.sub(r"<[^>]+>|\s+", " ", web.browser.get(path).text))


def asked(web: WebMorning) -> list[str]:
    return [r["state"] for r in web.rows("SELECT state FROM offer_candidate ORDER BY rank")]


def test_the_card_leads_to_everyone_who_could_and_what_keeps_the_others_from_it(web: WebMorning) -> None:
    board = web.browser.get("/").text
    assert 'href="/fill?visit=V-late&amp;position=1"' in board
    page = text_of(web, "/fill?visit=V-late&position=1")
    assert "outside their hours" in page and "Cannot take it" in page
    assert "the visit needs" in page


def test_the_api_says_the_same_and_names_everyone_by_id(web: WebMorning) -> None:
    found = web.browser.get("/api/v1/visits/V-late/fill", headers=BEARER).json()
    assert (found["visit"], found["position"], found["date"]) == ("V-late", 1, str(THE_DAY))
    everyone = {one["clinician"] for one in (*found["could"], *found["cannot"])}
    assert everyone == {f"E-0{n}" for n in range(1, 7)}
    assert found["offers"] == []


def test_people_are_asked_from_the_page_once(web: WebMorning) -> None:
    form = {**hidden(web.browser.get("/fill?visit=V-late").text), "mode": "broadcast"}
    answer = web.browser.post("/fill", data=form, headers=OWN_PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?branch=COLUMBUS&date={THE_DAY}")
    worker.drain(web.caller)
    assert set(asked(web)) == {"pending"}
    assert "being asked until" in text_of(web, "/fill?visit=V-late")
    assert "Ask them now" not in text_of(web, "/fill?visit=V-late")
    assert "was asked at 09:00" in text_of(web, "/"), "the card lists what was tried"
    [offer] = web.browser.get("/api/v1/visits/V-late/fill", headers=BEARER).json()["offers"]
    assert {a["state"] for a in offer["asked"]} == {"pending"}


def test_a_form_from_elsewhere_asks_no_one(web: WebMorning) -> None:
    form = {"csrf": "made up", "visit": "V-late", "position": "1", "mode": "broadcast"}
    assert web.browser.post("/fill", data=form, headers=OWN_PAGE).status_code == 403
    worker.drain(web.caller)
    assert asked(web) == []


def test_what_needs_no_one_is_said_so(web: WebMorning) -> None:
    for path in ("/fill?visit=nothing", "/fill"):
        assert web.browser.get(path).status_code == 404
    answer = web.browser.get("/api/v1/visits/nothing/fill", headers=BEARER)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert web.browser.get("/api/v1/visits/V-late/fill").status_code == 401
