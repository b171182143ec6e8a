"""Days and times as one says them aloud, in English and Spanish: never 24-hour clocks on a patient's page."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from suture.model.instants import wall_clock
from suture.model.plan import ToldWindow

_EVENING = {"en": 17, "es": 19}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "morning": "in the morning",
        "noon": "noon",
        "afternoon": "in the afternoon",
        "evening": "in the evening",
    },
    "es": {"morning": "de la mañana", "noon": "del mediodía", "afternoon": "de la tarde", "evening": "de la noche"},
}


def spoken_window(window: ToldWindow, tz: str, lang: str) -> str:
    """ "between 9:30 and 10:30 in the morning", or "at 9:30 in the morning" for an exact time."""
    opens, closes = (wall_clock(t, tz) for t in (window.open, window.close))
    if opens == closes:
        return f"{'at' if lang == 'en' else 'a'} {_clock(opens, lang)} {_part(opens, lang)}"
    first = _clock(opens, lang)
    if _part(opens, lang) != _part(closes, lang):
        first += f" {_part(opens, lang)}"
    between, conjunction = ("between", "and") if lang == "en" else ("entre", "y")
    return f"{between} {first} {conjunction} {_clock(closes, lang)} {_part(closes, lang)}"


def short_clock(instant: datetime, tz: str) -> str:
    """ "9:30 am": for a clinician's list."""
    local = wall_clock(instant, tz)
    return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"


def short_span(opens: datetime, closes: datetime, tz: str) -> str:
    """ "9:30–10:30 am", "11:30 am–12:30 pm", or "9:30 am" for an exact time."""
    first, last = short_clock(opens, tz), short_clock(closes, tz)
    if opens == closes:
        return first
    same_half = first[-2:] == last[-2:] and closes - opens < timedelta(hours=12)
    return f"{first[:-3] if same_half else first}–{last}"


def _clock(local: datetime, lang: str) -> str:
    clock = f"{local.hour % 12 or 12}:{local:%M}"
    if lang != "es":
        return clock
    return f"la {clock}" if local.hour % 12 == 1 else f"las {clock}"


def _part(local: datetime, lang: str) -> str:
    if local.hour == 12 and local.minute == 0:
        part = "noon"
    elif local.hour < 12:
        part = "morning"
    else:
        part = "afternoon" if local.hour < _EVENING[lang] else "evening"
    return _PARTS[lang][part]
