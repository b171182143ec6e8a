"""Days and times in the recipient's words, calendar and clock; plain ASCII, as an accent halves a text's room."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from suture.model.plan import ToldWindow
from suture.outreach.templates import language

_DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mie", "jue", "vie", "sab", "dom"),
}
_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
}


def day_words(instant: datetime, tz: str, lang: str) -> str:
    """ "Tue Mar 24" or "mar 24 mar" on the recipient's calendar."""
    local = instant.astimezone(ZoneInfo(tz))
    lang = language(lang)
    day, month = _DAYS[lang][local.weekday()], _MONTHS[lang][local.month - 1]
    return f"{day} {month} {local.day}" if lang == "en" else f"{day} {local.day} {month}"


def window_words(window: ToldWindow, tz: str) -> str:
    """ "9:30-10:30am", "11:30am-12:30pm", or "9:30am" for an exact time, on the recipient's clock."""
    opens, closes = (t.astimezone(ZoneInfo(tz)) for t in (window.open, window.close))
    if opens == closes:
        return _clock(opens) + _half(opens)
    first = _clock(opens) if _half(opens) == _half(closes) else _clock(opens) + _half(opens)
    return f"{first}-{_clock(closes)}{_half(closes)}"


def _clock(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local.minute:02}"


def _half(local: datetime) -> str:
    return "am" if local.hour < 12 else "pm"
