"""A patient with several visits on one day: asked in one message, answered for each, changed one by one."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.flow.a_told_visit import cases, plan, state, token_in
from tests.store import a_branch
from tests.store.a_branch import THE_DAY, a_touch, at
from tests.store.a_shell import Shell

from suture.model.ids import VisitId
from suture.model.links import LinkResult, PatientDayLink
from suture.model.messages import Channel, InboundText, Receipt, Send, SendOutcome, Step, SubjectKind, Touch
from suture.model.signals import Answer
from suture.service.answer_link import answer, look_up
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.send_messages import send_due
from suture.store import promises, touches, visits
from suture.store.contacts import load_contacts, reach
from suture.web.app import create_app

ANN = "+16145550111"
UNKNOWN = Receipt(SendOutcome.UNKNOWN, "scripted", code="TimeoutError")
AWAY = Receipt(SendOutcome.TRANSIENT, "scripted", code="451")


def the_day(
    branch: a_branch.Branch, rev: int = 1, step: Step = Step.P_CONFIRM, channel: Channel = Channel.SMS
) -> Touch:
    """A message about Ann's day, due now."""
    day = int(THE_DAY.strftime("%Y%m%d"))
    about = a_touch(step, branch.ann, VisitId(day), rev=rev, channel=channel)
    return Touch(
        subject=SubjectKind.PATIENT_DAY,
        subject_id=day,
        subject_rev=rev,
        party_id=branch.ann,
        step=step,
        channel=channel,
        priority=about.priority,
        due_at=about.due_at,
        not_after=at("14:00"),
    )


@pytest.fixture
def both(shell: Shell, branch: a_branch.Branch, visit: VisitId) -> tuple[VisitId, VisitId]:
    """Ann's visit at 09:15, and a second one at 13:00, told 13:00-14:00."""
    with shell.caller.transaction() as tx:
        second = a_branch.add_visit(tx, branch, branch.ann, "13:00")
        a_branch.assign(tx, branch, second, branch.nora, "13:00", told="13:00")
    return visit, second


def signals(shell: Shell) -> list[tuple[int, str]]:
    rows = shell.rows(
        """SELECT p.visit_id, i.body ->> 'answer' AS answer FROM inbox i
           JOIN promise p ON p.id = (i.body ->> 'promise_id')::bigint ORDER BY i.id"""
    )
    return [(r["visit_id"], r["answer"]) for r in rows]


def text(shell: Shell, body: str) -> ReplyAction:
    return receive_text(shell.caller, InboundText("console", f"text {body}", ANN, body)).action


def test_both_are_asked_about_in_one_text_and_each_is_promised(shell, branch, both):
    [touch] = plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    [message] = shell.sent
    assert ": 9:00-10:00am and 1:00-2:00pm. " in message.body and "yes to all" in message.body
    assert len(message.body) <= 160
    rows = shell.rows("SELECT visit_id, asks, touch_id FROM promise ORDER BY visit_id")
    assert [(r["visit_id"], r["asks"], r["touch_id"]) for r in rows] == [(v, True, touch) for v in both]


@pytest.mark.parametrize(("body", "given"), [("1", "accept"), ("2", "decline")])
def test_an_answer_by_text_counts_for_all_of_them(shell, branch, both, body, given):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    assert text(shell, body) is ReplyAction.ANSWERED
    assert signals(shell) == [(v, given) for v in both]


