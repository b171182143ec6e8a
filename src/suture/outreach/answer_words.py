"""Yes, no, and another time, as people say them beside the digits that we ask for. English and Spanish. Pure.

An answer is nothing but words of one kind. What has more in it ("yes but who comes?") is a text that a person reads.
"""

import re
from collections.abc import Iterable

from suture.outreach.plain_text import MANNERS
from suture.outreach.said_day import DAY

ONE, TWO, THREE = frozenset({"1", "one", "uno"}), frozenset({"2", "two", "dos"}), frozenset({"3", "three", "tres", "r"})

_YES_TEXT = f"""
    y|yes|yep|yup|yea|yeah|yess|yes sir|yes maam|yes i will|yes we will|yes that works|yes thats fine
    ok|okay|okey|okie|oki|okis|okey dokey|k|kk|sure|sure thing|for sure|of course|absolutely|definitely|certainly
    alright|all right|confirm|confirmed|i confirm|correct|perfect|great|awesome|fine|good|all good
    sounds good|sounds great|sounds fine|sounds perfect|that sounds good|that works|that works for me|works for me|works
    that is fine|thats fine|thats good|thats ok|thats okay|thats perfect|thats great|its fine|its ok|its good
    i will do it|i can do it|i will take it|i can take it|ill do it|ill take it|i will go|ill go|count me in|im in
    lo tomo|la tomo|lo hago|la hago|yo voy|yo puedo|voy yo|yo la tomo
    that will work|thatll work|will do|looks good|good with me|fine with me|ok with me|fine by me|im good with that
    see you|see ya|see u|see you then|see ya then|see u then|see you there|see you soon|see you {DAY}|see ya {DAY}
    see u {DAY}|see you on {DAY}|see you all then|cu then|i will be there|ill be there|i will be home|ill be home
    ill be here|i will be here|well be here|we will be here|well be home|we will be home|looking forward to it
    si|sip|sii|siii|si claro|claro|claro que si|por supuesto|como no|de acuerdo|deacuerdo|vale|listo|lista|dale
    perfecto|excelente|esta bien|estabien|muy bien|todo bien|me parece bien|me sirve|si me sirve|me queda bien
    si puedo|si podemos|si se puede|confirmo|confirmado|confirmada|correcto|entendido
    ahi estare|ahi estaremos|ahi voy a estar|alli estare|alli estaremos|aqui estare|aqui estaremos|aqui los espero
    aqui la espero|aqui lo espero|aqui le espero|los espero|las espero|la espero|lo espero|le espero|los esperamos
    las esperamos|la esperamos|lo esperamos|le esperamos|estare en casa|estaremos en casa|voy a estar en casa
    nos vemos|nos vemos entonces|nos vemos {DAY}|nos vemos el {DAY}|hasta entonces|hasta {DAY}|hasta el {DAY}
    👍|👌|✅|✔|🆗
"""
_NO_TEXT = """
    n|no|nope|nah|nop|no way|no can do|i cant|cant|cannot|i cannot|i can not|no i cant|no i cannot|we cant|we cannot
    i wont be there|i wont be home|we wont be home|not available|im not available|i cant make it|cant make it
    that doesnt work|that doesnt work for me|doesnt work for me|that does not work|that wont work
    no puedo|no podemos|no podre|no podremos|no voy a poder|no vamos a poder|no voy a estar|no estare|no estaremos
    no estare en casa|no estaremos en casa|no me sirve|no me queda bien|no me funciona|imposible
    👎|❌
"""
_BESIDE_YES = (f"for {DAY}", f"on {DAY}", f"para {DAY}", f"para el {DAY}", f"el {DAY}", DAY, "then", "entonces")
"""What changes nothing about a yes, as long as the day is the one that was asked about."""
_SAYING = ("reply", "answer", "option", "number", "opcion", "numero", "respuesta", "respondo")
"""What people put before the digit."""

