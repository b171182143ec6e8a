"""The confirmation funnel: what became of the questions to patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from suture.model.day import ConfirmationState
from suture.model.messages import Channel


class Lead(StrEnum):
    """How long before the time it told a question was sent."""

    UNDER_1_DAY = "under_1_day"
    UP_TO_3_DAYS = "1_to_3_days"
    OVER_3_DAYS = "over_3_days"


@dataclass(frozen=True, slots=True)
class Asked:
    """The current promise of one visit to its patient, where it asked for an answer, and the message that last asked.

    `ahead` is from that message to the time it told. `delivered`: it arrived, as far as is known.
    """

    channel: Channel
    ahead: timedelta
    delivered: bool
    answer: ConfirmationState


@dataclass(frozen=True, slots=True)
class Funnel:
    """Questions that were sent, arrived and were answered; each is part of the one before."""

    sent: int
    delivered: int
    answered: int
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class Funnels:
    """The same questions twice: by every channel, and by every lead time."""

    by_channel: Mapping[Channel, Funnel]
    by_lead: Mapping[Lead, Funnel]
