"""Who is called next about a critical case: one after the other, each once, and at once where a message got lost."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.outreach.a_morning import at

from suture.model.messages import Channel, TouchState
from suture.model.on_call import Told
from suture.outreach.escalation import (
    MOST_ROUNDS,
    Call,
    Person,
    due_at,
    is_heard,
    is_left,
    next_call,
)

WAIT = timedelta(minutes=10)
DANA = Person("dana", (Channel.SMS, Channel.EMAIL))
LEE = Person("lee", (Channel.EMAIL,))
SENT = Told("dana", Channel.SMS, 0, 0, TouchState.SENT, at("05:40"))
LOST = replace(SENT, state=TouchState.FAILED)
LOST_TOO = replace(LOST, channel=Channel.EMAIL, ordinal=1, at=at("05:41"))
TO_DANA, TO_LEE = Call("dana", Channel.SMS, 0, 0), Call("lee", Channel.EMAIL, 0, 0)


def test_the_first_is_due_ten_minutes_after_the_case_became_critical_and_the_next_ten_after_the_message():
    assert due_at(at("05:30"), WAIT, ()) == at("05:40")
    assert next_call([DANA, LEE], (), WAIT, at("05:40")) == TO_DANA
    assert due_at(at("05:30"), WAIT, [SENT]) == at("05:50")
    assert next_call([DANA, LEE], [SENT], WAIT, at("05:50")) == TO_LEE


def test_everyone_is_told_once():
    told = [SENT, replace(SENT, who="lee", channel=Channel.EMAIL, at=at("05:50"))]
    assert next_call([DANA, LEE], told, WAIT, at("23:00")) is None
    for state in (TouchState.PLANNED, TouchState.CLAIMED, TouchState.SENDING, TouchState.UNKNOWN):
        assert next_call([DANA], [replace(SENT, state=state)], WAIT, at("23:00")) is None


def test_who_cannot_be_reached_is_passed_over():
    assert next_call([replace(DANA, channels=()), LEE], (), WAIT, at("05:40")) == TO_LEE
    assert next_call([], (), WAIT, at("05:40")) is None


def test_what_got_lost_is_not_waited_for_the_next_channel_is_taken_then_the_next_person():
    assert due_at(at("05:30"), WAIT, [LOST]) == at("05:40")
    assert next_call([DANA, LEE], [LOST], WAIT, at("05:41")) == Call("dana", Channel.EMAIL, 0, 1)
    assert next_call([DANA, LEE], [LOST, LOST_TOO], WAIT, at("05:42")) == TO_LEE


def test_whom_no_channel_reached_is_tried_again_after_a_wait_and_not_for_ever():
    told = [LOST, LOST_TOO]
    assert next_call([DANA], told, WAIT, at("05:50")) is None
    assert next_call([DANA], told, WAIT, at("05:51")) == Call("dana", Channel.SMS, 1, 0)
    last = [replace(t, round=MOST_ROUNDS - 1) for t in told]
    assert next_call([DANA], last, WAIT, at("23:00")) is None


def test_the_board_says_at_once_where_no_one_is_left_to_try_and_no_one_has_heard():
    assert is_left([DANA, LEE], ()) and not is_left([replace(DANA, channels=())], ())
    assert is_left([DANA], [LOST]) and not is_left([DANA], [LOST, LOST_TOO])
    again = replace(LOST, round=1, state=TouchState.PLANNED)
    assert not is_left([DANA], [LOST, LOST_TOO, again]), "trying again is no news"
    assert is_heard([SENT], on_hold=True) and not is_heard([LOST], on_hold=False)
    waiting = replace(SENT, state=TouchState.PLANNED)
    assert is_heard([waiting], on_hold=False) and not is_heard([waiting], on_hold=True)
    assert not is_heard([LOST, LOST_TOO, again], on_hold=False)
