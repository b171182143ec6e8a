"""What comes back of a sent message: by the link in it, or as a text."""

import pytest
from tests.flow.a_told_visit import plan, token_in
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, THE_DAY, a_touch, at

from suture.model.addresses import address_hash
from suture.model.day import ConfirmationState
from suture.model.links import ClinicianLink, LinkResult, PatientLink, Profession
from suture.model.messages import Channel, InboundText, Step
from suture.model.signals import Answer
from suture.service.answer_link import answer, look_up
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.send_messages import send_due
from suture.store import contacts

# links --------------------------------------------------------------------------------------------


@pytest.fixture
def patients_link(shell, branch, visit) -> str:
    """The token in Ann's text."""
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    send_due(shell.caller)
    return token_in(shell.sms.sent[0])


@pytest.fixture
def noras_link(shell, branch, visit) -> str:
    """The token in Nora's mail."""
    plan(shell, branch, a_touch(Step.S_PUBLISHED, branch.nora, channel=Channel.EMAIL))
    send_due(shell.caller)
    return token_in(shell.email.sent[0])


def test_a_patients_link_shows_what_they_were_told_and_no_more(shell, patients_link):
    view = look_up(shell.caller, patients_link)
    assert isinstance(view, PatientLink)
    assert (view.agency, view.phone, view.lang) == ("Riverbend Home Care", "+16145550100", "en")
    assert (view.window.open, view.profession, view.is_open) == (at("09:00"), Profession.NURSE, True)
    assert view.answer is ConfirmationState.NEEDS_ACTION


def test_pressing_twice_is_one_answer_and_another_answer_is_another(shell, patients_link):
    for given in (Answer.ACCEPT, Answer.ACCEPT, Answer.RESCHEDULE, Answer.RESCHEDULE, Answer.ACCEPT):
        assert answer(shell.caller, patients_link, given) is LinkResult.RECORDED
    stored = [r["answer"] for r in shell.rows("SELECT body ->> 'answer' AS answer FROM inbox ORDER BY id")]
    assert stored == ["accept", "reschedule", "accept"]


def test_an_answer_is_a_signal_bound_to_the_promise(shell, branch, patients_link):
    answer(shell.caller, patients_link, Answer.CANCEL)
    [promise] = shell.rows("SELECT id, touch_id FROM promise")
    [row] = shell.rows("SELECT kind, source, body, service_date, occurred_at FROM inbox")
    assert (row["kind"], row["source"], row["service_date"], row["occurred_at"]) == (
        "reply",
        "link",
        THE_DAY,
        AFTERNOON_BEFORE,
    )
    assert row["body"] == {
        "party_id": branch.ann,
        "answer": "cancel",
        "via": "link",
        "promise_id": promise["id"],
        "touch_id": promise["touch_id"],
    }


def test_unknown_and_expired_links_are_alike(shell, patients_link):
    shell.clock.advance_to(at("11:41"))
    for token in (patients_link, "nobody made this", ""):
        assert look_up(shell.caller, token) is None
        assert answer(shell.caller, token, Answer.ACCEPT) is None


def test_a_patient_can_still_look_after_the_visit_is_off_but_answers_nothing(shell, visit, patients_link):
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit, status="cancelled")
    view = look_up(shell.caller, patients_link)
    assert isinstance(view, PatientLink) and not view.is_open
    assert answer(shell.caller, patients_link, Answer.ACCEPT) is LinkResult.CLOSED
    assert shell.rows("SELECT id FROM inbox") == []


def test_an_answer_to_what_is_no_longer_shown_is_not_taken(shell, branch, visit, patients_link):
    view = look_up(shell.caller, patients_link)
    assert isinstance(view, PatientLink)
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, visit)
        a_branch.assign(tx, branch, visit, branch.nora, "10:15", told="10:00")
    plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, visit, rev=2))
    send_due(shell.caller)
    assert answer(shell.caller, patients_link, Answer.ACCEPT, view.seen) is LinkResult.MOVED_ON
    newer = look_up(shell.caller, patients_link)
    assert isinstance(newer, PatientLink) and newer.window.open == at("10:00")
    assert answer(shell.caller, patients_link, Answer.ACCEPT, newer.seen) is LinkResult.RECORDED


def test_a_clinicians_link_shows_the_day_with_initials_only(shell, noras_link):
    view = look_up(shell.caller, noras_link)
    assert isinstance(view, ClinicianLink)
    assert [(s.starts_at, s.window.open, s.label) for s in view.stops] == [(at("09:15"), at("09:00"), "AT")]
    assert (view.service_date, view.is_open, view.answer) == (THE_DAY, True, ConfirmationState.NEEDS_ACTION)


def test_a_clinician_accepts_all_they_see_and_gives_back_what_one_message_brought(shell, branch, visit, noras_link):
    with shell.caller.transaction() as tx:
        more = a_branch.add_visit(tx, branch, branch.ben, "10:00")
        a_branch.assign(tx, branch, more, branch.nora, "10:15")
    [newest] = plan(shell, branch, a_touch(Step.S_CHANGED, branch.nora, rev=2, channel=Channel.EMAIL))
    send_due(shell.caller)
    answer(shell.caller, noras_link, Answer.ACCEPT)
    answer(shell.caller, noras_link, Answer.DECLINE)
    accepted, declined = (r["body"]["touch_id"] for r in shell.rows("SELECT body FROM inbox ORDER BY id"))
    assert accepted == newest
    assert declined < newest


def test_a_clinicians_day_offers_no_other_answer(shell, noras_link):
    with pytest.raises(ValueError, match="cannot be answered"):
        answer(shell.caller, noras_link, Answer.RESCHEDULE)


# texts back ---------------------------------------------------------------------------------------


def test_a_digit_answers_the_question_that_stands_open(shell, branch, visit, patients_link):
    result = receive_text(shell.caller, InboundText("console", "m1", "+1 (614) 555-0111", " 1 "))
    assert result.action is ReplyAction.ANSWERED
    [row] = shell.rows("SELECT source, source_id, body FROM inbox")
    assert (row["source"], row["source_id"], row["body"]["answer"]) == ("sms", "m1", "accept")
    assert row["body"]["promise_id"] == shell.rows("SELECT id FROM promise")[0]["id"]


def test_a_text_from_a_number_as_people_write_it_is_from_its_owner(shell, branch, visit, patients_link):
    assert receive_text(shell.caller, InboundText("console", "m1", "614-555-0111", "stop")).action is (
        ReplyAction.SUPPRESSED
    )
    assert shell.rows("SELECT addr_hash FROM suppression") == [{"addr_hash": address_hash("+16145550111")}]


def test_a_stopped_number_gets_nothing_more_until_it_says_start(shell, branch, visit, patients_link):
    receive_text(shell.caller, InboundText("console", "m1", "+16145550111", "stop"))
    with shell.caller.transaction() as tx:
        assert contacts.reach(tx, branch.ann, Channel.SMS).suppressed
        assert not contacts.reach(tx, branch.ann, Channel.EMAIL).suppressed
    assert receive_text(shell.caller, InboundText("console", "m2", "+16145550111", "YES")).action is ReplyAction.RESUMED
    with shell.caller.transaction() as tx:
        assert contacts.reach(tx, branch.ann, Channel.SMS).usable
    assert shell.rows("SELECT id FROM inbox") == [], "that yes confirmed nothing"
