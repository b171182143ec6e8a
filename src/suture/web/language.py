"""In which language a request is answered: the first one its reader prefers that we have, by Accept-Language.

Pages behind a link have their own: that of whoever the link was sent to.
"""

import re
from collections.abc import Iterator, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suture.words.catalog import DEFAULT_LANGUAGE, LANGUAGES, speaking

SAME_IN_EVERY_LANGUAGE = ("/static/", "/p/", "/u/")
"""How the paths begin whose answers do not depend on what a browser prefers."""
MOST_PREFERENCES = 20
_PREFERENCE = re.compile(
    r"\s*(?P<base>[A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*[Qq]\s*=\s*(?P<q>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


class ReadersLanguage:
    """Says everything of a response in its reader's language, and in its headers which one that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; what runs in other threads for this request speaks the language, too."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lang = preferred(Headers(scope=scope).getlist("accept-language"))
        varies = not scope["path"].startswith(SAME_IN_EVERY_LANGUAGE)

        async def labeled(message: Message) -> None:
            if varies and message["type"] == "http.response.start":
                label(MutableHeaders(scope=message), lang)
            await send(message)

        with speaking(lang):
            await self._app(scope, receive, labeled)


def label(headers: MutableHeaders, lang: str) -> None:
    """Say of a response which language it is in, and that others would get another one."""
    headers.add_vary_header("Accept-Language")
    headers["Content-Language"] = lang


def preferred(headers: Sequence[str]) -> str:
    """The language of the catalog that Accept-Language prefers; English where it names none of ours, or cannot be read.

    "es-MX" is Spanish, "*" is English, and of those with the same weight the first one wins. Source: RFC 9110, 12.5.4.
    """
    weights: dict[str, float] = {}
    for lang, weight in _preferences(",".join(headers)):
        weights.setdefault(lang, weight)
    best = max(weights, key=lambda lang: weights[lang], default=DEFAULT_LANGUAGE)
    return best if weights.get(best) else DEFAULT_LANGUAGE


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    """Those of ours that a header names, with their weights; what cannot be read is passed over."""
    for text in header.split(",", MOST_PREFERENCES)[:MOST_PREFERENCES]:
        found = _PREFERENCE.fullmatch(text)
        base = found["base"].lower() if found else ""
        lang = DEFAULT_LANGUAGE if base == "*" else base
        if found and lang in LANGUAGES:
            yield lang, float(found["q"] or 1)
