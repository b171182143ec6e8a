"""The part of RFC 5545 recurrence rules that rosters use: every few days or weeks, on certain weekdays."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.localtime import to_utc
from suture.model.instants import instant_of, local_date
from suture.words.reason import reason

_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_ONE_BY_ONE = reason("file.hint.rrule_parts")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A parsed rule. `until`: the last local day. Weekdays: 0 = Monday … 6 = Sunday, none: the first day's own."""

    weekly: bool
    interval: int
    weekdays: frozenset[int]
    until: date | None
    count: int | None
    week_start: int

    @property
    def needs_first_day(self) -> bool:
        """Whether the rule means nothing without the day it begins."""
        return self.interval > 1 or self.count is not None or (self.weekly and not self.weekdays)

    def days(self, first: date, wanted: Set[date]) -> list[date]:
        """The wanted days on which it falls, counting from `first`."""
        last = min(max(wanted, default=first), self.until or date.max)
        if self.count is None:
            return [day for day in sorted(wanted) if first <= day <= last and self._falls_on(day, first)]
        every = (first + timedelta(days=n) for n in range((last - first).days + 1))
        counted = islice((day for day in every if self._falls_on(day, first)), self.count)
        return [day for day in counted if day in wanted]

    def _falls_on(self, day: date, first: date) -> bool:
        if not self.weekly:
            return (day - first).days % self.interval == 0 and (not self.weekdays or day.weekday() in self.weekdays)
        weeks = (self._week_of(day) - self._week_of(first)).days // 7
        return weeks % self.interval == 0 and day.weekday() in (self.weekdays or {first.weekday()})

    def _week_of(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)


def parse_recurrence(rule: str, tz: str, start_minutes: int) -> Recurrence:
    """Read a rule whose days begin at a time of day in `tz`. Raises FieldError for what it does not know."""
    parts: dict[str, str] = {}
    for part in rule.upper().removeprefix("RRULE:").strip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise FieldError("rrule", reason("file.rrule.not_one"), reason("file.hint.rrule"))
        parts[name] = value
    frequency = parts.pop("FREQ", "")
    if frequency not in ("DAILY", "WEEKLY"):
        is_known = frequency in ("MONTHLY", "YEARLY", "HOURLY")
        what = reason("file.rrule.frequency", frequency=frequency) if is_known else reason("file.rrule.no_frequency")
        raise FieldError("rrule", what, _ONE_BY_ONE)
    until, count = parts.pop("UNTIL", None), parts.pop("COUNT", None)
    if until is not None and count is not None:
        raise FieldError("rrule", reason("file.rrule.until_and_count"), reason("file.hint.keep_one"))
    recurrence = Recurrence(
        weekly=frequency == "WEEKLY",
        interval=_number(parts.pop("INTERVAL", "1"), "INTERVAL"),
        weekdays=frozenset(_weekday(d) for d in parts.pop("BYDAY", "").split(",") if d),
        until=_last_day(until, tz, start_minutes) if until is not None else None,
        count=_number(count, "COUNT") if count is not None else None,
        week_start=_weekday(parts.pop("WKST", "MO")),
    )
    if parts:
        raise FieldError("rrule", reason("file.rrule.part"), _ONE_BY_ONE)
    return recurrence


def _number(value: str, name: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= 9999 and len(value) <= 4):
        raise FieldError("rrule", reason("file.rrule.number", name=name), reason("file.hint.rrule_number", name=name))
    return int(value)


def _weekday(value: str) -> int:
    if value not in _WEEKDAYS:
        hint = reason("file.hint.rrule_weekdays", weekdays=", ".join(_WEEKDAYS))
        raise FieldError("rrule", reason("file.rrule.weekday"), hint)
    return _WEEKDAYS[value]


def _last_day(value: str, tz: str, start_minutes: int) -> date:
    """The last day whose start is not after UNTIL: a date means all of its day, an instant what has begun by then."""
    for form in ("%Y%m%d", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ"):
        try:
            found = datetime.strptime(value, form)  # noqa: DTZ007 - the zone is the row's, or UTC where it ends in Z
        except ValueError:
            continue
        if "T" not in form:
            return found.date()
        until = found.replace(tzinfo=UTC) if form.endswith("Z") else instant_of(found.date(), found.time(), tz)
        day = local_date(until, tz)
        return day if to_utc(day, start_minutes, tz, shift_gap=True) <= until else day - timedelta(days=1)
    raise FieldError("rrule", reason("file.rrule.until"), reason("file.hint.rrule_until"))
