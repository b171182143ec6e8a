"""The agency's settings of the contact loop, read from `outreach.yaml`; not rules of the rulebook."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenHours(_Strict):
    """Local hours in which messages may reach somebody; outside them it is quiet."""

    opens: time
    closes: time


class SameDayChange(_Strict):
    """Lets a change of a visit that starts soon leave before the patient's usual hours; each use is audited."""

    enabled: bool = True
    earliest: time = time(6, 30)
    within_hours: int = Field(default=4, ge=0)


class HoldBack(_Strict):
    """Seconds between a change and its message, so that a later change can supersede it."""

    person: int = Field(default=20, ge=0)
    automatic: int = Field(default=60, ge=0)
    urgent: int = Field(default=10, ge=0)
    urgent_within_hours: int = Field(default=2, ge=0)


class Caps(_Strict):
    """Most reminder steps on SMS and voice to one person; changes are never capped but count."""

    per_day: int = Field(default=1, ge=1)
    per_week: int = Field(default=3, ge=1)


class OutreachPolicy(_Strict):
    """Everything the contact loop may be told by an agency."""

    patient_hours: OpenHours = OpenHours(opens=time(8), closes=time(21))
    staff_hours: OpenHours = OpenHours(opens=time(5, 30), closes=time(21))
    confirm_hours: OpenHours = OpenHours(opens=time(9), closes=time(19))
    same_day_change: SameDayChange = SameDayChange()
    hold_back: HoldBack = HoldBack()
    caps: Caps = Caps()
    max_changes_per_day: int = Field(default=3, ge=1)
