"""Time-to-reassign: from the call-out's arrival to the new clinician's yes, per displaced position."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from suture.metrics.positions import Position, Story

FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeToReassign:
    """Nearest-rank percentiles in whole seconds over all displaced positions, None where never reached.

    `unresolved` is the share without a yes at the planned start, as far as that has come; `displaced` is how many
    positions there were. A position that its patient cancelled while it waited, or that is on hold or on another day
    now and went to no one, is not counted: no clinician was needed anymore.
    """

    p50: int | None
    p90: int | None
    unresolved: float | None
    displaced: int


def time_to_reassign(story: Story, now: datetime) -> TimeToReassign:
    """Over every position that a call-out displaced, from its first call-out, as known at `now`."""
    waits: list[float] = []
    come = open_at_start = 0
    for p in story.positions:
        if not p.call_outs or _left_while_waiting(p, story):
            continue
        accepted = _accepted(p, story, p.call_outs[0])
        waits.append((accepted - p.call_outs[0]).total_seconds() if accepted else math.inf)
        start = p.planned_start
        due = start is None or start <= now
        come += due
        open_at_start += due and (accepted is None or (start is not None and accepted > start))
    if not waits:
        return TimeToReassign(None, None, None, 0)
    share = round(open_at_start / len(waits), 4) if come else None
    return TimeToReassign(nearest_rank(waits, 0.5), nearest_rank(waits, 0.9), share, len(waits))


def nearest_rank(values: list[float], q: float) -> int | None:
    """The value at rank ⌈q·n⌉ of the sorted values, in whole seconds; None when that one never came."""
    value = sorted(values)[max(0, math.ceil(q * len(values)) - 1)]
    return None if math.isinf(value) else round(value)


def _accepted(p: Position, story: Story, called_out: datetime) -> datetime | None:
    """When whoever held it next said yes, while holding it."""
    for i, holder in enumerate(p.holders):
        if holder.since < called_out or holder.clinician_id is None:
            continue
        until = next((h.since for h in p.holders[i + 1 :] if h.clinician_id != holder.clinician_id), FOR_EVER)
        accepted = story.accepted_between(p.visit_id, holder.clinician_id, holder.since, until)
        if accepted:
            return accepted
    return None


def _left_while_waiting(p: Position, story: Story) -> bool:
    accepted = _accepted(p, story, p.call_outs[0])
    if not p.wanted and accepted is None:
        return True
    if p.cancelled_at is None or p.cancelled_by != "patient":
        return False
    return accepted is None or accepted > p.cancelled_at
