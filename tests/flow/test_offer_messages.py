"""Messages about offers: on which channel, what comes with them, what their log says, and those that do not arrive."""

import itertools
from collections.abc import Iterator

import pytest
from tests.flow.an_offer import NUMBERS, OPEN, Asked, people_asked

from suture.model.messages import OFFER_STEPS, Channel, Send, SendOutcome, Step
from suture.model.people import PartyKind
from suture.service.receive_reply import ReplyAction
from suture.store import access
from suture.store.embedded import EmbeddedPostgres
from suture.store.message_log import Said

_numbers = itertools.count(1)


@pytest.fixture
def morning(postgres: EmbeddedPostgres) -> Iterator[Asked]:
    yield from people_asked(postgres, f"offer_messages_{next(_numbers)}")


def only_by_mail(morning: Asked) -> None:
    morning.run("UPDATE consent SET granted = false WHERE channel = 'sms'")


def mails_to(morning: Asked, who: str) -> list[Send]:
    address = f"{who.lower()}@example.org"
    sent = [m for m in morning.channels[Channel.EMAIL].sent.values() if m.to == address]
    return [m for m in sent if "visit on" in m.subject]


def test_without_texts_they_are_asked_by_mail_with_a_link_and_nothing_for_the_calendar(morning: Asked) -> None:
    only_by_mail(morning)
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    [asked] = [m for m in mails_to(morning, "E-02") if "can you take" in m.subject]
    assert asked.subject == "Riverbend Home Care: can you take a visit on Tuesday, March 24?"
    assert "Columbus, Tuesday, March 24, 5:00-5:05pm" in asked.body and "/p/" in asked.body
    assert (asked.calendar, asked.unsubscribe) == (None, "")
    morning.press(morning.page_of("E-02", 2), "take")
    morning.decide()
    won = mails_to(morning, "E-02")[-1]
    assert won.subject.endswith("the visit on Tuesday, March 24 is yours")
    assert "It is on your schedule:\nhttp" in won.body
    assert won.calendar is not None, "her day is longer now, also in her calendar"


def test_a_mail_that_answers_the_offer_is_taken_like_a_text(morning: Asked) -> None:
    only_by_mail(morning)
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    assert morning.text("e-02@example.org", "1", channel=Channel.EMAIL) is ReplyAction.ANSWERED
    assert morning.holder("V-91") == "E-02"


def test_the_log_says_what_was_offered_and_what_came_back(morning: Asked) -> None:
    morning.text("E-02", "1")
    with morning.caller.transaction() as tx:
        found = access.message_log(tx, PartyKind.CLINICIAN, "E-02")
    assert found is not None
    said = {e.step: e for e in found.entries if isinstance(e, Said) and e.step in OFFER_STEPS}
    assert {s: [v.visit for v in e.visits] for s, e in said.items()} == {
        Step.S_OFFER: [OPEN],
        Step.S_OFFER_WON: [OPEN],
    }
    assert [(a.answer, a.via) for a in said[Step.S_OFFER].answers] == [("accepted", "sms")]


def test_an_offer_that_may_have_arrived_can_be_answered(morning: Asked) -> None:
    morning.run("UPDATE touch SET state = 'unknown' WHERE step = 's.offer'")
    morning.run("UPDATE message_attempt SET outcome = 'unknown' WHERE outcome = 'accepted'")
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    assert morning.holder() == "E-02"


def test_a_round_that_reaches_no_one_ends_at_once_and_the_next_is_asked(morning: Asked) -> None:
    morning.run("UPDATE consent SET granted = false WHERE channel = 'email'")
    morning.channels[Channel.SMS].outcomes[NUMBERS["E-03"]] = SendOutcome.PERMANENT
    morning.wants("V-91", "17:00", "17:50")
    morning.decide()
    morning.signal("ask_to_fill", visit="V-91", mode="sequential")
    morning.decide()
    assert [*morning.states(2).items(), *morning.states(3).items()] == [("E-03", "timeout"), ("E-04", "pending")]


def test_one_who_cannot_be_reached_ends_no_round_of_others(morning: Asked) -> None:
    morning.run("UPDATE consent SET granted = false WHERE channel = 'email'")
    morning.channels[Channel.SMS].outcomes[NUMBERS["E-03"]] = SendOutcome.PERMANENT
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    assert set(morning.states(2).values()) == {"pending"}


def test_a_winner_who_cannot_be_told_is_a_persons_to_call(morning: Asked) -> None:
    morning.run("UPDATE consent SET granted = false WHERE channel = 'email'")
    morning.channels[Channel.SMS].outcomes[NUMBERS["E-02"]] = SendOutcome.PERMANENT
    morning.text("E-02", "1")
    assert morning.holder() == "E-02"
    assert any("This person said yes, and has the visit." in why for why in morning.cases("message_undeliverable"))
