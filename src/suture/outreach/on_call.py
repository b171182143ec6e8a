"""Who is on call when: the agency's on-call list, read from `on-call.yaml`. Pure: whoever asks brings the instant.

For each branch it has turns, first those who are called first. A turn is one line: who, on which days, in which hours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from suture.model.addresses import is_mailbox
from suture.model.instants import instant_of, wall_clock
from suture.words.catalog import _

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Way = Literal["sms", "email"]

_HOURS = re.compile(r"(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})")
_PHONE = re.compile(r"\+?[\d\s().-]{7,25}")
_NIGHT = timedelta(days=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Hours:
    """From a time to a time on the branch's clock; where it ends no later than it begins, on the next day."""

    starts: time
    ends: time


def _hours(given: object) -> Hours:
    written = _HOURS.fullmatch(given) if isinstance(given, str) else None
    try:
        if written:
            hour, minute, to_hour, to_minute = map(int, written.groups())
            midnight = (to_hour, to_minute) == (24, 0)
            return Hours(time(hour, minute), time() if midnight else time(to_hour, to_minute))
    except ValueError:
        pass
    raise PydanticCustomError("hours", "{said}", {"said": _("these are not hours; write them as 17:00-08:00")})


def _phone(given: str | None) -> str | None:
    if given is not None and not _PHONE.fullmatch(given):
        raise PydanticCustomError(
            "phone", "{said}", {"said": _("this is not a phone number; write it as 614-555-0155")}
        )
    return given


def _mailbox(given: str | None) -> str | None:
    if given is not None and not is_mailbox(given):
        raise PydanticCustomError("mailbox", "{said}", {"said": _("this is not an e-mail address")})
    return given


def _some(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        raise PydanticCustomError("empty", "{said}", {"said": _("name at least one, or leave it out")})
    return given


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Contact(_Strict):
    """Someone who is on call and not in the agency's files of staff."""

    name: str = Field(min_length=1, max_length=100)
    sms: Annotated[str | None, AfterValidator(_phone)] = None
    email: Annotated[str | None, AfterValidator(_mailbox)] = None
    lang: str = Field(default="en", max_length=20)

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.sms is None and self.email is None:
            raise PydanticCustomError("reach", "{said}", {"said": _("needs a number for sms, or an email address")})
        return self


class Turn(_Strict):
    """One line: who is on call. Without days it is every day, without hours all day, without dates for good.

    Hours past midnight belong to the day on which they begin. `since` is written `from`; both dates are included.
    """

    who: str = Field(min_length=1, max_length=200)
    days: Annotated[tuple[Weekday, ...], AfterValidator(_some)] = DAYS
    hours: Annotated[Hours, BeforeValidator(_hours)] = Hours(time(), time())
    since: date | None = Field(default=None, alias="from")
    until: date | None = None
    channels: Annotated[tuple[Way, ...], AfterValidator(_some)] = ("sms", "email")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise PydanticCustomError("dates", "{said}", {"said": _("this turn is over before it begins")})
        return self

    def begins_on(self, day: date) -> bool:
        """Whether a day is one of this turn's."""
        in_time = (self.since is None or self.since <= day) and (self.until is None or day <= self.until)
        return in_time and DAYS[day.weekday()] in self.days

    def span(self, day: date) -> tuple[datetime, datetime]:
        """From when until when it is on a day, on the branch's clock."""
        ends = day if self.hours.starts < self.hours.ends else day + _NIGHT
        return datetime.combine(day, self.hours.starts), datetime.combine(ends, self.hours.ends)

    def is_on(self, instant: datetime, tz: str) -> bool:
        """Whether it is this turn now, on the clock of the branch."""
        local = wall_clock(instant, tz)
        return any(begins <= local < ends for begins, ends in self._spans(local))

    def _spans(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        for day in (local.date() - _NIGHT, local.date()):
            if self.begins_on(day):
                yield self.span(day)

    def next_start(self, instant: datetime, tz: str) -> datetime | None:
        """When it begins the next time, within a week."""
        today = wall_clock(instant, tz).date()
        days = (today + timedelta(days=n) for n in range(WEEK.days + 1))
        starts = (instant_of(day, self.hours.starts, tz) for day in days if self.begins_on(day))
        return next((start for start in starts if start > instant), None)


class OnCallList(_Strict):
    """Everything that `on-call.yaml` may say."""

    after_minutes: int = Field(default=10, ge=1, le=240)
    contacts: dict[str, Contact] = Field(default_factory=dict)
    branches: dict[str, tuple[Turn, ...]] = Field(default_factory=dict)

    @property
    def wait(self) -> timedelta:
        """How long a critical case waits for someone to take it before the first is called, and then the next."""
        return timedelta(minutes=self.after_minutes)

    def turns(self, branch: str) -> tuple[Turn, ...]:
        """The turns of a branch, first those who are called first."""
        return self.branches.get(branch, ())

    def on_now(self, branch: str, instant: datetime, tz: str) -> tuple[Turn, ...]:
        """The turns that are on, each person once."""
        found: dict[str, Turn] = {}
        for turn in self.turns(branch):
            if turn.who not in found and turn.is_on(instant, tz):
                found[turn.who] = turn
        return tuple(found.values())

    def next_turn(self, branch: str, instant: datetime, tz: str) -> tuple[datetime, Turn] | None:
        """Which turn begins next, and when; None where none does within a week."""
        starts = ((turn.next_start(instant, tz), n, turn) for n, turn in enumerate(self.turns(branch)))
        known = [(start, n, turn) for start, n, turn in starts if start is not None]
        if not known:
            return None
        start, _order, turn = min(known, key=lambda found: found[:2])
        return start, turn


def gaps(turns: tuple[Turn, ...], first: date, days: int) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of some days in which no one is on call, on the clock of the branch."""
    begins, ends = datetime.combine(first, time()), datetime.combine(first + timedelta(days=days), time())
    spans = sorted(
        turn.span(day)
        for turn in turns
        for day in (first + timedelta(days=n) for n in range(-1, days))
        if turn.begins_on(day)
    )
    found, at = [], begins
    for start, end in spans:
        if start > at:
            found.append((at, min(start, ends)))
        at = max(at, end)
    if at < ends:
        found.append((at, ends))
    return tuple(found)
