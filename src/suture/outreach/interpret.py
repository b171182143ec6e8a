"""What a text that came in means: stop and help first, then digits and words, then phrases, emergencies first. Pure.

The order is the safety: a carrier has already acted on STOP when we read it, and "stop texting me" must count as well.
"""

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """Everything a text can mean to us."""

    STOP = "stop"
    WRONG_PERSON = "wrong_person"
    START = "start"
    HELP = "help"
    ACCEPT = "accept"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    EMERGENCY = "emergency"
    UNCLEAR = "unclear"


_WHOLE: dict[Meaning, frozenset[str]] = {
    Meaning.STOP: frozenset(
        [
            "stop",
            "stopall",
            "stop all",
            "unsubscribe",
            "cancel",
            "end",
            "quit",
            "revoke",
            "optout",
            "opt out",
            "alto",
            "parar",
            "baja",
        ]
    ),
    Meaning.HELP: frozenset(["help", "info", "ayuda"]),
    Meaning.START: frozenset(["start", "unstop"]),
}
"""Carriers act on these by themselves, also on CANCEL and END, which is why no message of ours asks for them."""

_ANSWERS: dict[Meaning, frozenset[str]] = {
    Meaning.ACCEPT: frozenset(["1", "y", "yes", "ok", "okay", "si", "👍"]),
    Meaning.DECLINE: frozenset(["2", "n", "no", "👎"]),
    Meaning.RESCHEDULE: frozenset(["3", "r"]),
}
_POLITE = frozenset(["please", "thanks", "thank", "you", "por", "favor", "gracias"])
_YES_WORDS = frozenset(["y", "yes", "si"])

_EMERGENCY = (
    r"911|emergency|ambulance|heart attack|stroke|seizure|overdose\w*|unconscious|passed out|chest pains?|suicid\w*"
    r"|(cant|cannot|can not|not|trouble|hard to|difficulty) breath\w*|choking|bleeding|kill myself|want to die"
    r"|(i|he|she|we|mom|dad|mother|father|wife|husband) (fell|have fallen|has fallen)|fell down"
    r"|emergencia|ambulancia|infarto|derrame|convulsion\w*|sobredosis|inconsciente|desmay\w*|dolor (de|en el) pecho"
    r"|no (puedo|puede) respirar|no respira|ahog\w*|sangrando|sangra|me cai|se cayo|matarme|quiero morir\w*"
)
"""Words of an emergency, in English and Spanish, as `_plain` writes them. They only decide how loudly a person is
called: better one too many than one too few."""

_PHRASES: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (Meaning.EMERGENCY, re.compile(rf"\b({_EMERGENCY})\b")),
    (
        Meaning.WRONG_PERSON,
        re.compile(
            r"\b(wrong (number|person)|(numero|persona) (equivocad[oa]|incorrect[oa])|se equivoc\w* de numero)\b"
        ),
    ),
    (
        Meaning.STOP,
        re.compile(
            r"\b(stop|quit|no more) (sending|text\w*|messag\w*|contact\w*)|\b(do not|dont) (text|message|contact)\b"
            r"|\b(unsubscribe|opt (me )?out|take me off|remove me)\b"
            r"|\bno (me )?(manden|envien|escriban)\b"
            r"|\b(dejen de|no mas) (mandar\w*|enviar\w*|escribir\w*|mensajes|textos)\b"
        ),
    ),
)


def interpret(text: str, *, opted_out: bool = False) -> Meaning:
    """The meaning of one text. From a number that opted out, a yes asks to be written to again and confirms nothing."""
    plain = _plain(text)
    for meaning, words in _WHOLE.items():
        if plain in words:
            return meaning
    answer = _answer(plain)
    if answer is Meaning.ACCEPT and opted_out and not _YES_WORDS.isdisjoint(plain.split()):
        return Meaning.START
    return answer or _phrase(plain)


def _answer(plain: str) -> Meaning | None:
    """An answer is nothing but words of one kind, apart from good manners."""
    words = [w for w in plain.split() if w not in _POLITE]
    for meaning, known in _ANSWERS.items():
        if words and all(w in known for w in words):
            return meaning
    return None


def _phrase(plain: str) -> Meaning:
    return next((meaning for meaning, pattern in _PHRASES if pattern.search(plain)), Meaning.UNCLEAR)


def _plain(text: str) -> str:
    """Lower case, without accents, punctuation, or the marks that colour an emoji; words parted by one space."""
    kept = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me", "Sk", "Cf") or char in "'’":
            continue
        kept.append(char if kind[0] in "LN" or kind == "So" else " ")
    return " ".join("".join(kept).split())
