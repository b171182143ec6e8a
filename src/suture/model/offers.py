"""Offers: a position that no plan can fill, put to people who could take it, until one does."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from suture.model.ids import OfferId, PartyId, PositionKey
from suture.model.visit import Visit
from suture.words.reason import Reason


class OfferMode(StrEnum):
    """Whom a round asks: one after the other, all at once until the first yes, or all with the best yes at its end."""

    SEQUENTIAL = "sequential"
    BROADCAST = "broadcast"
    BEST_OF_WINDOW = "best_of_window"


class OfferState(StrEnum):
    """What became of a round. `canceled`: the visit moved, was covered otherwise, or is not to take place."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    TIMEOUT = "timeout"
    CANCELED = "canceled"


class AskedState(StrEnum):
    """What became of asking one person. `rescinded`: another one took it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    RESCINDED = "rescinded"


class OfferAnswer(StrEnum):
    """What someone who was asked says."""

    TAKE = "take"
    PASS = "pass"


class Terms(NamedTuple):
    """What is offered: a visit that is no longer like this is no longer the one that was offered."""

    opens: datetime
    closes: datetime
    minutes: int
    place_id: int

    @classmethod
    def of(cls, visit: Visit) -> "Terms":
        """The terms of a visit as it is."""
        window = visit.window
        return cls(window.earliest_start, window.latest_start, visit.duration_minutes, visit.place_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """One person whom a round asks. `starts_at`: when they would begin; `tier`: of their on-call hours, 0 for none.

    `answered_at`: when they last answered; still pending after it: a yes that waits for the end of the round.
    """

    clinician_id: PartyId
    rank: int
    starts_at: datetime
    why: Reason
    tier: int = 0
    state: AskedState = AskedState.PENDING
    answered_at: datetime | None = None

    @property
    def is_willing(self) -> bool:
        """Whether they said yes, and the round has not ended yet."""
        return self.state is AskedState.PENDING and self.answered_at is not None


@dataclass(frozen=True, slots=True)
class Offer:
    """One round for one position. `id` 0: it is not stored yet. `by_person`: whether someone started it."""

    id: OfferId
    key: PositionKey
    terms: Terms
    mode: OfferMode
    round: int
    opened_at: datetime
    expires_at: datetime
    asked: tuple[Asked, ...]
    by_person: bool = False
    state: OfferState = OfferState.PENDING
    decided_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether someone may still take it."""
        return self.state is OfferState.PENDING

    def of(self, clinician_id: PartyId) -> Asked | None:
        """What is known of one person whom it asks."""
        return next((a for a in self.asked if a.clinician_id == clinician_id), None)


@dataclass(frozen=True, slots=True)
class PastAnswers:
    """How someone answered offers lately, and whether they can be asked at all. `today`: how often they were asked."""

    accepted: int = 0
    rejected: int = 0
    silent: int = 0
    today: int = 0
    can_be_reached: bool = True


@dataclass(frozen=True, slots=True)
class OfferPolicy:
    """How an agency asks people. `after`: how long a position stays open before anyone is asked by itself; None: only
    when a person says so. A round ends after `expires`, or `expires_soon` where the visit starts within `soon`.

    `opens` .. `closes`: local hours in which people may be asked who are not on call. `on_hold`: no message leaves.
    """

    mode: OfferMode = OfferMode.BROADCAST
    after: timedelta | None = timedelta(minutes=5)
    soon: timedelta = timedelta(hours=4)
    expires_soon: timedelta = timedelta(seconds=300)
    expires: timedelta = timedelta(seconds=1800)
    most_at_once: int = 5
    most_a_day: int = 3
    opens: time = time(5, 30)
    closes: time = time(21)
    on_hold: bool = False
