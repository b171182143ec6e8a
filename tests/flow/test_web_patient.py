"""The page behind a link: it asks one question, looking changes nothing, and an answer becomes one signal."""

import re
from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import WebMorning, at, heading, hidden, web_morning

from suture.service import worker
from suture.service.signal_requests import CallOutRequest, receive_signal
from suture.store.embedded import EmbeddedPostgres

HOME, APPOINTMENT = "home_visit", "appointment"


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests that only look."""
    yield from web_morning(postgres)


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def test_a_patient_is_asked_one_question(quiet: WebMorning) -> None:
    html = quiet.browser.get(quiet.link(kind=HOME, discipline="SN", lang="en")).text
    assert heading(html) == "Can you be home for your nurse on Tuesday, March 24?"
    assert f"<title>{heading(html)} – Riverbend Home Care</title>" in html
    assert re.search(r"We plan to come between \d+:\d0 and \d+:\d0 in the morning\.", html)
    assert re.findall(r"<button[^>]*>([^<]*)<", html) == ["Yes, I will be home", "I need a different time"]
    assert "Cancel this visit" in html
    assert 'href="tel:+16145550100">614-555-0100<' in html and "In an emergency, call 911." in html
    assert '<html lang="en">' in html and 'lang="es" hreflang="es">Español<' in html


def test_the_patients_own_language_comes_first_and_can_be_changed(quiet: WebMorning) -> None:
    link = quiet.link(kind=HOME, discipline="SN", lang="es")
    spanish = quiet.browser.get(link).text
    assert heading(spanish) == "¿Puede estar en casa el martes 24 de marzo para su visita de enfermería?"
    assert '<html lang="es">' in spanish and re.search(r"Pensamos llegar entre las? \d+:\d0 y las? \d+:\d0", spanish)
    assert heading(quiet.browser.get(link + "?lang=en").text).startswith("Can you be home")
    assert heading(quiet.browser.get(link + "?lang=xx").text) == heading(spanish)


def test_whoever_has_an_appointment_is_asked_to_come(quiet: WebMorning) -> None:
    html = quiet.browser.get(quiet.link(kind=APPOINTMENT) + "?lang=en").text
    assert heading(html) == "Can you come to your appointment on Tuesday, March 24?"
    assert re.search(r"Your appointment is at \d+:\d\d in the (morning|afternoon)\.", html)
    assert "Yes, I will come" in html
    assert re.search(r"It is at Riverbend Clinic (North|South)\.", html)


def test_a_yes_is_stored_once_and_confirms_the_visit(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    before = len(web.signals())
    first = web.press(link, "accept")
    assert first.status_code == 303 and first.headers["Location"].startswith("?lang=en&said=accept")
    assert "token" not in first.headers["Location"]
    assert web.press(link, "accept").headers["Location"] == first.headers["Location"]
    thanks = web.browser.get(link + first.headers["Location"]).text
    assert heading(thanks) == "Thank you. Your visit is confirmed." and "We will see you on Tuesday" in thanks
    answers = web.signals()[before:]
    assert [(s["kind"], s["source"], s["body"]["answer"], s["state"]) for s in answers] == [
        ("reply", "link", "accept", "new")
    ]
    worker.drain(web.caller)
    assert web.rows("SELECT state FROM confirmation WHERE participant = 'patient'") == [{"state": "accepted"}]
    again = web.browser.get(link).text
    assert heading(again) == "You said yes for Tuesday, March 24" and "You said yes to this time." in again
    assert re.findall(r"<button[^>]*>([^<]*)<", again) == ["I need a different time"]


def test_two_answers_at_once_are_none(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    before = web.signals()
    both = web.browser.post(
        link,
        content="answer=accept&answer=cancel",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert both.status_code == 422 and "Choose one of the answers." in both.text
    assert web.signals() == before


def test_another_time_becomes_a_case_and_the_answer_can_be_changed(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    said = web.browser.get(link + web.press(link, "reschedule").headers["Location"]).text
    assert heading(said) == "Thank you. We know that you need a different time." and "Change my answer" in said
    worker.drain(web.caller)
    assert web.rows("SELECT 1 FROM exception_case WHERE kind = 'patient_declined' AND state = 'open'")
    assert "You can still change your answer" in web.browser.get(link).text
    web.press(link, "accept")
    worker.drain(web.caller)
    assert not web.rows("SELECT 1 FROM exception_case WHERE kind = 'patient_declined' AND state = 'open'")


def test_cancelling_asks_once_more_and_then_closes_the_visit(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    visit = web.visit_of(link)
    question = web.browser.get(link).text
    assert "?lang=en&amp;step=cancel" in question and 'value="cancel"' not in question
    sure = web.browser.get(link + "?step=cancel").text
    assert heading(sure) == "Do you want to cancel your visit on Tuesday, March 24?" and "No, go back" in sure
    assert not [s for s in web.signals() if s["body"].get("answer") == "cancel"]
    answered = web.browser.post(link, data={**hidden(sure), "answer": "cancel"})
    assert "Change my answer" not in web.browser.get(link + answered.headers["Location"]).text
    worker.drain(web.caller)
    assert web.rows("SELECT status FROM visit WHERE id = :id", id=visit) == [{"status": "cancelled"}]
    assert heading(web.browser.get(link).text) == "You cancelled."
    assert web.press(link, "accept").status_code in (200, 303)
    worker.drain(web.caller)
    assert web.rows("SELECT status FROM visit WHERE id = :id", id=visit) == [{"status": "cancelled"}]


def test_links_that_do_not_work_look_alike(web: WebMorning) -> None:
    expired = web.link()
    web.run("UPDATE patient_token SET expires_at = :now")
    pages = [web.browser.get(link) for link in (expired, "/p/never-was", "/p/" + "x" * 3000, "/p/%F0%9F%92%A9%00")]
    pages += [web.browser.post(link, data={"answer": "accept"}) for link in (expired, "/p/never-was")]
    assert {(p.status_code, p.text) for p in pages} == {(404, pages[0].text)}
    assert "This link no longer works. Call us." in pages[0].text and "Este enlace ya no funciona" in pages[0].text
    assert "614-555-0100" in pages[0].text


def test_a_time_that_moved_is_shown_and_asked_again(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    form = hidden(web.browser.get(link).text)
    web.run(
        """INSERT INTO promise (visit_id, party_id, seq, visit_rev, plan_version, window_open, window_close, asks,
                  channel, touch_id, told_at)
           SELECT p.visit_id, p.party_id, p.seq + 1, p.visit_rev, p.plan_version, :open, :close, true, p.channel,
                  p.touch_id, p.told_at
           FROM promise p JOIN party y ON y.id = p.party_id AND y.kind = 'patient' WHERE p.visit_id = :visit""",
        visit=web.visit_of(link),
        open=at("13:00"),
        close=at("14:00"),
    )
    web.run(
        "UPDATE assignment SET starts_at = :open, ends_at = :ends, told_open = :open, told_close = :close "
        "WHERE to_version IS NULL AND visit_id = :visit",
        visit=web.visit_of(link),
        open=at("13:00"),
        ends=at("13:30"),
        close=at("14:00"),
    )
    before = len(web.signals())
    answered = web.browser.post(link, data={**form, "answer": "accept"})
    again = web.browser.get(link + answered.headers["Location"]).text
    assert "The time changed while this page was open." in again
    assert "between 1:00 and 2:00 in the afternoon" in again
    assert len(web.signals()) == before


def test_a_thank_you_does_not_outlive_the_time_it_speaks_of(web: WebMorning) -> None:
    link = web.link(kind=HOME, lang="en")
    thanks = link + web.press(link, "accept").headers["Location"]
    web.run("UPDATE promise SET seq = seq + 1 WHERE visit_id = :visit", visit=web.visit_of(link))
    assert heading(web.browser.get(thanks).text).startswith("Can you be home")


@pytest.mark.parametrize("answer", ["", "decline", "ACCEPT", "<script>", "cancel "])
def test_an_answer_no_one_offered_is_an_error_on_the_page(quiet: WebMorning, answer: str) -> None:
    link = quiet.link(kind=HOME, lang="en")
    before = quiet.signals()
    response = quiet.browser.post(link, data={"answer": answer})
    assert response.status_code == 422 and "<title>Error: " in response.text
    assert re.search(r'<main>\s*<div class="error" role="alert"', response.text)
    assert quiet.signals() == before and "<script>" not in response.text


def test_a_clinician_sees_the_own_day_and_accepts_it(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    html = web.browser.get(link).text
    assert heading(html) == "Can you do these visits on Tuesday, March 24?"
    assert len(re.findall(r"Patient [A-Z][A-Z]\b", html)) >= 3
    answered = web.press(link, "accept")
    assert heading(web.browser.get(link + answered.headers["Location"]).text) == "Thank you. Your day is confirmed."
    worker.drain(web.caller)
    again = web.browser.get(link).text
    assert heading(again) == "Your day on Tuesday, March 24" and "You accepted this day." in again
    assert 'value="accept"' not in again and "I cannot do these" in again


def test_a_clinician_reads_what_each_patient_was_really_told(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    assert "patient was told" in web.browser.get(link + "?lang=en").text
    web.run(
        """UPDATE promise SET window_open = window_open - interval '1 hour',
                  window_close = window_close - interval '1 hour'
           WHERE party_id IN (SELECT party_id FROM patient)"""
    )
    assert re.search(r"patient was told [^<;]+; patient not told yet: \d", web.browser.get(link + "?lang=en").text)
    web.run(
        """UPDATE promise SET visit_id = (SELECT id FROM visit WHERE patient_id IS NULL LIMIT 1), seq = id + 1000
           WHERE party_id IN (SELECT party_id FROM patient)"""
    )
    html = web.browser.get(link + "?lang=en").text
    assert "patient not told yet" in html and "patient was told" not in html
    assert "aún no se ha avisado al paciente" in web.browser.get(link + "?lang=es").text


def test_a_clinician_whose_visits_all_went_to_others_is_told_so(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    form = hidden(web.browser.get(link).text)
    receive_signal(web.caller, CallOutRequest(kind="call_out", clinician=owner_of(web, link)))
    worker.drain(web.caller)
    html = web.browser.get(link + "?lang=en").text
    assert heading(html) == "Your day on Tuesday, March 24"
    assert "You have no visits left on this day. Your visits went to colleagues or back to the coordinator;" in html
    assert "<form" not in html and 'class="button"' not in html and 'href="tel:+16145550100"' in html
    spanish = web.browser.get(link + "?lang=es").text
    assert heading(spanish) == "Su ruta del martes 24 de marzo" and "Ya no tiene visitas ese día." in spanish
    for answer in ("accept", "decline", "nonsense"):
        answered = web.browser.post(link, data={**form, "answer": answer}, follow_redirects=True)
        assert "You have no visits left on this day." in answered.text
    assert web.browser.get(link + "?step=decline").text == web.browser.get(link).text


def test_a_day_that_is_over_shows_its_list_and_asks_nothing(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    web.run(
        "UPDATE visit SET status = 'completed', rev = rev + 1 WHERE status IN ('requested', 'scheduled', 'confirmed')"
    )
    html = web.browser.get(link).text
    assert "They can no longer be changed here." in html and '<ol class="stops">' in html and "<form" not in html


def owner_of(web: WebMorning, link: str) -> str:
    """The clinician whose day a link shows."""
    found = web.rows(
        """SELECT p.external_id FROM patient_token k JOIN party p ON p.id = k.party_id
           WHERE k.token_hash = encode(sha256(cast(:token AS bytea)), 'hex')""",
        token=link.removeprefix("/p/").encode(),
    )
    return str(found[0]["external_id"])


def test_a_clinician_who_cannot_is_asked_once_more(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    assert 'value="decline"' not in web.browser.get(link).text
    sure = web.browser.get(link + "?step=decline").text
    assert heading(sure) == "Do you want to give these visits back?"
    answered = web.browser.post(link, data={**hidden(sure), "answer": "decline"})
    worker.drain(web.caller)
    said = web.browser.get(link + answered.headers["Location"]).text
    assert heading(said) == "Thank you. We are looking for someone else."
    assert web.rows("SELECT 1 FROM exception_case WHERE kind = 'clinician_declined'")
    assert web.browser.post(link, data={"answer": "cancel"}).status_code in (200, 422)


def test_no_page_behind_a_link_names_patient_service_or_address(quiet: WebMorning) -> None:
    names = {r["name"] for r in quiet.rows("SELECT family AS name FROM party UNION SELECT given FROM party")}
    services = {r["code"] for r in quiet.rows("SELECT code FROM service")}
    types = {r["t"].replace("_", " ") for r in quiet.rows("SELECT visit_type AS t FROM service")} - {"routine"}
    links = [quiet.link(n) for n in range(1, 25)] + [quiet.link(n, purpose="clinician_day") for n in range(1, 6)]
    for link in links:
        response = quiet.browser.get(link)
        assert response.status_code == 200 and len(response.content) < 30_000
        for word in names | services | types:
            assert not re.search(rf"\b{re.escape(word)}\b", response.text), (word, link)