def test_behind_the_link_each_has_an_answer_of_its_own(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    link = token_in(shell.sms.sent[0])
    view = look_up(shell.caller, link)
    assert isinstance(view, PatientDayLink)
    assert [visit for visit, _ in view.visits] == list(both)
    first, second = both
    assert answer(shell.caller, link, Answer.ACCEPT) is None, "of which?"
    assert answer(shell.caller, link, Answer.ACCEPT, visit=VisitId(999)) is None
    seen = view.visits[1][1].seen
    assert answer(shell.caller, link, Answer.CANCEL, seen, second) is LinkResult.RECORDED
    assert answer(shell.caller, link, Answer.ACCEPT, visit=first) is LinkResult.RECORDED
    assert answer(shell.caller, link, Answer.ACCEPT, visit=first) is LinkResult.RECORDED, "pressed twice"
    assert signals(shell) == [(second, "cancel"), (first, "accept")]


def test_a_text_after_one_answer_by_link_is_for_the_others(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    first, second = both
    [promise] = [r for r in shell.rows("SELECT id, touch_id FROM promise WHERE visit_id = :v", v=first)]
    shell.run(
        """INSERT INTO confirmation (promise_id, participant, state, via, at)
           VALUES (:id, 'patient', 'declined', 'link', :now)""",
        id=promise["id"],
    )
    with shell.caller.transaction() as tx:
        visits.close_prompts(tx, [promise["touch_id"]])
    assert len(shell.rows("SELECT id FROM open_prompt WHERE closed_at IS NULL")) == 1, "one is not answered yet"
    text(shell, "1")
    assert signals(shell) == [(second, "accept")]


def test_a_change_of_one_is_asked_about_alone_and_the_other_keeps_its_promise(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    first, second = both
    with shell.caller.transaction() as tx:
        a_branch.move_visit_rev(tx, first)
        a_branch.assign(tx, branch, first, branch.nora, "10:15", told="10:00")
        assert {first, second} <= load_contacts(tx, branch.id, THE_DAY).told
    plan(shell, branch, a_touch(Step.P_CHANGED, branch.ann, first, rev=2))
    send_due(shell.caller)
    assert "new time Tue Mar 24, 10:00-11:00am" in shell.sms.sent[1].body
    shell.clock.advance_to(shell.clock.now() + timedelta(minutes=1))
    text(shell, "1")
    assert signals(shell) == [(first, "accept")]
    with shell.caller.transaction() as tx:
        last = promises.current_of(tx, both, branch.ann)
    assert (last[first].seq, last[second].seq) == (2, 1)


def test_what_is_called_off_before_the_question_leaves_is_not_asked_about(shell, branch, both):
    shell.run("UPDATE visit SET status = 'cancelled', rev = rev + 1 WHERE id = :v", v=both[0])
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    assert ": visit Tue Mar 24, 1:00-2:00pm. Reply 1 yes, 2 no" in shell.sms.sent[0].body
    assert not isinstance(look_up(shell.caller, token_in(shell.sms.sent[0])), PatientDayLink)


def test_with_nothing_left_to_ask_nothing_leaves_and_no_one_is_bothered(shell, branch, both):
    shell.run("UPDATE visit SET status = 'cancelled', rev = rev + 1")
    [touch] = plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    assert (state(shell, touch), shell.sent, cases(shell)) == ("superseded", [], [])


def test_a_visit_that_was_asked_about_alone_is_not_asked_about_again(shell, branch, both):
    plan(shell, branch, a_touch(Step.P_CONFIRM, branch.ann, both[0]))
    send_due(shell.caller)
    shell.clock.advance_to(at("08:00"))
    plan(shell, branch, the_day(branch, channel=Channel.EMAIL))
    send_due(shell.caller)
    assert "1:00-2:00pm" in shell.email.sent[0].body and "9:00" not in shell.email.sent[0].body


def test_a_question_of_unknown_fate_is_not_asked_again_by_itself(shell, branch, both):
    shell.sms.script = [UNKNOWN]
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    with shell.caller.transaction() as tx:
        assert set(both) <= load_contacts(tx, branch.id, THE_DAY).told, "they may have heard"
    [again] = plan(shell, branch, the_day(branch, rev=2))
    send_due(shell.caller)
    assert (shell.sent, state(shell, again)) == ([], "superseded")


def test_a_pressed_link_proves_that_the_question_arrived(shell, branch, both):
    kept: list[str] = []

    def keep(message: Send) -> Receipt:
        kept.append(message.body)
        return UNKNOWN

    shell.sms.script = [keep]
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    found = re.search(r"/p/(\S+)", kept[0])
    assert found
    view = look_up(shell.caller, found.group(1))
    assert isinstance(view, PatientDayLink) and len(view.visits) == 2
    assert answer(shell.caller, found.group(1), Answer.ACCEPT, visit=both[1]) is LinkResult.RECORDED
    assert signals(shell) == [(both[1], "accept")]


def test_a_second_try_speaks_of_what_is_so_then(shell, branch, both):
    shell.sms.script = [AWAY]
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    shell.run("UPDATE visit SET status = 'cancelled', rev = rev + 1 WHERE id = :v", v=both[1])
    shell.clock.advance_to(at("16:00", shell.clock.now().date()))
    send_due(shell.caller)
    assert ": visit Tue Mar 24, 9:00-10:00am. " in shell.sms.sent[0].body
    assert [r["visit_id"] for r in shell.rows("SELECT visit_id FROM touch_visit")] == [both[0]]


def test_a_newer_question_about_the_day_takes_over_what_has_not_left(shell, branch, both):
    later = at("08:00")
    single, notice = plan(
        shell,
        branch,
        a_touch(Step.P_CONFIRM, branch.ann, both[0], due=later),
        a_touch(Step.P_NOTICE, branch.ann, both[0], due=later, channel=Channel.EMAIL),
    )
    [older] = plan(shell, branch, the_day(branch, rev=2))
    [newer] = plan(shell, branch, the_day(branch, rev=3))
    assert [state(shell, t) for t in (single, notice, older, newer)] == [
        "superseded",
        "planned",
        "superseded",
        "planned",
    ]


def test_a_capped_question_by_mail_takes_the_place_of_its_notice(shell, branch, both):
    other_day = [a_touch(Step.P_CONFIRM, branch.ann, both[0])]
    plan(shell, branch, *other_day)
    send_due(shell.caller)
    [asked, notice] = plan(
        shell,
        branch,
        a_touch(Step.P_CONFIRM, branch.ann, both[1]),
        a_touch(Step.P_NOTICE, branch.ann, both[1], channel=Channel.EMAIL, due=at("08:00")),
    )
    for _ in range(2):
        send_due(shell.caller)
    assert (state(shell, asked), state(shell, notice)) == ("skipped", "superseded")
    assert [m.subject for m in shell.email.sent] == ["Riverbend Home Care: please confirm Tuesday, March 24"]


def test_notices_of_a_day_are_one_mail(shell, branch, both):
    plan(shell, branch, the_day(branch, step=Step.P_NOTICE, channel=Channel.EMAIL))
    send_due(shell.caller)
    [mail] = shell.email.sent
    assert "Your visits are planned for Tuesday, March 24:\n- 9:00-10:00am\n- 1:00-2:00pm\n" in mail.body
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    assert "9:00-10:00am and 1:00-2:00pm" in shell.sms.sent[0].body, "a notice asks nothing"


def test_calling_one_off_leaves_the_question_about_the_other_open(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    with shell.caller.transaction() as tx:
        promises.close_prompts(tx, branch.ann, both[0])
        [prompt] = promises.answerable(tx, reach(tx, branch.ann, Channel.SMS).value_hash)
        assert len(prompt.promise_ids) == 2
        assert touches.visit_revs(tx, touches.find(tx, prompt.touch_id)) == {both[0]: 1, both[1]: 1}


def test_the_page_shows_each_visit_and_takes_an_answer_for_one(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    app = create_app(shell.caller.tools)
    browser = TestClient(app, base_url="http://localhost:8000", follow_redirects=False)
    link = f"/p/{token_in(shell.sms.sent[0])}"
    page = browser.get(link).text
    assert "Your visits on Tuesday, March 24" in page
    assert page.count("Yes, I will be home") == 2 and "between 9:00 and 10:00 in the morning" in page
    assert "Sus visitas del martes 24 de marzo" in browser.get(link + "?lang=es").text
    second = f"{link}?visit={both[1]}"
    one = browser.get(second).text
    assert "between 1:00 and 2:00 in the afternoon" in one and "9:00" not in one
    assert f"?lang=es&amp;visit={both[1]}" in one and "See all my visits" in one
    given = browser.post(link, data={"answer": "reschedule", "seen": "promise 1", "visit": str(both[1])})
    assert given.status_code == 303
    said = browser.get(link + given.headers["location"]).text
    assert "We know that you need a different time" in said and "See all my visits" in said
    assert signals(shell) == [(both[1], "reschedule")]
    for strange in ("999", "0", "x"):
        assert browser.post(link, data={"answer": "accept", "visit": strange}).status_code in (303, 422)
        assert browser.get(f"{link}?visit={strange}").status_code in (200, 422)
    assert browser.post(link, data={"answer": "accept", "seen": "promise 1"}).headers["location"] == "?lang=en"
    assert len(signals(shell)) == 1


def test_what_was_answered_and_what_is_over_is_said_on_the_page(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    shell.run(
        """INSERT INTO confirmation (promise_id, participant, state, via, at)
           SELECT id, 'patient', 'accepted', 'link', :now FROM promise WHERE visit_id = :v""",
        v=both[0],
    )
    shell.run("UPDATE visit SET status = 'cancelled', cancelled_by = 'patient', rev = rev + 1 WHERE id = :v", v=both[1])
    app = create_app(shell.caller.tools)
    browser = TestClient(app, base_url="http://localhost:8000")
    page = browser.get(f"/p/{token_in(shell.sms.sent[0])}").text
    assert "You said yes to this time." in page and "You cancelled." in page
    assert "Yes, I will be home" not in page and page.count("<form") == 1


def test_of_several_each_says_for_itself_what_is_not_sure(shell, branch, both):
    plan(shell, branch, the_day(branch))
    send_due(shell.caller)
    browser = TestClient(create_app(shell.caller.tools), base_url="http://localhost:8000")
    link = f"/p/{token_in(shell.sms.sent[0])}"
    with shell.caller.transaction() as tx:
        a_branch.assign(tx, branch, both[0], branch.nora, "10:15", told="10:00")
    page = browser.get(link).text
    assert "We told you Tuesday, March 24, between 9:00 and 10:00 in the morning." in page
    assert "We are changing the time of your visit. Please do not count on that time." in page
    assert page.count("Yes, I will be home") == 1 and "We plan to come between 1:00 and 2:00 in the afternoon." in page
    shell.run("UPDATE visit SET status = 'cancelled', cancelled_by = 'agency', rev = rev + 1 WHERE id = :v", v=both[1])
    page = browser.get(link).text
    assert "Your visit on Tuesday, March 24 is cancelled." in page and "We plan to come" not in page
    assert "Yes, I will be home" not in page
