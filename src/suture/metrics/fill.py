"""Fill rate: how much of what was due had someone, three times over the day.

Due is every position that the day needs: of a visit that is on the day, not on hold, and was not cancelled before its
planned start, by anyone. What is gone counts nowhere, neither as filled nor as open; what is cancelled once its
start has passed was due all the same. What the agency cancelled in time is shown next to the rates: giving a visit up
is not filling it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from suture.metrics.positions import Position, Story


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares of the required positions, None where nothing was required; `required` is their number.

    `late`: those of them that were cancelled after their planned start. `called_off`: positions that are not required
    because the agency called them off.
    """

    auto: float | None
    accepted: float | None
    delivered: float | None
    required: int
    late: int = 0
    called_off: int = 0


def fill(story: Story) -> Fill:
    """Auto: filled by the engine the first time it looked. Accepted: the assigned clinician had said yes by the planned
    start. Delivered: done in the end."""
    wanted = [p for p in story.positions if p.wanted]
    required = [p for p in wanted if not p.left_in_time]
    return Fill(
        auto=_share(required, lambda p: p.first_filled),
        accepted=_share(required, lambda p: _accepted_at_start(p, story)),
        delivered=_share(required, lambda p: p.completed),
        required=len(required),
        late=sum(p.cancelled_by is not None for p in required),
        called_off=sum(p.left_in_time and p.cancelled_by != "patient" for p in wanted),
    )


def _accepted_at_start(p: Position, story: Story) -> bool:
    start = p.planned_start
    holder = p.holder_at(start) if start else None
    if start is None or holder is None or holder.clinician_id is None:
        return False
    return story.accepted_between(p.visit_id, holder.clinician_id, holder.since, start) is not None


def _share(required: list[Position], filled: Callable[[Position], bool]) -> float | None:
    return round(sum(map(filled, required)) / len(required), 4) if required else None
