"""limit: "At most …". A clinician has a maximum of minutes, or of visits, a day or a week.

    - id: day-hours
      kind: limit
      per: [clinician, day]
      max_minutes: 480
      over: {weight: 4, hard_at: 600}

Minutes are care, documentation and driving between clients. Without `over` the maximum is never passed. With it, each
unit above the maximum costs `weight` minutes of driving, and `hard_at` (if given) is never passed.

A week is the branch's home-health week. Its other days count with what is recorded or planned for them, care and
documentation. A clinician's own weekly maximum in the staff file narrows a weekly limit of minutes, never widens it;
`hard_at` stays.

`rolling:7d` instead of day or week: that many days, the service date the last of them.

`visits` says which visits count (a condition on the visit, not on the clinician). Where that is unknown, the visit
counts.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.model.instants import midnight
from suture.model.people import Clinician
from suture.rules.cel import YES, Answer
from suture.rules.effects import OnDay
from suture.rules.families import DEMAND, RowRule, sentence_of
from suture.rules.parts import WORDS, Condition, Given, Outcome, Part
from suture.rules.verdicts import Limit, LimitMeasure
from suture.words.catalog import _, marked

Units = Annotated[int, Field(ge=0, le=100_000)]
Rolling = Annotated[str, Field(pattern=r"^rolling:([2-9]|[1-5]\d)d$")]
_PERIODS: Final = {"day": marked("day"), "week": marked("week")}
_VISITS: Final = (
    marked("At most {number} visits per clinician and {period}"),
    marked("At most {number} visits where {which} per clinician and {period}"),
)
_MINUTES: Final = (
    marked("At most {number} minutes per clinician and {period}"),
    marked("At most {number} minutes where {which} per clinician and {period}"),
)


class Over(Part):
    """The price of each unit above the maximum, in minutes of driving, and where it ends."""

    weight: Annotated[int, Field(ge=0, le=10_000)]
    hard_at: Units | None = None


class LimitRule(RowRule):
    """A counter of each clinician, with what earlier days of the week already took."""

    kind: Literal["limit"]
    per: Annotated[
        tuple[Literal["clinician"], Literal["day", "week"] | Rolling],
        Field(description="whose, and over which time", examples=["per: [clinician, day]"]),
    ]
    max_minutes: Annotated[
        Units | None, Field(description="care, documentation and driving between patients; this or max_count")
    ] = None
    max_count: Annotated[Units | None, Field(validate_default=True, description="visits; this or max_minutes")] = None
    over: Annotated[
        Over | None,
        Field(description="`{weight: …, hard_at: …}`, the price of each unit above, and where it ends"),
    ] = None
    visits: Annotated[Condition | None, Field(description="the condition that says which visits count")] = None

    demand: ClassVar = "visits"
    slots: ClassVar = {"visits": DEMAND}
    givens: ClassVar = frozenset({"minutes", "count"})

    @field_validator("max_count")
    @classmethod
    def _one_maximum(cls, max_count: int | None, info: ValidationInfo) -> int | None:
        if "max_minutes" in info.data and (max_count is None) == (info.data["max_minutes"] is None):
            raise PydanticCustomError("limit", _("a limit has either max_minutes or max_count"))
        return max_count

    @field_validator("over")
    @classmethod
    def _ends_above_the_maximum(cls, over: Over | None, info: ValidationInfo) -> Over | None:
        maximum = info.data.get("max_minutes") if info.data.get("max_count") is None else info.data["max_count"]
        if over and over.hard_at is not None and maximum is not None and over.hard_at < maximum:
            values = {"hard_at": over.hard_at, "maximum": maximum}
            raise PydanticCustomError("range", _("hard_at {hard_at} is below the maximum {maximum}"), values)
        return over

    @field_validator("visits")
    @classmethod
    def _counts_what_history_tells(cls, visits: str | None, info: ValidationInfo) -> str | None:
        if visits is not None and info.data.get("per", (None, "day"))[1] != "day":
            message = _("the type of past visits is unknown, so a week cannot count only some. Maybe count per day.")
            raise PydanticCustomError("limit", message)
        return visits

    @property
    def maximum(self) -> int:
        """The one maximum that is given, in minutes or visits."""
        return self.max_minutes if self.max_minutes is not None else self.max_count or 0

    def on_day(self, there: OnDay) -> Iterator[Limit]:
        """One counter a clinician."""
        used = Counter() if self.per[1] == "day" else self._used_on_other_days(there.day)
        all_count = self.visits is None and self.scope.patient is None
        counted = None if all_count else frozenset(there.visits)
        return (self._bound(clinician, used[clinician.id], counted) for clinician in there.clinicians)

    def _bound(self, clinician: Clinician, used: int, counted: frozenset[VisitId] | None) -> Limit:
        own = clinician.max_weekly_minutes
        measure = LimitMeasure.COUNT if self.max_minutes is None else LimitMeasure.MINUTES
        maximum = self.maximum
        if own is not None and measure is LimitMeasure.MINUTES and self.per[1] == "week":
            maximum = min(maximum, own)
        return Limit(
            rule_id=self.id,
            clinician_id=clinician.id,
            measure=measure,
            used=used,
            maximum=maximum,
            over_minutes=self.over.weight if self.over else 0,
            hard_maximum=self.over.hard_at if self.over else maximum,
            visits=counted,
        )

    def _period(self, day: Day) -> tuple[date, date]:
        """The first day that counts, and the first one after the period."""
        if self.per[1] != "week":
            days = int(self.per[1].removeprefix("rolling:").removesuffix("d"))
            return day.service_date - timedelta(days=days - 1), day.service_date + timedelta(days=1)
        first = day.service_date - timedelta(days=(day.service_date.isoweekday() - day.branch.week_starts_on) % 7)
        return first, first + timedelta(days=7)

    def _used_on_other_days(self, day: Day) -> Counter[PartyId]:
        """What the other days of the period took of each clinician; the service date itself is the planner's."""
        first, after = self._period(day)
        dates = (first, day.service_date, day.service_date + timedelta(days=1), after)
        begins, today, tomorrow, ends = (midnight(d, day.branch.tz) for d in dates)
        used: Counter[PartyId] = Counter()
        for past in day.past:
            if begins <= past.starts_at < today or tomorrow <= past.starts_at < ends:
                minutes = -((past.starts_at - past.ends_at) // timedelta(minutes=1))
                used[past.clinician_id] += 1 if self.max_minutes is None else minutes
        return used

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether a period with this many `minutes` or visits (`count`) keeps the limit, and what it costs."""
        used = given.get("count" if self.max_minutes is None else "minutes", 0)
        if answers.get("visits", YES).truth is False or not isinstance(used, int):
            used = 0
        end = (self.over.hard_at if self.over else self.maximum) if self.over is None or self.over.hard_at else None
        cost = max(0, used - self.maximum) * self.over.weight if self.over else 0
        return Outcome(WORDS[end is None or used <= end], {"cost": cost})

    def sentence(self) -> str:
        """The rule in words."""
        always, sometimes = _VISITS if self.max_minutes is None else _MINUTES
        period = _(_PERIODS.get(self.per[1], self.per[1]))
        most = _(always, number=self.maximum, period=period)
        if self.visits:
            most = _(sometimes, number=self.maximum, which=self.visits, period=period)
        if self.over is None:
            return sentence_of(most)
        minutes, end = self.over.weight, self.over.hard_at
        if end is None:
            return sentence_of(most, _("each one above costs {minutes} minutes of driving", minutes=minutes))
        price = _("each one above costs {minutes} minutes of driving, never above {end}", minutes=minutes, end=end)
        return sentence_of(most, price)
