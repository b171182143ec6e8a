"""Offers in numbers: what people said who were asked to take a position without a clinician, and how long that took."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suture.metrics.positions import Position, Story
from suture.metrics.reassign import nearest_rank
from suture.model.events import Event, EventKind
from suture.model.offers import AskedState

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Offers:
    """People by what became of asking them; `sent` counts all, also those whose offer ended because the visit changed,
    and `waiting`, who may still answer. Whoever is asked twice counts twice.

    `uncovered`: positions that were ever without a clinician, of which `taken` through an offer, and `by_itself` where
    no person started one. `p50`, `p90`: whole seconds from the opening to the winner's yes, by nearest rank over the
    positions that were offered, one that no one took as never (None); one that needed no one anymore is left out.
    """

    sent: int = 0
    accepted: int = 0
    declined: int = 0
    timeout: int = 0
    rescinded: int = 0
    waiting: int = 0
    uncovered: int = 0
    taken: int = 0
    by_itself: int = 0
    p50: int | None = None
    p90: int | None = None

    @property
    def share_by_itself(self) -> float | None:
        """Of the positions that were ever without a clinician, those filled without a person; None without any."""
        return round(self.by_itself / self.uncovered, 4) if self.uncovered else None


@dataclass(slots=True)
class _Asking:
    """What the log says of offers: each person's last state; the positions that were offered, whose offers a person
    started, and when each was taken first."""

    states: dict[Key, str] = field(default_factory=dict)
    offered: set[Key] = field(default_factory=set)
    by_person: set[Key] = field(default_factory=set)
    taken_at: dict[Key, datetime] = field(default_factory=dict)


def offers(events: Iterable[Event], story: Story) -> Offers:
    """Count them, from the log and the stories it tells."""
    asking = _Asking()
    for event in events:
        _take(asking, event)
    states = list(asking.states.values())
    uncovered = {key for key, p in story.by_key.items() if p.open_since is not None} | asking.offered
    waits = [wait for key in asking.offered for wait in _waits(asking, story.by_key.get(key), key)]
    return Offers(
        sent=len(states),
        accepted=states.count(AskedState.ACCEPTED),
        declined=states.count(AskedState.REJECTED),
        timeout=states.count(AskedState.TIMEOUT),
        rescinded=states.count(AskedState.RESCINDED),
        waiting=states.count(AskedState.PENDING),
        uncovered=len(uncovered),
        taken=len(asking.taken_at),
        by_itself=len(asking.taken_at.keys() - asking.by_person),
        p50=nearest_rank(waits, 0.5) if waits else None,
        p90=nearest_rank(waits, 0.9) if waits else None,
    )


def _take(asking: _Asking, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    if event.kind is EventKind.OFFER_OPENED:
        key = event.subject_id, data["position"]
        asking.offered.add(key)
        if data["by_person"]:
            asking.by_person.add(key)
        asking.states |= {(data["offer_id"], clinician): AskedState.PENDING for clinician in data["asked"]}
    elif event.kind is EventKind.OFFER_ANSWERED:
        asking.states[data["offer_id"], data["clinician_id"]] = data["state"]
        if data["state"] == AskedState.ACCEPTED:
            at = datetime.fromisoformat(data["t_decided"])
            asking.taken_at.setdefault((event.subject_id, data["position"]), at)


def _waits(asking: _Asking, p: Position | None, key: Key) -> Iterator[float]:
    """Seconds from the opening to the yes; infinite where it is still open, nothing where no one was needed anymore."""
    if p is None or p.open_since is None:
        return
    if key in asking.taken_at:
        yield (asking.taken_at[key] - p.open_since).total_seconds()
    elif _is_open(p):
        yield math.inf


def _is_open(p: Position) -> bool:
    """Whether it still needs a clinician."""
    if not p.wanted or p.cancelled_at is not None or p.completed:
        return False
    return not p.holders or p.holders[-1].clinician_id is None
