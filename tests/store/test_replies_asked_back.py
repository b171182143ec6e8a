"""Texts that lead to a question back: whose visit is meant, what was promised before; and taps, days and pictures."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from tests.store import a_branch
from tests.store.a_branch import AFTERNOON_BEFORE, a_touch, add_address
from tests.store.a_shell import Shell, emptied, module_database
from tests.store.an_asked_agency import ANN, NORA, Agency

from suture.model.ids import VisitId
from suture.model.messages import Channel, InboundText, Receipt, SendOutcome, Step, TouchState
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.record_attempt import arrived
from suture.service.send_messages import send_due
from suture.store import attempts, contacts, touches
from suture.store.embedded import EmbeddedPostgres


@pytest.fixture(scope="module")
def own_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    with module_database(postgres, "asked_back") as engine:
        yield engine


@pytest.fixture
def agency(own_database: Engine) -> Agency:
    shell = Shell(emptied(own_database), AFTERNOON_BEFORE)
    with shell.caller.transaction() as tx:
        branch = a_branch.make_branch(tx)
        add_address(tx, branch.nora, Channel.SMS, NORA)
    return Agency(shell, branch)


# a phone that two share ---------------------------------------------------------------------------


@pytest.fixture
def couple(agency: Agency) -> Agency:
    """Ann and Cal share a phone; both have been asked."""
    cal = agency.another_on(ANN)
    agency.asked(cal, "14:00")
    agency.asked(agency.branch.ann, "09:00")
    return agency


def test_which_visit_is_asked_by_its_time_and_no_name_is_said(couple):
    assert couple.text("1") is ReplyAction.ASKED_BACK
    assert (couple.signals(), couple.cases()) == ([], [])
    assert couple.said[-1] == "which visit do you mean? Reply 1 for 9:00am and 2 for 2:00pm. Questions? 614-555-0100"
    assert "Ann" not in couple.said[-1] and "Cal" not in couple.said[-1]


@pytest.mark.parametrize(("choice", "whose"), [("1", "Ann"), ("2", "Cal"), ("two", "Cal")])
def test_the_number_chosen_gives_the_first_answer_to_that_visit(couple, choice, whose):
    couple.text("No")
    assert couple.text(choice) is ReplyAction.ANSWERED
    assert couple.answers() == [(whose, "decline")]


def test_a_no_is_a_persons_work_until_it_is_known_whose(couple):
    couple.text("no")
    [reasons] = couple.cases()
    assert "asked back which visit" in reasons[0] and reasons[1] == "Maybe it means no."
    couple.text("1")
    assert couple.cases() == []


def test_after_the_choice_the_next_answer_is_a_new_one(couple):
    couple.text("1")
    couple.text("1")
    couple.shell.run("UPDATE open_prompt SET closed_at = :now WHERE party_id = :ann", ann=couple.branch.ann)
    assert couple.text("1") is ReplyAction.ANSWERED, "only one is open by now"
    assert couple.answers() == [("Ann", "accept"), ("Cal", "accept")]


@pytest.mark.parametrize("body", ["3", "yes"])
def test_what_is_no_choice_is_read_by_a_person(couple, body):
    couple.text("1")
    assert couple.text(body) is ReplyAction.UNCLEAR
    assert couple.signals() == []
    assert "share this number" in couple.cases()[0][0]


def test_which_is_asked_once_an_hour(couple):
    couple.text("1")
    couple.shell.run("UPDATE asked_back SET closed_at = :now")
    assert couple.text("1") is ReplyAction.UNCLEAR
    assert couple.cases()[0][1] == "Maybe it means yes."
    couple.later(61)
    assert couple.text("1") is ReplyAction.ASKED_BACK


def test_before_the_question_has_left_nothing_is_a_choice(couple):
    def take(body: str, msg: str) -> ReplyAction:
        return receive_text(couple.shell.caller, InboundText("console", msg, ANN, body)).action

    assert (take("1", "a"), take("1", "b")) == (ReplyAction.ASKED_BACK, ReplyAction.UNCLEAR)
    assert couple.signals() == []


def test_a_question_that_was_answered_meanwhile_is_not_offered(couple):
    receive_text(couple.shell.caller, InboundText("console", "a", ANN, "1"))
    couple.shell.run("UPDATE open_prompt SET expires_at = :now WHERE party_id = :ann", ann=couple.branch.ann)
    send_due(couple.shell.caller)
    assert "p.which" not in couple.steps()


def test_a_choice_that_has_moved_on_is_no_answer(couple):
    couple.text("1")
    [visit] = couple.shell.rows("SELECT id FROM visit WHERE patient_id = :ann", ann=couple.branch.ann)
    couple.moved(VisitId(visit["id"]), "10:15")
    couple.send(a_touch(Step.P_CHANGED, couple.branch.ann, VisitId(visit["id"]), rev=2, due=couple.shell.clock.now()))
    couple.later(1)
    couple.text("1")
    assert couple.answers() == []


def test_equal_times_cannot_be_told_apart_by_text(agency):
    cal = agency.another_on(ANN)
    agency.asked(cal, "09:00")
    agency.asked(agency.branch.ann, "09:00")
    assert agency.text("yes") is ReplyAction.UNCLEAR
    [reasons] = agency.cases()
    assert "share this number" in reasons[0] and reasons[1] == "Maybe it means yes."
    assert agency.steps()[-1] == "p.human"


def test_visits_of_two_days_are_offered_with_their_days(agency):
    cal = agency.another_on(ANN)
    agency.asked(cal, "09:00")
    agency.shell.run("UPDATE promise SET window_open = window_open + interval '1 day'")
    agency.shell.run("UPDATE touch SET service_date = service_date + 1 WHERE state = 'sent'")
    agency.asked(agency.branch.ann, "09:00")
    assert agency.text("1") is ReplyAction.ASKED_BACK
    assert "Reply 1 for Mar 24 9:00am and 2 for Mar 25 9:00am." in agency.said[-1]


def test_four_are_too_many_for_a_text(agency):
    people = [agency.branch.ann, *(agency.another_on(ANN, name) for name in ("Cal", "Dee", "Eve"))]
    for n, party in enumerate(people):
        agency.asked(party, f"{9 + n:02}:00")
    assert agency.text("1") is ReplyAction.UNCLEAR


def test_a_thumb_on_one_of_two_questions_says_which(couple):
    body = next(m.body for m in couple.shell.sms.sent if "2:00-3:00pm" in m.body)
    assert couple.text(f"Liked “{body}”") is ReplyAction.ANSWERED
    assert couple.answers() == [("Cal", "accept")]


# taps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tap", ["Liked “{}”", "Le gustó “{}”", "👍 to “{}”", 'Liked "{}"'])
def test_a_thumb_up_on_the_question_is_a_yes(agency, tap):
    agency.asked(agency.branch.ann)
    assert agency.text(tap.format(agency.shell.sms.sent[-1].body)) is ReplyAction.ANSWERED
    assert agency.answers() == [("Ann", "accept")]


@pytest.mark.parametrize(
    ("tap", "maybe"),
    [("Loved “{}”", "Maybe it means yes."), ("Disliked “{}”", "Maybe it means no."), ("Questioned “{}”", None)],
)
def test_another_tap_on_the_question_is_read_by_a_person(agency, tap, maybe):
    agency.asked(agency.branch.ann)
    assert agency.text(tap.format(agency.shell.sms.sent[-1].body)) is ReplyAction.UNCLEAR
    assert agency.signals() == []
    assert agency.cases() == [
        ["A tap on a question came in, such as a heart. Read it and call back.", *filter(None, [maybe])]
    ]


@pytest.mark.parametrize("tap", ["Liked “{}”", "Loved “{}”", "Disliked “{}”"])
def test_a_tap_on_anything_else_is_nothing(agency, tap):
    agency.asked(agency.branch.ann)
    agency.text("HELP")
    helped = agency.shell.sms.sent[-1].body
    for quote in (helped, "If this is an emergency, call 911", "STOP", "1"):
        assert agency.text(tap.format(quote)) is ReplyAction.NOTED
    assert agency.text("Liked an image") is ReplyAction.NOTED
    assert (agency.signals(), agency.cases()) == ([], [])


def test_a_thumb_on_an_older_question_asks_about_the_time_that_holds(agency):
    visit = agency.asked(agency.branch.ann)
    old = agency.shell.sms.sent[-1].body
    agency.moved(visit, "10:00")
    agency.send(a_touch(Step.P_CHANGED, agency.branch.ann, visit, rev=2, due=agency.shell.clock.now()))
    assert agency.text(f"Liked “{old}”") is ReplyAction.ASKED_BACK
    assert agency.signals() == []
    assert agency.said[-1] == (
        "please answer once more: visit Tue Mar 24, 10:00-11:00am. Reply 1 yes, 2 no, STOP to opt out. 614-555-0100"
    )


# what was promised before -------------------------------------------------------------------------


@pytest.fixture
def changed(agency: Agency) -> Agency:
    """Ann was asked about nine, and a moment ago about ten."""
    visit = agency.asked(agency.branch.ann)
    agency.later(30)
    agency.moved(visit, "10:00")
    agency.send(a_touch(Step.P_CHANGED, agency.branch.ann, visit, rev=2, due=agency.shell.clock.now()))
    return agency


def test_a_yes_that_crosses_a_new_time_accepts_nothing_and_is_asked_again(changed):
    assert changed.text("1", came_at=changed.shell.clock.now() - timedelta(seconds=3)) is ReplyAction.ASKED_BACK
    assert changed.signals() == []
    assert changed.said[-1].startswith("please answer once more: visit Tue Mar 24, 10:00-11:00am.")
    changed.later(1)
    assert changed.text("1") is ReplyAction.ANSWERED
    newest = changed.shell.rows("SELECT max(id) AS id FROM promise")[0]["id"]
    assert [s["promise_id"] for s in changed.signals()] == [newest]


def test_a_thumb_on_what_asks_nothing_asks_nothing_again(changed):
    changed.text("HELP")
    assert changed.text(f"Liked “{changed.shell.sms.sent[-1].body}”") is ReplyAction.NOTED
    assert "p.again" not in changed.steps()


def test_a_yes_a_while_after_the_new_time_is_one(changed):
    changed.later(1)
    assert changed.text("1") is ReplyAction.ANSWERED


def test_a_yes_to_a_text_whose_visit_was_told_again_by_mail_is_asked_again(agency):
    visit = agency.asked(agency.branch.ann)
    agency.moved(visit, "10:00")
    mail = a_touch(Step.P_CHANGED, agency.branch.ann, visit, rev=2, channel=Channel.EMAIL, due=agency.shell.clock.now())
    agency.send(mail)
    agency.later(5)
    assert agency.text("1") is ReplyAction.ASKED_BACK
    assert agency.signals() == []
    assert agency.steps()[-1] == "p.again"


def test_one_visit_is_asked_about_again_once(changed):
    changed.text("1")
    changed.shell.run("UPDATE open_prompt SET expires_at = :now")
    assert changed.text("1") is ReplyAction.UNCLEAR
    assert changed.steps().count("p.again") == 1


@pytest.fixture
def maybe_changed(agency: Agency) -> Agency:
    """Ann was asked about nine, and maybe a while ago about ten: what became of that text is not known."""
    visit = agency.asked(agency.branch.ann)
    agency.moved(visit, "10:00")
    agency.shell.sms.script = [Receipt(SendOutcome.UNKNOWN, "scripted")]
    agency.send(a_touch(Step.P_CHANGED, agency.branch.ann, visit, rev=2, due=agency.shell.clock.now()))
    agency.later(5)
    return agency


@pytest.mark.parametrize("body", ["1", "2", "3"])
def test_an_answer_while_a_newer_time_was_maybe_heard_is_asked_about_the_time_that_holds(maybe_changed, body):
    assert maybe_changed.text(body) is ReplyAction.ASKED_BACK
    assert maybe_changed.signals() == []
    assert maybe_changed.said[-1].startswith("please answer once more: visit Tue Mar 24, 10:00-11:00am.")
    maybe_changed.later(1)
    assert maybe_changed.text(body) is ReplyAction.ANSWERED
    newest = maybe_changed.shell.rows("SELECT max(id) AS id FROM promise")[0]["id"]
    assert [s["promise_id"] for s in maybe_changed.signals()] == [newest]


def test_a_thumb_on_the_older_question_says_nothing_of_a_newer_time_that_was_maybe_heard(maybe_changed):
    question = maybe_changed.shell.sms.sent[0].body
    assert maybe_changed.text(f"Liked “{question}”") is ReplyAction.ASKED_BACK
    assert maybe_changed.signals() == []


def test_where_it_cannot_be_asked_again_a_person_reads_the_answer(maybe_changed):
    maybe_changed.shell.sms.script = [Receipt(SendOutcome.UNKNOWN, "scripted")]
    maybe_changed.text("1")
    assert maybe_changed.text("1") is ReplyAction.UNCLEAR
    assert maybe_changed.signals() == []
    assert maybe_changed.cases()[0][-1] == "Maybe it means yes."


def test_what_is_known_to_have_told_the_same_time_before_takes_no_answer_away(maybe_changed):
    """The provider's list says only later that the first text with the new time had arrived, too."""
    maybe_changed.text("1")
    maybe_changed.later(1)
    maybe_changed.text("1")
    [late] = maybe_changed.shell.rows("SELECT id FROM touch WHERE state = 'unknown'")
    before = maybe_changed.shell.rows("SELECT id FROM promise ORDER BY id")
    with maybe_changed.shell.caller.transaction() as tx:
        touch = touches.hold_by_id(tx, late["id"], TouchState.UNKNOWN)
        attempt = attempts.find(tx, "", late["id"], 1)
        assert touch and attempt
        arrived(tx, touch, attempt.left, "sid")
    assert maybe_changed.shell.rows("SELECT id FROM promise ORDER BY id") == before


