"""A clinician's own day behind her link and PIN: what she sees, what each press becomes, and who gets nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.flow.a_clinicians_day import Her, a_clinician
from tests.flow.a_web_morning import OWN_PAGE, THE_DAY, WebMorning, at, heading, web_morning

from suture.model.actors import Actor, ActorKind
from suture.model.ids import PartyId
from suture.service import pins, worker
from suture.service.signal_requests import CancellationRequest, receive_signal
from suture.store.embedded import EmbeddedPostgres
from suture.web.clinician.page import Whose
from suture.web.clinician.routes import add_my_day
from suture.web.public import create_public_app


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def her(web: WebMorning) -> Her:
    return a_clinician(web).sign_in()


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[Her]:
    """One morning for all tests that only look, with a clinician who has entered her PIN."""
    for morning in web_morning(postgres):
        yield a_clinician(morning).sign_in()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def wrong_for(her: Her) -> str:
    return "483921" if her.pin != "483921" else "483922"


# the link and the PIN


def test_whoever_has_only_the_link_sees_initials_and_is_asked_for_the_pin(quiet: Her) -> None:
    html = quiet.web.browser.get(quiet.link).text
    assert heading(html) == "Can you do these visits on Tuesday, March 24?"
    assert "See names and addresses: enter your PIN" in html and f'action="{quiet.link}/pin?lang=en"' in html
    for visit in quiet.visits():
        assert not visit["family"] or visit["family"] not in html


def test_without_a_pin_she_is_told_whom_to_ask(web: WebMorning) -> None:
    her = a_clinician(web)
    pins.remove_pin(web.caller, PartyId(her.id))
    html = web.browser.get(her.link).text
    assert "ask us for a PIN by phone" in html and 'name="pin"' not in html
    refused = her.enter()
    assert refused.status_code == 403 and "set-cookie" not in refused.headers


def test_a_right_pin_sets_a_cookie_that_leads_to_her_day(web: WebMorning) -> None:
    her = a_clinician(web)
    entered = her.enter(lang="en")
    assert entered.status_code == 303 and entered.headers["Location"] == "day?lang=en"
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-suture_day=") and "domain" not in cookie.lower()
    for part in ("HttpOnly", "Path=/", "Secure", "SameSite=lax"):
        assert part in cookie
    her.sign_in()
    assert her.get().status_code == 200
    again = web.browser.get(her.link, headers={"Cookie": her.cookie})  # the link in the message, tapped once more
    assert again.status_code == 303 and again.headers["Location"] == f"{her.link}/day?lang=en"


def test_wrong_pins_say_what_is_left_and_the_fifth_ends_the_link(web: WebMorning) -> None:
    her = a_clinician(web)
    for left in (4, 3, 2):
        refused = her.enter(wrong_for(her))
        assert refused.status_code == 403 and f"Tries left: {left}." in refused.text
        assert "set-cookie" not in refused.headers
    assert "One try left" in her.enter(wrong_for(her)).text
    last = her.enter(wrong_for(her))
    assert last.status_code == 303 and last.headers["Location"] == her.link
    unknown = web.browser.get("/p/unknown")
    for path in (her.link, f"{her.link}/pin", f"{her.link}/day"):
        gone = TestClient(web.app, base_url="http://localhost:8000").get(path)
        assert (gone.status_code, gone.text) == (unknown.status_code, unknown.text)
    board = web.browser.get(f"/?date={THE_DAY}").text
    assert "A wrong PIN was entered too often" in board and "Someone entered a wrong PIN 5 times" in board


def test_too_many_across_links_and_she_is_asked_to_wait(web: WebMorning) -> None:
    her = a_clinician(web)
    for n in range(pins.MOST_WRONG_OF_ALL):
        web.run("INSERT INTO wrong_pin (clinician_id, at) VALUES (:id, :now)", id=her.id)
        assert n >= 0
    waits = her.enter()
    assert waits.status_code == 429 and "Wait 15 minutes" in waits.text


@pytest.mark.parametrize("cookie", ["", "__Host-suture_day=", "__Host-suture_day=nonsense", "suture_day=x"])
def test_without_a_pass_the_day_leads_back_to_the_link(quiet: Her, cookie: str) -> None:
    headers = {"Cookie": cookie, **OWN_PAGE}
    for answer in (
        quiet.web.browser.get(f"{quiet.link}/day", headers=headers),
        quiet.web.browser.post(f"{quiet.link}/day", data={"act": "arrived"}, headers=headers),
    ):
        assert answer.status_code == 303 and answer.headers["Location"] == quiet.link


def test_a_pass_ends_with_the_day_and_with_a_new_pin(web: WebMorning) -> None:
    her = a_clinician(web).sign_in()
    other = a_clinician(web, 1).sign_in()
    pins.set_pin(web.caller, PartyId(other.id))
    assert other.get().status_code == 303
    web.clock.advance_to(at("23:59"))
    web.run("UPDATE patient_token SET expires_at = :at", at=at("23:59") + timedelta(days=1))
    assert her.get().status_code == 200
    web.clock.advance_to(at("00:00", THE_DAY + timedelta(days=1)))
    assert her.get().status_code == 303
    assert "This day is over" in her.enter().text


def test_matrix_a_pass_opens_no_other_link_and_no_other_clinicians_day(web: WebMorning) -> None:
    her, other = a_clinician(web).sign_in(), a_clinician(web, 1)
    second = web.link(2, purpose="clinician_day", party_id=her.id)
    for link in (other.link, second):
        if link != her.link:
            assert web.browser.get(f"{link}/day", headers={"Cookie": her.cookie}).status_code == 303
    patient = web.link(kind="home_visit")
    unopened = web.browser.get(f"{patient}/day", headers={"Cookie": her.cookie})
    assert unopened.status_code == 303 and "Your day" not in web.browser.get(patient).text


# what she sees


def test_her_visits_are_there_in_full_and_in_order(quiet: Her) -> None:
    html = quiet.day()
    assert heading(html) == "Tuesday, March 24" and "<script" not in html
    names = [f"{v['given']} {v['family']}" for v in quiet.visits() if v["family"]]
    found = re.findall(r'<h[23] class="name">([^<]*)<', html)
    assert [n for n in found if n != "Shift"] == names
    first = words(html[html.index('class="card next"') : html.index('class="list"')])
    assert "Next" in first and re.search(r"Patient&#39;s window \d+:\d\d–\d+:\d\d [ap]m", first)
    assert re.search(r"\d+ min drive from home", first) and re.search(r"\d+ min of care", first)
    assert re.search(r'href="tel:\+1614555\d{4}"', html)
    assert "Needs: IV" in html and "Columbus, OH" in html
    assert re.search(r"Planned this week \d+ h \d\d min of 40 h 00 min", words(html))


@pytest.mark.parametrize(
    ("agent", "way"),
    [
        ("Mozilla/5.0 (Linux; Android 14)", r'href="geo:(-?\d+\.\d{6},-?\d+\.\d{6})\?q=\1"'),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)", r'href="https://maps\.apple\.com/\?daddr=-?\d+\.\d{6},'),
        ("Mozilla/5.0 (X11; Linux x86_64)", r'href="https://www\.openstreetmap\.org/directions\?to=-?\d+\.\d{6},'),
    ],
)
def test_navigate_holds_coordinates_and_no_name(quiet: Her, agent: str, way: str) -> None:
    headers = {"Cookie": quiet.cookie, "User-Agent": agent}
    html = quiet.web.browser.get(f"{quiet.link}/day", headers=headers).text
    assert re.search(way, html) and 'rel="noreferrer noopener"' in html


def test_a_colleagues_patients_are_not_on_it(quiet: Her) -> None:
    others = a_clinician(quiet.web, 1).visits()
    html = quiet.day()
    own = {v["family"] for v in quiet.visits()}
    assert not [v for v in others if v["family"] and v["family"] not in own and v["family"] in html]


def test_in_spanish(quiet: Her) -> None:
    html = quiet.day("?lang=es")
    assert '<html lang="es">' in html and heading(html) == "Martes 24 de marzo"
    for text in ("Siguiente", "Voy en camino", "No puedo trabajar", "Requiere:", "Su sucursal:"):
        assert text in html
    assert "PIN, 6 dígitos" in quiet.web.browser.get(f"{quiet.link}/pin?lang=es").text


def test_another_language_keeps_the_step(quiet: Her) -> None:
    visit = quiet.visits()[0]["id"]
    for step in ("step=out", f"step=decline&visit={visit}"):
        html = quiet.day(f"?{step}")
        assert f'href="?lang=es&amp;{step.replace("&", "&amp;")}" lang="es"' in html


def test_a_name_with_markup_and_a_very_long_one_stay_text(web: WebMorning) -> None:
    her = a_clinician(web).sign_in()
    ids = [v["id"] for v in her.visits()[:2]]
    for visit, name in zip(ids, ['<b>Ann</b> & "Co"', "X" * 200], strict=True):
        web.run(
            """UPDATE party SET given = :name, family = 'O''Hare'
               WHERE id = (SELECT patient_id FROM visit WHERE id = :v)""",
            name=name,
            v=visit,
        )
    html = her.day()
    assert "<b>Ann</b>" not in html and "&lt;b&gt;Ann&lt;/b&gt; &amp; &#34;Co&#34; O&#39;Hare" in html
    assert "X" * 200 + " O&#39;Hare" in html


def test_looking_changes_no_row(web: WebMorning) -> None:
    her = a_clinician(web).sign_in()
    visit = her.visits()[0]["id"]
    before = [web.rows(f"SELECT count(*) AS n FROM {t}") for t in ("inbox", "event", "audit_row", "day_pass")]
    for query in ("", "?step=out", f"?step=decline&visit={visit}", "?did=arrived", "?lang=es", "?step=decline&visit=9"):
        her.day(query)
    assert [web.rows(f"SELECT count(*) AS n FROM {t}") for t in ("inbox", "event", "audit_row", "day_pass")] == before


# what she says


def test_arrived_and_done_show_at_once_and_become_true(her: Her) -> None:
    visit = her.visits()[0]
    her.web.clock.advance_to(visit["starts_at"] - timedelta(minutes=3))
    told = her.press("arrived", visit["id"])
    assert told.status_code == 303 and told.headers["Location"] == "?lang=en&did=arrived"
    clock = re.compile(r"Arrived \d+:\d\d am")
    assert clock.search(her.day()) and her.visits()[0]["status"] != "in_progress"  # not decided yet
    worker.drain(her.web.caller)
    assert clock.search(her.day()) and her.visits()[0]["status"] == "in_progress"
    her.web.clock.advance_to(visit["starts_at"] + timedelta(minutes=25))
    her.press("done", visit["id"])
    assert re.search(r"Done \d+:\d\d am", her.day())
    worker.drain(her.web.caller)
    [after] = [v for v in her.visits() if v["id"] == visit["id"]]
    assert after["status"] == "completed" and "Earlier" in her.day()
    assert [(s["kind"], s["body"].get("outcome")) for s in her.said()] == [("check_in", None), ("check_out", "done")]
    actors = her.web.rows("SELECT DISTINCT actor FROM audit_row WHERE code = 'signal.received' AND actor LIKE 'clin%'")
    assert actors == [{"actor": f"clinician_pin:{her.id}"}]


def test_not_home_is_a_no_show_and_a_case(her: Her) -> None:
    visit = her.visits()[0]
    her.web.clock.advance_to(visit["starts_at"])
    her.press("set_out", visit["id"])
    her.press("not_home", visit["id"])
    assert re.search(r"Not home, \d+:\d\d am", her.day())
    worker.drain(her.web.caller)
    assert [v["status"] for v in her.visits() if v["id"] == visit["id"]] == ["no_show"]
    assert her.web.rows(
        "SELECT 1 FROM exception_case WHERE kind = 'no_show_followup' AND subject_id = :v", v=visit["id"]
    )


def test_on_my_way_is_in_the_log_once_and_on_the_board_and_no_signal(her: Her) -> None:
    visit = her.visits()[0]["id"]
    form = her.form(visit)
    for _ in range(2):
        assert her.send(form, act="set_out").status_code == 303
    rows = her.web.rows("SELECT actor, data FROM event WHERE kind = 'visit.set_out'")
    assert [(r["actor"], r["data"]["clinician_id"]) for r in rows] == [(f"clinician_pin:{her.id}", her.id)]
    assert her.said() == [] and "On your way since 7:40 am" in her.day()
    assert "on the way" in her.web.browser.get(f"/?date={THE_DAY}").text


def test_a_form_sent_twice_is_one_signal(her: Her) -> None:
    visit = her.visits()[0]
    her.web.clock.advance_to(visit["starts_at"])
    form = her.form(visit["id"])
    for _ in range(3):
        assert her.send(form, act="arrived").status_code == 303
    assert len(her.said()) == 1
    late = her.form(visit["id"])
    for _ in range(2):
        her.send(late, act="late", minutes="20")
    assert [s["kind"] for s in her.said()] == ["check_in", "running_late"]


def test_late_moves_the_next_visit_and_again_is_a_new_word(her: Her) -> None:
    first = her.visits()[0]
    her.press("late", minutes="40")
    assert "You said: 40 min late, at 7:40 am." in her.day()
    worker.drain(her.web.caller)
    assert (
        her.visits()[0]["starts_at"] >= first["starts_at"] + timedelta(minutes=40)
        or her.visits()[0]["id"] != first["id"]
    )
    for minutes in ("10", "40"):
        her.press("late", minutes=minutes)
    assert [s["body"]["minutes"] for s in her.said()] == [40, 10, 40]


def test_accept_one_then_all(her: Her) -> None:
    first, *rest = her.visits()
    her.press("accept", first["id"])
    assert "You accepted this visit." in her.day()
    worker.drain(her.web.caller)
    answers = {r["visit_id"]: r["state"] for r in confirmations(her)}
    assert answers == {first["id"]: "accepted"}
    html = her.day()
    form = re.search(r"<form.*?</form>", html, re.DOTALL)
    assert form and f"Accept all {len(rest)}" in form.group(0)
    her.send(dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group(0))), act="accept_all")
    worker.drain(her.web.caller)
    assert {r["visit_id"] for r in confirmations(her) if r["state"] == "accepted"} == {v["id"] for v in (first, *rest)}
    assert "Accept all" not in her.day()


def test_declining_one_visit_asks_once_more_and_repairs_that_visit_alone(her: Her) -> None:
    first, second, *_others = her.visits()
    kept = {v["id"] for v in her.visits()} - {second["id"]}
    ask = her.day(f"?step=decline&visit={second['id']}")
    assert heading(ask) == "Give this visit back?" and her.said() == []
    sent = her.send(her.form(second["id"], ask), act="decline", note=" My car\n broke  down. ")
    assert sent.headers["Location"] == "?lang=en&did=decline"
    assert "You gave this visit back." in her.day()
    assert her.said()[-1]["body"]["note"] == "My car broke down."
    worker.drain(her.web.caller)
    assert second["id"] not in {v["id"] for v in her.visits()}
    assert {r["visit_id"]: r["state"] for r in confirmations(her)} == {second["id"]: "declined"}
    assert kept >= {v["id"] for v in her.visits()} and first["id"] in {v["id"] for v in her.visits()}
    [case] = her.web.rows("SELECT reasons FROM exception_case WHERE kind = 'clinician_declined' AND state = 'open'")
    assert "report.cannot_do_why" in str(case["reasons"]) and "My car broke down." in str(case["reasons"])
    gone = words(her.day())
    assert "No longer yours" in gone and "You gave it back." in gone


def confirmations(her: Her) -> list[dict[str, Any]]:
    return her.web.rows(
        """SELECT p.visit_id, c.state FROM confirmation c JOIN promise p ON p.id = c.promise_id
           WHERE p.party_id = :id AND c.participant = 'clinician' ORDER BY 1""",
        id=her.id,
    )


def test_the_rest_of_the_day_goes_to_others(her: Her) -> None:
    assert "I can&#39;t work" in her.day() and heading(her.day("?step=out")) == "I can&#39;t work"
    her.press("out", span="rest")
    assert "You called out from 7:40 am on." in her.day()
    worker.drain(her.web.caller)
    assert her.visits() == []
    html = words(her.day())
    assert "You have no visits left on this day." in html and "You called out." in html


def test_from_to_takes_those_hours_only(her: Her) -> None:
    before = {v["id"] for v in her.visits() if v["starts_at"] < at("12:00")}
    her.press("out", span="some", starts="13:00", ends="17:00")
    assert "You called out from 1:00 pm to 5:00 pm." in her.day()
    worker.drain(her.web.caller)
    assert {v["id"] for v in her.visits()} == before
    body = her.said()[-1]["body"]
    assert body["clinician_id"] == her.id and body["from_at"].startswith("2026-03-24 17:00")


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "late", "minutes": "0"},
        {"act": "late", "minutes": "601"},
        {"act": "late", "minutes": "ten"},
        {"act": "out", "span": "some", "starts": "13:00", "ends": ""},
        {"act": "out", "span": "some", "starts": "15:00", "ends": "14:00"},
        {"act": "out", "span": "some", "starts": "05:00", "ends": "06:00"},
        {"act": "out", "span": "some", "starts": "nonsense", "ends": "25:00"},
        {"act": "dance"},
        {},
    ],
)
def test_what_makes_no_sense_is_said_and_stores_nothing(quiet: Her, fields: dict[str, str]) -> None:
    form = quiet._any_form()
    answer = quiet.send(form, **fields)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and quiet.said() == []
    assert ('name="starts"' in answer.text) == (fields.get("act") == "out"), "she can mend it where she is"


def test_a_form_from_another_page_is_refused(quiet: Her) -> None:
    form = {**quiet.form(quiet.visits()[0]["id"]), "act": "accept"}
    cookie = {"Cookie": quiet.cookie}
    for headers, sent in (
        (cookie, form),
        ({**cookie, "Sec-Fetch-Site": "cross-site"}, form),
        ({**cookie, "Origin": "https://elsewhere.example"}, form),
        ({**cookie, **OWN_PAGE}, {**form, "csrf": ""}),
        ({**cookie, **OWN_PAGE}, {**form, "csrf": "0" * 64}),
    ):
        assert quiet.web.browser.post(f"{quiet.link}/day", data=sent, headers=headers).status_code == 403
    assert quiet.said() == []


def test_matrix_a_visit_of_someone_else_is_answered_like_one_that_does_not_exist(web: WebMorning) -> None:
    her, other = a_clinician(web).sign_in(), a_clinician(web, 1)
    own, foreign = her.visits(), other.visits()
    theirs = next(v["id"] for v in foreign if v["id"] not in {o["id"] for o in own})
    form = her.form(own[0]["id"])
    for act in ("accept", "decline", "set_out", "arrived", "done", "not_home"):
        answers = [her.send({**form, "visit": str(v)}, act=act) for v in (theirs, 999_999)]
        assert [a.status_code for a in answers] == [422, 422], act
        assert answers[0].text == answers[1].text, act
    asked = [her.get(f"?step=decline&visit={v}") for v in (theirs, 999_999)]
    assert asked[0].text == asked[1].text
    assert her.said() == [] and web.rows("SELECT 1 FROM event WHERE kind = 'visit.set_out'") == []


def test_a_stale_form_after_the_plan_moved_answers_nothing(web: WebMorning) -> None:
    her = a_clinician(web).sign_in()
    visit = next(v for v in her.visits() if v["family"])
    html = her.day()
    form = her.form(visit["id"], html)
    receive_signal(web.caller, CancellationRequest(kind="cancellation", visit=visit["external_id"], by="patient"))
    worker.drain(web.caller)
    before = len(her.said())
    for act in ("accept", "decline", "arrived"):
        answer = her.send(form, act=act)
        assert answer.status_code == 422 and "Your list changed while this page was open." in answer.text
    assert len(her.said()) == before
    gone = words(her.day())
    assert "No longer yours" in gone and "The patient cancelled." in gone


def test_a_visit_that_came_since_is_new_and_says_why(web: WebMorning) -> None:
    her, other = a_clinician(web).sign_in(), a_clinician(web, 1)
    held = {v["id"] for v in her.visits()}
    other.sign_in()
    other.press("out", span="rest")
    with_messages_on_hold(web)
    worker.drain(web.caller)
    came = [v for v in her.visits() if v["id"] not in held]
    html = her.day()
    assert 'class="mark">New<' in html and "A colleague is away." in html
    assert "You will get a message about it." in html
    refused = her.press("accept", came[0]["id"])  # the message about it has not told her yet
    assert refused.status_code == 422 and "cannot be recorded" in refused.text


def with_messages_on_hold(web: WebMorning) -> None:
    web.run("UPDATE outreach SET on_hold = true")


def test_states_of_a_day(web: WebMorning) -> None:
    her = a_clinician(web).sign_in()
    web.run("UPDATE plan_head SET stage = 'draft'")
    assert "This day is not published yet." in her.day()
    web.run("UPDATE plan_head SET stage = 'published'")
    first = her.visits()[0]["id"]
    web.run("UPDATE visit SET gate = 'waits', gate_else = 'hold', rev = rev + 1 WHERE id = :v", v=first)
    html = her.day()
    assert "do not set out yet" in html and 'value="set_out"' not in html[: html.index('class="list"')]
    assert her.send(her.form(first), act="set_out").status_code == 422
    web.run(
        """UPDATE visit SET status = 'completed', started_at = :now, ended_at = :now, rev = rev + 1 WHERE id IN
             (SELECT visit_id FROM assignment WHERE clinician_id = :id AND to_version IS NULL)""",
        id=her.id,
    )
    html = her.day()
    assert "All visits of this day are done." in html and "I can&#39;t work" not in html


def test_the_day_before_nothing_can_be_said_of_doors(web: WebMorning) -> None:
    evening = WebMorning(web.engine, at("21:30", THE_DAY - timedelta(days=1)))
    her = a_clinician(evening).sign_in()
    visit = her.visits()[0]["id"]
    html = her.day()
    assert 'value="arrived"' not in html and 'value="accept"' in html and "I can&#39;t work that day" in html
    form = her.form(visit)
    assert [her.send(form, act=act).status_code for act in ("set_out", "late")] == [422, 422]
    her.press("out", span="rest")
    assert "You called out for the whole day." in her.day()


def test_the_public_side_has_it_too(web: WebMorning) -> None:
    her = a_clinician(web)
    public = TestClient(create_public_app(web.caller.tools), base_url="http://localhost:9000", follow_redirects=False)
    entered = public.post(f"{her.link}/pin", data={"pin": her.pin})
    cookie = entered.headers["set-cookie"].split(";")[0]
    page = public.get(f"{her.link}/day", headers={"Cookie": cookie})
    assert page.status_code == 200 and "Tuesday, March 24" in page.text
    assert public.get("/static/clinician.css").status_code == 200


def test_by_account_the_same_page_is_mounted_for_a_caller_who_is_her(web: WebMorning) -> None:
    her = a_clinician(web)
    caller = web.caller.by(Actor(ActorKind.CLINICIAN_PIN, PartyId(her.id)))
    router, app = APIRouter(), FastAPI()
    add_my_day(router, "/my-day", lambda: Whose(caller, PartyId(her.id), THE_DAY, SecretStr("of her session")))
    app.include_router(router)
    browser = TestClient(app, base_url="http://localhost:8000", follow_redirects=False)
    html = browser.get("/my-day").text
    assert heading(html) == "Tuesday, March 24"
    visit = her.visits()[0]["id"]
    form = her.form(visit, html)
    pressed = browser.post("/my-day", data={**form, "act": "accept"}, headers=OWN_PAGE)
    assert pressed.status_code == 303 and pressed.headers["Location"] == "?lang=en&did=accept"
    assert her.said()[-1]["body"]["visit_id"] == visit
