"""Whether a text asks to be left alone: the words of carriers, and what people write instead. Pure.

A wish to opt out counts however politely it is said. A sentence that merely has such a word in it ("the bus stop is
closed", "please don't stop the visits") is none: in doubt it is a text that a person reads, and nothing leaves
meanwhile. English and Spanish.
"""

import re

from suture.outreach.plain_text import mannerless, plain, unsigned, without_frame, without_sign_off, without_symbols

_NOUNS = (
    r"(?:messages?|messaging|msgs?|texts?|txts?|texting|txting|sms|notifications?|alerts?|reminders?|consent|contact"
    r"|mensajes?|textos?|sms|avisos?|notificacion(?:es)?|recordatorios?|consentimiento)"
)
_SMALL = (
    r"(?:all|any|of|the|these|those|this|your|my|to|from|more|further|todos?|los|las|el|de|sus?|estos?|mi|mis|tus?|mas)"
)
_MESSAGES = rf"(?:{_SMALL} )*+{_NOUNS}\b"
_NOW = (
    r"(?: (?:now|already|immediately|right now|at once|today|forever|for good|ya|ahora|ahora mismo|de inmediato"
    r"|to (?:me|my number|my phone|this number|this phone)))?"
)
_AGAIN = r"(?: (?:anymore|any more|ever|again|mas|nunca mas|nunca|otra vez)\b)*+"

_WHOLE: tuple[str, ...] = (
    # the words that carriers act on by themselves, which is why no message of ours asks for CANCEL or END
    r"st+o+p+(?:all)?|s t o p",
    r"st+o+p+ 2|2 st+o+p+",  # with the no that a question asks for
    r"unsubscribe|cancel|end|quit|revoke|optout|opt out",
    r"alto|parar|baja",
    # the same with what is to end
    r"(?:stop|quit) (?:it|this|that|all|now|already|everything|them|me)",
    r"(?:stop|quit) it all",
    rf"(?:stop|quit|cancel|end|revoke|withdraw|no more|halt|cease) {_MESSAGES}",
    r"unsubscribe (?:me|us|all|this number|my number)",
    # Spanish: imperatives that are a whole text
    r"pare|paren|para ya|pare ya|paren ya|paren todo|basta|basta ya|ya basta|ya no mas",
    r"detener|detengan|detenganse|salir",
    rf"(?:alto|pare|paren|parar|detener|detengan|cancelar|cancelen|anular|no mas|basta de|alto a) {_MESSAGES}",
    r"(?:dar(?:me|nos)?|den(?:me|nos)?|de(?:me|nos)?|dese) de baja",
)
"""Texts, or repeats of them, that are a wish to stop when only polite words go with them."""

_LEAD = (
    r"(?:i said|i say|i want to|i want you to|i would like to|id like to|i wish to|i (?:hereby )?|must|just|can|could"
    r"|would|will|again|ok|okay|quiero que|quiero|deseo|quisiera|favor de|ya|dije|les pido que)"
)
_ALL = re.compile(rf"(?:{_LEAD} )?(?:{'|'.join(f'(?:{w})' for w in _WHOLE)}){_NOW}")
_REPEATED = re.compile(rf"{_ALL.pattern}(?: {_ALL.pattern})*")

_OBJECT = r"(?:me|us|this number|this phone|my number|my phone|here)"
_BUT_AT = (
    r"(?! (?:at|before|after|until|til|till|while|during|when|on|in the|this week|today|tomorrow|tonight|early|late|so"
    r"|unless|if|about|by|from work))"
)
"""What follows only limits the wish to a time or a matter: a person must read that."""
_BUT_WHEN = r"(?! (?:antes|despues|hasta|mientras|durante|cuando|la|en la|de noche|hoy|manana|tan|si|a las|los|el))"

_TAKE_OUT = r"(?:quiten?|borren?|eliminen?|saquen?)"