# stop and start -----------------------------------------------------------------------------------


def test_a_yes_from_a_number_that_opted_out_opens_it_and_is_asked_again(agency):
    agency.asked(agency.branch.ann)
    agency.text("STOP")
    assert agency.text("YES") is ReplyAction.RESUMED
    assert (agency.signals(), agency.steps()[-1]) == ([], "p.again")
    assert agency.text("yes") is ReplyAction.ANSWERED


def test_a_bare_start_asks_nothing(agency):
    agency.asked(agency.branch.ann)
    agency.text("STOP")
    agency.text("START")
    assert "p.again" not in agency.steps()


def test_a_stop_closes_the_channel_it_came_by_and_no_other(agency):
    assert agency.text("unsubscribe", "Ann@example.org", channel=Channel.EMAIL) is ReplyAction.SUPPRESSED
    with agency.shell.caller.transaction() as tx:
        reach = {c: contacts.reach(tx, agency.branch.ann, c).usable for c in (Channel.SMS, Channel.EMAIL)}
    assert reach == {Channel.SMS: True, Channel.EMAIL: False}
    assert agency.text("START", "ann@example.org", channel=Channel.EMAIL) is ReplyAction.RESUMED
    agency.text("STOP")
    with agency.shell.caller.transaction() as tx:
        reach = {c: contacts.reach(tx, agency.branch.ann, c).usable for c in (Channel.SMS, Channel.EMAIL)}
    assert reach == {Channel.SMS: False, Channel.EMAIL: True}


