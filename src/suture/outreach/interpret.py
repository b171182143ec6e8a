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
    r"911|emergency|ambulance|paramedics?|heart attack|stroke|seizures?|overdos\w*|unconscious|unresponsive"
    r"|passed out|passing out|faint(ed|ing)|collapsed|chest (pains?|hurts?|is hurting|aches?|tight\w*|pressure)"
    r"|(pains?|pressure|tightness) (in|on) (my|his|her|the|your) chest|suicid\w*|sos|mayday"
    r"|(cant|cannot|can not|couldnt|not|isnt|trouble|hard to|hard time|difficulty|struggling to|short of|stopped)"
    r" (breath\w*|wake up|wake (him|her)( up)?)|chok(e|es|ed|ing)|turning blue|bleed(s|ing)?|bled|blood everywhere"
    r"|(kill|hurt|harm|cut) (myself|himself|herself)|want to die|wanna die|dying|end (my life|it all)"
    r"|(i|ive|he|hes|she|shes|we|mom|dad|mother|father|wife|husband|just|and|has|have) (fell|fallen)|(has|have) fallen"
    r"|fell (down|over|off|out|in|on|and|again)|had a (bad )?fall|on the floor|(cant|cannot|can not) get up"
    r"|help me|need help (now|right now|right away)|come quick(ly)?|hurry"
    r"|emergencia\w*|ambulancia|auxilio|socorro|paramedicos?|infarto|ataque (al|de) corazon|derrame|embolia"
    r"|convulsion\w*|convulsiona\w*|sobredosis|inconsciente|desmay\w*|no (reacciona|responde|despierta)"
    r"|(dolor|presion|opresion) (\w+ )?(de|en el) pecho|(duele|dolia|aprieta|arde|oprime) (\w+ )?(el|mi|su) pecho"
    r"|(el|mi) pecho (me )?duele|(no|sin) (puedo|puede|poder|podia) (\w+ )?(respirar|levantar\w*|despertar\w*|moverme)"
    r"|no (me|se) (puedo|puede) (levantar|mover|despertar)"
    r"|no respira|no (le|me) (llega|entra) (el )?aire|(falta|faltando) (de |el |la )?(aire|respiracion)"
    r"|(dificultad|trabajo|dificil) (para |me )?respirar|cuesta (mucho )?respirar|ahog\w*|atragant\w*|asfixi\w*"
    r"|sangr(ando|a|o|e|ado)|desangr\w*|hemorragia|mucha sangre"
    r"|(me|se) (he |ha |acabo de |acaba de )?(cai|cayo|caido|caer|golpe[eo]|peg[oue]+ en la cabeza)|caida fuerte"
    r"|en el (piso|suelo)|matar(me|se)|suicid\w*|quiero morir\w*|me (muero|estoy muriendo)|se (muere|esta muriendo)"
    r"|ayudenme|ayudeme|ayudame|necesito ayuda (ya|ahora|urgente)|urgente|urgencias?|vengan rapido|vomit\w* sangre"
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
