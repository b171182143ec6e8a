"""Exceptions on the board: whom they are about, what was written, where to ring, and which of them are never folded."""

import html as html_module
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.flow.a_web_morning import OWN_PAGE, THE_DAY, WebMorning, at, web_morning

from suture.model.actors import Actor, ActorKind
from suture.model.cases import CaseKind
from suture.model.messages import Channel, InboundText
from suture.service import worker
from suture.service.receive_reply import receive_text
from suture.service.signal_requests import CallOutRequest, receive_signal
from suture.store import access, inbox
from suture.store.branches import all_branches
from suture.store.embedded import EmbeddedPostgres
from suture.store.inbox import Arrival
from suture.store.views import CaseView
from suture.web.desk.sheet import sheet_page
from suture.words.reason import reason, to_json

STRANGER = "+16145559999"
BY_THE_ORDER = reason("cover.rule", title="Skills", because="By the order.")


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


def write(web: WebMorning, number: str, body: str) -> None:
    receive_text(web.caller, InboundText("console", f"{number}:{body}"[:60], number, body))


def a_patient_with_a_phone(web: WebMorning) -> tuple[str, str]:
    """The short name and the number of one."""
    found = web.rows(
        """SELECT p.given || ' ' || left(p.family, 1) || '.' AS name, a.value FROM party p
           JOIN address a ON a.party_id = p.id AND a.channel = 'sms' JOIN visit v ON v.patient_id = p.id
           WHERE v.service_date = :day ORDER BY p.id LIMIT 1""",
        day=THE_DAY,
    )[0]
    return found["name"], found["value"]


def boxes(web: WebMorning) -> list[str]:
    """Each exception of the board, unescaped."""
    page = web.browser.get("/").text
    return [html_module.unescape(box) for box in re.findall(r'<li class="case .*?\n</li>', page, re.DOTALL)]


def cases(web: WebMorning) -> tuple[CaseView, ...]:
    with web.caller.transaction() as tx:
        return access.day_view(tx, all_branches(tx)[0], THE_DAY).cases


