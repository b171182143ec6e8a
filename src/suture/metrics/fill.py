"""Fill rate: how much of what was due had somebody, three times over the day."""

from collections.abc import Callable
from dataclasses import dataclass

from suture.metrics.positions import Position, Story


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares of the required positions, None where nothing was required; `required` is their number."""

    auto: float | None
    accepted: float | None
    delivered: float | None
    required: int


def fill(story: Story) -> Fill:
    """Auto: filled by the engine the first time it looked. Accepted: the assigned clinician had said yes by the planned
    start. Delivered: done in the end. Not required is what the patient cancelled before it was due, what is on hold,
    and what moved to another day."""
    required = [p for p in story.positions if p.wanted and not story.left_by_patient(p)]
    return Fill(
        auto=_share(required, lambda p: p.first_filled),
        accepted=_share(required, lambda p: _accepted_at_start(p, story)),
        delivered=_share(required, lambda p: p.completed),
        required=len(required),
    )


def _accepted_at_start(p: Position, story: Story) -> bool:
    start = p.planned_start
    holder = p.holder_at(start) if start else None
    if start is None or holder is None or holder.clinician_id is None:
        return False
    return story.accepted_between(p.visit_id, holder.clinician_id, holder.since, start) is not None


def _share(required: list[Position], filled: Callable[[Position], bool]) -> float | None:
    return round(sum(map(filled, required)) / len(required), 4) if required else None
