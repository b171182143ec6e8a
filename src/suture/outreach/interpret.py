"""What a text that came in means: a tap, a bare stop or help, answers, then phrases, emergencies first. Pure.

The order is the safety: a carrier has already acted on STOP when we read it, and "stop texting me" must count as well.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from suture.outreach.answer_words import (
    asks_for_another_time,
    digit,
    hints_at_another_time,
    hints_at_no,
    hints_at_yes,
    is_no,
    is_yes,
)
from suture.outreach.call_out_words import calls_out, hints_at_call_out, is_about_longer
from suture.outreach.late_words import lateness
from suture.outreach.plain_text import mannerless, plain, unsigned
from suture.outreach.said_day import SaidDay, said_day, without_day
from suture.outreach.stop_words import wants_to_stop
from suture.outreach.tapbacks import Tap, Tapback, tapback


class Meaning(StrEnum):
    """Everything a text can mean to us. Only a clinician's can be a call-out."""

    STOP = "stop"
    WRONG_PERSON = "wrong_person"
    START = "start"
    HELP = "help"
    ACCEPT = "accept"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    LATE = "late"
    CALL_OUT = "call_out"
    TAPBACK = "tapback"
    EMERGENCY = "emergency"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as we read it.

    `digit`: the one that it answers with. `minutes`: how late, where it says so. `day`: the one that it names. `maybe`:
    what an unclear text may mean, for whoever reads it; of a start, that it was a yes; of a tap, what it says of a
    question. `quote`: the message that was tapped on; `sure`: a tap that is an answer, where it is on a question.
    """

    meaning: Meaning
    digit: int | None = None
    minutes: int | None = None
    day: SaidDay | None = None
    maybe: Meaning | None = None
    quote: str = ""
    sure: bool = False


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
_YES_WORDS = frozenset(["y", "yes", "si"])
_TAPPED = {Tap.YES: Meaning.ACCEPT, Tap.WARM: Meaning.ACCEPT, Tap.NO: Meaning.DECLINE}

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


def interpret(text: str, *, opted_out: bool = False, staff: bool = False) -> Reading:
    """The meaning of one text; `staff`: it came from a clinician's phone.

    From a number that opted out, a yes asks to be written to again and confirms nothing.
    """
    if tap := tapback(text):
        return _tapped(tap)
    whole = plain(text)
    if whole in _STOP:
        return Reading(Meaning.STOP)
    if whole in _HELP:
        return Reading(Meaning.HELP)
    said = _spaced(plain(unsigned(text, only_dashed=True))).split()
    words = mannerless(said)
    if words and (whole in _START or (opted_out and " ".join(words) in _START)):
        return Reading(Meaning.START)
    answer = _answer(said, staff=staff)
    if answer and answer.meaning is Meaning.ACCEPT and opted_out and not _YES_WORDS.isdisjoint(words):
        return Reading(Meaning.START, maybe=Meaning.ACCEPT)
    return answer or _phrase(text, whole, " ".join(words), staff=staff)


def _tapped(tap: Tapback) -> Reading:
    return Reading(Meaning.TAPBACK, maybe=_TAPPED.get(tap.tap), quote=tap.quote, sure=tap.tap is Tap.YES)


def _spaced(said: str) -> str:
    """Each emoji as a word of its own."""
    return "".join(f" {c} " if unicodedata.category(c) == "So" else c for c in said)


def _answer(words: list[str], *, staff: bool) -> Reading | None:
    """An answer is nothing but words of one kind, apart from good manners, a signature, and of a yes the day."""
    bare = " ".join(words)
    said = without_day(bare)
    if is_yes(said):
        return Reading(Meaning.ACCEPT, digit=digit(words), day=said_day(bare))
    if is_no(said) and not (staff and calls_out(said)):
        return Reading(Meaning.DECLINE, digit=digit(words))
    if asks_for_another_time(said):
        return Reading(Meaning.RESCHEDULE, digit=digit(words))
    return None


def _phrase(text: str, whole: str, bare: str, *, staff: bool) -> Reading:
    said = next((meaning for meaning, pattern in _PHRASES if pattern.search(whole)), None)
    if said is not None:
        return Reading(said)
    if wants_to_stop(text):
        return Reading(Meaning.STOP)
    return _news(text, without_day(bare), said_day(whole), staff=staff)


def _news(text: str, said: str, day: SaidDay | None, *, staff: bool) -> Reading:
    """What is no answer: the writer is late, cannot work, or means something that a person must read."""
    late = lateness(text)
    if late and late.sure:
        return Reading(Meaning.LATE, minutes=late.minutes, day=day)
    if staff and calls_out(said):
        return Reading(Meaning.CALL_OUT, day=SaidDay() if is_about_longer(said) else day)
    if late:
        return Reading(Meaning.UNCLEAR, minutes=late.minutes, maybe=Meaning.LATE)
    if staff and hints_at_call_out(said):
        return Reading(Meaning.UNCLEAR, maybe=Meaning.CALL_OUT)
    return Reading(Meaning.UNCLEAR, maybe=_maybe(said))


def _maybe(said: str) -> Meaning | None:
    if hints_at_another_time(said):
        return Meaning.RESCHEDULE
    if hints_at_yes(said):
        return Meaning.ACCEPT
    return Meaning.DECLINE if hints_at_no(said) else None