def test_a_text_to_read_says_who_wrote_what_when_and_where_to_ring(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    write(web, number, "Can my sister <b>also</b> be there?")
    write(web, STRANGER, "Who is\nthis? " + "x" * 400)
    known, unknown = (b for b in boxes(web) if "needs to be read" in b)
    assert f"<h3>A text from {name} needs to be read</h3>" in known
    assert '<q dir="auto">Can my sister <b>also</b> be there?</q>' in known and ">07:40</time>" in known
    assert "&lt;b&gt;also&lt;/b&gt;" in web.browser.get("/").text
    assert f'href="tel:{number}"' in known
    assert "<h3>A text from an unknown number needs to be read</h3>" in unknown and "tel:" not in unknown
    (quoted,) = re.findall(r"<q[^>]*>(.*?)</q>", unknown)
    assert quoted.startswith("Who is this? xx") and len(quoted) == 161 and quoted.endswith("…")
    assert "Suture keeps only a fingerprint of it" in unknown


def test_a_text_of_an_emergency_stands_on_top_of_the_board(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    web.run(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                  deadline_at, opened_at)
           SELECT id, :day, 'limit_reached', 'signal', 1, 64, 'critical', :now - interval '1 hour', :now FROM branch""",
        day=THE_DAY,
    )
    write(web, number, "Mom fell and cannot get up")
    assert f"<h3>A text from {name} may be an emergency</h3>" in boxes(web)[0] and "Critical" in boxes(web)[0]


def test_whoever_has_read_a_text_says_so_on_the_board(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    write(web, number, "Can my sister also be there?")
    write(web, number, "And my brother?")
    (first, _) = (b for b in boxes(web) if "needs to be read" in b)
    form = dict(re.findall(r'name="([a-z]+)" value="([^"]*)"', first))
    elsewhere = web.browser.post("/texts/read", data={**form, "csrf": "0" * 64}, headers=OWN_PAGE)
    assert (elsewhere.status_code, len(boxes(web))) == (403, len(cases(web)))
    said = web.browser.post("/texts/read", data=form, headers=OWN_PAGE)
    assert (said.status_code, said.headers["location"]) == (303, f"/?branch=COLUMBUS&date={THE_DAY}")
    (left,) = (b for b in boxes(web) if f"A text from {name} needs to be read" in b)
    assert "brother" in left
    assert web.browser.post("/texts/read", data=form, headers=OWN_PAGE).status_code == 303, "twice is once"


def test_everybody_who_shares_the_number_is_named(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    web.run(
        """INSERT INTO address (party_id, channel, value, value_hash)
           SELECT p.id, 'sms', a.value, a.value_hash FROM party p, address a
           WHERE p.kind = 'patient' AND a.value = :number
             AND NOT EXISTS (SELECT FROM address o WHERE o.party_id = p.id AND o.channel = 'sms')
           ORDER BY p.id LIMIT 1""",
        number=number,
    )
    write(web, number, "Can my sister be there?")
    (case,) = (c for c in cases(web) if c.text)
    assert re.fullmatch(rf"{re.escape(name)} or \S+ [A-Z]\.", case.who) and case.phone == number


def test_a_card_about_someone_without_a_number_says_so(web: WebMorning) -> None:
    """Vernon Pawpaw has e-mail alone, and his card tells to call him."""
    web.run(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                  opened_at)
           SELECT v.branch_id, v.service_date, 'patient_declined', 'visit', v.id, 3, 'medium', :now
           FROM visit v JOIN party p ON p.id = v.patient_id AND p.external_id = 'P-03'
           WHERE v.service_date = :day LIMIT 1""",
        day=THE_DAY,
    )
    (box,) = (b for b in boxes(web) if "<h3>Vernon P. said no</h3>" in b)
    assert "No phone number of <bdi>Vernon P.</bdi> on file" in box and "tel:" not in box
    with web.caller.transaction() as tx:
        sheet = access.day_sheet(tx, all_branches(tx)[0], THE_DAY)
    assert sheet and "<bdi>Vernon P.</bdi>: No phone number on file" in sheet_page(sheet)


def test_a_card_about_an_e_mail_has_the_number_of_its_writer(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    [mail] = web.rows(
        """SELECT m.value FROM address m JOIN address a ON a.party_id = m.party_id AND a.value = :number
           WHERE m.channel = 'email'""",
        number=number,
    )
    question = InboundText("console", "by mail", mail["value"], "Can my sister be there?", channel=Channel.EMAIL)
    receive_text(web.caller, question)
    (case,) = (c for c in cases(web) if c.text)
    assert (case.call, case.phone) == (name, number)


def test_a_case_about_a_visit_or_patient_says_where_to_ring(web: WebMorning) -> None:
    name, number = a_patient_with_a_phone(web)
    web.run(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                  opened_at)
           SELECT v.branch_id, v.service_date, 'patient_declined', 'visit', v.id, 3, 'medium', :now
           FROM visit v JOIN address a ON a.party_id = v.patient_id AND a.value = :number
           WHERE v.service_date = :day LIMIT 1""",
        number=number,
        day=THE_DAY,
    )
    (box,) = (b for b in boxes(web) if f"<h3>{name} said no</h3>" in b)
    assert f'Call <bdi>{name}</bdi>, <a href="tel:{number}">' in box
    web.run(
        "UPDATE patient SET status = 'deceased' WHERE party_id IN (SELECT party_id FROM address WHERE value = :n)",
        n=number,
    )
    assert all(number not in b for b in boxes(web)), "no one calls a patient who has died"
    web.run(
        "UPDATE patient SET status = 'active' WHERE party_id IN (SELECT party_id FROM address WHERE value = :n)",
        n=number,
    )
    web.run(
        """INSERT INTO suppression (addr_hash, channel, reason, source, at)
           SELECT value_hash, 'sms', 'wrong_person', 'test', :now FROM address WHERE value = :number""",
        number=number,
    )
    (box,) = (b for b in boxes(web) if f"<h3>{name} said no</h3>" in b)
    assert "tel:" not in box


def test_positions_of_one_visit_are_one_card_whose_rules_are_folded(web: WebMorning) -> None:
    web.run("DELETE FROM exception_case")
    for position in (1, 2):
        web.run(
            """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, subject_position,
                      severity, band, reasons, deadline_at, opened_at)
               SELECT branch_id, service_date, 'uncovered_visit', 'visit', id, :position, 64, 'critical',
                      cast(:reasons AS jsonb), :now, :now FROM visit WHERE service_date = :day ORDER BY id LIMIT 1""",
            position=position,
            day=THE_DAY,
            reasons=json.dumps(["Nora lacks iv.", "Bo is a PT; the visit needs an RN.", to_json(BY_THE_ORDER)]),
        )
    web.clock.advance_to(at("07:50"))
    (box,) = boxes(web)
    assert "(2 positions)</h3>" in box and "<b>decide now</b> <span>open for 10 min</span>" in box
    assert "<p>Nora lacks iv.</p>" in box
    assert re.search(r"<details>\s*<summary>.*?What the rule says.*?<li>Skills. By the order.</li>", box, re.DOTALL)
    assert 'Exceptions <span class="count">1</span>' in web.browser.get("/").text, "what is listed is counted"
    with web.caller.transaction() as tx:
        (day,) = access.planned_days(tx, all_branches(tx)[0].id)
    assert day.cases == 1


def test_who_called_out_is_said_to_have_called_out_also_in_later_decisions(web: WebMorning) -> None:
    for clinician in ("E-01", "E-02", "E-03", "E-04", "E-05", "E-06"):
        call = CallOutRequest(kind="call_out", clinician=clinician)
        receive_signal(web.caller, call)
        worker.drain(web.caller)
    assert any("alled out, away from 07:40" in box for box in boxes(web))


def test_texts_and_numbers_are_for_staff_only(web: WebMorning) -> None:
    write(web, STRANGER, "Who is this?")
    with web.caller.transaction() as tx, pytest.raises(access.NotAllowed):
        access.day_view(tx.by(Actor(ActorKind.PATIENT_LINK)), all_branches(tx)[0], THE_DAY)


def test_only_what_is_medium_or_low_is_folded_away(web: WebMorning) -> None:
    web.run("DELETE FROM exception_case")
    for number, band in enumerate(["low"] * 3 + ["high"] * 9 + ["critical"]):
        web.run(
            """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                      opened_at)
               SELECT id, :day, 'limit_reached', 'signal', :n, 1, :band, :now FROM branch""",
            day=THE_DAY,
            n=number,
            band=band,
        )
    page = web.browser.get("/").text
    shown, folded = page.split("3 more<")
    assert shown.count('<li class="case high">') == 9 and shown.count('<li class="case critical">') == 1
    assert folded.count('<li class="case low">') == 3 and folded.count('<li class="case') == 3


def test_what_only_changes_its_place_in_the_order_is_not_said_to_move_in_time(web: WebMorning) -> None:
    link = web.link(purpose="clinician_day")
    web.press(link, "decline")
    worker.drain(web.caller)
    page = web.browser.get("/").text
    assert "move in time" not in page and "moves in time" not in page
    order = re.findall(r"changed only in order</summary>\s*<ul>(.*?)</ul>", page)
    for moves in order:
        assert "→" not in moves
    times = re.findall(r"at another time</summary>\s*<ul>(.*?)</ul>", page)
    for line in re.findall("<li>(.*?)</li>", "".join(times)):
        assert "→" in line or "told another time" in line
    assert order or times


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("evv_mismatch", "does not match"),
        ("not_clocked_in", "No check-in yet"),
        ("ncns", "has come to"),
        ("not_clocked_out", "No check-out yet"),
    ],
)
def test_a_report_that_does_not_match_or_does_not_come_names_the_clinician_to_ask_and_not_the_patient(
    web: WebMorning, kind: str, says: str
) -> None:
    (seat,) = web.rows(
        """SELECT a.visit_id, p.given || ' ' || p.family AS name, d.value
           FROM assignment a JOIN visit v ON v.id = a.visit_id AND v.patient_id IS NOT NULL
           JOIN party p ON p.id = a.clinician_id JOIN address d ON d.party_id = p.id AND d.channel = 'sms'
           WHERE a.service_date = :day AND a.to_version IS NULL ORDER BY a.visit_id LIMIT 1""",
        day=THE_DAY,
    )
    web.run(
        """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                  opened_at)
           SELECT branch_id, service_date, :kind, 'visit', id, 3, 'medium', :now FROM visit WHERE id = :id""",
        kind=kind,
        id=seat["visit_id"],
    )
    (box,) = (b for b in boxes(web) if says in b)
    assert f'Call <bdi>{seat["name"]}</bdi>, <a href="tel:{seat["value"]}">' in box


def test_every_exception_says_what_happens_if_no_one_acts(web: WebMorning) -> None:
    for number, kind in enumerate(CaseKind):
        web.run(
            """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, severity, band,
                      opened_at)
               SELECT id, :day, :kind, 'signal', :n, 1, 'high', :now FROM branch""",
            day=THE_DAY,
            kind=kind,
            n=1000 + number,
        )
    found = boxes(web)
    assert len(found) >= len(CaseKind)
    for box in found:
        assert len(re.findall(r'<p class="by-itself">If no one acts: [A-Z].*?\.</p>', box)) == 1


def test_a_clinician_who_does_not_come_has_the_repair_ready_on_the_board(web: WebMorning) -> None:
    (seat,) = web.rows(
        """SELECT visit_id, starts_at FROM assignment WHERE service_date = :day AND to_version IS NULL
             AND starts_at > :now ORDER BY starts_at, visit_id LIMIT 1""",
        day=THE_DAY,
    )
    web.clock.advance_to(seat["starts_at"] + timedelta(minutes=10))
    with web.caller.transaction() as tx:
        body = {"visit_id": seat["visit_id"], "position": 1, "absent": True}
        inbox.receive_all(tx, "timer", [Arrival("late_start", all_branches(tx)[0].id, THE_DAY, "absent:1", body)])
    worker.drain(web.caller)
    (box,) = (b for b in boxes(web) if "has come to" in b)
    assert "suture signal call-out" in box
    ready = re.search(r"<summary>If they are not coming, as worked out at \d\d:\d\d: .*?<ul>(.*?)</ul>", box, re.DOTALL)
    assert ready and "→" in ready[1]
