"""Who is called next about a critical case that no one has taken: one after the other, each person once. Pure.

What has been planned and sent is the whole state: the same rows at the same time give the same answer, whoever asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.messages import Channel
from suture.model.on_call import Told

MOST_ROUNDS = 12
"""How often at most someone is tried, on every channel, whom no message could reach."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone on call now. `channels`: those that may be used, in the order of their line; none: cannot be reached."""

    who: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A message to plan."""

    who: str
    channel: Channel
    round: int
    ordinal: int


def due_at(since: datetime, wait: timedelta, told: Sequence[Told]) -> datetime:
    """When someone is to be called: a wait after the case became critical, or after the last message that got through.

    What got lost is waited for no longer: its next channel, or the next person, is due at once.
    """
    return max((t.at for t in told if not t.is_lost), default=since) + wait


def next_call(people: Sequence[Person], told: Sequence[Told], wait: timedelta, now: datetime) -> Call | None:
    """The first of these who has not been told, by the next channel; None where there is no one left to try now."""
    calls = (_call(person, [t for t in told if t.who == person.who], wait, now) for person in people)
    return next((call for call in calls if call), None)


def _call(person: Person, mine: Sequence[Told], wait: timedelta, now: datetime) -> Call | None:
    if not person.channels or not all(t.is_lost for t in mine):
        return None
    this_round = max((t.round for t in mine), default=0)
    used = {t.channel for t in mine if t.round == this_round}
    left = [c for c in person.channels if c not in used]
    if left:
        return Call(person.who, left[0], this_round, len(used))
    if this_round + 1 >= MOST_ROUNDS or now < again_at(mine, wait):
        return None
    return Call(person.who, person.channels[0], this_round + 1, 0)


def is_heard(told: Sequence[Told], *, on_hold: bool) -> bool:
    """Whether a message has got through; a first one that is on its way, and not on hold, will."""
    return any(t.has_arrived or not (t.is_lost or t.round or on_hold) for t in told)


def is_left(people: Sequence[Person], told: Sequence[Told]) -> bool:
    """Whether one of these is still to be called the first time, by whichever channel."""
    of = {person.who: [t for t in told if t.who == person.who] for person in people}
    return any(
        all(t.is_lost and not t.round for t in of[p.who]) and not {*p.channels} <= {t.channel for t in of[p.who]}
        for p in people
    )


def again_at(mine: Sequence[Told], wait: timedelta) -> datetime:
    """When someone whom no channel could reach is tried again."""
    return max(t.at for t in mine) + wait
