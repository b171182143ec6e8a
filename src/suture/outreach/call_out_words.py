"""Whether a clinician's text reads as if they cannot work. English and Spanish. Pure.

It is asked back before anything happens, so a text too many costs a question; one too few costs a morning.
"""

import re

from suture.outreach.said_day import DAY

_CANNOT = (
    r"(?:cant|cannot|can not|couldnt|wont be able to|unable to|not able to|not (?:gonna|going to) be able to|wont)"
)
_CALL_OUT = re.compile(
    r"\b(?:(?:im|i am|i feel|feeling|am|so|really|very|still|home|out|got|getting|been|woke up) sick\b"
    r"|^sick (?:all|this|since|with|again)\b"
    r"|call(?:ing|ed)? (?:in |out |off )?sick\b|call(?:ing|ed) (?:out|off|in)\b|call (?:out|off)\b|callout\b"
    rf"|{_CANNOT} (?:work|come in|come (?:in)?to work|make it (?:in|to work)|go in|go to work)\b"
    rf"|{_CANNOT} do my (?:shift|visits|route)\b"
    rf"|{_CANNOT} (?:make it|come)(?: (?:today|{DAY}|at all|im sick|sorry))*+$"
    rf"|(?:not coming|wont be|not going) in\b|not (?:coming|going) to work\b"
    rf"|need (?:the day|{DAY}|a sick day) off\b|sick day\b"
    r"|(?:i have|ive got|i got|got|have) (?:a |the |an )?(?:bad |high )?(?:fever|flu|covid|stomach bug|temperature)\b"
    r"|throwing up\b|food poisoning\b|(?:tested|test) positive\b"
    r"|(?:estoy|me siento|me encuentro|sigo|amaneci|desperte)"
    r" (?:(?:muy|bien|bastante|tan|algo) )*(?:enferm[oa]|mal|malit[oa])\b"
    r"|tengo (?:(?:mucha|una|la|un) )?(?:fiebre|gripe|gripa|covid|vomito|diarrea|calentura|migrana|influenza)\b"
    rf"|no (?:puedo|podre|voy a poder|voy a) (?:ir|venir|trabajar|presentarme|asistir)(?: (?:a trabajar|al trabajo))?"
    rf"(?= (?:el |para |para el )?{DAY}| porque| estoy| por|$)|no (?:voy|vengo|puedo) (?:a trabajar|{DAY})\b"
    rf"|me reporto enferm[oa]\b|falto {DAY}|{DAY} (?:falto\b|no (?:voy|vengo|puedo|trabajo|podre)\b))"
)
_WHOLE = re.compile(rf"(?:so |very |really )?(?:sick|ill|enferm[oa])(?: {DAY})?")
_HINT = re.compile(
    r"\b(?:sick|ill(?! (?:do|take|be|come|go|try|get|call|see|let)\b)|enferm[oa]|fever|fiebre|flu|gripe|covid"
    r"|call(?:ing|ed)? out)\b"
)
_OTHERS = re.compile(
    r"\b(?:patients?|clients?|pt|she|he|they|you|u|paciente|cliente|ella|usted|family|familia)"
    r"(?: (?:is|are|was|says|said|dice|que|esta|has|still|really|very))*+ $"
)
_LONGER = re.compile(
    r"\b(?:weeks?|semanas?|months?|mes|meses|days|dias|until|hasta|rest of|resto|next|proxim[oa]|from|desde)\b"
)


def calls_out(said: str) -> bool:
    """Whether a text reads as a call-out; `said` is plain, its days are `DAY`."""
    if _WHOLE.fullmatch(said):
        return True
    found = _CALL_OUT.search(said)
    return found is not None and not _OTHERS.search(said[: found.start()])


def hints_at_call_out(said: str) -> bool:
    """Whether being ill, or calling out, is mentioned somewhere in a text."""
    return bool(_HINT.search(said))


def is_about_longer(said: str) -> bool:
    """Whether more than one day is meant, so that a person must enter it."""
    return bool(_LONGER.search(said))
