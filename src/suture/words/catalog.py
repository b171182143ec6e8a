"""One gettext catalog for all that people read: English is in the code, other languages in `locale`.

`_` says a text in the reader's language. Whose language that is, `speaking` sets: a command has the keyboard's, a page
its reader's. A text that waits in a table is `marked` there and said with `_` where it is shown.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

DEFAULT_LANGUAGE = "en"
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = (DEFAULT_LANGUAGE, "es")
"""English first; every other one has a file in `locale`."""

Sentence = str | tuple[str, str]
"""A text, or one for one of something and one for several."""

_reader = ContextVar("language", default=DEFAULT_LANGUAGE)


def base_language(lang: str) -> str:
    """The language of the catalog for a person's one: "es-MX" and "es_MX.UTF-8" are Spanish, an unknown one English."""
    base = lang.replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE


def language_name(lang: str) -> str:
    """What a language of the catalog calls itself: "Español"."""
    name = str(Locale.parse(lang).language_name)
    return name[:1].upper() + name[1:]


def language_of(environ: Mapping[str, str]) -> str:
    """The language of whoever sits at this keyboard, as POSIX says it: LC_ALL, then LC_MESSAGES, then LANG."""
    return base_language(next((environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(k)), ""))


def spoken() -> str:
    """The language that texts are said in now."""
    return _reader.get()


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Say texts in this language until the block ends."""
    before = _reader.set(base_language(lang))
    try:
        yield
    finally:
        _reader.reset(before)


def marked(text: str) -> str:
    """The text itself, known to the catalog; `_` says it later."""
    return text


def marked_pair(one: str, many: str) -> tuple[str, str]:
    """The two texts of a count, known to the catalog; `plural(*pair, n)` says the right one later."""
    return one, many


def _(text: str, /, **values: object) -> str:
    """The text in the reader's language, its {names} filled in."""
    lang = spoken()
    said = text if lang == DEFAULT_LANGUAGE or not text else _translations(lang).gettext(text)
    return said.format(**values) if values else said


def in_language(lang: str, text: str, /, **values: object) -> str:
    """A marked text in someone's language, its {names} filled in."""
    with speaking(lang):
        return _(text, **values)


def plural(one: str, many: str, n: int, /, **values: object) -> str:
    """The text for `n` of something, in the reader's language; {n} and other {names} are filled in."""
    lang = spoken()
    english = one if n == 1 else many
    said = english if lang == DEFAULT_LANGUAGE else _translations(lang).ngettext(one, many, n)
    return said.format(n=n, **values)


@cache
def _translations(lang: str) -> Translations:
    """A language's file, read at its first use."""
    with (LOCALE / f"{lang}.po").open("rb") as file:
        catalog = read_po(file, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
