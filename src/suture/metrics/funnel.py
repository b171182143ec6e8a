"""Counts the confirmation funnel: how many were asked, reached and heard, by channel and by how long ahead.

What is counted is promises, one a visit, so that its sums are those of the confirmations. An answer belongs to the
message that last asked, however it came: by link, by text or on the phone.
"""

from collections.abc import Iterable
from datetime import timedelta

from suture.model.day import ConfirmationState
from suture.model.funnel import Asked, Funnel, Funnels, Lead
from suture.model.messages import Channel

ONE_DAY, THREE_DAYS = timedelta(days=1), timedelta(days=3)


def funnels(asked: Iterable[Asked]) -> Funnels:
    """Count once by each."""
    every = tuple(asked)
    return Funnels(
        {channel: _count(a for a in every if a.channel is channel) for channel in Channel},
        {lead: _count(a for a in every if lead_of(a.ahead) is lead) for lead in Lead},
    )


def lead_of(ahead: timedelta) -> Lead:
    """A day ahead is not under a day, and three days are not over three."""
    if ahead < ONE_DAY:
        return Lead.UNDER_1_DAY
    return Lead.UP_TO_3_DAYS if ahead <= THREE_DAYS else Lead.OVER_3_DAYS


def _count(asked: Iterable[Asked]) -> Funnel:
    every = tuple(asked)
    answers = [a.answer for a in every if a.answer is not ConfirmationState.NEEDS_ACTION]
    return Funnel(
        sent=len(every),
        delivered=sum(a.delivered or a.answer is not ConfirmationState.NEEDS_ACTION for a in every),
        answered=len(answers),
        yes=answers.count(ConfirmationState.ACCEPTED),
        no=answers.count(ConfirmationState.DECLINED),
    )