_PHRASES: tuple[str, ...] = (
    rf"(?:stop|quit) (?:texting|messaging|contacting|bothering|harassing|spamming|writing(?: to)?) {_OBJECT}{_BUT_AT}",
    r"(?:stop|quit) (?:texting|messaging)$",
    rf"(?:stop|quit) (?:sending|with) (?:me |us )?{_MESSAGES}{_BUT_AT}",
    r"(?:stop|quit) sending (?:me |us )?(?:these|this|those|them|it|stuff)$",
    rf"(?:do not|dont|never) (?:text|message|contact|write(?: to)?) {_OBJECT}{_AGAIN}{_BUT_AT}",
    r"(?:do not|dont) (?:text|message|contact)(?: anymore| any more| again)$",
    rf"(?:do not|dont) send (?:me |us )?(?:any )?(?:more )?{_MESSAGES}{_AGAIN}{_BUT_AT}",
    rf"(?:do not|dont|no longer) (?:want|wish|like|need)(?: to)?(?: (?:get|getting|receive|receiving|have))?"
    rf" {_MESSAGES}{_AGAIN}{_BUT_AT}",
    rf"(?:want|like) (?:to stop|no more) (?:(?:getting|receiving) )?{_MESSAGES}",
    rf"^no more {_NOUNS}",
    rf"(?:send|want) (?:me |us )?no more {_NOUNS}",
    r"\bunsubscribe (?:me|us|my number|this number)",
    r"(?:want|like|need|wish) to (?:unsubscribe|opt out)",
    r"^opt (?:me|us) out",
    r"(?:take|remove|delete) (?:me|us|my (?:phone )?number|this number) (?:off|from) (?:your|the|this|all|any)"
    r" (?:\w+ )?(?:lists?|system|texts?|messages?)",
    r"^(?:take me off|remove me|(?:remove|delete) (?:my (?:phone )?|this )number)$",
    r"^(?:just )?leave me alone$|^lose (?:my|this) number",
    r"(?:revoke|withdraw|take back) (?:my |all |any )*consent",
    rf"no (?:me|nos) (?:mande|envie)[ns]?{_AGAIN}(?: {_MESSAGES}{_AGAIN}{_BUT_WHEN}|$)",
    rf"no (?:me|nos) (?:escriba|textee|contacte|moleste)[ns]?\b{_AGAIN}(?: {_MESSAGES})?+{_AGAIN}{_BUT_WHEN}",
    rf"no (?:mande|envie|escriba)n? {_MESSAGES}{_AGAIN}{_BUT_WHEN}",
    rf"(?:dejen?|deja|paren?) de (?:mandar|enviar)(?:me|nos)?(?: {_MESSAGES}{_BUT_WHEN}|$)",
    rf"(?:dejen?|deja|paren?) de (?:escribir|textear|contactar|molestar)(?:me|nos)?\b(?: {_MESSAGES})?+{_BUT_WHEN}",
    rf"no (?:quiero|deseo|queremos|necesito)(?: (?:mas|recibir|que me (?:manden|envien)))*+ {_MESSAGES}{_AGAIN}"
    rf"{_BUT_WHEN}",
    rf"^(?:ya )?no mas {_NOUNS}",
    rf"{_TAKE_OUT} (?:mi (?:numero|telefono))|{_TAKE_OUT}(?:me|nos)?(?: mi numero)? de (?:su|la|esta|sus) listas?",
    r"(?:quiero|deseo|quisiera) (?:dar(?:me)? de baja|cancelar (?:los |sus )?mensajes)|den?me de baja",
    r"^(?:ya )?dejen?me en paz",
)
"""Wishes to stop wherever they are in a text, unless a no comes before them."""
_WISH = re.compile(rf"(?:^|(?<= ))(?:{'|'.join(_PHRASES)})")
_DENIED = re.compile(
    r"\b(?:dont|do not|didnt|did|never|cant|cannot|wont|not|no|nunca|jamas|without|if(?: i| they)?|did (?:i|they)"
    r"|unless|until|si|que) $"
)
"""What, right before a wish, turns it into another one ("don't stop texting me") or a question."""
_ALONE = re.compile("🛑+|cancelar")
"""A stop sign; and a word that in a sentence is about a visit."""
_ASKING = (
    r"(?:who (?:is|are) (?:this|you|these people)|whos this|who dis|what is this|quien (?:es|habla|escribe)|que es esto"
    r"|how did you get (?:my|this) number)"
)
_WHO_IS_IT = re.compile(rf"^{_ASKING} (?=\S)|(?<=\S) {_ASKING}$")
"""A question beside a wish that takes nothing from it."""


def wants_to_stop(text: str) -> bool:
    """Whether the whole text, apart from manners and signature, says stop, or a phrase in it does."""
    return any(_is_wish(variant) for variant in (text, without_frame(text)))


def _is_wish(text: str) -> bool:
    said = plain(unsigned(text))
    if _ALONE.fullmatch("".join(mannerless(said.split()))):
        return True
    words = _WHO_IS_IT.sub("", " ".join(without_symbols(said.split()))).split()
    return any(_says_stop(w) for w in (words, without_sign_off(words)))


def _says_stop(words: list[str]) -> bool:
    bare = " ".join(mannerless(words))
    if _REPEATED.fullmatch(bare):
        return True
    return any(not _DENIED.search(bare[: found.start()]) for found in _WISH.finditer(bare))
