"""A text as words: what people add out of politeness or habit is told apart from what they mean. Pure."""

import re
import unicodedata

_MANNERS_TEXT = """
    please pls plz kindly thanks thank thankyou thx ty you u hi hello hey dear sir maam madam team everyone sorry
    por favor porfavor porfa gracias muchas hola buenos buenas dias tardes noches senor senora senorita disculpe 🙏 😊
    🙂 😀 😃 ❤
"""
MANNERS = frozenset(_MANNERS_TEXT.split())
"""Good manners, which change no meaning; as `plain` writes them."""

_SIGN_OFFS_TEXT = """
    thanks thank thankyou thx ty regards sincerely cheers love gracias saludos atentamente cordialmente
"""
_SIGN_OFFS = frozenset(_SIGN_OFFS_TEXT.split())
_NO_NAMES_TEXT = """
    i you he she it we they me him her us them my your his our their the a an this that these those is are am was be
    do dont did can cant will wont not no yes ok okay and or but if so because for to of in on at by from with about
    when what who where why how come coming visit visits today tomorrow now later again never always all any more yo
    usted el ella lo la los las le les un una mi su sus es son soy no si y o pero porque para de en a con por que
    cuando quien donde como hoy manana ahora luego nunca siempre venga vengan visita visitas mas ya monday tuesday
    wednesday thursday friday saturday sunday lunes martes miercoles jueves viernes sabado domingo morning afternoon
    evening noon late early running reschedule different other another time better only except tarde temprano otro
    otra hora solo menos stop help start
"""
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())
"""Words that are no one's name, so that what they are in is a sentence and not a signature."""
MOST_NAMES = 3

_DASHED = re.compile(r"\s*[-–—~*_]+\s*(?P<name>.*)")
_INLINE = re.compile(r"(?P<said>.*\w\W*?)\s+[-–—~]+\s*(?P<name>[^-–—~]+)")
_DEVICE = re.compile(r"\s*((sent|get) (from|via) (my )?|enviado desde (mi )?)", re.IGNORECASE)
_DEVICE_INLINE = re.compile(r"(?<=[.!?\s\-–—~*_])[-–—~*_]*\s*(sent from my|enviado desde mi) \w+\W*$", re.IGNORECASE)
_GREETED = re.compile(
    r"\s*(dear|hi|hello|hey|hola|estimad[oa]s?|querid[oa]s?)\s+(?P<name>[^,:!.\n]{1,40})[,:!.\n]\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE_AND_NAME = re.compile(r"(?P<said>.*\w\s*[.!]+)\s+(?P<name>[^\W\d_][^.!?,]*)\.?\s*", re.DOTALL)
_DOINGS = frozenset(
    (
        *("call", "wait", "help", "need", "come", "hurts", "pain", "look", "listen", "ring"),
        *("llame", "espere", "ayuda", "duele", "oiga", "mire"),
    )
)
"""What a short sentence in capitals may begin with that is no name."""


_I_WILL = re.compile(r"\bi['’]ll\b")
"""Without its apostrophe it would be an illness."""


def plain(text: str) -> str:
    """Lower case, without accents, punctuation, or the marks that color an emoji; words separated by one space."""
    kept = []
    for char in unicodedata.normalize("NFKD", _I_WILL.sub("i will", text.casefold())):
        kind = unicodedata.category(char)
        if kind in ("Mn", "Me", "Sk", "Cf") or char in "'’":
            continue
        kept.append(char if kind[0] in "LN" or kind == "So" else " ")
    return " ".join("".join(kept).split())


def unsigned(text: str, *, only_dashed: bool = False) -> str:
    """The text without a signature at its end; what is said first always stays.

    A signature is a name after a dash, what a phone puts under a mail, and unless `only_dashed` a name in capitals on a
    line of its own.
    """
    lines = [line for line in text.splitlines() if plain(line)]
    while len(lines) > 1 and _is_signature(lines[-1], only_dashed=only_dashed):
        lines.pop()
    if lines and (inline := _INLINE.fullmatch(lines[-1])) and _are_names(plain(inline["name"]).split()):
        lines[-1] = inline["said"]
    return "\n".join(lines)


def without_frame(text: str) -> str:
    """The text without a "Dear Suture," before it, what a phone adds to it, and a name that is its last sentence."""
    text = _DEVICE_INLINE.sub("", text)
    if (greeted := _GREETED.fullmatch(text)) and _are_names(plain(greeted["name"]).split()):
        text = greeted["rest"]
    named = _SENTENCE_AND_NAME.fullmatch(text)
    if named and _is_capitalized(named["name"]):
        words = plain(named["name"]).split()
        if _are_names(words) and _DOINGS.isdisjoint(words):
            return named["said"]
    return text


def _is_signature(line: str, *, only_dashed: bool) -> bool:
    if _DEVICE.match(line):
        return True
    dashed = _DASHED.fullmatch(line)
    named = dashed["name"] if dashed else line
    return _are_names(plain(named).split()) and (dashed is not None or (not only_dashed and _is_capitalized(named)))


def _is_capitalized(line: str) -> bool:
    return all(word[:1].isupper() for word in re.findall(r"[^\W\d_]+", line))


def _are_names(words: list[str]) -> bool:
    return 0 < len(words) <= MOST_NAMES and all(w.isalpha() and w not in _NO_NAMES for w in words)


def without_sign_off(words: list[str]) -> list[str]:
    """The words without a thank-you or regards, and the name after it: "stop thanks maria lopez" is a stop."""
    for at in range(len(words), 0, -1):
        if words[at - 1] in _SIGN_OFFS:
            rest = words[at + 1 :] if words[at : at + 1] in (["you"], ["u"]) else words[at:]
            return words[: at - 1] if _are_names(rest) or not rest else words
    return words


def mannerless(words: list[str]) -> list[str]:
    """The words without good manners."""
    return [w for w in words if w not in MANNERS]


def without_symbols(words: list[str]) -> list[str]:
    """The words without emoji and other symbols."""
    kept = ("".join(c for c in word if unicodedata.category(c) != "So") for word in words)
    return [word for word in kept if word]