_ASKING = r"""
    can|could|may|might|would|we|i|you|u|it|be|do|is|there|possible|possibly|to|need|want|like|id|have|prefer|come
    make|lets|a|an|the|any|my|visit|appointment|appt|time|day|that|this|instead|with|for|of|in|at|please|then
    puede|podria|podemos|pueden|podrian|puedo|quiero|necesito|quisiera|ser|hacer|venir|vengan|venga|es|posible|que
    si|me|nos|la|lo|el|a|para|en|de|una|un|mi|cita|visita|por|hay|tiene|tienen|prefiero|mejor|gustaria|hacerlo|hacerla
"""
_OTHER_TIME = (
    r"reschedul(?:e|ed|ing)|(?:another|a different|different|some other|other|a new|a better) (?:time|day|hour|date)"
    r"|change (?:it|(?:the|my) (?:time|day|visit|appointment))|move (?:it|(?:the|my) (?:visit|appointment))"
    r"|otr[oa] (?:hora|dia|horario|momento|fecha)|reprogramar\w*|reagendar\w*|cambiar(?:l[ao])?(?: (?:la|de|mi|el)"
    r" (?:hora|dia|cita|visita|horario)| de (?:hora|dia|horario))?"
)
_LATER = r"later|earlier|mas (?:tarde|temprano)"
"""Alone it may be "I will answer later"."""


def _phrases(text: str) -> list[str]:
    return [phrase.strip() for line in text.splitlines() for phrase in line.split("|") if phrase.strip()]


def _nothing_but(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    return re.compile(rf"(?:(?:{'|'.join(map(re.escape, longest_first))})(?: |$))++")


_YES, _NO = _phrases(_YES_TEXT), _phrases(_NO_TEXT)
_ALL_YES = _nothing_but([*_YES, *ONE, *_SAYING, *_BESIDE_YES, *MANNERS])
_ALL_NO = _nothing_but([*_NO, *TWO, *_SAYING, *MANNERS])
_ALL_OTHER = _nothing_but([*THREE, *_SAYING, *MANNERS])
_BESIDE = _nothing_but([*_SAYING, *_BESIDE_YES, *MANNERS])
_AROUND = "|".join(map(re.escape, [*_phrases(_ASKING), *sorted(MANNERS)]))
_ASKED_FOR_TIME = re.compile(
    rf"(?:no )?(?:(?:{_AROUND}) )*(?:(?:{_OTHER_TIME})|(?<=\w )(?<!^no )(?:{_LATER}))"
    rf"(?: (?:{_OTHER_TIME}|{_LATER}|{_AROUND})(?= |$))*+"
)
_FULL_WORDS = re.compile(
    rf"\b(?:{_OTHER_TIME}|{_LATER}|(?:can|could) (?:you|we|u) (?:come|do|make)|come at|venir a las)\b"
)
_YES_HINT = re.compile(
    r"\b(?:yes|yep|yup|yeah|sure|ok|okay|fine|works?|confirm\w*|si|claro|de acuerdo|esta bien|👍)(?= |$)"
)
_NO_HINT = re.compile(r"\b(?:no|nope|not|cant|cannot|wont|dont|doesnt|cancel\w*|anul\w*|tampoco|nunca)\b")


def is_yes(said: str) -> bool:
    """Whether a text is nothing but a yes and good manners; `said` is plain, its days are `DAY`."""
    return _ALL_YES.fullmatch(said) is not None and _BESIDE.fullmatch(said) is None


def is_no(said: str) -> bool:
    """Whether a text is nothing but a no."""
    return _ALL_NO.fullmatch(said) is not None and _BESIDE.fullmatch(said) is None


def asks_for_another_time(said: str) -> bool:
    """Whether a text only asks for another time, and does not say which: that a person must read."""
    if _ALL_OTHER.fullmatch(said) and _BESIDE.fullmatch(said) is None:
        return True
    return _ASKED_FOR_TIME.fullmatch(said) is not None


def digit(words: Iterable[str]) -> int | None:
    """The one digit among the words, where there is one."""
    found = {n for word in words for n, names in ((1, ONE), (2, TWO), (3, THREE - {"r"})) if word in names}
    return found.pop() if len(found) == 1 else None


def hints_at_yes(said: str) -> bool:
    """Whether there is a yes somewhere in a text, and no no."""
    return bool(_YES_HINT.search(said)) and not _NO_HINT.search(said)


def hints_at_no(said: str) -> bool:
    """Whether there is a no somewhere in a text, and no yes."""
    return bool(_NO_HINT.search(said)) and not _YES_HINT.search(said)


def hints_at_another_time(said: str) -> bool:
    """Whether another time is mentioned somewhere in a text."""
    return bool(_FULL_WORDS.search(said))