def test_a_mail_answers_the_question_that_was_mailed(agency):
    visit = agency.visit(agency.branch.ann, "09:00")
    agency.send(a_touch(Step.P_CONFIRM, agency.branch.ann, visit, channel=Channel.EMAIL, due=agency.shell.clock.now()))
    assert agency.text("1", ANN) is ReplyAction.UNCLEAR, "that number was asked nothing"
    assert agency.text("Yes, thank you", "ann@example.org", channel=Channel.EMAIL) is ReplyAction.ANSWERED
    [signal] = agency.signals()
    assert (signal["source"], signal["via"], signal["answer"]) == ("email", "email", "accept")


def test_a_mail_that_cannot_be_read_is_answered_by_mail_and_shown_with_its_writer(agency):
    agency.text("1", "ann@example.org", channel=Channel.EMAIL)
    assert [m.to for m in agency.shell.email.sent] == ["Ann@example.org"]
    [row] = agency.shell.rows("SELECT channel FROM inbound")
    assert row["channel"] == "email"


# words, days and pictures -------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["yep, see you tomorrow", "Sí, nos vemos mañana", "see you Tuesday"])
def test_a_yes_for_the_day_that_was_asked_about_is_one(agency, body):
    agency.asked(agency.branch.ann)
    assert agency.text(body) is ReplyAction.ANSWERED
    assert agency.answers() == [("Ann", "accept")]


