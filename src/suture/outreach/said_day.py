"""The day a text names, in English or Spanish, as `plain` writes it: today, tomorrow, or a weekday. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = 7
_WEEKDAYS = (
    ("monday", "mon", "lunes"),
    ("tuesday", "tue", "tues", "martes"),
    ("wednesday", "wed", "miercoles"),
    ("thursday", "thu", "thurs", "jueves"),
    ("friday", "fri", "viernes"),
    ("saturday", "sabado"),
    ("sunday", "domingo"),
)
_NUMBERS = {name: n for n, names in enumerate(_WEEKDAYS) for name in names}
_AHEAD = {
    "day after tomorrow": 2,
    "pasado manana": 2,
    "esta manana": 0,
    "esta tarde": 0,
    "esta noche": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "today": 0,
    "tonight": 0,
    "hoy": 0,
    "tomorrow": 1,
    "tomorow": 1,
    "tmrw": 1,
    "manana": 1,
}
"""Longer ones first: "pasado mañana" is not tomorrow."""
_NAMED = re.compile(rf"(?<!\bla )\b(?:{'|'.join((*_AHEAD, *_NUMBERS))})\b")
"""In "en la mañana" it is a part of the day."""
DAY = "theday"
"""What stands for the day in a text without it."""


@dataclass(frozen=True, slots=True)
class SaidDay:
    """A number of days ahead, or a weekday; neither where a text names several."""

    ahead: int | None = None
    weekday: int | None = None

    def date(self, today: date) -> date | None:
        """The day meant by someone who wrote today: of a weekday the next one, which may be today."""
        if self.weekday is not None:
            return today + timedelta(days=(self.weekday - today.weekday()) % WEEK)
        return None if self.ahead is None else today + timedelta(days=self.ahead)


def said_day(said: str) -> SaidDay | None:
    """The day that a text names; None where it names none."""
    found = {_meant(name) for name in _NAMED.findall(said)}
    return next(iter(found)) if len(found) == 1 else SaidDay() if found else None


def without_day(said: str) -> str:
    """The text with `DAY` for each day that it names."""
    return _NAMED.sub(DAY, said)


def _meant(name: str) -> SaidDay:
    return SaidDay(weekday=_NUMBERS[name]) if name in _NUMBERS else SaidDay(ahead=_AHEAD[name])
