"""The confirmation funnel, from questions written by hand."""

from datetime import timedelta

import pytest

from suture.metrics.funnel import funnels, lead_of
from suture.model.day import ConfirmationState
from suture.model.funnel import Asked, Funnel, Lead
from suture.model.messages import Channel

SILENT, YES, NO = ConfirmationState
NOTHING = Funnel(sent=0, delivered=0, answered=0, yes=0, no=0)


def asked(channel: Channel, answer: ConfirmationState = SILENT, *, delivered: bool = True, hours: float = 20) -> Asked:
    return Asked(channel, timedelta(hours=hours), delivered, answer)


def test_every_question_is_counted_under_the_channel_that_last_asked():
    found = funnels(
        [
            asked(Channel.SMS, YES),
            asked(Channel.SMS, NO),
            asked(Channel.SMS),
            asked(Channel.SMS, delivered=False),
            asked(Channel.EMAIL, YES),
        ]
    ).by_channel
    assert found[Channel.SMS] == Funnel(sent=4, delivered=3, answered=2, yes=1, no=1)
    assert found[Channel.EMAIL] == Funnel(sent=1, delivered=1, answered=1, yes=1, no=0)
    assert found[Channel.VOICE] == found[Channel.PUSH] == NOTHING


def test_what_was_answered_has_arrived_whatever_a_receipt_says():
    [sms, *_] = funnels([asked(Channel.SMS, YES, delivered=False)]).by_channel.values()
    assert sms == Funnel(sent=1, delivered=1, answered=1, yes=1, no=0)


@pytest.mark.parametrize(
    ("hours", "lead"),
    [
        (-1, Lead.UNDER_1_DAY),
        (23.9, Lead.UNDER_1_DAY),
        (24, Lead.UP_TO_3_DAYS),
        (72, Lead.UP_TO_3_DAYS),
        (72.1, Lead.OVER_3_DAYS),
    ],
)
def test_lead_times(hours, lead):
    assert lead_of(timedelta(hours=hours)) is lead


def test_both_ways_count_the_same_questions():
    every = [asked(c, a, hours=h) for c in (Channel.SMS, Channel.EMAIL) for a in (YES, NO, SILENT) for h in (2, 30, 90)]
    found = funnels(every)
    assert found.by_lead[Lead.OVER_3_DAYS] == Funnel(sent=6, delivered=6, answered=4, yes=2, no=2)
    for counts in (found.by_channel, found.by_lead):
        assert sum(f.sent for f in counts.values()) == len(every)
        assert sum(f.yes for f in counts.values()) == 6


def test_of_no_question_nothing_is_counted():
    found = funnels([])
    assert set(found.by_channel) == set(Channel) and set(found.by_lead) == set(Lead)
    assert {*found.by_channel.values(), *found.by_lead.values()} == {NOTHING}
