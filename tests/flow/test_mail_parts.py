"""What an e-mail holds beside its words: entries that calendars keep up to date, and the link that ends e-mail."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient
from tests.flow.a_told_visit import cases, plan, token_in
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, a_touch, at
from tests.store.a_shell import Shell

from suture.model.messages import CalendarMethod, Channel, Receipt, Send, SendOutcome, Step, SubjectKind
from suture.service.send_messages import send_due
from suture.service.unsubscribe import look_up, unsubscribe
from suture.store.contacts import reach
from suture.web.app import create_app

AWAY = Receipt(SendOutcome.TRANSIENT, "scripted", code="451")


@pytest.fixture
def by_mail(shell: Shell, branch: a_branch.Branch):
    """Writes to someone by e-mail."""

    def write(step: Step, party, visit=None, **facts: Any) -> Send:
        plan(shell, branch, a_touch(step, party, visit, channel=Channel.EMAIL, **facts))
        send_due(shell.caller)
        return shell.email.sent[-1]

    return write


def entries(message: Send) -> list[Any]:
    assert message.calendar
    return list(Calendar.from_ical(message.calendar.content.decode()).walk("VEVENT"))


def unsubscribe_token(message: Send) -> str:
    assert message.unsubscribe.startswith("http://localhost:8000/u/")
    return message.unsubscribe.rpartition("/")[2]


# the calendar --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [Step.P_NOTICE, Step.P_CONFIRM])
def test_a_visit_told_by_mail_is_an_entry_that_says_whose_and_when_and_no_more(shell, branch, visit, by_mail, step):
    message = by_mail(step, branch.ann, visit)
    assert message.calendar and message.calendar.method is CalendarMethod.REQUEST
    [entry] = entries(message)
    assert entry["SUMMARY"] == "Home visit – Riverbend Home Care"
    assert (entry.start, entry.end) == (at("09:00"), at("10:00"))
    assert entry["DTSTART"].params["TZID"] == "America/New_York"
    assert (entry["ORGANIZER"], entry["ATTENDEE"]) == ("mailto:visits@localhost", "mailto:Ann@example.org")
    said = message.calendar.content.decode().replace("Ann@example.org", "").replace("Riverbend Home Care", "")
    assert not re.search(r"Ann|Tester|Nora|SN|nurse|RN|LOCATION|V-", said)


def test_a_moved_visit_changes_its_entry_and_a_cancelled_one_takes_it_away(shell, branch, visit, by_mail):
    first = entries(by_mail(Step.P_CONFIRM, branch.ann, visit))[0]
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
        a_branch.assign(tx, branch, visit, branch.nora, "10:15", told="10:00")
    changed = entries(by_mail(Step.P_CHANGED, branch.ann, visit, rev=2))[0]
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit, status="cancelled")
        a_branch.assign(tx, branch, visit, None)
    message = by_mail(Step.P_CANCELLED, branch.ann, visit, rev=3)
    gone = entries(message)[0]
    assert first["UID"] == changed["UID"] == gone["UID"]
    assert [e["SEQUENCE"] for e in (first, changed, gone)] == [1, 2, 3]
    assert (changed.start, gone.start) == (at("10:00"), at("10:00"))
    assert message.calendar.method is CalendarMethod.CANCEL and gone["STATUS"] == "CANCELLED"


@pytest.fixture
def moved(shell, branch, visit):
    """The visit has another time, which is told by text: texts come first."""

    def tell(step: Step = Step.P_CHANGED, **facts: Any) -> None:
        with shell.caller.transaction() as tx:
            a_branch.move_visit_rev(tx, visit, **facts)
            a_branch.assign(tx, branch, visit, None if facts else branch.nora, "10:15", told="10:00")
        plan(shell, branch, a_touch(step, branch.ann, visit, rev=2))
        send_due(shell.caller)
        send_due(shell.caller)

    return tell


def test_a_change_told_by_text_is_followed_by_a_mail_that_moves_the_entry(shell, branch, visit, by_mail, moved):
    first = entries(by_mail(Step.P_NOTICE, branch.ann, visit))[0]
    moved()
    [_notice, message] = shell.email.sent
    assert len(shell.sms.sent) == 1 and message.calendar.method is CalendarMethod.REQUEST
    [entry] = entries(message)
    assert (entry["UID"], entry["SEQUENCE"], entry.start) == (first["UID"], 2, at("10:00"))
    assert "There is nothing to answer here." in message.body and "/p/" not in message.body
    promised = shell.rows("SELECT channel, asks FROM promise ORDER BY seq")
    assert promised == [{"channel": "email", "asks": False}, {"channel": "sms", "asks": True}], "it promises nothing"
    assert shell.rows("SELECT id FROM open_prompt WHERE closed_at IS NULL") != [], "the text is still to be answered"


def test_a_cancellation_told_by_text_is_followed_by_a_mail_that_takes_the_entry_away(
    shell, branch, visit, by_mail, moved
):
    first = entries(by_mail(Step.P_CONFIRM, branch.ann, visit))[0]
    moved(Step.P_CANCELLED, status="cancelled")
    message = shell.email.sent[-1]
    assert message.calendar.method is CalendarMethod.CANCEL
    [gone] = entries(message)
    assert (gone["UID"], gone["SEQUENCE"], gone["STATUS"]) == (first["UID"], 2, "CANCELLED")


def test_where_no_mail_has_made_an_entry_none_is_moved(shell, branch, visit, moved):
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    moved()
    assert shell.email.sent == []


def test_no_entry_is_moved_for_who_wants_no_more_mail(shell, branch, visit, by_mail, moved):
    message = by_mail(Step.P_NOTICE, branch.ann, visit)
    unsubscribe(shell.caller, unsubscribe_token(message))
    moved()
    assert shell.email.sent == [message]
    assert shell.rows("SELECT id FROM touch WHERE step = 'p.calendar'") == []


def test_an_entry_waits_where_mail_waits_and_one_that_is_stale_never_leaves(shell, branch, visit, by_mail, moved):
    by_mail(Step.P_NOTICE, branch.ann, visit)
    shell.email.script = [AWAY]
    moved()
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
    shell.clock.advance_to(shell.clock.now() + timedelta(minutes=5))
    send_due(shell.caller)
    assert len(shell.email.sent) == 1
    assert shell.rows("SELECT state FROM touch WHERE step = 'p.calendar'") == [{"state": "superseded"}]


def test_a_visit_that_was_never_told_has_no_entry_to_take_away(shell, branch, visit, by_mail):
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit, status="cancelled")
    assert by_mail(Step.P_CANCELLED, branch.ann, visit, rev=2).calendar is None


def test_an_entry_is_by_the_clock_where_the_visit_is(shell, branch, visit, by_mail):
    shell.run("UPDATE place SET tz = 'America/Chicago'")
    [entry] = entries(by_mail(Step.P_CONFIRM, branch.ann, visit))
    assert entry.start == datetime.combine(THE_DAY, at("08:00").time(), ZoneInfo("America/Chicago")) - timedelta(
        hours=4
    )
    assert entry["DTSTART"].params["TZID"] == "America/Chicago"


def test_an_appointment_is_called_one_and_has_no_end(shell, branch, visit, by_mail):
    shell.run("UPDATE service SET kind = 'appointment'")
    shell.run("UPDATE place SET name = 'Riverbend Clinic North'")
    shell.run("UPDATE assignment SET told_close = told_open")
    message = by_mail(Step.P_CONFIRM, branch.ann, visit)
    [entry] = entries(message)
    assert entry["SUMMARY"] == "Appointment – Riverbend Home Care" and "DTEND" not in entry
    assert "Clinic" not in message.calendar.content.decode()


def test_several_visits_of_a_day_are_several_entries_of_one_calendar(shell, branch, visit):
    with shell.caller.transaction() as tx:
        second = a_branch.add_visit(tx, branch, branch.ann, "13:00")
        a_branch.assign(tx, branch, second, branch.nora, "13:00", told="13:00")
    about = a_touch(Step.P_CONFIRM, branch.ann, visit, channel=Channel.EMAIL, not_after=at("14:00"))
    plan(shell, branch, replace(about, subject=SubjectKind.PATIENT_DAY, subject_id=20260324))
    send_due(shell.caller)
    [message] = shell.email.sent
    assert message.calendar and message.calendar.method is CalendarMethod.PUBLISH
    assert [e.start for e in entries(message)] == [at("09:00"), at("13:00")]
    assert len({e["UID"] for e in entries(message)}) == 2


def test_a_clinicians_day_is_one_entry_without_a_place(shell, branch, visit, by_mail):
    with shell.caller.transaction() as tx:
        second = a_branch.add_visit(tx, branch, branch.ben, "13:00")
        a_branch.assign(tx, branch, second, branch.nora, "13:00", told="13:00")
    message = by_mail(Step.S_PUBLISHED, branch.nora, rev=2)
    [entry] = entries(message)
    assert (entry["SUMMARY"], entry.start, entry.end) == ("Work day – Riverbend Home Care", at("09:00"), at("14:00"))
    shell.run("UPDATE assignment SET to_version = 3")
    emptied = by_mail(Step.S_EMPTIED, branch.nora, rev=3)
    [gone] = entries(emptied)
    assert emptied.calendar.method is CalendarMethod.CANCEL
    assert (gone["UID"], gone["SEQUENCE"]) == (entry["UID"], 3)


def test_a_text_has_neither(shell, branch, visit):
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    [message] = shell.sms.sent
    assert (message.calendar, message.unsubscribe) == (None, "")


# the link that ends e-mail ----------------------------------------------------------------------------


def test_the_link_of_a_mail_closes_its_address_once_and_a_visit_that_is_near_is_a_call(shell, branch, visit, by_mail):
    token = unsubscribe_token(by_mail(Step.P_CONFIRM, branch.ann, visit))
    looked = look_up(shell.caller, token)
    assert looked and not looked.is_done
    assert shell.rows("SELECT id FROM suppression") == []
    for _ in range(2):
        done = unsubscribe(shell.caller, token)
        assert done and done.is_done
    [row] = shell.rows("SELECT channel, reason, source, addr_hash FROM suppression")
    with shell.caller.transaction() as tx:
        closed = reach(tx, branch.ann, Channel.EMAIL)
        assert closed.suppressed and closed.value_hash == row["addr_hash"]
        assert reach(tx, branch.ann, Channel.SMS).usable
    assert (row["channel"], row["reason"], row["source"].partition(":")[0]) == ("email", "stop", "link")
    assert cases(shell) == [("opted_out", "patient", branch.ann)]
    [why] = shell.rows("SELECT reasons::text AS reasons FROM exception_case")
    assert "mail.stopped" in why["reasons"]
    [audited] = shell.rows("SELECT code, actor FROM audit_row WHERE code LIKE 'contact.%'")
    assert audited == {"code": "contact.suppressed", "actor": f"patient_link:{branch.ann}"}


def test_it_closes_the_address_that_the_mail_went_to_not_the_one_there_is_now(shell, branch, visit, by_mail):
    token = unsubscribe_token(by_mail(Step.P_CONFIRM, branch.ann, visit))
    shell.run("UPDATE address SET value = 'new@example.org', value_hash = 'new' WHERE channel = 'email'")
    unsubscribe(shell.caller, token)
    with shell.caller.transaction() as tx:
        assert reach(tx, branch.ann, Channel.EMAIL).usable


def test_each_of_the_two_links_of_a_mail_opens_its_own_page_only_until_it_expires(shell, branch, visit, by_mail):
    message = by_mail(Step.P_CONFIRM, branch.ann, visit)
    token, browser = unsubscribe_token(message), a_browser(shell)
    assert browser.get(f"/p/{token_in(message)}").status_code == 200
    assert browser.get(f"/u/{token}").status_code == 200
    wrong = [
        browser.get(f"/p/{token}"),
        browser.get(f"/u/{token_in(message)}"),
        browser.post(f"/u/{token_in(message)}"),
    ]
    assert {r.status_code for r in wrong} == {404} and len({r.text for r in wrong}) == 1
    shell.clock.advance_to(shell.clock.now() + timedelta(days=59))
    assert browser.get(f"/u/{token}").status_code == 200
    shell.clock.advance_to(shell.clock.now() + timedelta(days=2))
    assert browser.post(f"/u/{token}").text == wrong[0].text
    assert shell.rows("SELECT id FROM suppression") == []


def test_a_second_try_has_both_links_and_those_of_the_first_are_dead(shell, branch, visit, by_mail):
    tried: list[Send] = []

    def away(message: Send) -> Receipt:
        tried.append(message)
        return AWAY

    shell.email.script = [away]
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit, channel=Channel.EMAIL))
    send_due(shell.caller)
    shell.clock.advance_to(shell.clock.now() + timedelta(minutes=5))
    send_due(shell.caller)
    [again], [first], browser = shell.email.sent, tried, a_browser(shell)
    for path in (f"/u/{unsubscribe_token(first)}", f"/p/{token_in(first)}"):
        assert browser.get(path).status_code == 404
    for path in (f"/u/{unsubscribe_token(again)}", f"/p/{token_in(again)}"):
        assert browser.get(path).status_code == 200


def test_the_page_asks_in_the_readers_language_with_one_button_and_then_says_that_it_is_done(
    shell, branch, visit, by_mail
):
    token, browser = unsubscribe_token(by_mail(Step.P_CONFIRM, branch.ann, visit)), a_browser(shell)
    page = browser.get(f"/u/{token}").text
    assert page.count("<button") == 1 and "Send me no more e-mail" in page and "614-555-0100" in page
    spanish = browser.post(f"/u/{token}?lang=es").text
    assert "<button" not in spanish and '<html lang="es">' in spanish
    assert "We will send you no more e-mail." in browser.get(f"/u/{token}").text


def test_a_mail_program_may_say_it_as_a_form_of_either_kind_or_say_nothing(shell, branch, visit, by_mail):
    token, browser = unsubscribe_token(by_mail(Step.P_CONFIRM, branch.ann, visit)), a_browser(shell)
    for body in ({"data": {"List-Unsubscribe": "One-Click"}}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}):
        assert browser.post(f"/u/{token}", **body).status_code == 200


def test_colleagues_are_not_asked_whether_they_want_mail(shell, branch, visit, by_mail):
    assert by_mail(Step.S_PUBLISHED, branch.nora).unsubscribe == ""


def a_browser(shell: Shell) -> TestClient:
    app = create_app(shell.caller.tools)
    return TestClient(app, base_url="http://localhost:8000", follow_redirects=False)
