"""A patient's page, and a text, once what was promised is not planned so any more and the new message has not left."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.flow.a_web_morning import heading, hidden
from tests.store.a_lakeside import MONDAY, TUESDAY, Lakeside, at

from suture.model.messages import Channel, InboundText
from suture.service.receive_reply import ReplyAction, receive_text
from suture.web.app import create_app

EVENING = at("18:00", MONDAY.replace(day=29))
YES = "Yes, I will be home"
CHANGING, CHECKING = "We are changing the time of your visit", "We are checking the time of your visit"


class Patients:
    """Lakeside on the evening before: everyone was asked, nobody has answered; and the pages behind their links."""

    def __init__(self, lake: Lakeside) -> None:
        self.lake = lake
        app = create_app(lake.caller.tools)
        self.browser = TestClient(app, base_url="http://localhost:8000", follow_redirects=False)

    def link(self, visit: str) -> str:
        """The address in the text that the visit's patient got first."""
        texts = [m for m in self.lake.caller.tools.channels[Channel.SMS].sent.values() if m.to == number_of(visit)]  # type: ignore[attr-defined]
        found = re.search(r"/p/\S+", texts[0].body)
        assert found
        return found.group(0)

    def page(self, visit: str, query: str = "") -> str:
        """What the patient of a visit sees now."""
        response = self.browser.get(self.link(visit) + query)
        assert response.status_code == 200
        return response.text

    def press(self, visit: str, answer: str) -> str:
        """Answer by the form of the page as it is, or by hand where it has none, and see what it leads to."""
        link = self.link(visit)
        data = {**hidden(self.browser.get(link).text), "answer": answer}
        answered = self.browser.post(link, data=data)
        return self.browser.get(link + answered.headers["Location"]).text if answered.is_redirect else answered.text

    def text(self, visit: str, body: str) -> ReplyAction:
        """Answer by a text from the patient's number."""
        text = InboundText("console", f"{visit} {body}", number_of(visit), body)
        return receive_text(self.lake.caller, text).action

    def answers(self, visit: str) -> list[str]:
        """What is recorded of the patient's answers to promises of a visit, once all is decided."""
        self.lake.decide()
        rows = self.lake.rows(
            """SELECT c.state FROM confirmation c JOIN promise p ON p.id = c.promise_id
               JOIN visit v ON v.id = p.visit_id AND v.patient_id = p.party_id WHERE v.external_id = :visit""",
            visit=visit,
        )
        return [r["state"] for r in rows]


def number_of(visit: str) -> str:
    return f"+1614555011{visit[1:]}"


@pytest.fixture
def patients(database: Engine, tmp_path: Path) -> Patients:
    lake = Lakeside(database, tmp_path / "lake").published()
    lake.send(EVENING)
    return Patients(lake)


def another_hour(lake: Lakeside) -> None:
    lake.change("visits", "V4", window_start="15:00", window_end="16:30")
    lake.load()


def another_day(lake: Lakeside) -> None:
    lake.change("visits", "V4", date=str(TUESDAY))
    lake.load()


def no_one_left(lake: Lakeside) -> None:
    for nurse in ("N1", "N2"):
        lake.signal("call_out", clinician=nurse, **{"from": at("08:00").isoformat()})


def on_hold(lake: Lakeside) -> None:
    lake.change("visits", "V4", status="held")
    lake.load()


def in_hospital(lake: Lakeside) -> None:
    lake.change("patients", "P4", status="inpatient")
    lake.load()


def cancelled_by_file(lake: Lakeside) -> None:
    lake.change("visits", "V4", status="cancelled")
    lake.load()


MOVES = {
    another_hour: CHANGING,
    another_day: CHANGING,
    no_one_left: CHECKING,
    on_hold: CHECKING,
    in_hospital: CHECKING,
}
cases_of = pytest.mark.parametrize(("happens", "title"), MOVES.items(), ids=[m.__name__ for m in MOVES])


def test_a_time_that_holds_is_asked_about(patients: Patients) -> None:
    assert heading(patients.page("V4")).startswith("Can you be home for your nurse on Monday, November 30?")
    assert YES in patients.page("V4")


@cases_of
def test_the_page_says_at_once_what_may_not_be_promised(patients: Patients, happens, title) -> None:
    happens(patients.lake)
    undecided = patients.page("V4")
    assert heading(undecided) in (CHANGING, CHECKING)
    patients.lake.decide()
    for page in (undecided, patients.page("V4")):
        assert YES not in page and "We plan to come" not in page
        assert re.search(r"We told you Monday, November 30, between 1\d:\d0 ", page)
        assert 'href="tel:+16145550100"' in page
        assert "3:00" not in page and "Tuesday" not in page, "what may still change is not announced"
    assert heading(patients.page("V4")) == title
    spanish = patients.page("V4", "?lang=es")
    assert "el horario de su visita" in heading(spanish) and "Le dijimos el lunes 30 de noviembre" in spanish


