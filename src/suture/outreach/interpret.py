"""What a text that came in means: a bare stop or help, digits and words, then phrases, emergencies first. Pure.

The order is the safety: a carrier has already acted on STOP when we read it, and "stop texting me" must count as well.
"""

import re
from enum import StrEnum

from suture.outreach.plain_text import mannerless, plain, unsigned
from suture.outreach.stop_words import wants_to_stop


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


_STOP = frozenset(
    [
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
        *("alto", "parar", "baja"),
    ]
)
"""Carriers act on these by themselves, also on CANCEL and END, which is why no message of ours asks for them."""

_HELP = frozenset(["help", "info", "ayuda"])
"""Only these alone: "help please" may be a cry for help, which a person reads."""

_START = frozenset(["start", "unstop"])

_ANSWERS: dict[Meaning, frozenset[str]] = {
    Meaning.ACCEPT: frozenset(["1", "y", "yes", "ok", "okay", "si", "👍"]),
    Meaning.DECLINE: frozenset(["2", "n", "no", "👎"]),
    Meaning.RESCHEDULE: frozenset(["3", "r"]),
}
_YES_WORDS = frozenset(["y", "yes", "si"])

_EMERGENCY = (
    r"911|emergency|ambulance|heart attack|stroke|seizure|overdose\w*|unconscious|passed out|chest pains?|suicid\w*"
    r"|(cant|cannot|can not|not|trouble|hard to|difficulty) breath\w*|choking|bleeding|kill myself|want to die"
    r"|end (my life|it all)"
    r"|(i|he|she|we|mom|dad|mother|father|wife|husband) (fell|have fallen|has fallen)|fell down"
    r"|emergencia|ambulancia|infarto|derrame|convulsion\w*|sobredosis|inconsciente|desmay\w*|dolor (de|en el) pecho"
    r"|no (puedo|puede) respirar|no respira|ahog\w*|sangrando|sangra|me cai|se cayo|matarme|quiero morir\w*"
)
"""Words of an emergency, in English and Spanish, as `plain` writes them. They only decide how loudly a person is
called: better one too many than one too few."""

_PHRASES: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (Meaning.EMERGENCY, re.compile(rf"\b({_EMERGENCY})\b")),
    (
        Meaning.WRONG_PERSON,
        re.compile(
            r"\b(wrong (number|person)|(numero|persona) (equivocad[oa]|incorrect[oa])|se equivoc\w* de numero)\b"
        ),
    ),
)


def interpret(text: str, *, opted_out: bool = False) -> Meaning:
    """The meaning of one text. From a number that opted out, a yes asks to be written to again and confirms nothing."""
    whole = plain(text)
    if whole in _STOP:
        return Meaning.STOP
    if whole in _HELP:
        return Meaning.HELP
    words = mannerless(plain(unsigned(text, only_dashed=True)).split())
    if whole in _START or (opted_out and " ".join(words) in _START):
        return Meaning.START
    answer = _answer(words)
    if answer is Meaning.ACCEPT and opted_out and not _YES_WORDS.isdisjoint(words):
        return Meaning.START
    return answer or _phrase(text, whole)


def _answer(words: list[str]) -> Meaning | None:
    """An answer is nothing but words of one kind, apart from good manners and a signature."""
    for meaning, known in _ANSWERS.items():
        if words and all(w in known for w in words):
            return meaning
    return None


def _phrase(text: str, whole: str) -> Meaning:
    said = next((meaning for meaning, pattern in _PHRASES if pattern.search(whole)), None)
    if said is not None:
        return said
    return Meaning.STOP if wants_to_stop(text) else Meaning.UNCLEAR