@pytest.mark.parametrize("body", ["see you today", "hasta el jueves", "yes for Wednesday"])
def test_a_yes_for_another_day_is_read_by_a_person(agency, body):
    agency.asked(agency.branch.ann)
    assert agency.text(body) is ReplyAction.UNCLEAR
    assert agency.signals() == []
    assert agency.cases()[0] == [
        "A text came in. It names another day than the one that was asked about. Read it and call back.",
        "Maybe it means yes.",
    ]


def test_a_patient_may_ask_for_another_time_in_words(agency):
    agency.asked(agency.branch.ann)
    agency.text("can we do later?")
    assert agency.answers() == [("Ann", "reschedule")]


def test_a_picture_alone_is_read_by_a_person(agency):
    agency.asked(agency.branch.ann)
    assert agency.text("", attachments=2) is ReplyAction.UNCLEAR
    assert agency.cases() == [["A text came in with 2 pictures or files, which Suture does not keep. Call back."]]


def test_a_picture_with_an_answer_is_both(agency):
    agency.asked(agency.branch.ann)
    assert agency.text("1", attachments=1) is ReplyAction.ANSWERED
    assert agency.answers() == [("Ann", "accept")]
    assert agency.cases() == [
        ["A text came in with 1 picture or file, which Suture does not keep. Call back.", "Maybe it means yes."]
    ]


def test_what_can_be_read_holds_no_message_back_and_what_cannot_does(agency):
    def defaults() -> list[list[str]]:
        rows = agency.shell.rows("SELECT reasons FROM exception_case ORDER BY id")
        return [[r["code"] for r in row["reasons"] if r["code"].startswith("default.")] for row in rows]

    agency.text("20 min late")
    agency.asked(agency.branch.ann)
    assert agency.steps() == ["p.human", "p.confirm"]
    agency.text("who is this?")
    agency.asked(agency.branch.ann, "12:00")
    assert agency.steps() == ["p.human", "p.confirm"]
    assert defaults() == [["default.text"], []], "the second has the default of its kind"


def test_what_a_text_may_mean_is_said_beside_it(agency):
    agency.asked(agency.branch.ann)
    agency.text("yes but who is coming?")
    [reasons] = agency.cases()
    assert reasons[0].startswith("A text came in. It could not be read as an answer.")
    assert reasons[1] == "Maybe it means yes."