@cases_of
def test_a_yes_by_the_page_is_not_taken(patients: Patients, happens, title) -> None:
    form = hidden(patients.page("V4"))
    happens(patients.lake)
    patients.lake.decide()
    before = patients.lake.rows("SELECT id FROM inbox")
    for data in ({**form, "answer": "accept"}, {"answer": "accept"}):
        answered = patients.browser.post(patients.link("V4"), data=data)
        assert heading(patients.browser.get(patients.link("V4") + answered.headers["Location"]).text) == title
    assert (patients.lake.rows("SELECT id FROM inbox"), patients.answers("V4")) == (before, [])


@cases_of
def test_thanks_do_not_outlive_what_they_promise(patients: Patients, happens, title) -> None:
    thanks = patients.press("V4", "accept")
    assert heading(thanks) == "Thank you. Your visit is confirmed."
    patients.lake.decide()
    link = patients.link("V4")
    address = patients.browser.post(link, data={**hidden(patients.page("V4")), "answer": "accept"}).headers["Location"]
    happens(patients.lake)
    patients.lake.decide()
    assert heading(patients.browser.get(link + address).text) == title


@cases_of
def test_a_yes_by_text_confirms_nothing(patients: Patients, happens, title) -> None:
    happens(patients.lake)
    patients.lake.decide()
    action = patients.text("V4", "1")
    assert patients.answers("V4") == []
    if happens is another_hour:  # the message with the new time asks again
        assert (action, "reply_unclear" in patients.lake.cases()) == (ReplyAction.ANSWERED, False)
        assert ("p.changed", "P4") in patients.lake.touches("planned")
    else:
        assert action is ReplyAction.UNCLEAR and ("p.human", "P4") in patients.lake.touches("planned")
        assert patients.lake.rows("SELECT 1 FROM exception_case WHERE kind = 'reply_unclear' AND state = 'open'")


def test_a_yes_that_came_before_stands_where_the_time_does(patients: Patients) -> None:
    patients.text("V4", "1")
    no_one_left(patients.lake)
    assert patients.answers("V4") == ["accepted"]


@pytest.mark.parametrize("happens", [another_hour, no_one_left])
def test_a_patient_may_cancel_or_ask_for_another_time_meanwhile(patients: Patients, happens) -> None:
    happens(patients.lake)
    patients.lake.decide()
    said = patients.press("V4", "reschedule")
    assert heading(said) == "Thank you. We know that you need a different time." and "nothing has changed" not in said
    assert patients.answers("V4") == ["declined"]
    assert "patient_declined" in patients.lake.cases()
    patients.press("V4", "cancel")
    patients.lake.decide()
    assert heading(patients.page("V4")) == "You cancelled."


def test_a_visit_that_moved_to_another_day_is_for_the_phone(patients: Patients) -> None:
    """No decision of the old day could take the answer: the page asks nothing, and a text goes to a person."""
    another_day(patients.lake)
    patients.lake.decide()
    assert "<form" not in patients.page("V4")
    assert patients.text("V4", "2") is ReplyAction.UNCLEAR
    assert "promise_at_risk" in patients.lake.cases(), "the patient is to be called"


def test_the_old_link_answers_for_the_new_day_once_that_was_told(patients: Patients) -> None:
    lake = patients.lake
    lake.add("visits", external_id="V7", patient_external_id="P5", date=str(TUESDAY))
    lake.load()
    lake.plan(TUESDAY)
    lake.publish(TUESDAY)
    another_day(lake)
    lake.decide()
    assert heading(patients.page("V4")) == CHANGING
    lake.send(at("18:30", MONDAY.replace(day=29)))
    assert heading(patients.page("V4")) == "Can you be home for your nurse on Tuesday, December 1?"
    patients.press("V4", "accept")
    assert patients.answers("V4") == ["accepted"]


def test_the_new_message_ends_it(patients: Patients) -> None:
    another_hour(patients.lake)
    patients.lake.decide()
    patients.lake.send(at("18:30", MONDAY.replace(day=29)))
    page = patients.page("V4")
    assert heading(page).startswith("Can you be home") and re.search(r"between 3:\d0", page) and YES in page


def test_a_visit_is_called_cancelled_once_it_is(patients: Patients) -> None:
    cancelled_by_file(patients.lake)
    assert heading(patients.page("V4")) == CHECKING, "a signal that waits is not yet so"
    patients.lake.decide()
    page = patients.page("V4")
    assert heading(page) == "Your visit on Monday, November 30 is cancelled." and "<form" not in page
    assert "Please do not wait for us." in page
    assert heading(patients.page("V4", "?lang=es")) == "Su visita del lunes 30 de noviembre está cancelada."
    assert patients.press("V4", "accept") == page
    assert patients.answers("V4") == []
