"""Days and times in the recipient's words, calendar and clock. Texts are plain ASCII: an accent halves their room."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from suture.model.instants import local_date, wall_clock
from suture.model.plan import ToldWindow
from suture.outreach.templates import language

_DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
SHORT = 3


def spoken_day(day: date, lang: str) -> str:
    """ "Tuesday, March 24" or "martes 24 de marzo"."""
    lang = language(lang)
    weekday, month = _DAYS[lang][day.weekday()], _MONTHS[lang].split(" ")[day.month - 1]
    return f"{weekday}, {month} {day.day}" if lang == "en" else f"{weekday} {day.day} de {month}"


def long_day_words(instant: datetime, tz: str, lang: str) -> str:
    """`spoken_day` of an instant on the recipient's calendar."""
    return spoken_day(local_date(instant, tz), lang)


def day_words(instant: datetime, tz: str, lang: str) -> str:
    """ "Tue Mar 24" on the recipient's calendar; in Spanish "martes 24 de marzo", since "mar 24 mar" is a riddle."""
    local = local_date(instant, tz)
    if language(lang) == "es":
        return without_accents(spoken_day(local, "es"))
    month = _MONTHS["en"].split(" ")[local.month - 1]
    return f"{_DAYS['en'][local.weekday()][:SHORT]} {month[:SHORT]} {local.day}"


def without_accents(text: str) -> str:
    """The letters without their accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def window_words(window: ToldWindow, tz: str) -> str:
    """ "9:30-10:30am", "11:30am-12:30pm", or "9:30am" for an exact time, on the recipient's clock."""
    opens, closes = (wall_clock(t, tz) for t in (window.open, window.close))
    if opens == closes:
        return _clock(opens) + _half(opens)
    first = _clock(opens) if _half(opens) == _half(closes) else _clock(opens) + _half(opens)
    return f"{first}-{_clock(closes)}{_half(closes)}"


def _clock(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02}"


def _half(local: datetime) -> str:
    return "am" if local.hour < 12 else "pm"
