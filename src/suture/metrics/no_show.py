"""No-show rate: how often the clinician came and the patient was not home.

Neither visits that were cancelled nor those that are on hold or on another day now were due.
"""

from dataclasses import dataclass

from suture.metrics.positions import Story


@dataclass(frozen=True, slots=True)
class NoShow:
    """Share of the visits due, None where none was; `due` is their number."""

    rate: float | None
    due: int


def no_show(story: Story) -> NoShow:
    """A visit counts once, however many seats it has."""
    due = {p.visit_id: p for p in story.positions if p.wanted and p.cancelled_by is None}
    missed = sum(p.not_home for p in due.values())
    return NoShow(round(missed / len(due), 4) if due else None, len(due))
