"""The demo after its call-out: a shift for which no clinician has the hours is offered, and whoever watches answers."""

import re
from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import OWN_PAGE, WebMorning, at, hidden, web_morning

from suture.store.embedded import EmbeddedPostgres

JUDITH, HAZEL = "+16145550102", "+16145550103"
SAYS_WHERE = "Offers went out. Answer as one of those who were asked:"


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """The nurse has just called out."""
    for web in web_morning(postgres):
        form = hidden(web.browser.get("/").text)
        assert web.browser.post("/demo/call-out", data=form, headers=OWN_PAGE).status_code == 303
        yield web


def board(web: WebMorning) -> str:
    """The words of the board."""
    return " ".join(re.sub("<[^>]+>", " ", web.browser.get("/").text).split())


def answer(web: WebMorning, number: str, text: str) -> None:
    """Whoever watches writes it on the phone of someone who was asked."""
    phone = web.browser.get("/dev/inbox", params={"channel": "sms", "to": number}).text
    form = {**hidden(phone), "to": number, "body": text}
    assert web.browser.post("/dev/inbox/reply", data=form, headers=OWN_PAGE).status_code == 303
    web.play_until(web.clock.now())


def test_the_shift_is_an_exception_at_once_and_offered_five_minutes_later(web: WebMorning) -> None:
    web.play_until(at("07:44"))
    [case] = web.rows("SELECT kind FROM exception_case WHERE kind = 'uncovered_shift' AND state = 'open'")
    assert case and "13:00–17:00" in board(web)
    assert SAYS_WHERE not in board(web) and "Offers of" not in board(web)
    web.play_until(at("07:46"))
    assert SAYS_WHERE in board(web)
    assert "Offers of 2 sent 0 taken 0 declined 0 without an answer in time" in board(web)


def test_the_phones_of_those_who_were_asked_are_in_the_inbox(web: WebMorning) -> None:
    web.play_until(at("07:46"))
    for number, name in ((JUDITH, "Judith Sycamore"), (HAZEL, "Hazel Plover")):
        phone = web.browser.get("/dev/inbox", params={"channel": "sms", "to": number}).text
        assert name in phone
        assert "Reply 1 to take it, 2 to pass" in phone


def test_once_it_is_taken_the_board_says_how_and_asks_no_one_to_answer(web: WebMorning) -> None:
    web.play_until(at("07:46"))
    answer(web, JUDITH, "2")
    answer(web, HAZEL, "1")
    said = board(web)
    assert "Offers of 2 sent 1 taken 1 declined 0 without an answer in time" in said
    assert "6 min until half of them were filled 6 min until nine in ten were" in said
    assert SAYS_WHERE not in said
    [shift] = web.rows(
        """SELECT p.external_id AS who FROM assignment a JOIN visit v ON v.id = a.visit_id
           JOIN party p ON p.id = a.clinician_id
           WHERE v.service_code = 'CLINIC_SHIFT' AND v.service_date = '2026-03-24' AND a.to_version IS NULL"""
    )
    assert shift["who"] == "E-03"
