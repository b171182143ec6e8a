"""Days and times in the recipient's words, calendar and clock. Texts are in GSM-7: any other letter halves their room.

How a language writes a day is a text of the catalog, too: a pattern where EEEE is a weekday and MMMM a month, EEE and
MMM are short, d is the number, and what is between single quotes is written as it is.
"""

import unicodedata
from datetime import date, datetime

from babel.dates import format_date

from suture.model.instants import local_date, wall_clock
from suture.model.plan import ToldWindow
from suture.words.catalog import base_language, in_language, marked

_DAY = marked("EEEE, MMMM d")
_SHORT_DAY = marked("EEE MMM d")
"""The weekday is first, so that it can be left out. Spanish says both in full, since "mar 24 mar" is a riddle."""


def spoken_day(day: date, lang: str) -> str:
    """ "Tuesday, March 24" or "martes 24 de marzo"."""
    return _written(day, _DAY, lang)


ACCENTED = frozenset("èéùìòÇØøÅåÄÖÑÜäöñüà")
"""The letters with accents that GSM-7, the alphabet of texts, has."""


def long_day_words(instant: datetime, tz: str, lang: str) -> str:
    """`spoken_day` of an instant on the recipient's calendar."""
    return spoken_day(local_date(instant, tz), lang)


def day_words(instant: datetime, tz: str, lang: str) -> str:
    """ "Tue Mar 24" or "martes 24 de marzo" on the recipient's calendar. No weekday is misspelled: "28 de marzo"."""
    written = _written(local_date(instant, tz), _SHORT_DAY, lang)
    weekday, _space, day = written.partition(" ")
    return for_a_phone(written if for_a_phone(weekday) == weekday else day)


def without_weekday(day: str) -> str:
    """What `day_words` says, shorter by the weekday where it has one."""
    return day if day[:1].isdigit() else day.partition(" ")[2]


def _written(day: date, pattern: str, lang: str) -> str:
    return format_date(day, in_language(lang, pattern), locale=base_language(lang))


_TYPED = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "..."}
)
"""What word processors write, as a phone writes it."""


def for_a_phone(text: str) -> str:
    """The text with the accents that GSM-7 has: "miércoles" keeps its own, that of "sábado" would halve what a text
    holds."""
    return "".join(c if c in ACCENTED else _bare(c) for c in unicodedata.normalize("NFC", text).translate(_TYPED))


def _bare(char: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))


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
