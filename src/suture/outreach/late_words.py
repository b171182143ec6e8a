"""Whether a text says that its writer is late, and by how many minutes. English and Spanish. Pure.

Sure only where the writer is late, and will be: "you are 20 minutes late" and "I was 20 late" are read by a person.
"""

import re
import unicodedata
from dataclasses import dataclass

from suture.outreach.plain_text import plain

LONGEST_MINUTES = 600
LEAST_BARE, MOST_BARE = 5, 120
"""A number without a unit is minutes within these."""

_HALF_HOUR = re.compile(r"(?:½|\b1\s*/\s*2)\s*(?:an?\s+)?(?:hours?|hr|h|horas?)\b")
_AND_A_HALF = re.compile(r"\b(\d)\s*(?:[.,]5|½|\s1/2)\s*(hours?|hrs?|h|horas?)\b")
_TIMES = re.compile(
    r"\d{1,2}\s*:\s*\d{2}(?:\s*[ap]\.?\s*m\b\.?)?|\b\d{1,2}\s*[ap]\.?\s?m\b\.?|\d+\s*½|\d+\s+1/2|\d+[.,/]\d+"
    r"|\ba las? \d{1,2}\b|\bat \d{1,2}\b"
)
"""Hours of the day, and numbers that are no count of minutes."""
_LETTER_AND_DIGIT = re.compile(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)")
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "treinta": 30, "cuarenta": 40, "cincuenta": 50}
_SMALL = {
    **{"five": 5, "ten": 10, "fifteen": 15, "cinco": 5, "diez": 10, "quince": 15, "veinte": 20, "veinticinco": 25},
    **_TENS,
}
_FIVE = re.compile(rf"\b({'|'.join(_TENS)}) (?:y )?(?:five|cinco)\b")
_WORDS = re.compile(rf"\b({'|'.join(_SMALL)})\b")

_H, _M = r"(?:h|hr|hrs|hour|hours|hora|horas)", r"(?:m|min|mins|mns|minute|minutes|minuto|minutos)"
_AMOUNT = (
    rf"(?:(?P<half>(?:half (?:an? )?|media ){_H})"
    rf"|(?P<hours>an?|una|\d{{1,2}}) {_H}"
    rf"(?: (?P<and_half>and a half|y media)|(?: and| y)? (?P<rest>\d{{1,2}})(?: {_M})?)?"
    rf"|(?:(?P<least>\d{{1,3}}) (?:to |or |a |o )?)?(?P<minutes>\d{{1,3}})(?! \d)(?P<unit> {_M})?)"
)
_STATES = (
    r"(?:late|behind|delayed|(?<!la )(?<!esta )(?<!mas )(?<!buena )(?<!una )tarde|(?:con )?retraso|retrasad[oa]"
    r"|(?:con )?atraso|atrasad[oa]|demorad[oa])"
)
_VERBS = r"(?:retras(?:o|e|ar\w*)|demor(?:o|e|ar\w*)|atras(?:o|e|ar\w*))"
_ABOUT = (
    r"(?:by|about|around|like|maybe|probably|approx\w*|some|de|unos|unas|como|por|casi|aproximadamente|mas o menos)"
)
_BEFORE = re.compile(
    rf"\b{_AMOUNT}(?: (?:or so|mas o menos|aprox\w*))?"
    rf" (?:running )?(?:{_STATES}|(?:de |of )(?:retraso|atraso|demora|delay))\b"
)
_AFTER = re.compile(rf"\b(?:{_STATES}|{_VERBS})(?: schedule)?(?: {_ABOUT})*+ {_AMOUNT}(?! (?:am|pm|thetime))\b")
_NO_MINUTES = re.compile(
    r"\b(?:running (?:a (?:little|bit) |very |so |super )?(?:late|behind)"
    r"|(?:im|i am|ill be|i will be|we are|well be|gonna be|going to be|might be|may be)"
    r" (?:(?:a|few|little|bit|very|some|minutes|mins|min) )*(?:late|behind|delayed)"
    r"|(?:voy|llego|llegare|llegamos|vamos|ando|estoy|vengo) (?:(?:un|poco|bien|muy|a|llegar|algo|unos|minutos) )*"
    r"(?:tarde|atrasad[oa]|retrasad[oa]|demorad[oa]|con (?:retraso|atraso|demora))|se me hizo tarde)\b"
)
_GOING = (
    r"(?:is|are|am|was|were|will|be|running|going|to|gonna|has|been|about|like|around|only|just|already|always"
    r"|viene|vienen|llega|llegan|llego|llegar|va|van|voy|esta|estan|estoy|a|unos|como|ya|siempre|im|i)"
)
_DENIED = re.compile(
    rf"\b(?:not|wont|isnt|arent|no|nunca|never|without|sin|was|were|wasnt|been|estuve|estaba|llegue|fui|if|si|never)"
    rf"(?: {_GOING})*+ $"
)
_OTHERS = re.compile(
    r"\b(?:patients?|clients?|pt|pts|she|shes|shell|he|hes|they|theyre|theyll|you|youre|youll|u|ur|yall|nurse|aide"
    r"|caregiver|therapist|family|daughter|son|wife|husband|paciente|cliente|ella|usted|ustedes|enfermer[oa]|familia|hija"
    rf"|hijo|esposa|esposo)(?: {_GOING})*+ $"
)
"""Someone else is late, or the writer was."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """By how many minutes, where the text says so. `sure`: it can be taken at its word."""

    minutes: int | None
    sure: bool


def lateness(text: str) -> Lateness | None:
    """How late the writer is; None for a text that says nothing of it."""
    said = _said(text)
    for pattern in (_BEFORE, _AFTER):
        found = pattern.search(said)
        if found and (minutes := _minutes(found)):
            return Lateness(minutes, _is_own(said[: found.start()]))
    if found := _NO_MINUTES.search(said):
        return Lateness(None, _is_own(said[: found.start()]))
    return Lateness(None, sure=False) if _BEFORE.search(said) or _AFTER.search(said) else None


def _said(text: str) -> str:
    """The text as words, its numbers as digits, and without hours of the day."""
    folded = unicodedata.normalize("NFC", text.casefold())
    timeless = _TIMES.sub(" thetime ", _HALF_HOUR.sub(" half hour ", _AND_A_HALF.sub(r" \1 hour and a half ", folded)))
    words = " ".join(_LETTER_AND_DIGIT.sub(" ", plain(timeless)).split())
    words = _FIVE.sub(lambda m: str(_TENS[m[1]] + 5), words)
    return _WORDS.sub(lambda m: str(_SMALL[m[1]]), words)


def _minutes(found: re.Match[str]) -> int | None:
    if found["half"]:
        return 30
    if found["hours"]:
        whole = int(found["hours"]) if found["hours"].isdigit() else 1
        minutes = 60 * whole + (30 if found["and_half"] else int(found["rest"] or 0))
        return minutes if 0 < minutes <= LONGEST_MINUTES else None
    minutes = max(int(found["minutes"]), int(found["least"] or 0))
    if found["unit"]:
        return minutes if 0 < minutes <= LONGEST_MINUTES else None
    return minutes if LEAST_BARE <= minutes <= MOST_BARE and not found["least"] else None


def _is_own(before: str) -> bool:
    return not (_DENIED.search(before) or _OTHERS.search(before))
