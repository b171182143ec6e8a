"""The agency's settings of the contact loop, read from `outreach.yaml`; not rules of the rulebook."""

import re
from datetime import time, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from suture.model.offers import OfferMode, OfferPolicy
from suture.words.catalog import _

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def _wall_time(given: object) -> time:
    """A time of day as people write it: no number of seconds, and no offset, since it holds where the reader lives."""
    if isinstance(given, time) and given.tzinfo is None:
        return given
    written = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    try:
        if written:
            hour, minute, second = (int(part or 0) for part in written.groups())
            return time(hour, minute, second)
    except ValueError:
        pass
    raise PydanticCustomError("wall_time", _("write a time of day between 00:00 and 23:59"))


WallTime = Annotated[time, BeforeValidator(_wall_time)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class OpenHours(_Strict):
    """Local hours in which messages may reach someone; outside them it is quiet."""

    opens: WallTime
    closes: WallTime

    @model_validator(mode="after")
    def _open_at_all(self) -> Self:
        if self.opens >= self.closes:
            message = _("these hours close before they open, so that nothing could ever be sent")
            raise PydanticCustomError("hours", message)
        return self


class SameDayChange(_Strict):
    """Lets a change of a visit that starts soon leave before the patient's usual hours; each use is audited."""

    enabled: bool = True
    earliest: WallTime = time(6, 30)
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


class Watch(_Strict):
    """How long silence is silence: check-ins that do not come, lists that are not accepted, and so on."""

    late_start_minutes: int = Field(default=15, ge=1, le=240)
    absent_minutes: int = Field(default=30, ge=1, le=240)
    no_check_out_minutes: int = Field(default=30, ge=1, le=240)
    change_by_sms_minutes: int = Field(default=3, ge=1, le=240)
    change_by_email_minutes: int = Field(default=15, ge=1, le=240)
    day_by: WallTime = time(6, 30)
    hold_days: int = Field(default=7, ge=1, le=365)


class Offers(_Strict):
    """How people are asked to take what has no clinician."""

    mode: OfferMode = Field(default=OfferMode.BROADCAST, strict=False)
    after_minutes: int | None = Field(default=5, ge=0, le=1440)
    expires_minutes: int = Field(default=30, ge=1, le=1440)
    expires_soon_minutes: int = Field(default=5, ge=1, le=240)
    soon_hours: int = Field(default=4, ge=0, le=72)
    most_at_once: int = Field(default=5, ge=1, le=100)
    most_a_day: int = Field(default=3, ge=1, le=50)


class OutreachPolicy(_Strict):
    """Everything the contact loop may be told by an agency."""

    patient_hours: OpenHours = OpenHours(opens=time(8), closes=time(21))
    staff_hours: OpenHours = OpenHours(opens=time(5, 30), closes=time(21))
    confirm_hours: OpenHours = OpenHours(opens=time(9), closes=time(19))
    same_day_change: SameDayChange = SameDayChange()
    hold_back: HoldBack = HoldBack()
    caps: Caps = Caps()
    max_changes_per_day: int = Field(default=3, ge=1)
    watch: Watch = Watch()
    offers: Offers = Offers()

    def offering(self, *, on_hold: bool) -> OfferPolicy:
        """How people are asked, as planning reads it."""
        asked = self.offers
        return OfferPolicy(
            mode=asked.mode,
            after=None if asked.after_minutes is None else timedelta(minutes=asked.after_minutes),
            soon=timedelta(hours=asked.soon_hours),
            expires_soon=timedelta(minutes=asked.expires_soon_minutes),
            expires=timedelta(minutes=asked.expires_minutes),
            most_at_once=asked.most_at_once,
            most_a_day=asked.most_a_day,
            opens=self.staff_hours.opens,
            closes=self.staff_hours.closes,
            on_hold=on_hold,
        )
