"""Times as one says them aloud: never 24-hour clocks on a patient's page."""

from datetime import datetime, timedelta

from suture.model.instants import wall_clock
from suture.model.plan import ToldWindow
from suture.words.catalog import _, plural, speaking

EVENING, LATE = 17, 19
"""When the evening begins in English and in Spanish: between them a translation may still say afternoon."""


def spoken_window(window: ToldWindow, tz: str, lang: str) -> str:
    """ "between 9:30 and 10:30 in the morning", or "at 9:30 in the morning" for an exact time."""
    opens, closes = (wall_clock(t, tz) for t in (window.open, window.close))
    with speaking(lang):
        first, last = _clock(opens), _in_part(closes, _clock(closes))
        if opens == closes:
            return _("at {time}", time=last)
        if _in_part(opens, "") != _in_part(closes, ""):
            first = _in_part(opens, first)
        return _("between {first} and {last}", first=first, last=last)


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


def _clock(local: datetime) -> str:
    """ "9:30"; some languages put "the" before it, one for one o'clock and one for the other hours."""
    return plural("{n}:{minutes}", "{n}:{minutes}", local.hour % 12 or 12, minutes=local.strftime("%M"))


def _in_part(local: datetime, clock: str) -> str:
    """A clock with the part of the day: "9:30 in the morning"."""
    if local.hour == 12 and local.minute == 0:
        return _("{clock} noon", clock=clock)
    if local.hour < 12:
        return _("{clock} in the morning", clock=clock)
    if local.hour < EVENING:
        return _("{clock} in the afternoon", clock=clock)
    return _("{early} in the evening", early=clock) if local.hour < LATE else _("{late} in the evening", late=clock)
